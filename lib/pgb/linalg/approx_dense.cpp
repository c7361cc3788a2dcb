#include "pgb/linalg/approx_dense.h"

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "pgb/linalg/lapack.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Eigen::Map<const MatrixXd> as_eigen(const Matrix<double>& a) {
  return Eigen::Map<const MatrixXd>(a.data.data(), static_cast<Index>(a.rows), static_cast<Index>(a.cols));
}

Eigen::Map<const VectorXd> as_eigen(const Vector<double>& v) {
  return Eigen::Map<const VectorXd>(v.data(), static_cast<Index>(v.size()));
}

Vector<double> to_vector(const VectorXd& v) { return Vector<double>(v.data(), v.data() + v.size()); }

Matrix<double> to_matrix(const MatrixXd& a) {
  return {static_cast<std::size_t>(a.rows()), static_cast<std::size_t>(a.cols()),
          Vector<double>(a.data(), a.data() + a.size())};
}

// R of a QR factorisation of A or A^T, whichever is tall.
MatrixXd small_factor(const Matrix<double>& a) {
  const MatrixXd tall = a.rows >= a.cols ? MatrixXd(as_eigen(a)) : MatrixXd(as_eigen(a).transpose());
  if (tall.rows() < 2 * tall.cols()) return tall;
  const Eigen::HouseholderQR<MatrixXd> qr(tall);
  return qr.matrixQR().topRows(tall.cols()).triangularView<Eigen::Upper>();
}

// Splits descending singular values where the ratio of neighbours is largest among those that start below
// `floor` relative to the first; all count when even the last is above the noise of double.
ApproxRank split(Vector<double> sigma) {
  ApproxRank result;
  result.singular_values = std::move(sigma);
  const Vector<double>& s = result.singular_values;
  if (s.empty() || s[0] == 0) return result;
  constexpr double kSurelyNonzero = 1e-7, kNoise = 1e-14;
  const double noise = kNoise * s[0];
  result.rank = s.size();
  result.gap = s.back() / noise;
  for (std::size_t k = 1; k < s.size(); ++k) {
    if (s[k] > kSurelyNonzero * s[0]) continue;
    const double ratio = s[k - 1] / std::max(s[k], noise);
    if (s[k] < 1e-10 * s[0] && ratio > result.gap) {
      result.rank = k;
      result.gap = ratio;
    }
  }
  return result;
}

class OperatorOf {
 public:
  using Scalar = double;
  OperatorOf(const Product& product, std::size_t n) : product_(product), n_(static_cast<Index>(n)) {}
  Index rows() const { return n_; }
  Index cols() const { return n_; }
  void perform_op(const double* in, double* out) const {
    const Vector<double> y = product_(Vector<double>(in, in + n_));
    std::copy(y.begin(), y.end(), out);
  }

 private:
  const Product& product_;
  Index n_;
};

Vector<double> eigenvalues(const Product& product, std::size_t n, std::size_t count, Spectra::SortRule rule) {
  if (n < 3) return {};
  OperatorOf op(product, n);
  const auto k = static_cast<Index>(std::min(count, n - 2));
  const auto krylov = static_cast<Index>(std::min(n, std::max<std::size_t>(2 * count + 20, 40)));
  Spectra::SymEigsSolver<OperatorOf> solver(op, k, krylov);
  solver.init();
  solver.compute(rule, 2000, 1e-10, Spectra::SortRule::SmallestAlge);
  if (solver.info() != Spectra::CompInfo::Successful) return {};
  return to_vector(solver.eigenvalues());
}

}  // namespace

ApproxEigen approx_symmetric_eigen(const Matrix<double>& a) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(as_eigen(a));
  return {to_vector(solver.eigenvalues()), to_matrix(solver.eigenvectors())};
}

Vector<double> approx_symmetric_eigenvalues(const Matrix<double>& a) {
  return to_vector(
      Eigen::SelfAdjointEigenSolver<MatrixXd>(as_eigen(a), Eigen::EigenvaluesOnly).eigenvalues());
}

Vector<double> approx_pseudo_solve(const ApproxEigen& eigen, const Vector<double>& b, double cutoff) {
  const auto v = as_eigen(eigen.vectors);
  VectorXd c = v.transpose() * as_eigen(b);
  for (Index k = 0; k < c.size(); ++k) {
    const double value = eigen.values[static_cast<std::size_t>(k)];
    c(k) = std::abs(value) > cutoff ? c(k) / value : 0;
  }
  return to_vector(v * c);
}

Vector<double> approx_singular_values(const Matrix<double>& a) {
  constexpr std::size_t kSmall = 128;  // below it Eigen's, the same on every machine, are fast enough
  if (a.data.empty()) return {};
  const MatrixXd factor = small_factor(a);
  if (std::min(a.rows, a.cols) >= kSmall) {
    if (auto values = approx_singular_values_by_lapack(to_matrix(factor))) return std::move(*values);
  }
  return to_vector(Eigen::BDCSVD<MatrixXd>(factor).singularValues());
}

ApproxRank approx_rank(const Matrix<double>& a) { return split(approx_singular_values(a)); }

Matrix<double> approx_range(const Matrix<double>& a) {
  if (a.data.empty()) return {a.rows, 0};
  const Eigen::BDCSVD<MatrixXd> svd(as_eigen(a), Eigen::ComputeThinU);
  const ApproxRank rank = split(to_vector(svd.singularValues()));
  return to_matrix(svd.matrixU().leftCols(static_cast<Index>(rank.rank)));
}

struct ApproxLeastSquares::Factor {
  Eigen::CompleteOrthogonalDecomposition<MatrixXd> cod;
};

ApproxLeastSquares::ApproxLeastSquares(const Matrix<double>& a) : factor_(std::make_unique<Factor>()) {
  factor_->cod.setThreshold(1e-12);
  factor_->cod.compute(as_eigen(a));
}
ApproxLeastSquares::~ApproxLeastSquares() = default;
ApproxLeastSquares::ApproxLeastSquares(ApproxLeastSquares&&) noexcept = default;
Vector<double> ApproxLeastSquares::solve(const Vector<double>& b) const {
  return to_vector(factor_->cod.solve(as_eigen(b)));
}
std::size_t ApproxLeastSquares::rank() const { return static_cast<std::size_t>(factor_->cod.rank()); }

Vector<double> approx_smallest_eigenvalues(const Product& product, std::size_t n, std::size_t count) {
  return eigenvalues(product, n, count, Spectra::SortRule::SmallestAlge);
}

Vector<double> approx_largest_eigenvalues(const Product& product, std::size_t n, std::size_t count) {
  return eigenvalues(product, n, count, Spectra::SortRule::LargestAlge);
}

std::vector<std::size_t> approx_independent_columns(Matrix<double> a, std::size_t count) {
  std::vector<std::size_t> chosen;
  std::vector<bool> taken(a.cols, false);
  Vector<double> norms(a.cols, 0.0);
  const auto product = [&](const double* x, const double* y) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rows; ++i) sum += x[i] * y[i];
    return sum;
  };
  for (std::size_t c = 0; c < a.cols; ++c) norms[c] = product(a.column(c), a.column(c));
  const double largest = norms.empty() ? 0 : *std::max_element(norms.begin(), norms.end());
  while (chosen.size() < count) {
    std::size_t best = a.cols;
    for (std::size_t c = 0; c < a.cols; ++c) {
      if (!taken[c] && (best == a.cols || norms[c] > norms[best])) best = c;
    }
    if (best == a.cols || !(norms[best] > 1e-28 * largest)) break;
    taken[best] = true;
    chosen.push_back(best);
    const double* q = a.column(best);
    for (std::size_t c = 0; c < a.cols; ++c) {
      if (taken[c]) continue;
      const double factor = product(q, a.column(c)) / norms[best];
      double* column = a.column(c);
      for (std::size_t i = 0; i < a.rows; ++i) column[i] -= factor * q[i];
      norms[c] = product(column, column);
    }
  }
  return chosen;
}

Vector<double> approx_most_negative(const Matrix<double>& h) {
  constexpr std::size_t kSmall = 400;
  const std::size_t n = h.rows;
  const Product by_h = [&](const Vector<double>& v) {
    return multiply<double>(h, Matrix<double>(n, 1, v)).data;
  };
  const Vector<double> smallest = n > kSmall ? approx_smallest_eigenvalues(by_h, n, 1) : Vector<double>();
  if (smallest.empty()) {
    const ApproxEigen eigen = approx_symmetric_eigen(h);
    if (eigen.values.empty() || !(eigen.values[0] < 0)) return {};
    return Vector<double>(eigen.vectors.column(0), eigen.vectors.column(0) + n);
  }
  if (!(smallest[0] < 0)) return {};
  // Inverse iteration, the shift a little off the eigenvalue.
  Matrix<double> shifted = h;
  for (std::size_t i = 0; i < n; ++i) shifted(i, i) -= smallest[0] * (1 + 1e-6);
  const std::optional<Matrix<double>> inverse = approx_inverse(shifted);
  if (!inverse) return {};
  Matrix<double> v(n, 1);
  for (std::size_t i = 0; i < n; ++i) v(i, 0) = 1 + 0.5 * std::sin(static_cast<double>(3 * i + 1));
  for (int round = 0; round < 4; ++round) {
    v = multiply<double>(*inverse, v);
    double largest = 0;
    for (const double x : v.data) largest = std::max(largest, std::abs(x));
    for (double& x : v.data) x /= largest;
  }
  return v.data;
}

}  // namespace pgb
