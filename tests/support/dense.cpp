#include "support/dense.h"

#include <stdexcept>
#include <utility>

#include "pgb/scalar/precision.h"

namespace pgb::test {

Rational exact(double x) { return Rational(x); }

namespace {

// Row echelon form in place; the pivot columns.
std::vector<std::size_t> eliminate(Rows<Rational>& a) {
  std::vector<std::size_t> pivots;
  const std::size_t cols = a.empty() ? 0 : a[0].size();
  for (std::size_t c = 0; c < cols && pivots.size() < a.size(); ++c) {
    const std::size_t top = pivots.size();
    std::size_t pivot = top;
    while (pivot < a.size() && a[pivot][c] == 0) ++pivot;
    if (pivot == a.size()) continue;
    std::swap(a[top], a[pivot]);
    for (std::size_t r = top + 1; r < a.size(); ++r) {
      if (a[r][c] == 0) continue;
      const Rational factor = a[r][c] / a[top][c];
      for (std::size_t j = c; j < cols; ++j) a[r][j] -= factor * a[top][j];
    }
    pivots.push_back(c);
  }
  return pivots;
}

}  // namespace

std::size_t exact_rank(Rows<Rational> a) { return eliminate(a).size(); }

std::vector<std::size_t> independent_columns(const Rows<Rational>& a) {
  Rows<Rational> copy = a;
  return eliminate(copy);
}

std::vector<Rational> exact_solution(Rows<Rational> a, std::vector<Rational> b) {
  const std::size_t n = a.size();
  for (std::size_t r = 0; r < n; ++r) a[r].push_back(b[r]);
  if (eliminate(a).size() != n) throw std::logic_error("singular");
  for (std::size_t k = n; k-- > 0;) {
    if (a[k][k] == 0) throw std::logic_error("singular");
    b[k] = a[k][n];
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

std::vector<Real> reference_pivots(Matrix<Real> a) {
  std::vector<Real> pivots;
  for (std::size_t k = 0; k < std::min(a.rows, a.cols); ++k) {
    std::size_t row = k, column = k;
    for (std::size_t j = k; j < a.cols; ++j) {
      for (std::size_t i = k; i < a.rows; ++i) {
        if (abs(a(i, j)) > abs(a(row, column))) {
          row = i;
          column = j;
        }
      }
    }
    if (a(row, column) == 0) break;
    for (std::size_t j = 0; j < a.cols; ++j) std::swap(a(k, j), a(row, j));
    for (std::size_t i = 0; i < a.rows; ++i) std::swap(a(i, k), a(i, column));
    pivots.push_back(a(k, k));
    for (std::size_t i = k + 1; i < a.rows; ++i) {
      const Real factor = a(i, k) / a(k, k);
      for (std::size_t j = k; j < a.cols; ++j) a(i, j) -= factor * a(k, j);
    }
  }
  return pivots;
}

std::size_t reference_rank(Matrix<Real> a) {
  const std::vector<Real> pivots = reference_pivots(std::move(a));
  std::size_t rank = 0;
  const Real small = ldexp(Real(1), -static_cast<int>(working_precision() / 2));
  while (rank < pivots.size() && abs(pivots[rank]) > small * abs(pivots[0])) ++rank;
  return rank;
}

}  // namespace pgb::test
