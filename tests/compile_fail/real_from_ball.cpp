// Nor a Ball a Real: its midpoint has to be asked for.
#include "pgb/scalar/scalars.h"

pgb::Real middle(const pgb::Ball& x) {
#ifdef MUST_NOT_COMPILE
  return x;
#else
  return pgb::to_real(x);
#endif
}
