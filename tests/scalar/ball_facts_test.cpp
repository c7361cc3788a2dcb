// What can be asked of a ball: bounds, signs, parts, construction.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(BallFacts, DoublesAreExact) {
  for (const double x : {0.0, 1.0, -0.1, 1e308, -5e-324, 0x1.fffffffffffffp-1023}) {
    const Ball b(x);
    EXPECT_TRUE(b.is_exact());
    EXPECT_EQ(b.midpoint(), x);
    EXPECT_EQ(b.lower(), x);
    EXPECT_EQ(b.upper(), x);
    EXPECT_EQ(b.radius(), 0);
    EXPECT_EQ(b.magnitude(), std::abs(x));
    EXPECT_EQ(b.mignitude(), std::abs(x));
  }
  const PrecisionScope scope(2);
  EXPECT_EQ(Ball(0.1).midpoint(), 0.1) << "construction does not round";
  EXPECT_EQ(Ball(123456789).midpoint(), 123456789);
}

TEST(BallFacts, InfinityAndNanAreRefused) {
  EXPECT_THROW(Ball{kInfinity}, std::invalid_argument);
  EXPECT_THROW(Ball{-kInfinity}, std::invalid_argument);
  EXPECT_THROW(Ball{std::nan("")}, std::invalid_argument);
  EXPECT_THROW(Ball::with_radius(Ball(1), -1), std::invalid_argument);
  EXPECT_THROW(Ball::with_radius(Ball(1), kInfinity), std::invalid_argument);
  EXPECT_THROW(Ball::with_radius(Ball(1), std::nan("")), std::invalid_argument);
  EXPECT_THROW(to_ball(Real(kInfinity)), std::invalid_argument);
  EXPECT_THROW(to_ball(Quad(kInfinity)), std::invalid_argument);
  EXPECT_THROW(to_ball(Quad(std::nan(""))), std::invalid_argument);
}

// lower() <= every point <= upper(), as doubles, also where doubles end.
TEST(BallFacts, BoundsRoundOutwards) {
  const Ball huge = exp(Ball(1e6)), tiny = exp(Ball(-1e6));
  EXPECT_EQ(huge.upper(), kInfinity);
  EXPECT_EQ(huge.lower(), std::numeric_limits<double>::max());
  EXPECT_EQ((-huge).lower(), -kInfinity);
  EXPECT_EQ((-huge).upper(), -std::numeric_limits<double>::max());
  EXPECT_EQ(tiny.lower(), 0);
  EXPECT_EQ(tiny.upper(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(huge.magnitude(), kInfinity);
  EXPECT_EQ(tiny.mignitude(), 0);
  EXPECT_GT(tiny.magnitude(), 0);
  EXPECT_EQ(inf().lower(), -kInfinity);
  EXPECT_EQ(inf().upper(), kInfinity);
  for_each_trial(300, [](Random& random) {
    const double mid = random.of_any_size(-1070, 40), radius = std::abs(random.of_any_size(-1070, 40));
    const Ball b = Ball::with_radius(Ball(mid) / Ball(3), radius);
    EXPECT_TRUE(b.contains(Ball(mid) / Ball(3)));
    EXPECT_GE(b.radius(), radius);
    EXPECT_LE(b.radius(), 1.0001 * radius + std::ldexp(std::abs(mid), -120) + 1e-323);
    const Ball hull = Ball::hull(Ball(b.lower()), Ball(b.upper()));
    EXPECT_TRUE(hull.contains(b));
    EXPECT_LE(b.mignitude(), std::abs(mid / 3) * (1 + 1e-15));
    EXPECT_GE(b.magnitude(), std::abs(mid / 3) * (1 - 1e-15));
  });
}

TEST(BallFacts, RadiusZeroOfTheSmallestDouble) {
  const Ball b = Ball::with_radius(Ball(0), std::numeric_limits<double>::denorm_min());
  EXPECT_FALSE(b.is_exact());
  EXPECT_TRUE(b.contains(Ball(std::numeric_limits<double>::denorm_min())));
}

TEST(BallFacts, Signs) {
  EXPECT_EQ(sign_of(Ball(0)), Sign::zero);
  EXPECT_EQ(sign_of(Ball(-0.0)), Sign::zero);
  EXPECT_EQ(sign_of(Ball(1e-300)), Sign::positive);
  EXPECT_EQ(sign_of(Ball(-1e-300)), Sign::negative);
  EXPECT_EQ(sign_of(Ball::with_radius(Ball(1), 1)), Sign::unknown) << "touches 0";
  EXPECT_EQ(sign_of(Ball::with_radius(Ball(0), 1e-300)), Sign::unknown);
  EXPECT_EQ(sign_of(inf()), Sign::unknown);
  EXPECT_EQ(sign_of(Ball(0) / Ball(0)), Sign::unknown);
  EXPECT_FALSE((Ball(0) / Ball(0)).certainly_nonnegative());
  EXPECT_TRUE(Ball::with_radius(Ball(1), 0.9999).certainly_nonnegative());
  EXPECT_TRUE((Ball(0.1) - Ball(0.1)).is_exactly_zero());
  EXPECT_TRUE((Ball(1) / Ball(0)).contains_zero()) << "an enclosure of nothing known holds everything";
}

TEST(BallFacts, SignsOfTheOtherScalars) {
  EXPECT_EQ(sign_of(-0.0), Sign::zero);
  EXPECT_EQ(sign_of(5e-324), Sign::positive);
  EXPECT_EQ(sign_of(Quad(-5e-324)), Sign::negative);
  EXPECT_EQ(sign_of(Real(0)), Sign::zero);
  EXPECT_EQ(sign_of(Dual<double>(-1, 7)), Sign::negative);
  EXPECT_EQ(sign_of(Dual<Ball>(Ball(0), Ball(1))), Sign::zero);
}

TEST(BallFacts, Rationals) {
  EXPECT_TRUE(Ball::from_rational("3/8").is_exact());
  EXPECT_TRUE(Ball::from_rational("-7").is_exact());
  for (const char* bad : {"", "1/0", "a", "1/2/3", "1.5"}) {
    EXPECT_THROW(Ball::from_rational(bad), std::invalid_argument) << bad;
  }
  for_each_trial(100, [](Random& random) {
    const auto p = static_cast<long>(random.index(2000)) - 1000, q = static_cast<long>(random.index(999)) + 1;
    const std::string text = std::to_string(p) + "/" + std::to_string(q);
    for (const long bits : {2L, 53L, 200L}) {
      Ball b;
      {
        const PrecisionScope scope(bits);
        b = Ball::from_rational(text);
      }
      EXPECT_LE(b.radius(), std::ldexp(std::abs(static_cast<double>(p) / static_cast<double>(q)),
                                       2 - static_cast<int>(bits)));
      const PrecisionScope scope(2000);
      EXPECT_TRUE((b * Ball(static_cast<int>(q))).contains(Ball(static_cast<int>(p)))) << text;
    }
  });
}

TEST(BallFacts, Parts) {
  const Ball x = Ball::hull(Ball(-1), Ball(2));
  EXPECT_TRUE(x.nonnegative_part().certainly_nonnegative());
  EXPECT_TRUE((-x.nonpositive_part()).certainly_nonnegative());
  EXPECT_NEAR(x.nonnegative_part().upper(), 2, 1e-6);
  EXPECT_NEAR(x.nonpositive_part().lower(), -1, 1e-6);
  EXPECT_TRUE(x.nonnegative_part().contains_zero());
  EXPECT_TRUE(x.nonpositive_part().contains_zero());
  EXPECT_TRUE(Ball(3).nonnegative_part().contains(Ball(3)));
}

TEST(BallFacts, MidpointAndOverlap) {
  const Ball x = Ball::with_radius(Ball(0.1), 1e-3);
  EXPECT_TRUE(x.exact_midpoint().is_exact());
  EXPECT_EQ(x.exact_midpoint().midpoint(), 0.1);
  EXPECT_TRUE(x.overlaps(Ball(0.1005)));
  EXPECT_FALSE(x.overlaps(Ball(0.2)));
  EXPECT_FALSE(Ball(0.1).contains(x));
}

TEST(BallFacts, PiAtEveryPrecision) {
  for (const long bits : {2L, 53L, 128L, 1000L}) {
    Ball pi;
    {
      const PrecisionScope scope(bits);
      pi = Ball::pi();
    }
    const PrecisionScope scope(2000);
    Real exact;
    mpfr_const_pi(exact.backend().data(), MPFR_RNDN);
    EXPECT_TRUE(holds(pi, exact)) << bits;
    EXPECT_LE(pi.radius(), std::ldexp(4.0, -static_cast<int>(bits)) + 1e-300);
  }
}

TEST(BallFacts, CopiesAndMoves) {
  Ball a(1), b(a), c;
  c = a;
  Ball d(std::move(b));
  const Ball& self = a;
  a = self;
  EXPECT_EQ(a.midpoint(), 1);
  EXPECT_EQ(c.midpoint(), 1);
  EXPECT_EQ(d.midpoint(), 1);
  static_assert(std::is_nothrow_move_constructible_v<Ball>);
  static_assert(!std::is_convertible_v<Ball, double> && !std::is_convertible_v<Ball, bool>);
}

}  // namespace
}  // namespace pgb::test
