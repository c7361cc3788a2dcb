// Matrices known up to an entrywise radius, in double with rigorous error bounds.
#pragma once

#include <cstddef>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// All real matrices A with |A - mid| <= radius, entry by entry; a radius may be infinite (nothing is known),
// a midpoint is finite.
struct IntervalMatrix {
  Matrix<double> mid, radius;

  IntervalMatrix() = default;
  IntervalMatrix(std::size_t rows, std::size_t cols) : mid(rows, cols), radius(rows, cols) {}
  explicit IntervalMatrix(Matrix<double> exact) : mid(exact), radius(exact.rows, exact.cols) {}
  std::size_t rows() const { return mid.rows; }
  std::size_t cols() const { return mid.cols; }
  // Entry (i, j) becomes an enclosure of x.
  void set(std::size_t i, std::size_t j, const Ball& x);
};

// Encloses every matrix that the balls enclose.
IntervalMatrix to_interval(const Matrix<Ball>& a);

// Encloses A B for every A and B enclosed (r x k times k x c). Three floating-point products: with M the
// rounded product of the midpoints and gamma = k u / (1 - k u),
//   |A B - M| <= |mid A| rad B + rad A (|mid B| + rad B) + gamma |mid A| |mid B| + underflow,
// each term itself rounded up. Reference: S. M. Rump, "Fast and parallel interval arithmetic", BIT 39, 1999;
// for the a-priori bounds in rounding to nearest, N. J. Higham, "Accuracy and Stability of Numerical
// Algorithms", chapter 3. Throws std::invalid_argument when the inner dimensions differ or exceed 2^24.
IntervalMatrix verified_multiply(const IntervalMatrix& a, const IntervalMatrix& b);

// An upper bound of |A|_2 for a symmetric entrywise bound: every matrix with |A| <= radius. Infinite where
// radius is.
double verified_symmetric_norm(const Matrix<double>& radius);

// (a + b) and a * b for a, b >= 0, not below the exact results.
double add_up(double a, double b);
double multiply_up(double a, double b);
double divide_up(double a, double b);      // b > 0
double subtract_down(double a, double b);  // not above a - b

}  // namespace pgb
