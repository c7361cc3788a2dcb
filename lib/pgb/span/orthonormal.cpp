#include "pgb/span/orthonormal.h"

#include "pgb/scalar/functions.h"
#include "pgb/scalar/product.h"

namespace pgb {

Matrix<double> approx_orthonormal(const Matrix<Real>& a, const std::vector<std::size_t>& chosen) {
  const std::size_t rows = a.rows;
  Matrix<Real> q(rows, chosen.size());
  Matrix<double> rounded(rows, chosen.size());
  for (std::size_t c = 0; c < chosen.size(); ++c) {
    Real* v = q.column(c);
    for (std::size_t r = 0; r < rows; ++r) v[r] = a(r, chosen[c]);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < c; ++k) {
        const Real share = dot(rows, q.column(k), 1, v, 1);
        for (std::size_t r = 0; r < rows; ++r) v[r] -= share * q(r, k);
      }
      const Real length = sqrt(dot(rows, v, 1, v, 1));
      for (std::size_t r = 0; r < rows; ++r) v[r] /= length;
    }
    for (std::size_t r = 0; r < rows; ++r) rounded(r, c) = to_double(v[r]);
  }
  return rounded;
}

}  // namespace pgb
