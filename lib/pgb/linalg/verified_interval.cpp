#include "pgb/linalg/verified_interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/scalar/product.h"

namespace pgb {

using namespace verified_detail;

double add_up(double a, double b) {
  const double sum = a + b;
  return a == 0 || b == 0 ? sum : std::nextafter(sum, kInfinity);
}

double multiply_up(double a, double b) { return a == 0 || b == 0 ? 0 : std::nextafter(a * b, kInfinity); }

double divide_up(double a, double b) { return a == 0 ? 0 : std::nextafter(a / b, kInfinity); }

double subtract_down(double a, double b) { return b == 0 ? a : std::nextafter(a - b, -kInfinity); }

void IntervalMatrix::set(std::size_t i, std::size_t j, const Ball& x) {
  const double middle = x.midpoint();
  if (!x.is_finite() || !std::isfinite(middle)) {
    mid(i, j) = 0;
    radius(i, j) = kInfinity;
    return;
  }
  mid(i, j) = middle;
  radius(i, j) = (x - Ball(middle)).magnitude();
}

IntervalMatrix to_interval(const Matrix<Ball>& a) {
  IntervalMatrix result(a.rows, a.cols);
  for (std::size_t j = 0; j < a.cols; ++j) {
    for (std::size_t i = 0; i < a.rows; ++i) result.set(i, j, a(i, j));
  }
  return result;
}

IntervalMatrix verified_multiply(const IntervalMatrix& a, const IntervalMatrix& b) {
  const std::size_t k = a.cols();
  if (k != b.rows()) {
    throw std::invalid_argument("verified_multiply: inner dimensions " + std::to_string(k) + " and " +
                                std::to_string(b.rows()) + " differ");
  }
  require_size(k);
  IntervalMatrix c;
  c.mid = multiply<double>(a.mid, b.mid);
  // |mid A| (rad B + gamma |mid B|) + rad A (|mid B| + rad B)
  Matrix<double> a_mid = a.mid, b_part(b.rows(), b.cols()), b_all(b.rows(), b.cols());
  for (double& x : a_mid.data) x = std::abs(x);
  const double g = gamma(k);
  for (std::size_t t = 0; t < b_part.data.size(); ++t) {
    const double middle = std::abs(b.mid.data[t]), radius = b.radius.data[t];
    b_part.data[t] = radius + (middle == 0 ? 0 : g * middle + kTiny);
    b_all.data[t] = middle + radius;
  }
  c.radius = multiply<double>(a_mid, b_part);
  const bool exact = std::all_of(a.radius.data.begin(), a.radius.data.end(), [](double r) { return r == 0; });
  if (!exact) {
    const Matrix<double> rest = multiply<double>(a.radius, b_all);
    for (std::size_t t = 0; t < rest.data.size(); ++t) c.radius.data[t] += rest.data[t];
  }
  const double inflation = 1 + static_cast<double>(2 * k + 16) * kUnit;
  const double underflow = static_cast<double>(4 * k + 4) * kTiny;
  for (std::size_t t = 0; t < c.radius.data.size(); ++t) {
    double& r = c.radius.data[t];
    r = r * inflation + underflow;
    if (!(r < kInfinity) || !std::isfinite(c.mid.data[t])) {
      r = kInfinity;
      c.mid.data[t] = 0;
    }
  }
  return c;
}

// For x > 0 the spectral radius of a nonnegative M is at most max_i (M x)_i / x_i (Collatz); x = 1 and x =
// M 1.
double verified_symmetric_norm(const Matrix<double>& radius) {
  const std::size_t n = radius.rows;
  Vector<double> x(n, 1.0);
  double best = kInfinity;
  for (int round = 0; round < 3; ++round) {
    Vector<double> y(n, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) y[i] += radius(i, j) * x[j];
    }
    const double inflation = 1 + static_cast<double>(n + 8) * kUnit,
                 underflow = static_cast<double>(n) * kTiny;
    double largest = 0, norm = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double up = y[i] * inflation + underflow;
      norm = std::max(norm, up < kInfinity ? divide_up(up, x[i]) : kInfinity);
      largest = std::max(largest, y[i]);
    }
    best = std::min(best, norm);
    if (!(largest > 0 && largest < kInfinity)) break;
    for (std::size_t i = 0; i < n; ++i) x[i] = std::max(y[i] / largest, 0x1p-40);
  }
  // A row of zeros has x_i far above what it needs; the bound holds all the same.
  return best;
}

}  // namespace pgb
