// Conversions: exact where the target is wide enough, rounded once to nearest where it is not.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "pgb/scalar/functions.h"
#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// 2^e with any e.
Real two_to(long e) {
  Real x(1);
  mpfr_mul_2si(x.backend().data(), x.backend().data(), e, MPFR_RNDN);
  return x;
}

// A Quad with all of its 113 bits in use.
Quad random_quad(Random& random, int low, int high) {
  Quad x(random.uniform(0.5, 1));
  x += ldexp(Quad(random.uniform()), -53);
  x += ldexp(Quad(random.uniform()), -106);
  return ldexp(random.coin() ? x : Quad(-x),
               low + static_cast<int>(random.index(static_cast<std::size_t>(high - low))));
}

TEST(Conversions, DoubleToEveryScalarAndBack) {
  for_each_trial(500, [](Random& random) {
    const double x = random.of_any_size(-1074, 1022);
    EXPECT_EQ(to_double(Quad(x)), x);
    EXPECT_EQ(to_double(to_real(x)), x);
    EXPECT_EQ(to_double(to_ball(x)), x);
    EXPECT_EQ(to_double(Dual<Ball>(x)), x);
    EXPECT_TRUE(to_ball(x).is_exact());
    EXPECT_EQ(std::strtod(to_text(x).c_str(), nullptr), x);
  });
}

// The whole range of a Quad, beyond that of double.
TEST(Conversions, QuadToRealAndBallIsExact) {
  for_each_trial(500, [](Random& random) {
    const Quad x = random.coin() ? random_quad(random, -16300, 16300) : random_quad(random, -1100, 1000);
    const Real r = to_real(x);
    EXPECT_TRUE(to_quad(r) == x) << x;
    const Ball b = to_ball(x);
    EXPECT_TRUE(b.is_exact());
    EXPECT_TRUE(to_quad(to_real(b)) == x) << x;
    EXPECT_FALSE(b.contains_zero());
    EXPECT_TRUE(Quad(to_text(x)) == x);
    // The same number built from text: nothing in common with the path above.
    Real read;
    mpfr_set_prec(read.backend().data(), 113);
    mpfr_set_str(read.backend().data(), to_text(x).c_str(), 10, MPFR_RNDN);
    EXPECT_TRUE(read == r) << describe(r);
  });
}

TEST(Conversions, QuadExtremes) {
  const Quad least = ldexp(Quad(1), -16494), smallest_normal = ldexp(Quad(1), -16382);
  const Quad largest = ldexp(Quad(2) - ldexp(Quad(1), -112), 16383);
  for (const Quad& x : {largest, smallest_normal, least, Quad(0)}) {
    EXPECT_TRUE(to_quad(to_real(x)) == x) << x;
    EXPECT_TRUE(to_quad(to_real(Quad(-x))) == Quad(-x)) << x;
  }
  EXPECT_TRUE(to_real(smallest_normal) == two_to(-16382));
  EXPECT_TRUE(to_real(least) == two_to(-16494));
  EXPECT_EQ(to_double(to_real(Quad(kInfinity))), kInfinity);
  EXPECT_EQ(to_double(to_quad(Real(-kInfinity))), -kInfinity);
  EXPECT_TRUE(std::isnan(to_double(to_quad(to_real(Quad(std::nan("")))))));
  EXPECT_EQ(to_double(to_quad(two_to(20000))), kInfinity);
  EXPECT_EQ(to_double(to_quad(Real(-two_to(20000)))), -kInfinity);
  EXPECT_TRUE(to_quad(two_to(-20000)) == 0);
}

// Halfway cases with a bit far below: two roundings in a row would fall on the wrong side.
TEST(Conversions, RealToQuadRoundsOnce) {
  const PrecisionScope scope(600);
  const Quad u = ldexp(Quad(1), -112);
  for (const int sign : {1, -1}) {
    EXPECT_TRUE(to_quad(Real(sign * (Real(1) + two_to(-113) + two_to(-300)))) == Quad(sign) * (1 + u));
    EXPECT_TRUE(to_quad(sign * (Real(1) + two_to(-113) - two_to(-300))) == Quad(sign));
    EXPECT_TRUE(to_quad(sign * (Real(1) + two_to(-113))) == Quad(sign)) << "ties to even";
    EXPECT_TRUE(to_quad(sign * (Real(1) + 3 * two_to(-113))) == Quad(sign) * (1 + 2 * u)) << "ties to even";
  }
  const Quad least = ldexp(Quad(1), -16494);
  EXPECT_TRUE(to_quad(two_to(-16495)) == 0) << "ties to even";
  EXPECT_TRUE(to_quad(two_to(-16495) * (1 + two_to(-300))) == least);
  EXPECT_TRUE(to_quad(two_to(-16494) * (Real(3) / 2 - two_to(-300))) == least);
  EXPECT_TRUE(to_quad(two_to(-16494) * (Real(3) / 2)) == 2 * least);
}

TEST(Conversions, RealToDoubleRoundsOnce) {
  const PrecisionScope scope(600);
  EXPECT_EQ(to_double(Real(Real(1) + two_to(-53) + two_to(-300))), 1 + 0x1p-52);
  EXPECT_EQ(to_double(Real(Real(1) + two_to(-53))), 1);
  EXPECT_EQ(to_double(Real(two_to(-1074) * (Real(3) / 2 - two_to(-300)))), 0x1p-1074);
  EXPECT_EQ(to_double(Real(two_to(-1074) * (Real(3) / 2))), 0x1p-1073);
  EXPECT_EQ(to_double(to_ball(Real(two_to(-1074) * (Real(3) / 2 - two_to(-300))))), 0x1p-1074);
  EXPECT_EQ(to_double(to_ball(Real(Real(1) + two_to(-53) + two_to(-300)))), 1 + 0x1p-52);
}

TEST(Conversions, RealToBallAndBackIsExactAtAnyPrecision) {
  Real x;
  {
    const PrecisionScope scope(500);
    x = Real(1) / 3;
  }
  const PrecisionScope scope(20);
  EXPECT_TRUE(to_ball(x).is_exact());
  EXPECT_TRUE(to_real(to_ball(x)) == x);
  EXPECT_TRUE(to_real(x) == x);
}

TEST(Conversions, RationalsRoundOnce) {
  EXPECT_EQ(from_rational<double>("1/3"), 1.0 / 3.0);
  EXPECT_EQ(from_rational<double>("-1/10"), -0.1);
  EXPECT_EQ(from_rational<double>("7"), 7);
  EXPECT_TRUE(from_rational<Quad>("1/3") == Quad(1) / 3);
  {
    const PrecisionScope scope(333);
    Real third = Real(1) / 3;
    EXPECT_TRUE(from_rational<Real>("1/3") == third);
  }
  // 1 + 2^-53 + 2^-300, halfway and a little; and (3/2 - 2^-300) times the smallest subnormal numbers.
  const auto rational = [](const Real& x) { return to_rational(x); };
  const PrecisionScope scope(600);
  EXPECT_EQ(from_rational<double>(rational(Real(1) + two_to(-53) + two_to(-300))), 1 + 0x1p-52);
  EXPECT_EQ(from_rational<double>(rational(Real(1) + two_to(-53))), 1);
  EXPECT_EQ(from_rational<double>(rational(two_to(-1074) * (Real(3) / 2 - two_to(-300)))), 0x1p-1074);
  EXPECT_EQ(from_rational<double>(rational(-two_to(-1074) * (Real(3) / 2 + two_to(-300)))), -0x1p-1073);
  EXPECT_EQ(from_rational<double>(rational(two_to(2000))), kInfinity);
  EXPECT_TRUE(from_rational<Quad>(rational(Real(1) + two_to(-113) + two_to(-300))) ==
              1 + ldexp(Quad(1), -112));
  EXPECT_TRUE(from_rational<Quad>(rational(Real(1) + two_to(-113) - two_to(-300))) == 1);
  EXPECT_TRUE(from_rational<Quad>(rational(two_to(-9000))) == ldexp(Quad(1), -9000));
  for (const char* bad : {"", "x", "1/0", "0x1"}) {
    EXPECT_THROW(from_rational<double>(bad), std::invalid_argument) << bad;
    EXPECT_THROW(from_rational<Quad>(bad), std::invalid_argument) << bad;
    EXPECT_THROW(from_rational<Real>(bad), std::invalid_argument) << bad;
    EXPECT_THROW(from_rational<Ball>(bad), std::invalid_argument) << bad;
  }
}

TEST(Conversions, RandomRationalsAgreeWithDivision) {
  for_each_trial(300, [](Random& random) {
    const auto p = static_cast<double>(random.index(1u << 30)),
               q = static_cast<double>(1 + random.index(1u << 30));
    const std::string text =
        std::to_string(static_cast<long>(p)) + "/" + std::to_string(static_cast<long>(q));
    EXPECT_EQ(from_rational<double>(text), p / q);
    EXPECT_TRUE(from_rational<Quad>(text) == Quad(p) / Quad(q));
  });
}

TEST(Conversions, ExactTextOfReals) {
  EXPECT_EQ(to_rational(Real(0.375)), "3/8");
  EXPECT_EQ(to_rational(Real(-5)), "-5");
  EXPECT_EQ(to_rational(Real(0)), "0");
  EXPECT_THROW(to_rational(Real(kInfinity)), std::invalid_argument);
  EXPECT_THROW(to_rational(Real(std::nan(""))), std::invalid_argument);
  for_each_trial(100, [](Random& random) {
    const PrecisionScope scope(static_cast<long>(random.between(2, 700)));
    const Real x = Real(random.of_any_size(-300, 300)) / 3;
    EXPECT_TRUE(from_rational<Real>(to_rational(x)) == x);
    EXPECT_TRUE(Real(to_text(x)) == x) << to_text(x);
  });
}

}  // namespace
}  // namespace pgb::test
