// A Quad is rounded, a Ball is an enclosure: the conversion is written out.
#include "pgb/scalar/scalars.h"

pgb::Ball product(const pgb::Quad& x, const pgb::Ball& y) {
#ifdef MUST_NOT_COMPILE
  return x * y;
#else
  return pgb::to_ball(x) * y;
#endif
}
