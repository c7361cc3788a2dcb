// Balls have no order: `x < y` has to be asked as a question about certainty.
#include "pgb/scalar/ball.h"

bool less(const pgb::Ball& x, const pgb::Ball& y) {
#ifdef MUST_NOT_COMPILE
  return x < y;
#else
  return (y - x).certainly_positive();
#endif
}
