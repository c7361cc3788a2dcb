// Dual numbers against derivatives in closed form.
#include <gtest/gtest.h>

#include "scalar/reference.h"
#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

template <class S>
class Duals : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Duals, Base);

// f' of each function of elementary_functions(), by MPFR.
Real derivative(const std::string& name, const Real& x) {
  const auto e = [](const Real& t) { return mpfr(mpfr_exp, t); };
  const Real p = 1 / (1 + e(Real(-x)));
  if (name == "exp" || name == "expm1") return e(x);
  if (name == "log") return 1 / x;
  if (name == "log1p") return 1 / (1 + x);
  if (name == "sqrt") return 1 / (2 * mpfr(mpfr_sqrt, x));
  if (name == "tanh") return 1 / (mpfr(mpfr_cosh, x) * mpfr(mpfr_cosh, x));
  if (name == "sin") return mpfr(mpfr_cos, x);
  if (name == "cos") return -mpfr(mpfr_sin, x);
  if (name == "erf") return 2 / mpfr(mpfr_sqrt, PiConstant<Real>::value()) * e(Real(-x * x));
  if (name == "square") return 2 * x;
  if (name == "sigmoid") return p * p * e(Real(-x));
  if (name == "softplus") return p;
  if (name == "sigmoid_slope") return p * p * e(Real(-x)) * (1 - 2 * p);
  ADD_FAILURE() << "no derivative of " << name;
  return 0;
}

TYPED_TEST(Duals, ElementaryFunctions) {
  using S = TypeParam;
  const PrecisionScope scope(150);
  const auto functions = elementary_functions<S>();
  const auto duals = elementary_functions<Dual<S>>();
  for_each_trial(100, [&](Random& random) {
    for (std::size_t k = 0; k < functions.size(); ++k) {
      // A closed form by way of 1 - y^2 or 1 - 2p has absolute accuracy.
      const double x = random.uniform(std::max(-6.0, functions[k].low), std::min(6.0, functions[k].high));
      const double t = random.uniform();
      const Dual<S> y = duals[k].f(Dual<S>(S(x), S(t)));
      const S value = functions[k].f(S(x));
      const PrecisionScope reference(600);
      const Real slope = derivative(functions[k].name, Real(x));
      EXPECT_TRUE(agrees(y, functions[k].reference(Real(x)), slope * Real(t), 32, 1))
          << functions[k].name << " " << x;
      EXPECT_TRUE(to_real(y.value) == to_real(value)) << functions[k].name;
    }
  });
}

TYPED_TEST(Duals, Arithmetic) {
  using S = TypeParam;
  for_each_trial(100, [&](Random& random) {
    // Eighths: exact but for the quotient.
    const double a = random.eighth(), s = random.eighth(), b = random.eighth() + 4.5, t = random.eighth();
    const Dual<S> x{S(a), S(s)}, y{S(b), S(t)};
    EXPECT_TRUE(agrees(x + y, Real(a + b), Real(s + t), 0));
    EXPECT_TRUE(agrees(x - y, Real(a - b), Real(s - t), 0));
    EXPECT_TRUE(agrees(x * y, Real(a * b), Real(s * b + a * t), 0));
    EXPECT_TRUE(agrees(-x, Real(-a), Real(-s), 0));
    Dual<S> sum = x, product = x, quotient = y;
    sum += sum;
    product *= product;
    quotient /= quotient;
    EXPECT_TRUE(agrees(sum, Real(2 * a), Real(2 * s), 0));
    EXPECT_TRUE(agrees(product, Real(a * a), Real(2 * a * s), 0));
    EXPECT_TRUE(agrees(power(x, 3), Real(a * a * a), Real(3 * a * a * s), 4));
    const Dual<S> q = x / y;
    const PrecisionScope reference(600);
    EXPECT_TRUE(agrees(q, Real(a) / b, (Real(s) * b - Real(a) * t) / (Real(b) * b), 8, 1));
    EXPECT_TRUE(agrees(quotient, Real(1), Real(0), 0.5, 1));
  });
}

TYPED_TEST(Duals, ConstantsHaveNoTangent) {
  using S = TypeParam;
  EXPECT_TRUE(agrees(Dual<S>(0.5), Real(0.5), Real(0), 0));
  EXPECT_TRUE(agrees(Dual<S>(3), Real(3), Real(0), 0));
  EXPECT_TRUE(agrees(Dual<S>::constant(S(2)), Real(2), Real(0), 0));
  EXPECT_TRUE(agrees(Dual<S>(), Real(0), Real(0), 0));
}

// The second derivative of exp(x^2) / (1 + x), by nesting.
TYPED_TEST(Duals, Nested) {
  using S = TypeParam;
  using D = Dual<Dual<S>>;
  for_each_trial(20, [&](Random& random) {
    const double at = random.uniform(0, 1);
    const D x(Dual<S>(S(at), S(1)), Dual<S>(S(1), S(0)));
    const D y = exp(square(x)) / (D(1) + x);
    const PrecisionScope reference(600);
    const Real t(at), e = mpfr(mpfr_exp, Real(t * t)), r = 1 / (1 + t);
    const Real first = e * (2 * t * r - r * r);
    const Real second = e * ((2 + 4 * t * t) * r - 4 * t * r * r + 2 * r * r * r);
    EXPECT_TRUE(agrees(y.value, e * r, first, 60, 1));
    EXPECT_TRUE(agrees(y.tangent, first, second, 200, 1));
  });
}

// Balls of some width: tangents hold the derivative at every point inside.
TEST(DualBall, ContainsTheDerivativeAtEveryPoint) {
  const auto duals = elementary_functions<Dual<Ball>>();
  for_each_trial(100, [&](Random& random) {
    for (const auto& f : duals) {
      const double low = std::max(-6.0, f.low), high = std::min(6.0, f.high);
      const double a = low + 0.001 + random.uniform(0, 1) * (high - low - 0.002);
      const double b = a + random.uniform(0, 1) * (high - 0.0005 - a);
      const Dual<Ball> y = f.f(Dual<Ball>(Ball::hull(Ball(a), Ball(b)), Ball(1)));
      const PrecisionScope reference(600);
      for (const double p : {a, b, a + 0.5 * (b - a), a + 0.1 * (b - a)}) {
        EXPECT_TRUE(holds(y.value, f.reference(Real(p)))) << f.name;
        EXPECT_TRUE(holds(y.tangent, derivative(f.name, Real(p))))
            << f.name << " on [" << a << ", " << b << "]";
      }
    }
  });
}

}  // namespace
}  // namespace pgb::test
