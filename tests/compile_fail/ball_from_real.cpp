// A Real does not become a Ball by assignment or as an argument.
#include "pgb/scalar/scalars.h"

pgb::Ball enclose(const pgb::Real& x) {
#ifdef MUST_NOT_COMPILE
  return x;
#else
  return pgb::to_ball(x);
#endif
}
