// Equality of the numbers that two balls enclose cannot be decided: `==` has to be asked as a question about
// certainty.
#include "pgb/scalar/ball.h"

bool equal(const pgb::Ball& x, const pgb::Ball& y) {
#ifdef MUST_NOT_COMPILE
  return x == y;
#else
  return (x - y).is_exactly_zero();
#endif
}
