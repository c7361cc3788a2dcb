// f(x) for a ball x holds f(p) for every point p of x.
#include <gtest/gtest.h>

#include "scalar/reference.h"
#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

constexpr long kReferenceBits = 900;
constexpr long kPrecisions[] = {2, 20, 53, 128, 400};

// The point `low + t (high - low)` of the ball, exact, 0 <= t <= 1.
Real point_of(const Ball& x, double t) {
  Real p, mid, rad;
  arf_get_mpfr(mid.backend().data(), arb_midref(x.get()), MPFR_RNDN);
  arf_t r;
  arf_init(r);
  arf_set_mag(r, arb_radref(x.get()));
  arf_get_mpfr(rad.backend().data(), r, MPFR_RNDN);
  arf_clear(r);
  p = mid + rad * (2 * t - 1);
  return p;
}

// A ball whose points lie strictly between low and high: exact, narrow or wide.
Ball random_ball(Random& random, double low, double high) {
  double mid = random.uniform(low, high);
  if (random.coin(0.2)) mid = random.of_any_size(-60, 3);
  if (random.coin(0.1)) mid = 0;
  if (!(mid > low && mid < high)) mid = (low + high) / 2;
  const double room = std::min(mid - low, high - mid);
  double radius = 0;
  switch (random.index(4)) {
    case 0:
      break;
    case 1:
      radius = std::ldexp(random.uniform(0, 1), -static_cast<int>(random.index(120)));
      break;
    case 2:
      radius = std::abs(mid) * std::ldexp(1.0, -static_cast<int>(random.index(60)));
      break;
    default:
      radius = random.uniform(0, 1) * room;
  }
  return Ball::with_radius(Ball(mid), std::min(radius, 0.999 * room));
}

const double kPlaces[] = {0, 1, 0.5, 0.25, 0.9375};

TEST(BallContainment, ElementaryFunctions) {
  const auto functions = elementary_functions<Ball>();
  for_each_trial(400, [&](Random& random) {
    for (const Function<Ball>& f : functions) {
      const long bits = kPrecisions[random.index(std::size(kPrecisions))];
      const Ball x = random_ball(random, f.low, f.high);
      Ball y;
      {
        const PrecisionScope scope(bits);
        y = f.f(x);
      }
      const PrecisionScope scope(kReferenceBits);
      for (const double t : kPlaces) {
        const Real p = point_of(x, t);
        if (p <= f.low || p >= f.high) continue;
        EXPECT_TRUE(holds(y, f.reference(p))) << f.name << " at " << bits << " bits of " << describe(x);
      }
    }
  });
}

TEST(BallContainment, Arithmetic) {
  for_each_trial(1000, [&](Random& random) {
    const long bits = kPrecisions[random.index(std::size(kPrecisions))];
    const Ball x = random_ball(random, -50, 50), y = random_ball(random, -50, 50);
    Ball sum, difference, product, quotient, negative, magnitude, hull, cube, negative_part, positive_part;
    {
      const PrecisionScope scope(bits);
      sum = x + y;
      difference = x - y;
      product = x * y;
      quotient = x / y;
      negative = -x;
      magnitude = abs(x);
      hull = Ball::hull(x, y);
      cube = power(x, 3);
      negative_part = x.nonpositive_part();
      positive_part = x.nonnegative_part();
    }
    const PrecisionScope scope(kReferenceBits);
    for (const double s : kPlaces) {
      const Real p = point_of(x, s);
      for (const double t : kPlaces) {
        const Real q = point_of(y, t);
        EXPECT_TRUE(holds(sum, p + q));
        EXPECT_TRUE(holds(difference, p - q));
        EXPECT_TRUE(holds(product, p * q));
        EXPECT_TRUE(y.contains_zero() || holds(quotient, p / q));
        EXPECT_TRUE(holds(hull, q));
      }
      EXPECT_TRUE(holds(hull, p));
      EXPECT_TRUE(holds(negative, -p));
      EXPECT_TRUE(holds(magnitude, abs(p)));
      EXPECT_TRUE(holds(cube, p * p * p));
      EXPECT_TRUE(holds(p > 0 ? positive_part : negative_part, p));
    }
  });
}

TEST(BallContainment, AliasedOperands) {
  for_each_trial(100, [&](Random& random) {
    const Ball x = random_ball(random, 0.5, 3);
    Ball sum = x, difference = x, product = x, quotient = x;
    sum += sum;
    difference -= difference;
    product *= product;
    quotient /= quotient;
    const PrecisionScope scope(kReferenceBits);
    const Real p = point_of(x, 0.25);
    EXPECT_TRUE(holds(sum, 2 * p));
    EXPECT_TRUE(holds(difference, 0));
    EXPECT_TRUE(holds(product, p * p));
    EXPECT_TRUE(holds(quotient, 1));
  });
}

TEST(BallContainment, ShareOfTwo) {
  for_each_trial(300, [&](Random& random) {
    const Ball a = random_ball(random, 0, 9), b = random_ball(random, 0, 5);
    Ball y;
    {
      const PrecisionScope scope(kPrecisions[random.index(std::size(kPrecisions))]);
      y = Ball::share(a, b);
    }
    const PrecisionScope scope(kReferenceBits);
    for (const double s : kPlaces) {
      for (const double t : kPlaces) {
        const Real p = point_of(a, s), q = point_of(b, t);
        EXPECT_TRUE(holds(y, p / (p + q))) << describe(a) << ", " << describe(b);
      }
    }
  });
}

TEST(BallContainment, DivisionByABallWithZeroIsNotFinite) {
  EXPECT_FALSE((Ball(1) / Ball::hull(Ball(-1), Ball(1))).is_finite());
  EXPECT_FALSE((Ball(1) / Ball(0)).is_finite());
}

TEST(BallContainment, LogAndSqrtOutsideTheirDomainsAreNotFinite) {
  const Ball x = Ball::hull(Ball(-1), Ball(4));
  EXPECT_FALSE(log(x).is_finite());
  EXPECT_FALSE(sqrt(x).is_finite());
  EXPECT_FALSE(log1p(x).is_finite());
}

// Arguments far beyond what exp can take in floating point.
TEST(BallContainment, ExtremeArguments) {
  for (const double x : {1e3, -1e3, 1e8, -1e8, 1e15, -1e15}) {
    SCOPED_TRACE(x);
    const Ball at(x), around = Ball::with_radius(at, 0.5);
    for (const Ball& b : {at, around}) {
      EXPECT_TRUE(sigmoid(b).is_finite());
      EXPECT_TRUE(softplus(b).is_finite());
      EXPECT_TRUE(tanh(b).is_finite());
      EXPECT_TRUE(erf(b).is_finite());
      EXPECT_TRUE(softplus(b).contains(x > 0 ? Ball(x) : Ball(0)) || softplus(b).mignitude() < 1e-300 ||
                  x > 0);
      EXPECT_NEAR(sigmoid(b).midpoint(), x > 0, 1e-9);
      EXPECT_NEAR(tanh(b).midpoint(), x > 0 ? 1 : -1, 1e-9);
      EXPECT_NEAR(softplus(b).midpoint(), std::max(x, 0.0), 1e-9 * std::abs(x));
    }
  }
}

// ---- width ----

struct Range {
  double low, high;
};

// The enclosure of a monotone function over a wide ball is hardly wider than its range.
TEST(BallWidth, MonotoneFunctionsOfWideBalls) {
  const std::vector<std::string> monotone{"tanh", "erf", "sigmoid", "softplus"};
  for (const Function<Ball>& f : elementary_functions<Ball>()) {
    if (std::find(monotone.begin(), monotone.end(), f.name) == monotone.end()) continue;
    for (const Range r : {Range{-1, 1}, {-5, 5}, {0, 20}, {3, 4}, {-100, 100}, {-1000, 1000}, {-1e6, 3}}) {
      const Ball y = f.f(Ball::hull(Ball(r.low), Ball(r.high)));
      const PrecisionScope scope(kReferenceBits);
      const double range = to_double(Real(f.reference(Real(r.high)) - f.reference(Real(r.low))));
      EXPECT_LE(2 * y.radius(), 1.01 * range) << f.name << " over [" << r.low << ", " << r.high << "]";
    }
  }
}

TEST(BallWidth, EvenFunctionsHoldNoNegativeNumbers) {
  for (const Range r : {Range{-1, 1}, {-2, 1}, {-1, 3}, {0, 1}}) {
    const Ball x = Ball::hull(Ball(r.low), Ball(r.high));
    const double most = std::max(std::abs(r.low), std::abs(r.high));
    EXPECT_TRUE(square(x).certainly_nonnegative());
    EXPECT_TRUE(abs(x).certainly_nonnegative());
    EXPECT_LE(square(x).upper(), most * most * 1.000001);
    EXPECT_LE(abs(x).upper(), most * 1.000001);
    EXPECT_TRUE(exp(x * Ball(200)).certainly_nonnegative());
  }
}

TEST(BallWidth, SigmoidSlope) {
  const Ball y = sigmoid_slope(Ball::hull(Ball(-1), Ball(1)));
  EXPECT_LE(2 * y.radius(), 1.1 * (0.25 - sigmoid(1.0) * sigmoid(-1.0)));
}

}  // namespace
}  // namespace pgb::test
