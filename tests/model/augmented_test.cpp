// Added neurons: f(x)_k + a_k exp(w_k . x + b_k).
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/model/augmented.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

template <class S>
class Augmented : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Augmented, Base);

Real exp_of(const Real& x) {
  Real y = x;
  mpfr_exp(y.backend().data(), x.backend().data(), MPFR_RNDN);
  return y;
}

TYPED_TEST(Augmented, ValueAndJacobian) {
  using S = TypeParam;
  for_each_trial(20, [](Random& random) {
    const auto base = random_network(random, {true, 2});
    const AugmentedModel model(base);
    const std::size_t n0 = base->parameters(), d_x = base->inputs(), d_y = base->outputs(), m = 4;
    ASSERT_EQ(model.parameters(), n0 + d_y * (2 + d_x));
    const AddedNeurons at = *model.added();
    EXPECT_EQ(at.a, n0);
    EXPECT_EQ(at.b, n0 + d_y);
    EXPECT_EQ(at.w, n0 + 2 * d_y);
    const Vector<double> z = random_vector(model.parameters(), random), x = random_vector(m * d_x, random);
    const Vector<S> sz = scalars<S>(z), sx = scalars<S>(x);
    const ConstView<S> view{sx.data(), d_x, m};
    const auto evaluation = model.evaluate(sz, view), plain = base->evaluate(sz, view);
    const Matrix<S> j = evaluation->jacobian(), j0 = plain->jacobian();

    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t k = 0; k < d_y; ++k) {
        const PrecisionScope reference(500);
        Real s(z[at.b + k]);
        for (std::size_t c = 0; c < d_x; ++c) s += Real(z[at.w + k * d_x + c]) * x[i * d_x + c];
        const Real e = exp_of(s), a(z[at.a + k]);
        const std::size_t row = i * d_y + k;
        const Real f = to_real(plain->outputs()(k, i));
        const double size = std::abs(to_double(f)) + 20;
        if constexpr (std::is_same_v<S, Ball>) {
          EXPECT_TRUE(holds(evaluation->outputs()(k, i) - plain->outputs()(k, i), a * e));
        } else {
          EXPECT_TRUE(agrees(evaluation->outputs()(k, i), f + a * e, 30, size));
        }
        for (std::size_t other = 0; other < d_y; ++other) {
          const Real zero(0);
          const bool own = other == k;
          EXPECT_TRUE(agrees(j(row, at.a + other), own ? e : zero, 30, 20));
          EXPECT_TRUE(agrees(j(row, at.b + other), own ? Real(a * e) : zero, 30, 20));
          for (std::size_t c = 0; c < d_x; ++c) {
            EXPECT_TRUE(
                agrees(j(row, at.w + other * d_x + c), own ? Real(a * e * x[i * d_x + c]) : zero, 30, 20));
          }
        }
        for (std::size_t c = 0; c < n0; ++c) EXPECT_EQ(to_double(j(row, c)), to_double(j0(row, c)));
      }
    }
  });
}

// a_k dQ/da_k - dQ/db_k = 2 lambda a_k^2 at every point, whatever the loss.
TYPED_TEST(Augmented, VanishingIdentity) {
  using S = TypeParam;
  for_each_trial(10, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem plain = random_problem(random_network(random, {true, 3}), 4, loss, random);
      const Problem problem = add_neurons(plain, "1/10");
      const AddedNeurons at = *problem.model->added();
      const Vector<S> z = scalars<S>(random_vector(problem.model->parameters(), random));
      const auto q = Objective<S>(problem).value_gradient(z);
      for (std::size_t k = 0; k < problem.model->outputs(); ++k) {
        const S a = z[at.a + k];
        const S left = a * q.gradient[at.a + k] - q.gradient[at.b + k];
        const Real size = abs(to_real(q.gradient[at.a + k])) + 1;
        const PrecisionScope reference(500);
        EXPECT_TRUE(agrees(left, to_real(a) * to_real(a) / 5, 200, to_double(size)));
      }
    }
  });
}

// With a = 0 the added neurons change neither outputs nor objective, whatever b and W.
TEST(AddedNeurons, SwitchedOffAtZero) {
  Random random(11);
  const Problem plain = random_problem(random_network(random), 5, "squared", random);
  const Problem problem = add_neurons(plain, "1/3");
  ASSERT_EQ(problem.parameters.size(), problem.model->parameters());
  Vector<double> z = problem.parameters.values;
  const AddedNeurons at = *problem.model->added();
  for (std::size_t k = at.b; k < z.size(); ++k) z[k] = random.uniform();
  EXPECT_EQ(Objective<double>(problem).value(z), Objective<double>(plain).value(plain.parameters.values));
  EXPECT_TRUE(problem.sha256.empty());
  ASSERT_EQ(problem.regularizer.size(), plain.regularizer.size() + 1);
  EXPECT_EQ(problem.regularizer.back().begin, at.a);
  EXPECT_EQ(problem.regularizer.back().end, at.b);
  EXPECT_EQ(problem.regularizer.back().lambda, "1/3");
}

// exp(1000) is beyond double: Real and Ball hold it.
TEST(AddedNeurons, ExponentRange) {
  Random random(1);
  Network net(1);
  const auto model = std::make_shared<AugmentedModel>(net.build(net.linear("x", 1, 1, random, false)));
  const Vector<Ball> z{Ball(0), Ball(2), Ball(1e6), Ball(0)}, x{Ball(1)};
  const auto at = model->evaluate(z, ConstView<Ball>{x.data(), 1, 1});
  EXPECT_TRUE(at->outputs().data[0].is_finite());
  EXPECT_TRUE(log(at->outputs().data[0] / Ball(2)).contains(Ball(1e6)));
  const Vector<Real> rz{Real(0), Real(2), Real(1e6), Real(0)}, rx{Real(1)};
  const auto real = model->evaluate(rz, ConstView<Real>{rx.data(), 1, 1});
  EXPECT_TRUE(to_ball(real->outputs().data[0]).is_finite());
}

TEST(AddedNeurons, OnlyOnce) {
  Random random(1);
  Network net(1);
  const auto model = std::make_shared<AugmentedModel>(net.build(net.linear("x", 1, 1, random)));
  EXPECT_THROW(AugmentedModel{model}, std::invalid_argument);
  EXPECT_EQ(model->blocks().size(), 5u);
  EXPECT_EQ(model->blocks()[2].name, "aug.a");
  EXPECT_EQ(model->blocks()[4].name, "aug.W");
  EXPECT_EQ(model->blocks()[4].shape, (std::vector<std::size_t>{1, 1}));
}

// An output without parameters of its own still gets the added neurons' derivatives.
TEST(AddedNeurons, OnAConstantModel) {
  Random random(1);
  Network net(1);
  net.linear("x", 1, 1, random);
  const AugmentedModel model(net.build(net.node("tanh", {"x"})));
  Vector<double> z(model.parameters(), 0.5), z_dot(model.parameters(), 0.0);
  z_dot[model.added()->a] = 1;
  const Vector<double> x{0.25};
  const auto at = model.evaluate(z, ConstView<double>{x.data(), 1, 1});
  const Matrix<double> dot = at->forward_product(z_dot);
  ASSERT_EQ(dot.data.size(), 1u);
  EXPECT_NEAR(dot.data[0], std::exp(0.5 * 0.25 + 0.5), 1e-15);
}

}  // namespace
}  // namespace pgb::test
