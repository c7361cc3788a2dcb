// Elementwise operations: values and slopes against closed forms at 600 bits, in every scalar.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "pgb/model/op.h"
#include "support/closed_forms.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

constexpr long kReferenceBits = 600;

// One operation applied to one number.
template <class S>
struct Applied {
  S value, slope_forward, slope_reverse;

  Applied(const Op& op, const S& x) {
    const std::vector<Shape> shapes{{1}};
    const Shape shape = op.infer(shapes, nullptr, nullptr, "test");
    OpArguments<S> in;
    in.inputs = {ConstView<S>{&x, 1, 1}};
    in.input_shapes = &shapes;
    in.shape = &shape;
    const Matrix<S> y = op.forward(in);
    const S one(1);
    OpArguments<S> dot;
    dot.inputs = {ConstView<S>{&one, 1, 1}};
    Matrix<S> bar(1, 1);
    value = y.data[0];
    slope_forward = op.forward_product(in, y.view(), dot).data[0];
    op.reverse_inputs(in, y.view(), ConstView<S>{&one, 1, 1}, {&bar});
    slope_reverse = bar.data[0];
  }
};

template <class S>
class Activations : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Activations, Base);

// Random points and 0 and its neighbours. 1 + erf and 1 - y^2 lose relative accuracy far out, not absolute
// accuracy.
TYPED_TEST(Activations, ValuesAndSlopes) {
  using S = TypeParam;
  for_each_trial(40, [](Random& random) {
    const PrecisionScope scope(static_cast<long>(random.between(60, 300)));
    for (const io::NodeSpec& node : all_activations()) {
      SCOPED_TRACE(name_of(node));
      const std::unique_ptr<Op> op = make_op(node, {}, "test");
      for (const double x :
           {random.uniform(-2, 2), random.uniform(-30, 30), random.of_any_size(-80, 0), 0.0, -0.0}) {
        const Applied<S> at(*op, S(x));
        const PrecisionScope reference(kReferenceBits);
        const double scale = std::max(1.0, std::abs(x));
        const Real slope = closed_form_slope(node, Real(x));
        EXPECT_TRUE(agrees(at.value, closed_form(node, Real(x)), 40, scale)) << to_text(x);
        EXPECT_TRUE(agrees(at.slope_forward, slope, 200, scale)) << to_text(x);
        EXPECT_TRUE(agrees(at.slope_reverse, slope, 200, scale)) << to_text(x);
      }
    }
  });
}

// Duals through an operation: the tangent of the value is the slope times the tangent.
TYPED_TEST(Activations, ThroughDuals) {
  using S = TypeParam;
  for_each_trial(40, [](Random& random) {
    for (const io::NodeSpec& node : all_activations()) {
      SCOPED_TRACE(name_of(node));
      const std::unique_ptr<Op> op = make_op(node, {}, "test");
      for (const double x : {random.uniform(-4, 4), 0.0}) {
        const double t = random.uniform();
        const Applied<Dual<S>> at(*op, Dual<S>(S(x), S(t)));
        const PrecisionScope reference(kReferenceBits);
        EXPECT_TRUE(
            agrees(at.value, closed_form(node, Real(x)), closed_form_slope(node, Real(x)) * Real(t), 200, 4));
        // the second derivative, by a central difference of the slope away from the kink
        if (x == 0) continue;
        const Real h = std::ldexp(1.0, -180);
        const Real second =
            (closed_form_slope(node, Real(x) + h) - closed_form_slope(node, Real(x) - h)) / (2 * h);
        EXPECT_LE(std::abs(to_double(Real(to_real(at.slope_forward.tangent) - second * Real(t)))), 4e-13);
        EXPECT_LE(std::abs(to_double(Real(to_real(at.slope_reverse.tangent) - second * Real(t)))), 4e-13);
      }
    }
  });
}

// Wide balls, kinks inside included: value and slope at every point of the ball are in the results, and so is
// the other one-sided slope at 0.
TEST(ActivationsOfBalls, ContainValuesAndSlopesOfEveryPoint) {
  for_each_trial(200, [](Random& random) {
    for (const io::NodeSpec& node : all_activations()) {
      SCOPED_TRACE(name_of(node));
      const std::unique_ptr<Op> op = make_op(node, {}, "test");
      const double a = random.coin(0.2) ? 0 : random.uniform(-3, 1),
                   b = a + std::abs(random.of_any_size(-50, 2));
      const Ball x = Ball::hull(Ball(a), Ball(b));
      const Applied<Ball> at(*op, x);
      const Applied<Dual<Ball>> dual(*op, Dual<Ball>(x, Ball(1)));
      const PrecisionScope reference(kReferenceBits);
      for (const double t : {0.0, 0.1, 0.5, 0.77, 1.0}) {
        const Real p = Real(a) + Real(t) * (Real(b) - Real(a));
        const Real value = closed_form(node, p), slope = closed_form_slope(node, p);
        EXPECT_TRUE(holds(at.value, value)) << "[" << a << ", " << b << "]";
        EXPECT_TRUE(holds(at.slope_forward, slope)) << "[" << a << ", " << b << "]";
        EXPECT_TRUE(holds(at.slope_reverse, slope));
        EXPECT_TRUE(holds(dual.value.value, value));
        EXPECT_TRUE(holds(dual.value.tangent, slope));
        EXPECT_TRUE(holds(dual.slope_forward.value, slope));
      }
      if (!x.contains_zero()) continue;
      const Real least = std::ldexp(1.0, -400);
      EXPECT_TRUE(holds(at.slope_forward, closed_form_slope(node, Real(0))));
      EXPECT_LE((at.slope_forward - to_ball(closed_form_slope(node, least))).mignitude(), 1e-100)
          << "from the right";
    }
  });
}

TEST(ActivationsOfBalls, ReluHullAtAKink) {
  const std::unique_ptr<Op> relu = make_op(all_activations()[smooth_activations().size()], {}, "test");
  const Applied<Ball> at(*relu, Ball::hull(Ball(-1), Ball(2)));
  EXPECT_TRUE(at.slope_forward.contains(Ball(0)) && at.slope_forward.contains(Ball(1)));
  EXPECT_TRUE(at.slope_forward.contains(Ball(0.37))) << "every slope between";
  EXPECT_LE(at.value.upper(), 2.0001);
  EXPECT_GE(at.value.lower(), -0.0001);
  const Applied<Ball> exactly(*relu, Ball(0));
  EXPECT_TRUE(exactly.value.is_exactly_zero());
}

// Enclosures over wide arguments are finite, and not much wider than the range for those made of one monotone
// function.
TEST(ActivationsOfBalls, WidthOverWideArguments) {
  for (const io::NodeSpec& node : all_activations()) {
    SCOPED_TRACE(name_of(node));
    const std::unique_ptr<Op> op = make_op(node, {}, "test");
    for (const double radius : {0.25, 1.0, 4.0}) {
      for (const double mid : {-2.0, 0.0, 0.75}) {
        const Applied<Ball> at(*op, Ball::hull(Ball(mid - radius), Ball(mid + radius)));
        EXPECT_TRUE(at.value.is_finite() && at.slope_forward.is_finite());
        Real low(1e300), high(-1e300);
        for (int k = 0; k <= 64; ++k) {
          const Real y = closed_form(node, Real(mid - radius + k * radius / 32));
          if (y < low) low = y;
          if (y > high) high = y;
        }
        const bool composed = node.op == "gelu" || node.op == "silu";
        EXPECT_LE(2 * at.value.radius(), (composed ? 20 : 1.05) * to_double(Real(high - low)) + 1e-6)
            << mid << " +- " << radius;
      }
    }
    for (const double far : {1e3, 1e5}) {
      if (node.op == "exp" || node.op == "square") continue;
      const Applied<Ball> at(*op, Ball::hull(Ball(-far), Ball(far)));
      EXPECT_TRUE(at.value.is_finite()) << far;
      EXPECT_LE(at.value.magnitude(), 2.1 * far);
    }
  }
}

// What the traits of an operation claim, checked on its values.
TEST(ActivationTraits, HoldOfTheFunction) {
  for (const io::NodeSpec& node : all_activations()) {
    SCOPED_TRACE(name_of(node));
    const std::unique_ptr<Op> op = make_op(node, {}, "test");
    const auto s = [&](double x) { return Real(closed_form(node, Real(x))); };
    bool homogeneous = true, zero = true, odd = true, linear = true;
    for (const double x : {0.125, 0.5, 1.0, 2.0, 3.5}) {
      for (const double c : {0.5, 2.0, 8.0}) {
        homogeneous = homogeneous && s(c * x) == c * s(x) && abs(Real(s(-c * x) - c * s(-x))) < 1e-30;
        linear = linear && abs(Real(s(c * x) - c * s(x))) < 1e-30;
      }
      zero = zero && s(-x) == 0;
      odd = odd && abs(Real(s(-x) + s(x))) < 1e-30;
    }
    const bool kink = closed_form_slope(node, Real(1e-300)) - closed_form_slope(node, Real(0)) > 1e-100 ||
                      closed_form_slope(node, Real(0)) - closed_form_slope(node, Real(1e-300)) > 1e-100;
    EXPECT_EQ(op->positively_homogeneous(), homogeneous);
    EXPECT_EQ(op->zero_for_negative(), zero);
    EXPECT_EQ(op->odd(), odd);
    EXPECT_EQ(op->linear_for_positive(), linear);
    EXPECT_EQ(op->has_kink(), kink);
    EXPECT_TRUE(op->has_cells() || !op->has_kink());
    EXPECT_EQ(op->kind(), OpKind::elementwise);
  }
}

}  // namespace
}  // namespace pgb::test
