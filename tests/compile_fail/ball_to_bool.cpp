// A ball is no truth value.
#include "pgb/scalar/ball.h"

int choose(const pgb::Ball& x) {
#ifdef MUST_NOT_COMPILE
  return x ? 1 : 0;
#else
  return x.contains_zero() ? 1 : 0;
#endif
}
