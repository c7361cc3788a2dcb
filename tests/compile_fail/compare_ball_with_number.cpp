// Nor has a ball an order with plain numbers.
#include "pgb/scalar/ball.h"

bool positive(const pgb::Ball& x) {
#ifdef MUST_NOT_COMPILE
  return x > 0.0;
#else
  return x.certainly_positive();
#endif
}
