#include "pgb/linalg/verified_inverse.h"

#include <arb_mat.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/scalar/kernels.h"
#include "pgb/scalar/product.h"

namespace pgb {

using namespace verified_detail;

namespace {

class ArbMatrix {
 public:
  ArbMatrix(std::size_t rows, std::size_t cols) {
    arb_mat_init(value_, static_cast<slong>(rows), static_cast<slong>(cols));
  }
  explicit ArbMatrix(const Matrix<Ball>& a) : ArbMatrix(a.rows, a.cols) {
    for (std::size_t j = 0; j < a.cols; ++j) {
      for (std::size_t i = 0; i < a.rows; ++i) arb_set(at(i, j), a(i, j).get());
    }
  }
  ArbMatrix(const ArbMatrix&) = delete;
  ArbMatrix& operator=(const ArbMatrix&) = delete;
  ~ArbMatrix() { arb_mat_clear(value_); }

  arb_ptr at(std::size_t i, std::size_t j) {
    return arb_mat_entry(value_, static_cast<slong>(i), static_cast<slong>(j));
  }
  arb_mat_struct* get() { return value_; }

 private:
  arb_mat_t value_;
};

Matrix<Ball> midpoints(ArbMatrix& a, std::size_t rows, std::size_t cols) {
  Matrix<Ball> result(rows, cols);
  for (std::size_t j = 0; j < cols; ++j) {
    for (std::size_t i = 0; i < rows; ++i) arb_get_mid_arb(result(i, j).get(), a.at(i, j));
  }
  return result;
}

void require_square(std::size_t y_rows, std::size_t y_cols, std::size_t rows, std::size_t cols) {
  if (rows == cols && y_rows == rows && y_cols == rows) return;
  throw std::invalid_argument("verified_residual: expected square matrices of one size, found " +
                              std::to_string(y_rows) + " x " + std::to_string(y_cols) + " and " +
                              std::to_string(rows) + " x " + std::to_string(cols));
}

// v inflated by the relative error of a sum of nonnegative terms, nan taken as infinite.
double inflated(double v, double factor) {
  v = v * factor + kTiny;
  return v < kInfinity ? v : kInfinity;
}

}  // namespace

// |I - Y A'| <= |I - Y A| + |Y| rad for any two matrices enclosed
double ResidualNorm::approx_floor() const {
  return midpoint < kInfinity ? std::max(0.0, midpoint - radius) : 0;
}

double ResidualNorm::approx_factor_to(double target) const {
  const double rest = approx_floor();
  return total < kInfinity && total > rest && target > rest ? (target - rest) / (total - rest) : 0;
}

std::optional<Matrix<double>> approx_inverse(const Matrix<double>& a) {
  Matrix<double> inverse(a.rows, a.cols);
  kernels().inverse(a.rows, a.data.data(), inverse.data.data());
  const bool finite =
      std::all_of(inverse.data.begin(), inverse.data.end(), [](double x) { return std::isfinite(x); });
  if (!finite) return std::nullopt;
  return inverse;
}

std::optional<Matrix<Ball>> approx_inverse(const Matrix<Ball>& a) {
  ArbMatrix from(a), to(a.rows, a.cols);
  if (arb_mat_approx_inv(to.get(), from.get(), working_precision()) == 0) return std::nullopt;
  Matrix<Ball> inverse = midpoints(to, a.rows, a.cols);
  for (const Ball& x : inverse.data) {
    if (!x.is_finite()) return std::nullopt;
  }
  return inverse;
}

ResidualNorm verified_residual(const Matrix<double>& y, const IntervalMatrix& a) {
  require_square(y.rows, y.cols, a.rows(), a.cols());
  const std::size_t n = y.rows;
  require_size(n);
  // |I - Y A| 1 <= |I - fl(Y M)| 1 + gamma |Y| (|M| 1) + |Y| (rad 1), M the midpoint
  const Matrix<double> product = multiply<double>(y, a.mid);
  Vector<double> residual(n, 0.0), m_sums(n, 0.0), r_sums(n, 0.0), rounding(n, 0.0), width(n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      residual[i] += std::abs((i == j ? 1.0 : 0.0) - product(i, j));
      m_sums[i] += std::abs(a.mid(i, j));
      r_sums[i] += a.radius(i, j);
    }
  }
  const double g = gamma(n), count = static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) {
    // The constant covers what underflows in gamma |M| 1.
    m_sums[k] = m_sums[k] * g + kTiny;
    for (std::size_t i = 0; i < n; ++i) {
      rounding[i] += std::abs(y(i, k)) * m_sums[k];
      width[i] += std::abs(y(i, k)) * r_sums[k];
    }
  }
  // Each sum above has at most n + 4 roundings on the way to the row sum of 2 n terms at most.
  const double factor = 1 + (4 * count + 32) * kUnit, underflow = (count + 1) * (count + 1) * 8 * kTiny;
  ResidualNorm norm;
  for (std::size_t i = 0; i < n; ++i) {
    const double middle = inflated(residual[i] + rounding[i] + underflow, factor),
                 r = inflated(width[i], factor);
    norm.midpoint = std::max(norm.midpoint, middle);
    norm.radius = std::max(norm.radius, r);
    norm.total = std::max(norm.total, add_up(middle, add_up(r, underflow)));
  }
  return norm;
}

ResidualNorm verified_residual(const Matrix<Ball>& y, const Matrix<Ball>& a) {
  require_square(y.rows, y.cols, a.rows, a.cols);
  const std::size_t n = y.rows;
  ArbMatrix left(y), right(a), product(n, n);
  arb_mat_mul(product.get(), left.get(), right.get(), working_precision());
  ResidualNorm norm;
  for (std::size_t i = 0; i < n; ++i) {
    double total = 0, middle = 0, radius = 0;
    for (std::size_t j = 0; j < n; ++j) {
      Ball entry;
      arb_sub_si(entry.get(), product.at(i, j), i == j ? 1 : 0, working_precision());
      if (!entry.is_finite()) return {kInfinity, kInfinity, kInfinity};
      total = add_up(total, entry.magnitude());
      middle = add_up(middle, entry.exact_midpoint().magnitude());
      radius = add_up(radius, entry.radius());
    }
    norm.total = std::max(norm.total, total);
    norm.midpoint = std::max(norm.midpoint, middle);
    norm.radius = std::max(norm.radius, radius);
  }
  return norm;
}

ResidualNorm verified_nonsingular(const IntervalMatrix& a) {
  const std::optional<Matrix<double>> y = approx_inverse(a.mid);
  if (!y) return {kInfinity, kInfinity, kInfinity};
  return verified_residual(*y, a);
}

}  // namespace pgb
