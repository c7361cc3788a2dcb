// Polishing against minima known to 60 digits, and what it leaves alone.
#include "pgb/certify/polish.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "certify/cases.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/functions.h"
#include "support/compare.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

PolishedPoint polished(const Problem& problem, double radius = 1e-2) {
  PolishOptions options;
  options.radius = radius;
  return polish(problem, frozen_structure(problem), options);
}

Real largest_difference(const Vector<Real>& a, const Vector<Real>& b) {
  Real largest(0);
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Real off = abs(Real(a[k] - b[k]));
    if (off > largest) largest = off;
  }
  return largest;
}

Vector<Real> gradient_at(const Problem& problem, const Vector<Real>& z) {
  const PrecisionScope scope(400);
  Vector<Real> at;
  for (const Real& entry : z) at.push_back(Real(0) + entry);
  return Objective<Real>(problem).value_gradient(at).gradient;
}

double sup_norm_of(const Vector<Real>& v) {
  return to_double(largest_difference(v, Vector<Real>(v.size(), Real(0))));
}

TEST(Polish, KnownMinima) {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/certify/polish_reference.json");
  const Json cases = Json::parse(file);
  ASSERT_GE(cases.size(), 5u);
  for (const Json& c : cases) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const PrecisionScope scope(300);
    Vector<Real> expected;
    for (const std::string text : c.at("z")) expected.emplace_back(text);
    const Problem problem = loaded(c.at("problem").dump());
    const Vector<Real> saved = to_scalars<Real>(problem.parameters);
    const PolishedPoint point = polished(problem);
    EXPECT_TRUE(point.converged) << point.failure;
    EXPECT_FALSE(point.interpolates);
    EXPECT_EQ(point.precision_bits, 113);
    EXPECT_LT(to_double(largest_difference(point.z, expected)), 1e-30);
    EXPECT_LT(point.gradient_norm, 1e-30);
    EXPECT_NEAR(point.distance, to_double(largest_difference(saved, expected)), 1e-15);
    EXPECT_GT(point.steps, 0);
    // The same, ten times as far away.
    Problem farther = problem;
    for (double& z : farther.parameters.values) z *= 1 + 0x1p-10;
    const PolishedPoint again = polished(farther);
    EXPECT_TRUE(again.converged) << again.failure;
    EXPECT_LT(to_double(largest_difference(again.z, expected)), 1e-30);
  }
}

// w2 w1 = sum x y / sum x^2: a curve of minima, and the nearest point of it to first order.
// More bits than quadruple precision has: the same minima, nearer by as much.
TEST(Polish, BeyondQuadruplePrecision) {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/certify/polish_reference.json");
  for (const Json& c : Json::parse(file)) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const PrecisionScope scope(300);
    const Problem problem = loaded(c.at("problem").dump());
    PolishOptions options;
    options.radius = 1e-2;
    const PolishedPoint near = polish(problem, frozen_structure(problem), options);
    options.precision_bits = 192;
    const PolishedPoint found = polish(problem, frozen_structure(problem), options);
    ASSERT_EQ(found.converged, near.converged);
    EXPECT_GE(found.precision_bits, 192);
    EXPECT_LT(sup_norm_of(gradient_at(problem, found.z)), 1e-48);
    EXPECT_LE(found.distance, options.radius);
    EXPECT_NEAR(found.distance, near.distance, 1e-25);
  }
}

TEST(Polish, RankDeficientHessians) {
  for_each_trial(10, [](Random& random) {
    Problem problem = random_problem(mlp({1, 1, 1}, "", false), 4, "squared", random);
    problem.x.values = {-2, -1, 1, 3};
    problem.y.values = {-2, 1, 4, 4};  // 19 / 15
    const double w = random.uniform(0.5, 2);
    problem.parameters.values = {w, 19.0 / 15 / w * (1 + 1e-4)};
    const PolishedPoint point = polished(problem);
    ASSERT_TRUE(point.converged) << point.failure;
    const PrecisionScope scope(300);
    EXPECT_LT(to_double(Real(abs(Real(point.z[0] * point.z[1] - Real(19) / 15)))), 1e-30);
    EXPECT_LT(point.distance, 3e-4);
  });
}

// One input, 0, with classes 0, 0, 1: b_0 - b_1 = log 2; the sum of b and all of w have no curvature.
TEST(Polish, ShiftInvariantOutputs) {
  Random random(2);
  Problem problem = random_problem(mlp({1, 2}, ""), 3, "cross_entropy", random);
  problem.x.values = {0, 0, 0};
  problem.y.values = {0, 0, 1};
  set(problem, "b1", {1.694, 1});
  const PolishedPoint point = polished(problem);
  ASSERT_TRUE(point.converged) << point.failure;
  const PrecisionScope scope(300);
  EXPECT_LT(to_double(Real(abs(Real(point.z[2] - point.z[3] - log(Real(2)))))), 1e-30);
  EXPECT_LT(to_double(Real(abs(Real(point.z[2] + point.z[3] - (Real(1.694) + 1))))), 1e-15);
  EXPECT_EQ(to_double(point.z[0]), problem.parameters.values[0]);
}

TEST(Polish, Interpolation) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d_y = random.between(1, 2);
    Problem problem = random_problem(mlp({2, 8, d_y}), 5, random.coin() ? "squared" : "mse", random);
    std::copy_n(problem.x.values.begin(), 2, problem.x.values.begin() + 2);  // one input twice
    problem.y = to_tensor(Objective<double>(problem).outputs(problem.parameters.values).data);
    problem.y.shape = {5, d_y};
    for (double& y : problem.y.values) y += random.uniform(-1e-5, 1e-5);
    problem.y.values[0] += 1;  // the mean of the twins' targets is what can be met
    problem.y.values[d_y] -= 1;
    const PolishedPoint point = polished(problem);
    ASSERT_TRUE(point.converged) << point.failure;
    EXPECT_TRUE(point.interpolates);
    const PrecisionScope scope(300);
    const Matrix<Real> phi = Objective<Real>(problem).outputs(point.z);
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t k = 0; k < d_y; ++k) {
        const double y = problem.y.values[i * d_y + k];
        const Real target =
            i < 2 ? Real((Real(problem.y.values[k]) + problem.y.values[d_y + k]) / 2) : Real(y);
        EXPECT_LT(to_double(Real(abs(Real(phi(k, i) - target)))), 1e-29);
      }
    }
  });
}

// Parameters of 50 digits are kept and improved in more than 113 bits.
TEST(Polish, ParametersOfFiftyDigits) {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/certify/polish_reference.json");
  const Json c = Json::parse(file).at(0);
  Problem problem = loaded(c.at("problem").dump());
  const PrecisionScope scope(400);
  Vector<Real> expected, saved;
  for (const std::string text : c.at("z")) {
    expected.emplace_back(text);
    saved.emplace_back(text.substr(0, text.find('.') + 41));
  }
  problem.parameters = to_tensor(saved);
  ASSERT_FALSE(problem.parameters.exact.empty());
  const PolishedPoint point = polished(problem);
  EXPECT_TRUE(point.converged) << point.failure;
  EXPECT_GT(point.precision_bits, 300);
  EXPECT_LT(to_double(largest_difference(point.z, expected)), 1e-58);
  EXPECT_LT(point.gradient_norm, 1e-90);
  EXPECT_LT(point.distance, 1e-39);
}

TEST(Polish, StaysWithinTheRadius) {
  for_each_trial(20, [](Random& random) {
    Problem problem = random_problem(mlp({1, 2, 1}), 6, kLosses[random.index(2)], random);
    const double radius = std::ldexp(1.0, -static_cast<int>(random.between(0, 20)));
    const PolishedPoint point = polished(problem, radius);
    EXPECT_LE(point.distance, radius);
    if (point.converged) {
      EXPECT_LT(sup_norm_of(gradient_at(problem, point.z)), 1e-25);
    } else {
      EXPECT_FALSE(point.failure.empty());
    }
  });
}

TEST(Polish, TheSavedPointMayBeIt) {
  Random random(3);
  Problem problem = random_problem(mlp({1, 1}, ""), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  problem.y.values = {3, 0, 3};
  problem.parameters.values = {0, 2};
  const PolishedPoint point = polished(problem, 0);
  EXPECT_TRUE(point.converged) << point.failure;
  EXPECT_EQ(point.distance, 0);
  EXPECT_EQ(point.gradient_norm, 0);
}

TEST(Polish, FrozenParametersStay) {
  Random random(4);
  Problem base = random_problem(mlp({1, 1}, ""), 3, "squared", random);
  base.x.values = {-1, 0, 1};
  base.y.values = {3, 0, 3};
  base.parameters.values = {1e-4, 2 - 1e-4};
  Problem problem = add_neurons(base, "1/4");
  const AddedNeurons at = *problem.model->added();
  problem.parameters.values[at.b] = 0.5;
  const std::vector<bool> frozen = frozen_structure(problem);
  EXPECT_EQ(frozen, (std::vector<bool>{false, false, true, true, true}));
  const PolishedPoint point = polished(problem);
  EXPECT_TRUE(point.converged) << point.failure;
  EXPECT_EQ(to_double(point.z[at.a]), 0);
  EXPECT_EQ(to_double(point.z[at.b]), 0.5);
  EXPECT_LT(std::abs(to_double(point.z[0])), 1e-30);
  // d Q / d a = sum of 2 r_i exp(b) / 3, r = (-1, 2, -1): 0.
  EXPECT_LT(point.held_gradient, 1e-30);
  problem.parameters.values[at.a] = 0.25;
  EXPECT_EQ(frozen_structure(problem), (std::vector<bool>(5, false)));
  problem.parameters.values[at.a] = 0;
  problem.parameters.values[at.w] = 1;
  // r_1 e^{-1} + r_2 + r_3 e = 2 - 2 cosh 1, times 2/3 e^{1/2}
  EXPECT_NEAR(polished(problem).held_gradient, 4.0 / 3 * std::exp(0.5) * (std::cosh(1.0) - 1), 1e-12);
}

TEST(Polish, EqualUnitsStayEqual) {
  Random random(5);
  Problem problem = random_problem(mlp({1, 2, 1}), 8, "squared", random);
  for (std::size_t i = 0; i < 8; ++i) {
    problem.x.values[i] = static_cast<double>(i) / 4 - 0.875;
    problem.y.values[i] = std::tanh(1.5 * problem.x.values[i] + 0.25);
  }
  problem.parameters.values = {1.495, 1.495, 0.253, 0.253, 0.51, 0.49, 0.003};
  PolishOptions options;
  options.radius = 2;
  options.tied = tied_structure(problem);
  ASSERT_FALSE(options.tied.empty());
  const PolishedPoint point = polish(problem, frozen_structure(problem), options);
  ASSERT_TRUE(point.converged) << point.failure;
  EXPECT_TRUE(point.z[0] == point.z[1]);
  EXPECT_TRUE(point.z[2] == point.z[3]);
}

TEST(Polish, Limits) {
  Random random(6);
  const Problem problem = random_problem(mlp({2, 4, 1}), 40, "squared", random);
  PolishOptions options;
  options.radius = 10;
  options.max_memory = 1000;
  PolishedPoint point = polish(problem, frozen_structure(problem), options);
  EXPECT_FALSE(point.converged);
  EXPECT_NE(point.failure.find("17 parameters was not formed"), std::string::npos) << point.failure;
  options = {};
  options.largest_hessian = 16;
  EXPECT_NE(polish(problem, frozen_structure(problem), options).failure.find("not formed"),
            std::string::npos);
  const std::atomic<bool> stop{true};
  options = {};
  options.stop = &stop;
  point = polish(problem, frozen_structure(problem), options);
  EXPECT_FALSE(point.converged);
  EXPECT_EQ(point.failure, "stopped");
  EXPECT_EQ(point.distance, 0);
  options = {};
  EXPECT_NE(polish(problem, std::vector<bool>(17, true), options).failure.find("no parameter"),
            std::string::npos);
}

}  // namespace
}  // namespace pgb::test
