// Certified positive definiteness against exact elimination: never claimed where it is false, and claimed
// down to the resolution that is reported.
#include "pgb/linalg/verified_definite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "linalg/exact.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/scalar/product.h"

namespace pgb::test {
namespace {

Matrix<double> gram(const Matrix<double>& b) { return multiply_tn<double>(b, b); }

// B^T B in whole numbers less whole multiples of 2^-20 on the diagonal: definite or not by a little, exactly
// representable.
TEST(VerifiedDefinite, NeverClaimedWhereFalse) {
  std::size_t claimed = 0, refused = 0;
  for_each_trial(400, [&](Random& random) {
    const std::size_t n = random.between(1, 10);
    // Often of rank n - 1: the smallest eigenvalue is then minus the shift.
    const std::size_t rows = n > 1 && random.coin() ? n - 1 : n;
    Matrix<double> a = gram(whole_matrix(rows, n, 30, random));
    const double shift =
        std::ldexp(static_cast<double>(random.index(5)) - 2, -static_cast<int>(random.index(21)));
    for (std::size_t i = 0; i < n; ++i) a(i, i) += shift;
    const bool truth = positive_definite(a);
    const DefiniteProof proof = verified_positive_definite(IntervalMatrix(a), true);
    EXPECT_LE(proof.positive_definite, truth);
    const PrecisionScope scope(128);
    EXPECT_EQ(verified_positive_definite(balls(a)).positive_definite, truth);  // 128 bits decide all of these
    const double smallest = approx_symmetric_eigen(a).values.front();
    if (smallest > proof.resolution) {
      EXPECT_TRUE(proof.positive_definite);
    }
    EXPECT_LE(proof.eigenvalue_bound, std::max(0.0, smallest) * (1 + 1e-9) + 1e-11);
    ++(proof.positive_definite ? claimed : refused);
  });
  EXPECT_GT(claimed, 0u);
  EXPECT_GT(refused, 0u);
}

// The same with the matrix scaled to D A D with powers of 2, which changes nothing.
TEST(VerifiedDefinite, BadlyScaled) {
  for_each_trial(100, [](Random& random) {
    const std::size_t n = random.between(2, 10);
    Matrix<double> a = gram(whole_matrix(n + 3, n, 30, random));
    const bool truth = positive_definite(a);
    Vector<int> e;
    for (std::size_t i = 0; i < n; ++i) e.push_back(static_cast<int>(random.index(300)) - 150);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) a(i, j) = std::ldexp(a(i, j), e[i] + e[j]);
    }
    EXPECT_EQ(verified_positive_definite(IntervalMatrix(a)).positive_definite, truth);
  });
}

// The radius counts: with it the enclosure holds a matrix that is not definite.
TEST(VerifiedDefinite, EnclosuresOfSingularMatrices) {
  for_each_trial(200, [](Random& random) {
    const std::size_t n = random.between(2, 9);
    IntervalMatrix a(gram(whole_matrix(n - 1, n, 10, random)));
    const double e = std::exp2(std::floor(random.uniform(-35, 3)));
    for (std::size_t i = 0; i < n; ++i) {
      a.mid(i, i) += e;
      a.radius(i, i) = e;
    }
    EXPECT_FALSE(verified_positive_definite(a).positive_definite);
    Matrix<Ball> b(n, n);
    for (std::size_t t = 0; t < b.data.size(); ++t)
      b.data[t] = Ball::with_radius(Ball(a.mid.data[t]), a.radius.data[t]);
    EXPECT_FALSE(verified_positive_definite(b).positive_definite);
    // With a hundredth of the radius nothing is in the way.
    for (double& r : a.radius.data) r /= 100;
    EXPECT_TRUE(e < 1e-8 || verified_positive_definite(a).positive_definite);
  });
}

// 1 / (i + j + 1) is positive definite for every n, its smallest eigenvalue about 1e-1.5 n.
TEST(VerifiedDefinite, HilbertMatrices) {
  const PrecisionScope scope(192);
  for (std::size_t n = 1; n <= 16; ++n) {
    Matrix<Ball> hilbert(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) hilbert(i, j) = Ball(1) / Ball(static_cast<int>(i + j + 1));
    }
    EXPECT_TRUE(verified_positive_definite(hilbert).positive_definite) << n;
    const bool in_double = verified_positive_definite(to_interval(hilbert)).positive_definite;
    if (n <= 10) {
      EXPECT_TRUE(in_double) << n;
    }
    if (n >= 13) {
      EXPECT_FALSE(in_double) << n;
    }
    // Less its smallest eigenvalue, about.
    Matrix<Ball> less = hilbert;
    for (std::size_t i = 0; i < n; ++i) less(i, i) -= Ball(1) / Ball(static_cast<int>(2 * n - 1));
    EXPECT_FALSE(verified_positive_definite(less).positive_definite) << n;
  }
}

// diag(1, …, 1, t): for t at and below 0, and for the smallest doubles above.
TEST(VerifiedDefinite, DiagonalsNearZero) {
  for (const std::size_t n : {1u, 2u, 5u, 60u}) {
    Matrix<double> a(n, n);
    for (std::size_t i = 0; i < n; ++i) a(i, i) = 1;
    for (const double t : {0.0, -0.0, -1e-300, -1e-17, -1.0}) {
      a(n - 1, n - 1) = t;
      EXPECT_FALSE(verified_positive_definite(IntervalMatrix(a)).positive_definite) << t;
    }
    a(n - 1, n - 1) = 1e-13 * static_cast<double>(n);
    EXPECT_TRUE(verified_positive_definite(IntervalMatrix(a)).positive_definite);
    a(n - 1, n - 1) = 1e-100;  // by scaling
    EXPECT_TRUE(verified_positive_definite(IntervalMatrix(a)).positive_definite);
    a(n - 1, n - 1) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(verified_positive_definite(IntervalMatrix(a)).positive_definite);
  }
  IntervalMatrix unknown(2, 2);
  unknown.mid = Matrix<double>(2, 2, {1, 0, 0, 1});
  unknown.radius(1, 0) = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(verified_positive_definite(unknown).positive_definite);
  EXPECT_THROW(verified_positive_definite(IntervalMatrix(2, 3)), std::invalid_argument);
}

// The eigenvalues of tridiag(-1, 2, -1) are 2 - 2 cos(k pi / (n + 1)).
TEST(VerifiedDefinite, EigenvalueBoundIsSharp) {
  for (const std::size_t n : {1u, 2u, 10u, 100u, 400u}) {
    IntervalMatrix a(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      a.mid(i, i) = 2;
      if (i > 0) a.mid(i, i - 1) = a.mid(i - 1, i) = -1;
    }
    const double angle = 3.14159265358979323846 / static_cast<double>(n + 1),
                 smallest = 2 - 2 * std::cos(angle);
    const DefiniteProof proof = verified_positive_definite(a, true);
    EXPECT_TRUE(proof.positive_definite);
    EXPECT_LE(proof.eigenvalue_bound, smallest);
    EXPECT_GE(proof.eigenvalue_bound, 0.9 * smallest);
    EXPECT_LT(proof.resolution, 1e-8);
    EXPECT_EQ(verified_positive_definite(a).eigenvalue_bound, 0);
  }
}

// B^T B of rank n - 1 plus and minus t I for t far below what double resolves: the smallest eigenvalue is t.
TEST(VerifiedDefinite, PreconditionedBelowDouble) {
  const PrecisionScope scope(128);
  Random random(11);
  const std::size_t n = 90;
  const Matrix<double> a = gram(whole_matrix(n - 1, n, 30, random));
  for (const int e : {-50, -60, -70}) {
    for (const int sign : {-1, 0, 1}) {
      Matrix<Ball> shifted = balls(a);
      for (std::size_t i = 0; i < n; ++i) shifted(i, i) += Ball(std::ldexp(sign, e));
      const DefiniteProof proof = verified_positive_definite(shifted, false, 2);
      EXPECT_EQ(proof.positive_definite, sign > 0) << e;
      EXPECT_EQ(proof.rung, sign > 0 ? DefiniteRung::preconditioned : DefiniteRung::none) << e;
      // A radius of that size holds a singular matrix.
      for (std::size_t i = 0; i < n; ++i)
        shifted(i, i) = Ball::with_radius(shifted(i, i), std::ldexp(1.0, e));
      EXPECT_FALSE(verified_positive_definite(shifted).positive_definite) << e;
    }
  }
}

}  // namespace
}  // namespace pgb::test
