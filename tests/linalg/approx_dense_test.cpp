// Dense linear algebra in double against matrices whose spectra are known.
#include "pgb/linalg/approx_dense.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "linalg/exact.h"
#include "pgb/linalg/lapack.h"
#include "pgb/scalar/product.h"

namespace pgb::test {
namespace {

// I - 2 v v^T / |v|^2
Matrix<double> reflection(std::size_t n, Random& random) {
  Vector<double> v(n);
  double norm = 0;
  for (double& x : v) {
    x = random.uniform();
    norm += x * x;
  }
  Matrix<double> h(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) h(i, j) = (i == j ? 1 : 0) - 2 * v[i] * v[j] / norm;
  }
  return h;
}

// U diag(sigma) V^T, r x c
Matrix<double> with_singular_values(std::size_t r, std::size_t c, const Vector<double>& sigma,
                                    Random& random) {
  Matrix<double> s(r, c);
  for (std::size_t k = 0; k < sigma.size(); ++k) s(k, k) = sigma[k];
  return multiply<double>(reflection(r, random), multiply<double>(s, reflection(c, random)));
}

// The eigenvalues of tridiag(-1, 2, -1), n x n, are 2 - 2 cos(k pi / (n + 1)).
double tridiagonal_eigenvalue(std::size_t n, std::size_t k) {
  return 2 - 2 * std::cos(static_cast<double>(k) * 3.14159265358979323846 / static_cast<double>(n + 1));
}
Vector<double> tridiagonal_product(const Vector<double>& v) {
  Vector<double> y(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    y[i] = 2 * v[i] - (i > 0 ? v[i - 1] : 0) - (i + 1 < v.size() ? v[i + 1] : 0);
  }
  return y;
}

TEST(ApproxDense, SymmetricEigen) {
  const std::size_t n = 30;
  Matrix<double> a(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    a(j, j) = 2;
    if (j + 1 < n) a(j + 1, j) = -1;
    for (std::size_t i = 0; i < j; ++i) a(i, j) = 1e9;  // not read
  }
  const ApproxEigen eigen = approx_symmetric_eigen(a);
  const Vector<double> alone = approx_symmetric_eigenvalues(a);
  ASSERT_EQ(alone.size(), eigen.values.size());
  for (std::size_t k = 0; k < alone.size(); ++k)
    EXPECT_NEAR(alone[k], eigen.values[k], 1e-13 * std::abs(eigen.values.back()));
  for (std::size_t k = 0; k < n; ++k) {
    EXPECT_NEAR(eigen.values[k], tridiagonal_eigenvalue(n, k + 1), 1e-13);
    const Vector<double> v(eigen.vectors.column(k), eigen.vectors.column(k) + n), y = tridiagonal_product(v);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(y[i], eigen.values[k] * v[i], 1e-13);
  }
}

TEST(ApproxDense, PseudoSolve) {
  const ApproxEigen eigen = approx_symmetric_eigen(Matrix<double>(3, 3, {2, 0, 0, 0, 1e-9, 0, 0, 0, -4}));
  const Vector<double> x = approx_pseudo_solve(eigen, {2, 5, 8}, 1e-6);
  EXPECT_NEAR(x[0], 1, 1e-14);
  EXPECT_NEAR(x[1], 0, 1e-14);
  EXPECT_NEAR(x[2], -2, 1e-14);
}

TEST(ApproxDense, SingularValues) {
  for_each_trial(20, [](Random& random) {
    const std::size_t r = random.between(1, 40), c = random.between(1, 40);
    Vector<double> sigma(std::min(r, c));
    for (double& s : sigma) s = random.uniform(0, 3);
    std::sort(sigma.rbegin(), sigma.rend());
    const Vector<double> found = approx_singular_values(with_singular_values(r, c, sigma, random));
    ASSERT_EQ(found.size(), sigma.size());
    for (std::size_t k = 0; k < sigma.size(); ++k) EXPECT_NEAR(found[k], sigma[k], 1e-13);
  });
  EXPECT_TRUE(approx_singular_values(Matrix<double>(0, 3)).empty());
}

TEST(ApproxDense, RankAtAWideGap) {
  for_each_trial(40, [](Random& random) {
    const std::size_t r = random.between(3, 30), c = random.between(3, 30), most = std::min(r, c);
    const std::size_t rank = random.between(1, most);
    Vector<double> sigma(most, 0.0);
    for (std::size_t k = 0; k < rank; ++k) sigma[k] = std::exp2(random.uniform(-10, 3));
    const Matrix<double> a = with_singular_values(r, c, sigma, random);
    const ApproxRank found = approx_rank(a);
    EXPECT_EQ(found.rank, rank);
    EXPECT_GT(found.gap, 1e6);
    // An orthonormal basis of the range: Q^T Q = I and A = Q Q^T A
    const Matrix<double> q = approx_range(a);
    ASSERT_EQ(q.cols, rank);
    const Matrix<double> qq = multiply_tn<double>(q, q),
                         back = multiply<double>(q, multiply_tn<double>(q, a));
    for (std::size_t j = 0; j < rank; ++j) {
      for (std::size_t i = 0; i < rank; ++i) EXPECT_NEAR(qq(i, j), i == j ? 1 : 0, 1e-13);
    }
    for (std::size_t t = 0; t < a.data.size(); ++t) EXPECT_NEAR(back.data[t], a.data[t], 1e-12);
  });
  EXPECT_EQ(approx_rank(Matrix<double>(3, 3)).rank, 0u);
}

TEST(ApproxDense, LeastSquares) {
  for_each_trial(20, [](Random& random) {
    const std::size_t r = random.between(2, 30), c = random.between(2, 30),
                      rank = random.between(1, std::min(r, c));
    Vector<double> sigma(std::min(r, c), 0.0);
    for (std::size_t k = 0; k < rank; ++k) sigma[k] = random.uniform(0.5, 2);
    const Matrix<double> a = with_singular_values(r, c, sigma, random);
    const ApproxLeastSquares solver(a);
    EXPECT_EQ(solver.rank(), rank);
    Vector<double> b(r);
    for (double& x : b) x = random.uniform();
    const Vector<double> x = solver.solve(b);
    // A^T (A x - b) = 0, and x in range A^T: x is its own projection Q Q^T x
    const Matrix<double> at_x(c, 1, x);
    Matrix<double> residual = multiply<double>(a, at_x);
    for (std::size_t i = 0; i < r; ++i) residual(i, 0) -= b[i];
    for (const double g : multiply_tn<double>(a, residual).data) EXPECT_NEAR(g, 0, 1e-12);
    Matrix<double> transposed(c, r);
    for (std::size_t j = 0; j < c; ++j) {
      for (std::size_t i = 0; i < r; ++i) transposed(j, i) = a(i, j);
    }
    const Matrix<double> q = approx_range(transposed),
                         projected = multiply<double>(q, multiply_tn<double>(q, at_x));
    for (std::size_t j = 0; j < c; ++j) EXPECT_NEAR(projected(j, 0), x[j], 1e-11);
  });
}

TEST(ApproxDense, ExtremeEigenvaluesWithoutTheMatrix) {
  const std::size_t n = 200;
  const Vector<double> smallest = approx_smallest_eigenvalues(tridiagonal_product, n, 3);
  const Vector<double> largest = approx_largest_eigenvalues(tridiagonal_product, n, 3);
  ASSERT_EQ(smallest.size(), 3u);
  ASSERT_EQ(largest.size(), 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(smallest[k], tridiagonal_eigenvalue(n, k + 1), 1e-9);
    EXPECT_NEAR(largest[k], tridiagonal_eigenvalue(n, n - 2 + k), 1e-9);
  }
  EXPECT_TRUE(approx_smallest_eigenvalues([](const Vector<double>& v) { return v; }, 2, 1).empty());
}

// Large enough for the system's LAPACK, where there is one; the answers are those of Eigen.
TEST(ApproxDense, SingularValuesOfLargeMatrices) {
  Random random(5);
  Vector<double> sigma(140);
  for (std::size_t k = 0; k < sigma.size(); ++k) sigma[k] = std::exp2(-static_cast<double>(k) / 10);
  for (const auto& [rows, cols] : {std::pair{140u, 140u}, {150u, 140u}, {140u, 400u}}) {
    const Vector<double> found = approx_singular_values(with_singular_values(rows, cols, sigma, random));
    ASSERT_EQ(found.size(), sigma.size());
    for (std::size_t k = 0; k < sigma.size(); ++k) EXPECT_NEAR(found[k], sigma[k], 1e-13);
  }
  Matrix<double> bad(200, 200);
  bad(3, 4) = std::nan("");
  EXPECT_FALSE(approx_singular_values_by_lapack(bad));
  EXPECT_FALSE(approx_singular_values_by_lapack(Matrix<double>(0, 5)));
}

}  // namespace
}  // namespace pgb::test
