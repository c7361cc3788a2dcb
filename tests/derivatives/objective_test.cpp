// The objective: gradient against differences of its value, Hessian against differences of its gradient, the
// regulariser, blocks of samples.
#include <gtest/gtest.h>

#include <cmath>

#include "derivatives/differences.h"
#include "pgb/derivatives/objective.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

template <class S>
class Objectives : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Objectives, Base);

Problem with_regularizer(Problem problem) {
  const std::size_t n = problem.model->parameters();
  problem.regularizer.push_back({0, n, "1/10"});
  problem.regularizer.push_back({n / 2, n, "3/7"});
  return problem;
}

TYPED_TEST(Objectives, GradientOfEveryLoss) {
  using S = TypeParam;
  for_each_trial(4, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem problem =
          with_regularizer(random_problem(random_network(random, {false, 4}), 4, loss, random));
      const Vector<double>& z = problem.parameters.values;
      const Objective<S> objective(problem);
      const auto at = objective.value_gradient(scalars<S>(z));
      const S value = objective.value(scalars<S>(z));
      Objective<Ball>::ValueGradient bound;
      {
        const PrecisionScope same(significand_bits<S>());
        bound = Objective<Ball>(problem).value_gradient(scalars<Ball>(z));
      }
      const PrecisionScope reference(kDifferenceBits);
      const Objective<Real> real(problem);
      const auto f = [&](const Vector<Real>& p) { return Vector<Real>{real.value(p)}; };
      const Vector<Real> rz = scalars<Real>(z);
      EXPECT_TRUE(within_accuracy(at.gradient, central_differences(rz, f).data, bound.gradient));
      EXPECT_TRUE(within_accuracy(at.value, real.value(rz), bound.value));
      EXPECT_TRUE(within_accuracy(value, real.value(rz), bound.value));
    }
  });
}

TYPED_TEST(Objectives, HessianOfEveryLoss) {
  using S = TypeParam;
  for_each_trial(2, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem problem =
          with_regularizer(random_problem(random_network(random, {false, 3}), 3, loss, random));
      const std::size_t n = problem.model->parameters();
      const Vector<double>& z = problem.parameters.values;
      const Vector<double> v = random_vector(n, random);
      const Vector<S> sz = scalars<S>(z);
      const HessianOperator<S> hessian(problem, sz);
      const Matrix<S> dense = hessian.dense();
      const Vector<S> product = hessian(scalars<S>(v));
      ASSERT_EQ(hessian.size(), n);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k) {
          EXPECT_TRUE(to_real(dense(i, k)) == to_real(dense(k, i))) << "symmetric";
          if constexpr (std::is_same_v<S, Ball>) {
            EXPECT_TRUE(dense(i, k).contains(dense(k, i)));
          }
        }
      }
      Matrix<Ball> bound;
      Vector<Ball> product_bound;
      {
        const PrecisionScope same(significand_bits<S>());
        const Vector<Ball> bz = scalars<Ball>(z);
        const HessianOperator<Ball> balls(problem, bz);
        bound = balls.dense();
        product_bound = balls(scalars<Ball>(v));
      }
      const PrecisionScope reference(kDifferenceBits);
      const Objective<Real> real(problem);
      const Matrix<Real> expected = central_differences(
          scalars<Real>(z), [&](const Vector<Real>& p) { return real.value_gradient(p).gradient; });
      EXPECT_TRUE(within_accuracy(dense.data, expected.data, bound.data));
      Vector<Real> hv(n, Real(0));
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < n; ++k) hv[i] += expected(i, k) * v[k];
      }
      EXPECT_TRUE(within_accuracy(product, hv, product_bound));
    }
  });
}

TYPED_TEST(Objectives, Regularizer) {
  using S = TypeParam;
  Random random(5);
  const Problem problem = with_regularizer(random_problem(random_network(random), 2, "squared", random));
  const std::size_t n = problem.model->parameters();
  const Vector<double>& z = problem.parameters.values;
  const Objective<S> objective(problem);
  const S value = objective.regularizer(scalars<S>(z));
  const Vector<S> gradient = objective.regularizer_gradient(scalars<S>(z));
  const PrecisionScope reference(500);
  Real sum(0);
  Vector<Real> expected;
  for (std::size_t k = 0; k < n; ++k) {
    const Real lambda = Real(1) / 10 + (k >= n / 2 ? Real(3) / 7 : Real(0));
    sum += lambda * z[k] * z[k];
    expected.push_back(2 * lambda * z[k]);
  }
  EXPECT_TRUE(agrees(value, sum, 50, 1));
  EXPECT_TRUE(agrees(gradient, expected, 8));
}

// grad Q = J^T g + grad R, with each part from its own function.
TYPED_TEST(Objectives, PartsAgreeWithTheWhole) {
  using S = TypeParam;
  for_each_trial(5, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem problem =
          with_regularizer(random_problem(random_network(random, {true, 3}), 5, loss, random));
      const Vector<S> z = scalars<S>(problem.parameters.values);
      const Objective<S> objective(problem);
      const Matrix<S> phi = objective.outputs(z), g = objective.output_gradient(phi);
      const Vector<S> pulled = objective.pull_back(z, g), penalty = objective.regularizer_gradient(z);
      const auto whole = objective.value_gradient(z);
      const S value = objective.mean_loss(phi) + objective.regularizer(z);
      const Matrix<S> j = objective.jacobian(z), along = objective.forward_product(z, z);
      const double size = std::abs(to_double(whole.value)) + 1;
      const auto close = [&](const S& a, const S& b, double scale) {
        if constexpr (std::is_same_v<S, Ball>)
          return a.overlaps(b);
        else
          return std::abs(to_double(S(a - b))) <= 1e4 * unit_roundoff<S>() * (scale + std::abs(to_double(a)));
      };
      EXPECT_TRUE(close(value, whole.value, size));
      for (std::size_t k = 0; k < z.size(); ++k) {
        double scale = 1;
        S sum(0);
        for (std::size_t r = 0; r < j.rows; ++r) {
          sum += j(r, k) * g.data[r];
          scale += std::abs(to_double(j(r, k)) * to_double(g.data[r]));
        }
        EXPECT_TRUE(close(S(pulled[k] + penalty[k]), whole.gradient[k], scale));
        EXPECT_TRUE(close(sum, pulled[k], scale));
      }
      for (std::size_t r = 0; r < j.rows; ++r) {
        S sum(0);
        double scale = 1;
        for (std::size_t k = 0; k < z.size(); ++k) {
          sum += j(r, k) * z[k];
          scale += std::abs(to_double(j(r, k)));
        }
        EXPECT_TRUE(close(sum, along.data[r], scale));
      }
    }
  });
}

// 1100 samples are three blocks: the mean over them is the mean of 1100 problems of one sample.
TYPED_TEST(Objectives, BlocksOfSamples) {
  using S = TypeParam;
  Random random(9);
  const std::size_t m = 1100;
  Network net(2);
  const auto model = net.build(net.linear(net.node("tanh", {net.linear("x", 2, 2, random)}), 2, 1, random));
  const Problem problem = random_problem(model, m, "squared", random);
  const Vector<S> z = scalars<S>(problem.parameters.values);
  const Objective<S> objective(problem);
  const auto whole = objective.value_gradient(z);
  const Matrix<S> phi = objective.outputs(z), g = objective.output_gradient(phi),
                  along = objective.forward_product(z, z);
  const Vector<S> pulled = objective.pull_back(z, g);
  const Matrix<S> j = objective.jacobian(z);
  ASSERT_EQ(phi.cols, m);
  ASSERT_EQ(j.rows, m);
  Real value(0);
  Vector<Real> gradient(z.size(), Real(0));
  const PrecisionScope reference(500);
  const Vector<Real> rz = scalars<Real>(problem.parameters.values);
  for (std::size_t i = 0; i < m; ++i) {
    const Problem one =
        make_problem(model, problem.parameters.values, {problem.x.values[2 * i], problem.x.values[2 * i + 1]},
                     {problem.y.values[i]});
    const Objective<Real> single(one);
    const auto at = single.value_gradient(rz);
    value += at.value / m;
    for (std::size_t k = 0; k < z.size(); ++k) gradient[k] += at.gradient[k] / m;
    if (i % 100 != 12) continue;  // first, middle and last blocks
    EXPECT_TRUE(agrees(phi.data[i], single.outputs(rz).data[0], 50, 4));
    EXPECT_TRUE(agrees(along.data[i], single.forward_product(rz, rz).data[0], 50, 4));
    for (std::size_t k = 0; k < z.size(); ++k) EXPECT_TRUE(agrees(j(i, k), single.jacobian(rz)(0, k), 50, 4));
  }
  EXPECT_TRUE(agrees(whole.value, value, 2000, 1));
  EXPECT_TRUE(agrees(whole.gradient, gradient, 2000, 1));
  EXPECT_TRUE(agrees(pulled, gradient, 2000, 1));
}

TEST(Objective, KinksNumberSamplesOverTheWholeDataSet) {
  Random random(2);
  Network net(1);
  const auto model = net.build(net.node("relu", {net.linear("x", 1, 1, random, false)}));
  Vector<double> x(1100, 1.0), y(1100, 0.0);
  x[700] = x[1099] = 0;
  const Problem problem = make_problem(model, {1}, x, y);
  const std::vector<Kink> kinks = Objective<double>(problem).kinks({1});
  ASSERT_EQ(kinks.size(), 2u);
  EXPECT_EQ(kinks[0].sample, 700u);
  EXPECT_EQ(kinks[1].sample, 1099u);
}

// An exact zero gradient in balls is seen as exactly zero, also where 1/m is no binary number.
TEST(Objective, ExactZeroGradientStaysExact) {
  Random random(2);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random));
  const Problem problem = make_problem(model, {2, 0}, {1, 2, 3}, {2, 4, 6});
  const auto at = Objective<Ball>(problem).value_gradient({Ball(2), Ball(0)});
  EXPECT_TRUE(at.value.is_exactly_zero());
  for (const Ball& g : at.gradient) EXPECT_TRUE(g.is_exactly_zero());
  const Problem balanced = make_problem(model, {0, 0}, {1, 1, 1}, {1, 1, -2});
  for (const Ball& g : Objective<Ball>(balanced).value_gradient({Ball(0), Ball(0)}).gradient) {
    EXPECT_TRUE(g.is_exactly_zero()) << "terms cancel";
  }
}

// Over a box: value and gradient hold those of every point.
TEST(Objective, EnclosuresOverABox) {
  for_each_trial(10, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem problem =
          with_regularizer(random_problem(random_network(random, {false, 2}), 3, loss, random));
      const Vector<double>& z = problem.parameters.values;
      const double radius = std::ldexp(1.0, -static_cast<int>(random.between(2, 12)));
      Vector<Ball> box = scalars<Ball>(z);
      for (Ball& b : box) b = Ball::with_radius(b, radius);
      const auto over = Objective<Ball>(problem).value_gradient(box);
      const PrecisionScope reference(kDifferenceBits);
      const Objective<Real> real(problem);
      for (int sample = 0; sample < 3; ++sample) {
        Vector<Real> point = scalars<Real>(z);
        for (Real& v : point) v += radius * (sample == 0 ? -1 : random.uniform());
        const auto at = real.value_gradient(point);
        EXPECT_TRUE(holds(over.value, at.value));
        EXPECT_TRUE(agrees(over.gradient, at.gradient, 0));
      }
    }
  });
}

// More samples than one block holds: the same bits for every number of threads.
TEST(Objective, GradientByThreads) {
  Random random(13);
  const Problem problem = random_problem(random_network(random), 1700, "squared", random);
  const Objective<double> objective(problem);
  const Vector<double> z = to_scalars<double>(problem.parameters);
  const auto alone = objective.value_gradient(z);
  EXPECT_NEAR(alone.value, objective.value(z), 1e-12 * std::abs(alone.value));
  for (const int threads : {2, 3, 16}) {
    const auto shared = objective.value_gradient(z, threads);
    EXPECT_EQ(shared.value, alone.value);
    EXPECT_EQ(shared.gradient, alone.gradient);
  }
}

}  // namespace
}  // namespace pgb::test
