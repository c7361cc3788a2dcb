// Interval enclosures of a network against derivatives in MPFR at random points of the box.
#include "pgb/certify/boxes/network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pgb/derivatives/objective.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using boxes::Interval;
using boxes::Intervals;
using Net = boxes::Network;

void expect_holds(const Interval& enclosure, const Real& x, const std::string& what) {
  EXPECT_TRUE(Real(enclosure.low) <= x && x <= Real(enclosure.high))
      << what << ": " << x << " is not in [" << enclosure.low << ", " << enclosure.high << "]";
}

TEST(Interval, EnclosesEveryOperation) {
  for_each_trial(3000, [](Random& random) {
    const auto draw = [&] {
      const double a = random.coin(0.1) ? 0 : random.of_any_size(-30, 30), b = random.of_any_size(-30, 30);
      return random.coin(0.2) ? Interval(a) : Interval(std::min(a, b), std::max(a, b));
    };
    const Interval a = draw(), b = draw();
    const auto inside = [&](const Interval& x) {
      return random.coin(0.3)   ? x.low
             : random.coin(0.3) ? x.high
                                : std::min(x.high, x.low + random.uniform(0, 1) * (x.high - x.low));
    };
    const PrecisionScope scope(200);
    const Real x = to_real(inside(a)), y = to_real(inside(b));
    expect_holds(a + b, x + y, "sum");
    expect_holds(a - b, x - y, "difference");
    expect_holds(a * b, x * y, "product");
    expect_holds(boxes::square(a), x * x, "square");
    if (b.excludes_zero()) expect_holds(a / b, x / y, "quotient");
  });
}

TEST(Interval, SaysNothingWhereItOverflows) {
  const Interval huge(1e300, 1e308), all = huge * huge;
  EXPECT_FALSE(all.excludes_zero());
  EXPECT_FALSE((all * Interval(0, 1)).excludes_zero());
  EXPECT_TRUE((all * Interval()).is_zero());
  EXPECT_FALSE((all - all).excludes_zero());
  EXPECT_FALSE((Interval(1) / Interval(-1, 1)).is_bounded());
}

// Values, slopes and curvatures by differences of the exact function, at random points of the interval.
TEST(Activation, RangesHoldValueSlopeAndCurvature) {
  for_each_trial(150, [](Random& random) {
    for (const io::NodeSpec& node : all_activations()) {
      Network net(1);
      const auto graph =
          net.build(net.node(node, {net.linear("x", 1, 1, random, false)}));  // with the weight 1
      const boxes::Activation activation(*graph->nodes()[1].op, node.op);
      const double a = random.uniform(-6, 6),
                   width = std::ldexp(random.uniform(0, 1), 4 - static_cast<int>(random.index(12)));
      const boxes::Range range = activation.range({a, a + width});
      const PrecisionScope scope(300);
      for (int point = 0; point < 6; ++point) {
        const double at = point == 0   ? a
                          : point == 1 ? a + width
                                       : std::min(a + width, a + random.uniform(0, 1) * width);
        using D = Dual<Real>;
        const Vector<D> z{D{Real(1), Real(0)}};
        const D x{to_real(at), Real(1)};
        const Matrix<D> y = graph->evaluate(z, ConstView<D>{&x, 1, 1})->outputs();
        expect_holds(range.value, y(0, 0).value, node.op + " value");
        expect_holds(range.slope, y(0, 0).tangent, node.op + " slope");
        if (range.kink) continue;
        const Real h = to_real(0x1p-60);
        const auto slope_at = [&](const Real& t) {
          const D moved{t, Real(1)};
          return graph->evaluate(z, ConstView<D>{&moved, 1, 1})->outputs()(0, 0).tangent;
        };
        const Real curvature = (slope_at(x.value + h) - slope_at(x.value - h)) / (h + h);
        const double slack = 1e-12 * (1 + range.curvature.magnitude());
        expect_holds({range.curvature.low - slack, range.curvature.high + slack}, curvature,
                     node.op + " curvature");
      }
    }
  });
}

TEST(Network, EnclosesDerivativesOverTheBox) {
  for_each_trial(30, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      NetworkOptions options;
      options.smooth = true;
      const Problem problem = random_problem(random_network(random, options), 3, loss, random);
      const std::optional<Net> net = Net::make(problem);
      ASSERT_TRUE(net);
      const std::size_t n = problem.model->parameters();
      const double radius = random.coin() ? 0 : std::ldexp(1.0, -static_cast<int>(random.between(3, 30)));
      Intervals box;
      for (const double x : problem.parameters.values) box.emplace_back(x - radius, x + radius);
      const PrecisionScope scope(64);
      const Intervals gradient = net->gradient(box);
      const auto hessian = net->hessian(box);
      const Intervals sums = net->group_sums(box);
      const PrecisionScope more(300);
      Vector<Real> z;
      for (const Interval& x : box) z.push_back(to_real(x.low + random.uniform(0, 1) * (x.high - x.low)));
      for (std::size_t k = 0; k < n; ++k) {  // rounding may have left the box
        if (z[k] < to_real(box[k].low)) z[k] = to_real(box[k].low);
        if (z[k] > to_real(box[k].high)) z[k] = to_real(box[k].high);
      }
      const Vector<Real> exact = Objective<Real>(problem).value_gradient(z).gradient;
      for (std::size_t k = 0; k < n; ++k) expect_holds(gradient[k], exact[k], "gradient");
      if (hessian) {
        const HessianOperator<Real> product(problem, z);
        for (std::size_t j = 0; j < n; ++j) {
          Vector<Real> unit(n, Real(0));
          unit[j] = Real(1);
          const Vector<Real> column = product(unit);
          for (std::size_t i = 0; i < n; ++i) expect_holds((*hessian)(i, j), column[i], "Hessian");
        }
      }
      const Objective<Real> objective(problem);
      const Matrix<Real> g = objective.output_gradient(objective.outputs(z));
      const InputGroups groups = equal_input_groups(problem);
      Matrix<Real> total(g.rows, groups.count);
      for (std::size_t i = 0; i < g.cols; ++i) {
        for (std::size_t k = 0; k < g.rows; ++k)
          total(k, groups.group[i]) += g(k, i) * Real(static_cast<int>(g.cols));
      }
      for (std::size_t s = 0; s < sums.size(); ++s)
        expect_holds(sums[s], total(s % g.rows, s / g.rows), "group sum");
    }
  });
}

// a tanh(w x) and b tanh(v x): the sign of each unit, and their exchange.
TEST(Network, KnowsSignsAndExchanges) {
  Random random(1);
  const Problem two = random_problem(mlp({1, 2, 1}, "tanh"), 3, "squared", random);
  std::size_t signs = 0, exchanges = 0;
  for (const auto& s : Net::make(two)->symmetries()) {
    (s.first == s.second ? signs : exchanges) += 1;
    const PrecisionScope scope(300);
    const Objective<Real> objective(two);
    Vector<Real> z = to_scalars<Real>(two.parameters), image = z;
    for (std::size_t k = 0; k < z.size(); ++k) image[k] = s.negated[k] ? Real(-z[s.order[k]]) : z[s.order[k]];
    const Real off = objective.value(z) - objective.value(image);
    EXPECT_LT(to_double(off < 0 ? Real(-off) : off), 1e-80);
  }
  EXPECT_EQ(signs, 2u);
  EXPECT_EQ(exchanges, 1u);
  const Problem other = random_problem(mlp({1, 2, 1}, "sigmoid"), 3, "squared", random);
  EXPECT_EQ(Net::make(other)->symmetries().size(), 1u);
}

}  // namespace
}  // namespace pgb::test
