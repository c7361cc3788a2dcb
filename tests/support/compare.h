// Comparisons with an exact or far more precise reference. A failure prints both numbers in decimal and
// hexadecimal and their distance in ulps of the scalar under test.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::test {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

// Decimal and hexadecimal text.
std::string describe(const Real& x);
std::string describe(const Ball& x);

// |actual - expected| as a multiple of u max(|expected|, scale).
double distance(const Real& actual, const Real& expected, double u, double scale);

// Whether the ball holds the number. A reference of 400 bits or more is itself taken to be off by 60 of its
// last bits.
AssertionResult holds(const Ball& ball, const Real& exact);

// 2^-p for the p bits that x has (balls: the working precision), whatever the precision in force.
template <class S>
double roundoff_of(const S&) {
  return unit_roundoff<S>();
}
inline double roundoff_of(const Real& x) {
  return std::ldexp(1.0, -static_cast<int>(mpfr_get_prec(x.backend().data())));
}

// Floating point: |actual - expected| <= ulps u max(|expected|, scale), u the unit roundoff of S.
// Balls: the ball holds the number, whatever ulps and scale say.
template <class S>
AssertionResult agrees(const S& actual, const Real& expected, double ulps, double scale = 0) {
  if constexpr (std::is_same_v<S, Ball>) {
    return holds(actual, expected);
  } else {
    const double u = roundoff_of(actual);
    const double found = distance(to_real(actual), expected, u, scale);
    if (found <= ulps) return AssertionSuccess();
    return AssertionFailure() << "found    " << describe(to_real(actual)) << "\n  expected "
                              << describe(expected) << "\n  distance " << found << " ulp, allowed " << ulps
                              << " (scale " << scale << ")";
  }
}

// A dual number against value and tangent.
template <class T>
AssertionResult agrees(const Dual<T>& actual, const Real& value, const Real& tangent, double ulps,
                       double scale = 0) {
  if (AssertionResult result = agrees(actual.value, value, ulps, scale); !result)
    return result << " in the value";
  if (AssertionResult result = agrees(actual.tangent, tangent, ulps, scale); !result)
    return result << " in the tangent";
  return AssertionSuccess();
}

template <class S>
AssertionResult agrees(const Vector<S>& actual, const Vector<Real>& expected, double ulps, double scale = 0) {
  if (actual.size() != expected.size()) {
    return AssertionFailure() << "found " << actual.size() << " entries, expected " << expected.size();
  }
  for (std::size_t k = 0; k < actual.size(); ++k) {
    if (AssertionResult result = agrees(actual[k], expected[k], ulps, scale); !result) {
      return result << "\n  at entry " << k;
    }
  }
  return AssertionSuccess();
}

template <class S>
AssertionResult agrees(const Matrix<S>& actual, const Matrix<Real>& expected, double ulps, double scale = 0) {
  if (actual.rows != expected.rows || actual.cols != expected.cols) {
    return AssertionFailure() << "found " << actual.rows << " x " << actual.cols << ", expected "
                              << expected.rows << " x " << expected.cols;
  }
  for (std::size_t j = 0; j < actual.cols; ++j) {
    for (std::size_t i = 0; i < actual.rows; ++i) {
      if (AssertionResult result = agrees(actual(i, j), expected(i, j), ulps, scale); !result) {
        return result << "\n  at (" << i << ", " << j << ")";
      }
    }
  }
  return AssertionSuccess();
}

// The largest |entry|, at least 1: the scale of a result with cancellation.
double size_of(const Vector<Real>& values);

// Doubles as any scalar; exact (Real: at 53 bits of working precision or more).
template <class S>
Vector<S> scalars(const Vector<double>& values) {
  return Vector<S>(values.begin(), values.end());
}
template <class S>
Matrix<S> scalars(const Matrix<double>& values) {
  return Matrix<S>(values.rows, values.cols, scalars<S>(values.data));
}

}  // namespace pgb::test
