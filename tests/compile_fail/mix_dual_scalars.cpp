// Dual numbers over different scalars do not mix either.
#include "pgb/scalar/scalars.h"

pgb::Dual<pgb::Ball> sum(const pgb::Dual<pgb::Ball>& x, const pgb::Dual<pgb::Real>& y) {
#ifdef MUST_NOT_COMPILE
  return x + y;
#else
  return x + pgb::Dual<pgb::Ball>(pgb::to_ball(y.value), pgb::to_ball(y.tangent));
#endif
}
