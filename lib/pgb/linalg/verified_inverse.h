// Certified nonsingularity: an approximate inverse Y with |I - Y A| < 1.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>

#include "pgb/linalg/verified_interval.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// The inverse of A (n x n) by LU with partial pivoting, in double; nothing where it is not finite.
std::optional<Matrix<double>> approx_inverse(const Matrix<double>& a);

// The same at the working precision, from the midpoints; entries have radius 0.
std::optional<Matrix<Ball>> approx_inverse(const Matrix<Ball>& a);

// Upper bounds of the norm |I - Y A|_inf (largest row sum) over every A enclosed.
struct ResidualNorm {
  double total = 0;     // the bound; infinite where nothing is known
  double midpoint = 0;  // its part from Y not being the inverse of the midpoint, rounding errors included
  double radius = 0;    // its part from the radius of A; total is at most the sum of both, rounded up
  // An upper bound of |I - Y A|_1 (largest column sum); infinite where it was not computed.
  double columns = std::numeric_limits<double>::infinity();
  // Proven: every matrix enclosed, and Y, is nonsingular. false: not proven.
  bool nonsingular() const { return total < 1; }
  // About what is left of the bound however narrow an enclosure around one of these matrices is.
  double approx_floor() const;
  // About the factor by which the radius of A has to change for the bound to be `target`; 0 where it cannot.
  double approx_factor_to(double target) const;
};
// One product in double with an a-priori bound of its rounding error (see verified_multiply); n <= 2^24.
ResidualNorm verified_residual(const Matrix<double>& y, const IntervalMatrix& a);
// In balls at the working precision, for A too near to singular for double.
ResidualNorm verified_residual(const Matrix<Ball>& y, const Matrix<Ball>& a);

// Whether every matrix enclosed is proven nonsingular, with Y = approx_inverse of its midpoint; total is how
// far it is from proven (infinite where there is no approximate inverse).
ResidualNorm verified_nonsingular(const IntervalMatrix& a);

// Proven: the least singular value of every matrix enclosed (n x n) is above this; 0 where nothing is proven.
// In double, Y = approx_inverse of the midpoint, E = I - Y A:
//   sigma_min(A) >= (1 - |E|_2) / |Y|_2,  |E|_2^2 <= |E|_1 |E|_inf,
// because A^-1 = (I - E)^-1 Y. |Y|_2 is at most the Frobenius norm; where that is above twice what the power
// method finds, t I - Y^T Y is proven positive definite for a t a tenth above instead. Where |E|_2 <= 1/3 the
// bound is within a factor 4 of the truth, and commonly within 1.5. Work: LU, an inverse and a product in
// double, and in the second case a product and a Cholesky factorisation more.
double verified_least_singular_value(const IntervalMatrix& a);

}  // namespace pgb
