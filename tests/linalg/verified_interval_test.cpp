// Interval products and bounds against exact arithmetic: containment at every size, also where doubles
// underflow.
#include "pgb/linalg/verified_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "linalg/exact.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/scalar/product.h"
#include "support/compare.h"

namespace pgb::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Radii 0, tiny or comparable; magnitudes 2^low to 2^high.
IntervalMatrix random_interval(std::size_t rows, std::size_t cols, int low, int high, Random& random) {
  IntervalMatrix a(rows, cols);
  const bool exact = random.coin(0.3);
  for (std::size_t t = 0; t < a.mid.data.size(); ++t) {
    if (random.coin(0.1)) continue;
    a.mid.data[t] = random.of_any_size(low, high);
    if (!exact) a.radius.data[t] = std::abs(a.mid.data[t]) * std::exp2(random.uniform(-60, 0));
  }
  return a;
}

// A matrix of the enclosure: often one of its corners.
Matrix<Ball> member(const IntervalMatrix& a, Random& random) {
  Matrix<Ball> m(a.rows(), a.cols());
  for (std::size_t t = 0; t < m.data.size(); ++t) {
    const double part = random.coin() ? (random.coin() ? 1 : -1) : random.uniform();
    m.data[t] = Ball(a.mid.data[t]) + Ball(a.radius.data[t]) * Ball(part);
  }
  return m;
}

void expect_inside(const Matrix<Ball>& exact, const IntervalMatrix& a) {
  ASSERT_EQ(exact.data.size(), a.mid.data.size());
  for (std::size_t t = 0; t < exact.data.size(); ++t) {
    ASSERT_TRUE(
        (Ball(a.radius.data[t]) - pgb::abs(exact.data[t] - Ball(a.mid.data[t]))).certainly_nonnegative())
        << "entry " << t << ": " << exact.data[t].to_string() << " not in " << a.mid.data[t] << " +- "
        << a.radius.data[t];
  }
}

TEST(VerifiedInterval, ProductsHoldEveryProduct) {
  for_each_trial(300, [](Random& random) {
    const PrecisionScope exact(8000);  // sums of products of doubles of any size are exact
    const std::size_t r = random.between(1, 9), k = random.between(0, 20), c = random.between(1, 9);
    const int spread = static_cast<int>(random.index(3)) * 250;
    const int shift = -static_cast<int>(random.index(2)) * 400;
    const IntervalMatrix a = random_interval(r, k, shift - spread, shift + spread, random);
    const IntervalMatrix b = random_interval(k, c, shift - spread, shift + spread, random);
    const IntervalMatrix product = verified_multiply(a, b);
    for (int t = 0; t < 3; ++t) {
      expect_inside(multiply<Ball>(member(a, random), member(b, random)), product);
    }
  });
}

TEST(VerifiedInterval, ProductsOfExactMatricesAreNarrow) {
  for_each_trial(5, [](Random& random) {
    const Matrix<double> a = random_matrix(60, 150, random), b = random_matrix(150, 40, random);
    const IntervalMatrix product = verified_multiply(IntervalMatrix(a), IntervalMatrix(b));
    for (const double r : product.radius.data) EXPECT_LE(r, 150 * 150 * 0x1p-53);
    const PrecisionScope exact(600);
    expect_inside(multiply<Ball>(balls(a), balls(b)), product);
  });
}

TEST(VerifiedInterval, UnknownEntriesStayUnknown) {
  IntervalMatrix a(2, 2), b(2, 1);
  a.mid = Matrix<double>(2, 2, {1, 2, 3, 4});
  b.mid = Matrix<double>(2, 1, {1, 1});
  a.radius(0, 1) = kInfinity;
  const IntervalMatrix product = verified_multiply(a, b);
  EXPECT_EQ(product.radius(0, 0), kInfinity);
  EXPECT_LT(product.radius(1, 0), 1e-12);
  b.mid.data = {1e308, 1e308};
  EXPECT_EQ(verified_multiply(a, b).radius(1, 0), kInfinity);
  EXPECT_THROW(verified_multiply(b, a), std::invalid_argument);
}

TEST(VerifiedInterval, BallsBecomeEnclosures) {
  const PrecisionScope scope(200);
  for_each_trial(200, [](Random& random) {
    Matrix<Ball> a(1, 1);
    a(0, 0) = Ball::with_radius(Ball(random.of_any_size(-1000, 1000)) / Ball(3),
                                std::exp2(random.uniform(-1070, 900)));
    const IntervalMatrix i = to_interval(a);
    const Ball hull = Ball::with_radius(Ball(i.mid(0, 0)), i.radius(0, 0));
    EXPECT_TRUE(hull.contains(a(0, 0)));
  });
  Matrix<Ball> unknown(1, 1);
  unknown(0, 0) = pgb::inf();
  EXPECT_EQ(to_interval(unknown).radius(0, 0), kInfinity);
  EXPECT_EQ(to_interval(unknown).mid(0, 0), 0);
}

TEST(VerifiedInterval, SymmetricNorm) {
  for_each_trial(50, [](Random& random) {
    const std::size_t n = random.between(1, 12);
    Matrix<double> radius(n, n);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i <= j; ++i) {
        radius(i, j) = radius(j, i) = random.coin(0.3) ? 0 : std::exp2(random.uniform(-30, 3));
      }
    }
    const Vector<double> values = approx_symmetric_eigen(radius).values;
    const double bound = verified_symmetric_norm(radius);
    EXPECT_GE(bound, values.back() * (1 - 1e-14));
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double row = 0;
      for (std::size_t j = 0; j < n; ++j) row += radius(i, j);
      sum = std::max(sum, row);
    }
    EXPECT_LE(bound, sum * (1 + 1e-12) + 1e-290);
  });
  Matrix<double> unknown(2, 2);
  unknown(0, 1) = unknown(1, 0) = kInfinity;
  EXPECT_EQ(verified_symmetric_norm(unknown), kInfinity);
}

TEST(VerifiedInterval, DirectedOperations) {
  const PrecisionScope scope(6000);
  for_each_trial(300, [](Random& random) {
    const double a = std::abs(random.of_any_size(-500, 500)), b = std::abs(random.of_any_size(-500, 500));
    EXPECT_TRUE((Ball(add_up(a, b)) - Ball(a) - Ball(b)).certainly_nonnegative());
    EXPECT_TRUE((Ball(multiply_up(a, b)) - Ball(a) * Ball(b)).certainly_nonnegative());
    EXPECT_TRUE((Ball(divide_up(a, b)) * Ball(b) - Ball(a)).certainly_nonnegative());
    EXPECT_TRUE((Ball(a) - Ball(b) - Ball(subtract_down(a, b))).certainly_nonnegative());
  });
  EXPECT_EQ(add_up(0.5, 0), 0.5);
  EXPECT_GT(multiply_up(1e-300, 1e-300), 0);
}

}  // namespace
}  // namespace pgb::test
