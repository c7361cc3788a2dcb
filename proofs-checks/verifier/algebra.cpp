// Facts about every matrix of an enclosure.
#include "verifier/checks.h"

namespace pgb::verifier {
namespace {

// An upper bound of |a|_inf, the largest row sum of magnitudes.
Ball norm(const Matrix& a) {
  Ball bound;
  mag_t x;
  mag_init(x), arb_mat_bound_inf_norm(x, a.get());
  arf_set_mag(arb_midref(bound.get()), x), mag_clear(x);
  return bound;
}

}  // namespace

Preconditioner precondition(const Matrix& a, const std::string& what) {
  require(a.rows() == a.cols() && a.rows() > 0, what + " is not a square matrix");
  Matrix y(a.rows(), a.cols()), rest(y);
  require(arb_mat_approx_inv(y.get(), a.get(), working_bits) != 0, what + " may be singular");
  arb_mat_get_mid(y.get(), y.get());
  arb_mat_one(rest.get());
  arb_mat_sub(rest.get(), rest.get(), (y * a).get(), working_bits);
  require(less(norm(rest), 1), what + " may be singular: |I - Y A| is up to " + norm(rest).text());
  return {y, norm(rest)};
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
  const Ball bound = norm(p.y * column) + p.q * r;
  require(arb_le(bound.get(), Ball(r).get()) != 0, what + ": |Y F(0)| + q r > r, " + bound.text());
}

void require_positive_definite(const Matrix& a, const std::string& what) {
  Matrix middle(a), l(a);
  arb_mat_get_mid(middle.get(), a.get());
  const slong bits = working_bits + 2 * slong(a.rows());  // the factorisation loses some with each row
  require(arb_mat_cho(l.get(), middle.get(), bits) != 0,
          what + " has no Cholesky factor, is not positive definite");
}

}  // namespace pgb::verifier
