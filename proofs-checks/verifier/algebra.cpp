// Facts about every matrix of an enclosure.
#include "verifier/checks.h"

namespace pgb::verifier {
namespace {

// An upper bound of |I - A|_inf, required to be less than 1.
Ball bound_below_one(const Matrix& a, const std::string& failure) {
  Ball largest;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    Ball sum;
    for (std::size_t j = 0; j < a.cols(); ++j) sum.add(magnitude(a(i, j) - Ball(i == j ? 1 : 0)));
    require(less(sum, 1), failure + sum.text());
    if (!less(sum, largest)) largest = high_end(sum);
  }
  return largest;
}

}  // namespace

Preconditioner precondition(const Matrix& a, const std::string& what) {
  require(a.rows() == a.cols() && a.rows() > 0, what + " is not a square matrix");
  Matrix y(a.rows(), a.cols());
  require(arb_mat_approx_inv(y.get(), a.get(), working_bits) != 0, what + " may be singular");
  arb_mat_get_mid(y.get(), y.get());
  return {y, bound_below_one(y * a, what + " may be singular: |I - Y A| is up to ")};
}

Matrix rows_of(const Matrix& a, const Indices& rows) {
  Matrix part(rows.size(), a.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) part.set(i, j, a(rows[i], j));
  }
  return part;
}

void require_zero(const Preconditioner& p, const Balls& f, const Rational& r, const std::string& what) {
  Matrix column(f.size(), 1);
  for (std::size_t i = 0; i < f.size(); ++i) column.set(i, 0, f[i]);
  const Matrix step = p.y * column;
  for (std::size_t i = 0; i < f.size(); ++i) {
    const Ball bound = magnitude(step(i, 0)) + p.q * r;
    require(arb_le(bound.get(), Ball(r).get()) != 0, what + ": |Y F(0)| + q r > r, " + bound.text());
  }
}

// For |I - X A X^T| < 1 the symmetric matrix X A X^T has all eigenvalues in (0, 2), hence A is positive
// definite. X is an approximate inverse of L, the Cholesky factor of A's midpoint computed with rounding.
void require_positive_definite(const Matrix& a, const std::string& what) {
  Matrix l(a.rows(), a.cols()), x(l);
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {  // l_ij = (a_ij - sum_{k<j} l_ik l_jk) / l_jj
      Ball y = a(i, j);
      const auto row = [&l](std::size_t r) { return arb_mat_entry(l.get(), r, 0); };
      arb_dot(y.get(), y.get(), 1, row(i), 1, row(j), 1, slong(j), working_bits);
      l.set(i, j, i == j ? of(arb_sqrt, y) : y / l(j, j));
      arb_get_mid_arb(row(i) + j, row(i) + j);
    }
  }
  require(arb_mat_approx_inv(x.get(), l.get(), working_bits) != 0, what + " has no Cholesky factor");
  arb_mat_get_mid(x.get(), x.get());
  bound_below_one(x * a * transpose(x), what + " may not be positive definite: |I - X A X^T| is up to ");
}

}  // namespace pgb::verifier
