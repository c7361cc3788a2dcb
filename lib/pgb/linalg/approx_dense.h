// Dense linear algebra in double, without error bounds: estimates, search directions and pictures, never
// proofs.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "pgb/scalar/matrix.h"

namespace pgb {

// A = V diag(values) V^T, values ascending; V n x n, columns the eigenvectors. A symmetric n x n, lower part
// read.
struct ApproxEigen {
  Vector<double> values;
  Matrix<double> vectors;
};
ApproxEigen approx_symmetric_eigen(const Matrix<double>& a);
Vector<double> approx_symmetric_eigenvalues(
    const Matrix<double>& a);  // the values alone: a fifth of the work

// Minimum-norm x with A x = b in the eigenbasis, eigenvalues of magnitude <= cutoff taken as 0.
Vector<double> approx_pseudo_solve(const ApproxEigen& eigen, const Vector<double>& b, double cutoff);

// Singular values of A (r x c), descending, min(r, c) of them; QR first, so that tall and wide cost the same.
// LAPACK's, where the system has one, from 128 values on.
Vector<double> approx_singular_values(const Matrix<double>& a);

// A numerical rank: the number of singular values above the widest gap below `noise` relative to the largest.
// `gap` is the ratio of the last value counted to the first left out (infinite when none is left out): small
// gaps mean that double precision cannot tell.
struct ApproxRank {
  std::size_t rank = 0;
  double gap = 0;
  Vector<double> singular_values;
};
ApproxRank approx_rank(const Matrix<double>& a);

// Columns that `count` steps of elimination with column pivoting choose (fewer when nothing is left), in that
// order: each time the one with the largest part orthogonal to those before.
std::vector<std::size_t> approx_independent_columns(Matrix<double> a, std::size_t count);

// An orthonormal basis of range A (r x rank) for the rank found as above.
Matrix<double> approx_range(const Matrix<double>& a);

// Minimum-norm x with min |A x - b|, A r x c, by complete orthogonal decomposition.
class ApproxLeastSquares {
 public:
  explicit ApproxLeastSquares(const Matrix<double>& a);
  ~ApproxLeastSquares();
  ApproxLeastSquares(ApproxLeastSquares&&) noexcept;
  Vector<double> solve(const Vector<double>& b) const;
  std::size_t rank() const;

 private:
  struct Factor;
  std::unique_ptr<Factor> factor_;
};

// The `count` algebraically smallest eigenvalues of a symmetric operator of size n that is never formed,
// ascending, by Lanczos (Spectra). Empty when the iteration does not converge.
using Product = std::function<Vector<double>(const Vector<double>&)>;
Vector<double> approx_smallest_eigenvalues(const Product& product, std::size_t n, std::size_t count);

// An eigenvector of the smallest eigenvalue of the symmetric H where that is negative, about; empty where it
// is not.
Vector<double> approx_most_negative(const Matrix<double>& h);
Vector<double> approx_largest_eigenvalues(const Product& product, std::size_t n, std::size_t count);

}  // namespace pgb
