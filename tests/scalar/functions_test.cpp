// The elementary functions in double, Quad and Real against MPFR at more digits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "scalar/reference.h"
#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

constexpr long kReferenceBits = 600;

template <class S>
class Functions : public ::testing::Test {};
using FloatingPoint = ::testing::Types<double, Quad, Real>;
TYPED_TEST_SUITE(Functions, FloatingPoint);

TYPED_TEST(Functions, WithinAFewUlps) {
  using S = TypeParam;
  const PrecisionScope scope(200);
  for_each_trial(200, [&](Random& random) {
    for (const Function<S>& f : elementary_functions<S>()) {
      double x = random.uniform(f.low, f.high);
      if (random.coin(0.3)) x = random.of_any_size(-200, 3);
      if (!(x > f.low && x < f.high)) continue;
      const S y = f.f(S(x));
      const PrecisionScope reference(kReferenceBits);
      // sin and cos near their zeros keep absolute accuracy only.
      const double scale = f.name == "sin" || f.name == "cos" ? 1 : 0;
      EXPECT_TRUE(agrees(y, f.reference(Real(x)), 8, scale)) << f.name << "(" << to_text(x) << ")";
    }
  });
}

TYPED_TEST(Functions, SigmoidAndSoftplusFarOut) {
  using S = TypeParam;
  for (const double x : {1000.0, -1000.0, 710.0, -710.0, 745.0, -745.0, 1e300, -1e300}) {
    SCOPED_TRACE(x);
    const S p = sigmoid(S(x)), s = softplus(S(x));
    EXPECT_TRUE(p >= 0 && p <= 1);
    EXPECT_TRUE(s >= 0);
    EXPECT_EQ(to_double(p), x > 0 ? 1 : std::exp(std::max(x, -1e4)));
    EXPECT_EQ(to_double(s), x > 0 ? x : std::exp(std::max(x, -1e4)));
    EXPECT_TRUE(sigmoid_slope(S(x)) >= 0);
  }
}

// exp(-1000) is no double but is a Quad and a Real: nothing on the way may pass through a double.
TYPED_TEST(Functions, BelowTheSmallestDouble) {
  using S = TypeParam;
  if (std::is_same_v<S, double>) return;
  const PrecisionScope scope(200);
  const S e = exp(S(-1000));
  ASSERT_TRUE(e > 0);
  const PrecisionScope reference(kReferenceBits);
  const Real exact = mpfr(mpfr_exp, Real(-1000));
  EXPECT_TRUE(agrees(S(log1p(e)), exact, 8)) << "log1p";
  EXPECT_TRUE(agrees(S(expm1(e)), exact, 8)) << "expm1";
  EXPECT_TRUE(agrees(softplus(S(-1000)), exact, 8)) << "softplus";
  EXPECT_TRUE(agrees(sigmoid(S(-1000)), exact, 8)) << "sigmoid";
  EXPECT_TRUE(agrees(S(erf(e) / e), mpfr(mpfr_erf, exact) / exact, 8)) << "erf";
}

TYPED_TEST(Functions, Power) {
  using S = TypeParam;
  EXPECT_TRUE(power(S(3), 0) == 1);
  EXPECT_TRUE(power(S(3), 1) == 3);
  EXPECT_TRUE(power(S(-3), 5) == -243);
  EXPECT_TRUE(power(S(2), 64) == S(std::ldexp(1.0, 64)));
}

TYPED_TEST(Functions, Pi) {
  using S = TypeParam;
  const S pi = PiConstant<S>::value();
  const PrecisionScope reference(kReferenceBits);
  Real exact;
  mpfr_const_pi(exact.backend().data(), MPFR_RNDN);
  EXPECT_TRUE(agrees(pi, exact, 1));
}

TEST(RealFunctions, ErfAtHighPrecision) {
  const PrecisionScope scope(1000);
  const Real y = erf(Real(0.5));
  const PrecisionScope reference(1200);
  EXPECT_LE(distance(y, mpfr(mpfr_erf, Real(0.5)), 0x1p-1000, 0), 1);
}

TEST(UnitRoundoff, OfEveryScalar) {
  EXPECT_EQ(unit_roundoff<double>(), 0x1p-53);
  EXPECT_EQ(unit_roundoff<Quad>(), 0x1p-113);
  const PrecisionScope scope(77);
  EXPECT_EQ(unit_roundoff<Real>(), 0x1p-77);
  EXPECT_EQ(unit_roundoff<Ball>(), 0x1p-77);
}

}  // namespace
}  // namespace pgb::test
