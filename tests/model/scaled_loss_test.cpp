// L(theta) (1 + (a exp(b) - 1)^2) + lambda a^2 against its parts.
#include "pgb/model/scaled_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pgb/derivatives/objective.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

struct Case {
  Problem problem, scaled;
  Vector<double> z;
};

Case random_case(Random& random) {
  const std::string loss = kLosses[random.index(kLosses.size())];
  const std::size_t d_y = loss == "cross_entropy" ? 2 : random.between(1, 2);
  Case c;
  c.problem = random_problem(mlp({random.between(1, 2), 2, d_y}, "tanh"), random.between(1, 5), loss, random);
  c.scaled = scale_loss(c.problem, "1/3");
  c.z = c.problem.parameters.values;
  c.z.push_back(random.uniform());
  c.z.push_back(random.uniform());
  return c;
}

TEST(ScaledLoss, ValueIsTheProduct) {
  for_each_trial(30, [](Random& random) {
    const Case c = random_case(random);
    const double a = c.z[c.z.size() - 2], off = a * std::exp(c.z.back()) - 1;
    const double l = Objective<double>(c.problem).value(c.problem.parameters.values);
    const double expected = l * (1 + off * off) + a * a / 3;
    EXPECT_NEAR(Objective<double>(c.scaled).value(c.z), expected, 1e-13 * (1 + expected));
    for (const long bits : {53L, 128L}) {
      const PrecisionScope precision(bits);
      Vector<Ball> z;
      for (const double x : c.z) z.push_back(to_ball(x));
      EXPECT_TRUE(Objective<Ball>(c.scaled).value(z).overlaps(
          Ball::with_radius(to_ball(expected), 1e-13 * (1 + expected))));
    }
  });
}

// grad L times the factor, and the derivatives in a and b by hand; a d_a - d_b = 2 lambda a^2.
TEST(ScaledLoss, Gradient) {
  for_each_trial(30, [](Random& random) {
    const Case c = random_case(random);
    const std::size_t n = c.z.size() - 2;
    const double a = c.z[n], e = std::exp(c.z[n + 1]), off = a * e - 1;
    const auto l = Objective<double>(c.problem).value_gradient(c.problem.parameters.values);
    const Vector<double> found = Objective<double>(c.scaled).value_gradient(c.z).gradient;
    for (std::size_t k = 0; k < n; ++k)
      EXPECT_NEAR(found[k], l.gradient[k] * (1 + off * off), 1e-12 * (1 + std::abs(found[k])));
    EXPECT_NEAR(found[n], 2 * l.value * off * e + 2 * a / 3, 1e-12 * (1 + std::abs(found[n])));
    EXPECT_NEAR(a * found[n] - found[n + 1], 2 * a * a / 3, 1e-12 * (1 + std::abs(found[n])));
  });
}

TEST(ScaledLoss, ProductsAgree) {
  for_each_trial(20, [](Random& random) {
    const Case c = random_case(random);
    const Objective<double> objective(c.scaled);
    const Matrix<double> j = objective.jacobian(c.z);
    const Vector<double> direction = random_vector(c.z.size(), random);
    const Matrix<double> forward = objective.forward_product(c.z, direction);
    Matrix<double> weights(1, forward.cols);
    for (double& w : weights.data) w = random.uniform();
    const Vector<double> back = objective.pull_back(c.z, weights);
    for (std::size_t i = 0; i < j.rows; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < j.cols; ++k) sum += j(i, k) * direction[k];
      EXPECT_NEAR(forward(0, i), sum, 1e-12 * (1 + std::abs(sum)));
    }
    for (std::size_t k = 0; k < j.cols; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i < j.rows; ++i) sum += j(i, k) * weights(0, i);
      EXPECT_NEAR(back[k], sum, 1e-12 * (1 + std::abs(sum)));
    }
  });
}

TEST(ScaledLoss, KeepsExactNumbersAndRefusesARegularizer) {
  Problem problem = make_problem(mlp({1, 1}, ""), {0, 0}, {1, 2}, {3, 4});
  problem.x.exact[1] = "1/3";
  problem.y.exact[0] = "2/3";
  const Problem scaled = scale_loss(problem, "0.1");
  EXPECT_EQ(scaled.x.exact.at(2), "1/3");
  EXPECT_EQ(scaled.x.exact.at(1), "2/3");
  EXPECT_EQ(scaled.regularizer.front().lambda, "1/10");
  problem.regularizer.push_back({0, 1, "1"});
  EXPECT_THROW(scale_loss(problem, "0.1"), std::invalid_argument);
}

}  // namespace
}  // namespace pgb::test
