// A ball does not lose its radius by accident.
#include "pgb/scalar/ball.h"

double rounded(const pgb::Ball& x) {
#ifdef MUST_NOT_COMPILE
  return x;
#else
  return x.midpoint();
#endif
}
