#include "claims/support/exact.h"

#include <cmath>
#include <functional>
#include <stdexcept>

namespace pgb::claims {

IntegerMatrix IntegerMatrix::kernel() const {
  IntegerMatrix all(columns(), columns());
  const auto dimension = static_cast<std::size_t>(fmpz_mat_nullspace(all.value_, value_));
  IntegerMatrix basis(columns(), dimension);
  for (std::size_t i = 0; i < columns(); ++i) {
    for (std::size_t j = 0; j < dimension; ++j) fmpz_set(basis(i, j), all(i, j));
  }
  return basis;
}

std::vector<Exponents> exponents(std::size_t d, unsigned low, unsigned high) {
  std::vector<Exponents> list;
  Exponents at(d, 0);
  const std::function<void(std::size_t, unsigned)> fill = [&](std::size_t k, unsigned used) {
    if (k == d) {
      if (used >= low) list.push_back(at);
      return;
    }
    for (unsigned e = 0; used + e <= high; ++e) {
      at[k] = e;
      fill(k + 1, used + e);
    }
    at[k] = 0;
  };
  fill(0, 0);
  return list;
}

IntegerMatrix monomials(const std::vector<IntegerPoint>& points, const std::vector<Exponents>& exponents) {
  IntegerMatrix matrix(points.size(), exponents.size());
  fmpz_t factor;
  fmpz_init(factor);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < exponents.size(); ++j) {
      fmpz_one(matrix(i, j));
      for (std::size_t c = 0; c < points[i].size(); ++c) {
        fmpz_set_si(factor, points[i][c]);
        fmpz_pow_ui(factor, factor, exponents[j][c]);
        fmpz_mul(matrix(i, j), matrix(i, j), factor);
      }
    }
  }
  fmpz_clear(factor);
  return matrix;
}

IntegerMatrix with_column(const IntegerMatrix& a, const std::vector<long>& column) {
  IntegerMatrix wider(a.rows(), a.columns() + 1);
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.columns(); ++j) fmpz_set(wider(i, j), a(i, j));
    fmpz_set_si(wider(i, a.columns()), column[i]);
  }
  return wider;
}

std::vector<IntegerPoint> integer_inputs(const Problem& problem) {
  const std::size_t d = problem.model->inputs();
  std::vector<IntegerPoint> points(problem.samples());
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t c = 0; c < d; ++c) {
      const double x = 8 * problem.x.values[i * d + c];
      if (x != std::round(x)) throw std::logic_error("an input is no whole multiple of 1/8");
      points[i].push_back(static_cast<long>(x));
    }
  }
  return points;
}

}  // namespace pgb::claims
