// Models and objectives given as C++ callables.
#include <gtest/gtest.h>

#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/model/augmented.h"
#include "pgb/model/callable.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

// (z_0 exp(-z_1 x), tanh(z_2 x) + z_0)
struct Decay {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    return {z[0] * exp(S(-z[1] * x[0])), tanh(S(z[2] * x[0])) + z[0]};
  }
};

// The sum of squares of all of z it is given.
struct Bowl {
  template <class S>
  S operator()(const Vector<S>& z) const {
    S sum(0);
    for (const S& v : z) sum += square(v);
    return sum;
  }
};

// The same with its gradient, or one that is not its own, so that the test sees which is used.
template <int Factor>
struct BowlWithGradient : Bowl {
  template <class S>
  Vector<S> gradient(const Vector<S>& z) const {
    Vector<S> g;
    for (const S& v : z) g.push_back(S(Factor) * v);
    return g;
  }
};

struct BowlWithShortGradient : Bowl {
  template <class S>
  Vector<S> gradient(const Vector<S>& z) const {
    return {z[0]};
  }
};

struct WrongSize {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>&) const {
    return {z[0], z[0]};
  }
};

template <class S>
class Callables : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Callables, Base);

TYPED_TEST(Callables, ValuesAndJacobian) {
  using S = TypeParam;
  const auto model = make_callable_model(Decay{}, 1, 2, 3);
  for_each_trial(20, [&](Random& random) {
    const Vector<double> z = random_vector(3, random), x = random_vector(2, random);
    const Vector<S> sz = scalars<S>(z), sx = scalars<S>(x);
    const auto at = model->evaluate(sz, ConstView<S>{sx.data(), 1, 2});
    const Matrix<S> j = at->jacobian();
    const Vector<double> t = random_vector(3, random);
    const Matrix<S> jt = at->forward_product(scalars<S>(t));
    const Vector<S> g = at->reverse_product(scalars<S>(Matrix<double>(2, 2, {1, 0.5, -2, 0.25})));
    const PrecisionScope reference(500);
    Matrix<Real> expected(4, 3);
    for (std::size_t i = 0; i < 2; ++i) {
      const Real e = exp(Real(-Real(z[1]) * x[i])), h = tanh(Real(Real(z[2]) * x[i]));
      expected(2 * i, 0) = e;
      expected(2 * i, 1) = -Real(x[i]) * z[0] * e;
      expected(2 * i + 1, 0) = 1;
      expected(2 * i + 1, 2) = (1 - h * h) * x[i];
    }
    EXPECT_TRUE(agrees(j, expected, 20, 1));
    for (std::size_t r = 0; r < 4; ++r) {
      EXPECT_TRUE(
          agrees(jt.data[r], expected(r, 0) * t[0] + expected(r, 1) * t[1] + expected(r, 2) * t[2], 40, 4));
    }
    const double w[] = {1, 0.5, -2, 0.25};
    for (std::size_t c = 0; c < 3; ++c) {
      Real sum(0);
      for (std::size_t r = 0; r < 4; ++r) sum += expected(r, c) * w[r];
      EXPECT_TRUE(agrees(g[c], sum, 40, 4));
    }
  });
}

TYPED_TEST(Callables, ObjectiveAsAModel) {
  using S = TypeParam;
  const Problem problem = make_problem(make_objective_model(Bowl{}, 4), {1, -2, 0.5, 0}, {0}, {0}, "value");
  const Vector<S> z = to_scalars<S>(problem.parameters);
  const auto q = Objective<S>(problem).value_gradient(z);
  EXPECT_TRUE(agrees(q.value, Real(5.25), 1));
  EXPECT_TRUE(agrees(q.gradient, Vector<Real>{2, -4, 1, 0}, 1));
  const Matrix<S> hessian = HessianOperator<S>(problem, z).dense();
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_TRUE(agrees(hessian(i, j), Real(i == j ? 2 : 0), 1));
  }
}

TYPED_TEST(Callables, ObjectiveWithItsGradient) {
  using S = TypeParam;
  const Problem problem =
      make_problem(make_objective_model(BowlWithGradient<2>{}, 3), {1, -2, 0.5}, {0}, {0}, "value");
  const Vector<S> z = to_scalars<S>(problem.parameters);
  const auto q = Objective<S>(problem).value_gradient(z);
  EXPECT_TRUE(agrees(q.value, Real(5.25), 1));
  EXPECT_TRUE(agrees(q.gradient, Vector<Real>{2, -4, 1}, 1));
  const Matrix<S> hessian = HessianOperator<S>(problem, z).dense();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) EXPECT_TRUE(agrees(hessian(i, j), Real(i == j ? 2 : 0), 1));
  }
}

TEST(Callable, GivenGradientIsUsed) {
  const Vector<double> z{1, 2}, x{0};
  const auto model = make_objective_model(BowlWithGradient<7>{}, 2);
  EXPECT_EQ(model->evaluate(z, ConstView<double>{x.data(), 1, 1})->reverse_product({1, 1, {1}}),
            (Vector<double>{7, 14}));
  const auto wrong = make_objective_model(BowlWithShortGradient{}, 2);
  EXPECT_THROW(wrong->evaluate(z, ConstView<double>{x.data(), 1, 1})->jacobian(), std::invalid_argument);
}

TEST(Callable, Facts) {
  const auto model = make_callable_model(Decay{}, 1, 2, 3);
  EXPECT_EQ(model->inputs(), 1u);
  EXPECT_EQ(model->outputs(), 2u);
  EXPECT_EQ(model->parameters(), 3u);
  EXPECT_FALSE(model->homogeneous_parameters());
  EXPECT_FALSE(model->piecewise_analytic());
  EXPECT_EQ(model->graph(), nullptr);
}

TEST(Callable, WrongSizes) {
  const auto model = make_callable_model(WrongSize{}, 1, 1, 1);
  const Vector<double> z{1}, x{1}, none;
  EXPECT_THROW(model->evaluate(z, ConstView<double>{x.data(), 1, 1}), std::invalid_argument);
  EXPECT_THROW(model->evaluate(none, ConstView<double>{x.data(), 1, 1}), std::invalid_argument);
}

// The callable sees its own parameters only, not those of added neurons.
TEST(Callable, WithAddedNeurons) {
  const AugmentedModel model(make_objective_model(Bowl{}, 2));
  const Vector<double> z{1, 2, 0, 7, 9}, x{1};
  const auto at = model.evaluate(z, ConstView<double>{x.data(), 1, 1});
  EXPECT_EQ(at->outputs().data[0], 5);
  EXPECT_EQ(at->jacobian().cols, 5u);
  EXPECT_EQ(at->jacobian()(0, 1), 4);
  EXPECT_EQ(at->forward_product({0, 1, 0, 1, 1}).data[0], 4);
}

}  // namespace
}  // namespace pgb::test
