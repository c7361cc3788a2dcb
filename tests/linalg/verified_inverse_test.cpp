// Certified nonsingularity: the norm bounds hold exactly, and singular matrices are never certified.
#include "pgb/linalg/verified_inverse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "linalg/exact.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/scalar/product.h"

namespace pgb::test {
namespace {

// |I - Y A|_inf, without rounding for entries of ordinary size.
Ball exact_residual(const Matrix<double>& y, const Matrix<Ball>& a) {
  const Matrix<Ball> product = multiply<Ball>(balls(y), a);
  Ball norm(0);
  for (std::size_t i = 0; i < y.rows; ++i) {
    Ball sum(0);
    for (std::size_t j = 0; j < y.rows; ++j) sum += pgb::abs(Ball(i == j ? 1 : 0) - product(i, j));
    if (!(norm - sum).certainly_nonnegative()) norm = sum;
  }
  return norm;
}

TEST(VerifiedInverse, TheBoundHolds) {
  for_each_trial(100, [](Random& random) {
    const PrecisionScope exact(3000);
    const std::size_t n = random.between(1, 15);
    IntervalMatrix a(random_matrix(n, n, random));
    const double width = std::exp2(random.uniform(-60, -5));
    for (double& r : a.radius.data) r = random.coin(0.2) ? 0 : width * random.uniform(0, 1);
    const auto y = approx_inverse(a.mid);
    ASSERT_TRUE(y);
    const ResidualNorm norm = verified_residual(*y, a);
    Matrix<Ball> member = balls(a.mid);
    const Ball at_midpoint = exact_residual(*y, member);
    for (std::size_t t = 0; t < member.data.size(); ++t) {
      member.data[t] += Ball(a.radius.data[t]) * Ball(random.coin() ? 1 : -1);
    }
    EXPECT_TRUE((Ball(norm.total) - exact_residual(*y, member)).certainly_nonnegative());
    EXPECT_TRUE((Ball(norm.midpoint) - at_midpoint).certainly_nonnegative());
    EXPECT_LE(norm.total, (norm.midpoint + norm.radius) * (1 + 1e-12));
    // The same in balls.
    Matrix<Ball> enclosure(n, n);
    for (std::size_t t = 0; t < enclosure.data.size(); ++t) {
      enclosure.data[t] = Ball::with_radius(Ball(a.mid.data[t]), a.radius.data[t]);
    }
    const ResidualNorm in_balls = verified_residual(balls(*y), enclosure);
    EXPECT_TRUE((Ball(in_balls.total) - exact_residual(*y, member)).certainly_nonnegative());
    EXPECT_LE(in_balls.total, norm.total * (1 + 1e-6));
  });
}

// Rank n - 1 in whole numbers, also with entries that differ widely in size.
TEST(VerifiedInverse, SingularMatricesAreNotCertified) {
  for_each_trial(300, [](Random& random) {
    const std::size_t n = random.between(2, 12);
    Matrix<double> a =
        multiply<double>(whole_matrix(n, n - 1, 1000, random), whole_matrix(n - 1, n, 1000, random));
    for (std::size_t j = 0; j < n; ++j) {
      const int scale = static_cast<int>(random.index(40));
      for (std::size_t i = 0; i < n; ++i) a(i, j) = std::ldexp(a(i, j), scale);
    }
    EXPECT_FALSE(verified_nonsingular(IntervalMatrix(a)).nonsingular());
    const PrecisionScope scope(300);
    const auto y = approx_inverse(balls(a));
    if (y) {
      EXPECT_FALSE(verified_residual(*y, balls(a)).nonsingular());
    }
  });
}

// An interval matrix that holds a singular one is not certified, however narrowly it holds it.
TEST(VerifiedInverse, EnclosuresOfSingularMatrices) {
  for_each_trial(200, [](Random& random) {
    const std::size_t n = random.between(2, 8);
    IntervalMatrix a(
        multiply<double>(whole_matrix(n, n - 1, 10, random), whole_matrix(n - 1, n, 10, random)));
    const double e = std::exp2(std::floor(random.uniform(-30, 4)));  // a.mid + e I has no rounding
    for (std::size_t i = 0; i < n; ++i) {
      a.mid(i, i) += e;
      a.radius(i, i) = e;
    }
    EXPECT_FALSE(verified_nonsingular(a).nonsingular());
    for (std::size_t i = 0; i < n; ++i) a.radius(i, i) = 0;
  });
}

TEST(VerifiedInverse, HilbertMatricesNeedBalls) {
  const std::size_t n = 13;  // condition 1e18
  const PrecisionScope scope(256);
  Matrix<Ball> hilbert(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) hilbert(i, j) = Ball(1) / Ball(static_cast<int>(i + j + 1));
  }
  EXPECT_FALSE(verified_nonsingular(to_interval(hilbert)).nonsingular());
  const auto y = approx_inverse(hilbert);
  ASSERT_TRUE(y);
  const ResidualNorm norm = verified_residual(*y, hilbert);
  EXPECT_LT(norm.total, 1e-30);
  // The exact inverse has whole entries: the first is n^2.
  EXPECT_NEAR((*y)(0, 0).midpoint(), static_cast<double>(n * n), 1e-9);
}

TEST(VerifiedInverse, LargeMatricesAndMisuse) {
  Random random(5);
  const std::size_t n = 300;
  const IntervalMatrix a(random_matrix(n, n, random));
  const ResidualNorm norm = verified_nonsingular(a);
  EXPECT_TRUE(norm.nonsingular());
  EXPECT_LT(norm.total, 1e-6);
  EXPECT_FALSE(approx_inverse(Matrix<double>(2, 2)));
  EXPECT_EQ(verified_nonsingular(IntervalMatrix(Matrix<double>(2, 2))).total,
            std::numeric_limits<double>::infinity());
  EXPECT_THROW(verified_residual(Matrix<double>(2, 2), IntervalMatrix(3, 3)), std::invalid_argument);
}

// H diag(d) with H of Sylvester's matrices, H^T H = n I: the singular values are sqrt(n) |d_k|.
TEST(LeastSingularValue, KnownExactly) {
  for (const std::size_t n : {1u, 2u, 8u, 64u}) {
    for (const double least : {1.0, 0x1p-10, 0x1p-30, 0x1p-40}) {
      for (const int e : {0, 400, -400}) {
        Matrix<double> a(n, n);
        for (std::size_t j = 0; j < n; ++j) {
          for (std::size_t i = 0; i < n; ++i) {
            const bool odd = __builtin_popcountll(i & j) % 2 != 0;
            a(i, j) = std::ldexp((odd ? -1 : 1) * (j == n / 2 ? least : 1), e);
          }
        }
        const double truth = std::ldexp(std::sqrt(static_cast<double>(n)) * least, e);
        const double bound = verified_least_singular_value(IntervalMatrix(a));
        EXPECT_LE(bound, truth * (1 + 1e-15)) << n << " " << least << " " << e;
        EXPECT_GE(bound, truth / 4) << n << " " << least << " " << e;
      }
    }
  }
}

TEST(LeastSingularValue, EveryMatrixEnclosed) {
  for_each_trial(60, [](Random& random) {
    const std::size_t n = random.between(1, 60);
    IntervalMatrix a(random_matrix(n, n, random));
    const double width = std::exp2(random.uniform(-50, -8)) / static_cast<double>(n);
    for (double& r : a.radius.data) r = random.coin(0.2) ? 0 : width * random.uniform(0, 1);
    Matrix<double> member = a.mid;
    for (std::size_t t = 0; t < member.data.size(); ++t)
      member.data[t] += random.uniform(-1, 1) * a.radius.data[t];
    const double bound = verified_least_singular_value(a), truth = approx_singular_values(member).back();
    EXPECT_LE(bound, truth + 1e-12);
    const double exact = verified_least_singular_value(IntervalMatrix(member));
    if (truth > 1e-8) {
      EXPECT_GE(exact, truth / 4);
    }
  });
}

// Equal singular values make the Frobenius norm sqrt(n) too large, and the shifted factorisation decides.
TEST(LeastSingularValue, SingularAndExtremeMatrices) {
  for_each_trial(100, [](Random& random) {
    const std::size_t n = random.between(2, 12);
    Matrix<double> a =
        multiply<double>(whole_matrix(n, n - 1, 1000, random), whole_matrix(n - 1, n, 1000, random));
    EXPECT_EQ(verified_least_singular_value(IntervalMatrix(a)), 0);
  });
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(verified_least_singular_value(IntervalMatrix(0, 0)), 0);
  EXPECT_EQ(verified_least_singular_value(IntervalMatrix(Matrix<double>(1, 1, {0.0}))), 0);
  EXPECT_EQ(verified_least_singular_value(IntervalMatrix(Matrix<double>(1, 1, {std::nan("")}))), 0);
  for (const double x : {1e-320, 1e-300, 3.0, 1e300, 1.7e308}) {
    const double bound = verified_least_singular_value(IntervalMatrix(Matrix<double>(1, 1, {x})));
    EXPECT_LE(bound, x);
    if (x > 1e-290 && x < 1e290) {
      EXPECT_GE(bound, x / 2);
    }
  }
  IntervalMatrix unknown(Matrix<double>(2, 2, {1, 0, 0, 1}));
  unknown.radius(0, 1) = infinite;
  EXPECT_EQ(verified_least_singular_value(unknown), 0);
  unknown.radius(0, 1) = 0;
  unknown.radius(0, 0) = 1;  // holds a singular matrix
  EXPECT_EQ(verified_least_singular_value(unknown), 0);
}

}  // namespace
}  // namespace pgb::test
