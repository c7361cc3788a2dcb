// Exact references for the linear algebra tests: balls wide enough in precision that sums and products of
// doubles have no rounding, and elimination that decides signs exactly.
#pragma once

#include <gtest/gtest.h>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"
#include "support/random.h"

namespace pgb::test {

inline Matrix<Ball> balls(const Matrix<double>& a) {
  return {a.rows, a.cols, Vector<Ball>(a.data.begin(), a.data.end())};
}

inline Matrix<double> random_matrix(std::size_t rows, std::size_t cols, Random& random) {
  Matrix<double> a(rows, cols);
  for (double& x : a.data) x = random.uniform();
  return a;
}

// Entries are whole numbers from -size to size.
inline Matrix<double> whole_matrix(std::size_t rows, std::size_t cols, std::size_t size, Random& random) {
  Matrix<double> a(rows, cols);
  for (double& x : a.data) x = static_cast<double>(random.index(2 * size + 1)) - static_cast<double>(size);
  return a;
}

// Whether a symmetric matrix of doubles is positive definite, by elimination in balls of so high a precision
// that the sign of every pivot is decided; a pivot that is 0 at 20,000 bits counts as 0.
inline bool positive_definite(const Matrix<double>& matrix) {
  for (long bits = 256; bits <= 20000; bits *= 4) {
    const PrecisionScope scope(bits);
    Matrix<Ball> a = balls(matrix);
    bool decided = true;
    for (std::size_t k = 0; k < a.rows && decided; ++k) {
      if (a(k, k).certainly_negative() || a(k, k).is_exactly_zero()) return false;
      decided = a(k, k).certainly_positive();
      for (std::size_t j = k + 1; j < a.rows && decided; ++j) {
        const Ball factor = a(j, k) / a(k, k);
        for (std::size_t i = j; i < a.rows; ++i) a(i, j) -= factor * a(i, k);
      }
    }
    if (decided) return true;
  }
  return false;
}

}  // namespace pgb::test
