#include "pgb/linalg/verified_inverse.h"

#include <arb_mat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/linalg/verified_definite.h"
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
  Vector<double> columns(n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      const double off = std::abs((i == j ? 1.0 : 0.0) - product(i, j));
      residual[i] += off;
      columns[j] += off;
      m_sums[i] += std::abs(a.mid(i, j));
      r_sums[i] += a.radius(i, j);
    }
  }
  const double g = gamma(n), count = static_cast<double>(n);
  Vector<double> y_sums(n, 0.0);  // 1^T |Y|
  for (std::size_t k = 0; k < n; ++k) {
    // The constant covers what underflows in gamma |M| 1.
    m_sums[k] = m_sums[k] * g + kTiny;
    for (std::size_t i = 0; i < n; ++i) {
      rounding[i] += std::abs(y(i, k)) * m_sums[k];
      width[i] += std::abs(y(i, k)) * r_sums[k];
      y_sums[k] += std::abs(y(i, k));
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
  // 1^T |I - Y A| in the same way: 1^T |I - fl(Y M)| + (1^T |Y|) (gamma |M| + rad)
  norm.columns = 0;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < n; ++k) {
      columns[j] += y_sums[k] * (std::abs(a.mid(k, j)) * g + (a.radius(k, j) + kTiny));
    }
    norm.columns = std::max(norm.columns, inflated(columns[j] + underflow, factor));
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

namespace {

// An upper bound of |Y|_2, for largest entries of magnitude in [1/2, 1); infinite where none is found.
double norm_above(const Matrix<double>& y) {
  const std::size_t n = y.rows;
  const double count = static_cast<double>(n);
  double squares = 0;
  for (const double x : y.data) squares += x * x;
  squares = squares * (1 + (count * count + 8) * 2 * kUnit) + count * count * kTiny;  // at least |Y|_F^2
  const double frobenius = std::nextafter(std::sqrt(squares), kInfinity);
  // The power method from below, on Y^T Y.
  Matrix<double> v(n, 1);
  for (std::size_t i = 0; i < n; ++i) v(i, 0) = 1 + 0.5 * std::sin(static_cast<double>(3 * i + 1));
  double approx = 0;
  for (int round = 0; round < 12; ++round) {
    double length = 0;
    for (const double x : v.data) length = std::hypot(length, x);
    if (!(length > 0)) break;
    for (double& x : v.data) x /= length;
    const Matrix<double> image = multiply<double>(y, v);
    approx = 0;
    for (const double x : image.data) approx = std::hypot(approx, x);
    v = multiply_tn<double>(y, image);
  }
  if (frobenius <= 2 * approx) return frobenius;
  // t I - fl(Y^T Y) > 0 gives |Y|_2^2 <= t + gamma |Y|_F^2 + what rounding t - G_ii hides + underflow.
  Matrix<double> b = multiply_tn<double>(y, y);
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, b(i, i));
  for (const double part : {1.1, 1.5, 3.0}) {
    const double t = std::max(part * part * approx * approx, 0x1p-500);
    Matrix<double> shifted(n, n);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) shifted(i, j) = (i == j ? t : 0) - b(i, j);
    }
    if (!verified_positive_definite(IntervalMatrix(std::move(shifted))).positive_definite) continue;
    double bound = add_up(t, multiply_up(2 * gamma(n), squares));
    bound = add_up(bound, multiply_up(4 * kUnit, t + largest));
    bound = add_up(bound, count * count * 4 * kTiny);
    return std::min(frobenius, std::nextafter(std::sqrt(bound), kInfinity));
  }
  return frobenius;
}

}  // namespace

double verified_least_singular_value(const IntervalMatrix& a) {
  if (a.rows() == 0) return 0;
  std::optional<Matrix<double>> y = approx_inverse(a.mid);
  if (!y) return 0;
  const ResidualNorm e = verified_residual(*y, a);
  const double squared = multiply_up(e.total, e.columns);
  const double norm = std::nextafter(std::sqrt(squared), kInfinity);
  if (!(norm < 1)) return 0;
  double largest = 0;
  for (const double x : y->data) largest = std::max(largest, std::abs(x));
  if (!(largest > 0)) return 0;
  const int exponent = std::ilogb(largest) + 1;
  // Exact, but for entries 2^-1000 as large as the largest and less, which |Y|_F^2 has room for.
  for (double& x : y->data) x = std::ldexp(x, -exponent);
  const double above = norm_above(*y);
  if (!(above > 0 && above < kInfinity)) return 0;
  const double bound = std::ldexp(std::nextafter(subtract_down(1, norm) / above, 0.0), -exponent);
  return bound < kTiny ? 0 : std::min(bound, std::numeric_limits<double>::max());
}

ResidualNorm verified_nonsingular(const IntervalMatrix& a) {
  const std::optional<Matrix<double>> y = approx_inverse(a.mid);
  if (!y) return {kInfinity, kInfinity, kInfinity};
  return verified_residual(*y, a);
}

}  // namespace pgb
