// Central differences in Real, and comparison with them within the accuracy of the scalar under test.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "pgb/model/model.h"
#include "support/compare.h"

namespace pgb::test {

constexpr long kDifferenceBits = 420;          // more than 100 digits
constexpr double kStep = 0x1p-110;             // about 1e-33
constexpr double kDifferenceError = 0x1p-190;  // of (f(z + h) - f(z - h)) / (2 h), relative to 1 + |f'|

// d f / d z_k for every k, f returning a Matrix<Real>: column k of the result is the difference in direction
// k.
template <class F>
Matrix<Real> central_differences(const Vector<Real>& z, F f) {
  Matrix<Real> result;
  const Real h(kStep);
  for (std::size_t k = 0; k < z.size(); ++k) {
    Vector<Real> up = z, down = z;
    up[k] += h;
    down[k] -= h;
    const Vector<Real> a = f(up), b = f(down);
    if (k == 0) result = Matrix<Real>(a.size(), z.size());
    for (std::size_t r = 0; r < a.size(); ++r) result(r, k) = (a[r] - b[r]) / (2 * h);
  }
  return result;
}

template <class S>
long significand_bits() {
  return static_cast<long>(-std::log2(unit_roundoff<S>()));
}

// Balls must hold the difference. Floating point may be off by 16 times the error bound that ball arithmetic
// of the same length finds: `bound` holds the balls.
template <class S>
AssertionResult within_accuracy(const S& found, const Real& expected, const Ball& bound) {
  const double difference = kDifferenceError * (1 + std::abs(to_double(expected)));
  if constexpr (std::is_same_v<S, Ball>) {
    if (Ball::with_radius(found, difference).contains(to_ball(expected))) return AssertionSuccess();
    return holds(found, expected);
  } else {
    if (!bound.is_finite()) return AssertionSuccess();  // too ill-conditioned to ask anything
    // a dot product of balls is rounded once only: sums of a few terms of size 1 lose a little more
    const double allowed =
        16 * bound.radius() + 64 * roundoff_of(found) * (1 + std::abs(to_double(expected))) + difference;
    const double error = std::abs(to_double(Real(to_real(found) - expected)));
    if (error <= allowed) return AssertionSuccess();
    return AssertionFailure() << "found    " << describe(to_real(found)) << "\n  expected "
                              << describe(expected) << "\n  error " << error << " = "
                              << error / (roundoff_of(found) * std::abs(to_double(expected)))
                              << " ulp, allowed " << allowed;
  }
}

template <class S>
AssertionResult within_accuracy(const Vector<S>& found, const Vector<Real>& expected,
                                const Vector<Ball>& bound) {
  if (found.size() != expected.size() || found.size() != bound.size()) {
    return AssertionFailure() << "found " << found.size() << " entries, expected " << expected.size();
  }
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (AssertionResult result = within_accuracy(found[k], expected[k], bound[k]); !result) {
      return result << "\n  at entry " << k;
    }
  }
  return AssertionSuccess();
}

}  // namespace pgb::test
