// Krawczyk's test on systems whose zeros are known in closed form.
#include "pgb/linalg/verified_zero.h"

#include <gtest/gtest.h>

#include <cmath>

#include "linalg/exact.h"
#include "support/compare.h"

namespace pgb::test {
namespace {

// A system from value and slope written for one scalar each.
SquareSystem system_of(std::size_t n, std::function<Vector<Ball>(const Vector<Ball>&)> value,
                       std::function<Matrix<Ball>(const Vector<Ball>&)> slope) {
  SquareSystem s;
  s.size = n;
  s.value = std::move(value);
  s.slope_balls = slope;
  s.slope = [slope](const Vector<Ball>& u) { return to_interval(slope(u)); };
  s.approx_slope = [slope](const Vector<double>& u) {
    return to_interval(slope(Vector<Ball>(u.begin(), u.end()))).mid;
  };
  return s;
}

// x^2 + y^2 = 1, x = y
SquareSystem circle() {
  return system_of(
      2,
      [](const Vector<Ball>& u) {
        return Vector<Ball>{square(u[0]) + square(u[1]) - Ball(1), u[0] - u[1]};
      },
      [](const Vector<Ball>& u) {
        return Matrix<Ball>(2, 2, {Ball(2) * u[0], Ball(1), Ball(2) * u[1], Ball(-1)});
      });
}

SquareSystem scalar(std::function<Ball(const Ball&)> f, std::function<Ball(const Ball&)> slope) {
  return system_of(
      1, [f](const Vector<Ball>& u) { return Vector<Ball>{f(u[0])}; },
      [slope](const Vector<Ball>& u) { return Matrix<Ball>(1, 1, {slope(u[0])}); });
}

TEST(VerifiedZero, Circle) {
  for (const double start : {0.7, 0.71, 0.9, 0.6}) {
    const ZeroProof proof = verified_zero(circle(), {Ball(start), Ball(start)});
    ASSERT_EQ(proof.status, ZeroStatus::proven);
    const PrecisionScope scope(400);
    const Ball off = proof.center[0] - sqrt(Ball(0.5));
    EXPECT_LE(off.magnitude(), proof.existence_radius + 1e-100);
    EXPECT_LE(proof.existence_radius, 1e-55);
    EXPECT_GT(proof.uniqueness_radius, 0.1);
    EXPECT_LT(proof.uniqueness_radius, std::sqrt(2.0));  // the other zero is that far
    EXPECT_LT(proof.contraction.total, 1);
  }
}

TEST(VerifiedZero, ExactZeros) {
  const ZeroProof proof = verified_zero(
      scalar([](const Ball& x) { return square(x) - Ball(4); }, [](const Ball& x) { return Ball(2) * x; }),
      {Ball(2)});
  EXPECT_EQ(proof.status, ZeroStatus::proven);
  EXPECT_EQ(proof.existence_radius, 0);
}

TEST(VerifiedZero, DoubleAndMissingZerosFail) {
  for_each_trial(100, [](Random& random) {
    const double e = random.coin(0.3) ? 0 : std::exp2(random.uniform(-150, -10)), c = random.uniform();
    // (x - c)^2 + e: no zero, or a double one
    const SquareSystem s = scalar([=](const Ball& x) { return square(x - Ball(c)) + Ball(e); },
                                  [=](const Ball& x) { return Ball(2) * (x - Ball(c)); });
    const double start = c + std::exp2(random.uniform(-60, -1));
    EXPECT_NE(verified_zero(s, {Ball(start)}).status, ZeroStatus::proven) << e << " " << start;
  });
}

TEST(VerifiedZero, TwoNearZeros) {
  for_each_trial(100, [](Random& random) {
    // (x - c)^2 - e^2
    const double e = std::exp2(random.uniform(-40, -10)), c = random.uniform();
    const SquareSystem s =
        scalar([=](const Ball& x) { return (x - Ball(c) - Ball(e)) * (x - Ball(c) + Ball(e)); },
               [=](const Ball& x) { return Ball(2) * (x - Ball(c)); });
    const ZeroProof proof = verified_zero(s, {Ball(c + 1.1 * e)});
    ASSERT_EQ(proof.status, ZeroStatus::proven);
    const PrecisionScope scope(400);
    EXPECT_LE((proof.center[0] - Ball(c) - Ball(e)).magnitude(), proof.existence_radius);
    EXPECT_LT(proof.uniqueness_radius, 2 * e);
    EXPECT_GT(proof.uniqueness_radius, 0.2 * e);
  });
}

// A linear system too near to singular for double: Y in balls.
TEST(VerifiedZero, IllConditioned) {
  const std::size_t n = 14;
  const auto hilbert = [=](const Vector<Ball>&) {
    Matrix<Ball> h(n, n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) h(i, j) = Ball(1) / Ball(static_cast<int>(i + j + 1));
    }
    return h;
  };
  // H u = H 1
  const SquareSystem s = system_of(
      n,
      [=](const Vector<Ball>& u) {
        const Matrix<Ball> h = hilbert(u);
        Vector<Ball> f(n, Ball(0));
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = 0; j < n; ++j) f[i] += h(i, j) * (u[j] - Ball(1));
        }
        return f;
      },
      hilbert);
  const ZeroProof proof = verified_zero(s, Vector<Ball>(n, Ball(1.25)));
  ASSERT_EQ(proof.status, ZeroStatus::proven);
  EXPECT_TRUE(proof.inverse.data.empty());
  EXPECT_LE(proof.existence_radius, 1e-25);
  const PrecisionScope scope(400);
  for (const Ball& x : proof.center) EXPECT_LE((x - Ball(1)).magnitude(), proof.existence_radius);
  ZeroOptions options;
  options.largest_ball_size = 5;
  EXPECT_NE(verified_zero(s, Vector<Ball>(n, Ball(1.25)), options).status, ZeroStatus::proven);
}

// exp(x) = 2 with x known to start_bits only: more precision makes the difference between e and rounding
// error.
TEST(VerifiedZero, PrecisionGrowsWhenItHasTo) {
  // 2^-600 (exp(x) - 2) + (exp(x) - 2)^3: the slope at the zero is 2^-599.
  const SquareSystem s = scalar(
      [](const Ball& x) {
        const Ball g = exp(x) - Ball(2);
        return Ball(0x1p-600) * g + g * g * g;
      },
      [](const Ball& x) {
        const Ball g = exp(x) - Ball(2);
        return exp(x) * (Ball(0x1p-600) + Ball(3) * square(g));
      });
  const Vector<Ball> start = [] {
    const PrecisionScope scope(1200);
    return Vector<Ball>{log(Ball(2)).exact_midpoint()};
  }();
  const ZeroProof proof = verified_zero(s, start);
  EXPECT_EQ(proof.status, ZeroStatus::proven);
  EXPECT_GT(proof.precision_bits, 192);
  EXPECT_LT(proof.uniqueness_radius, 0x1p-290);
  ZeroOptions options;
  options.max_bits = 192;
  EXPECT_EQ(verified_zero(s, start, options).status, ZeroStatus::precision);
}

TEST(VerifiedZero, ObstaclesAndLimits) {
  SquareSystem s = circle();
  // Not smooth within 1/100 of the zero's neighbour x = 0.70
  s.obstacle = [](const Vector<Ball>& box) {
    return (box[0] - Ball(0.7)).contains_zero() ? std::string("x = 0.7") : std::string();
  };
  const ZeroProof proof = verified_zero(s, {Ball(0.71), Ball(0.71)});
  ASSERT_EQ(proof.status, ZeroStatus::proven);
  EXPECT_LT(proof.uniqueness_radius, std::sqrt(0.5) - 0.7);
  s.obstacle = [](const Vector<Ball>& box) {
    return (box[0] - sqrt(Ball(0.5))).contains_zero() ? std::string("at the zero") : std::string();
  };
  const ZeroProof blocked = verified_zero(s, {Ball(0.71), Ball(0.71)});
  EXPECT_NE(blocked.status, ZeroStatus::proven);
  ZeroOptions options;
  options.largest_radius = 0x1p-12;
  EXPECT_EQ(verified_zero(circle(), {Ball(0.75), Ball(0.75)}, options).status, ZeroStatus::too_far);
  const ZeroProof near = verified_zero(circle(), {Ball(0.7071), Ball(0.7071)}, options);
  EXPECT_EQ(near.status, ZeroStatus::proven);
  EXPECT_LE(near.uniqueness_radius, options.largest_radius);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  EXPECT_EQ(verified_zero(circle(), {Ball(0.7071), Ball(0.7071)}, options).status, ZeroStatus::stopped);
  EXPECT_THROW(verified_zero(circle(), {Ball(0.7)}), std::invalid_argument);
}

}  // namespace
}  // namespace pgb::test
