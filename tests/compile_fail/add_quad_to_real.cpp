// Nor do the two extended precisions mix.
#include "pgb/scalar/scalars.h"

pgb::Real sum(const pgb::Real& x, const pgb::Quad& y) {
#ifdef MUST_NOT_COMPILE
  return x + y;
#else
  return x + pgb::to_real(y);
#endif
}
