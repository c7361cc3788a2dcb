// A Real is rounded, a Ball is an enclosure: the conversion is written out.
#include "pgb/scalar/scalars.h"

pgb::Ball sum(const pgb::Ball& x, const pgb::Real& y) {
#ifdef MUST_NOT_COMPILE
  return x + y;
#else
  return x + pgb::to_ball(y);
#endif
}
