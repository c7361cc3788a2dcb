// Points of the fibre that no exact family gives: where there are some, and where there must be none.
#include "pgb/flat/numerical_flats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "flat/checks.h"
#include "pgb/derivatives/objective.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

NumericalFlats numerical_flats(const Problem& problem) {
  NumericalFlatOptions options;
  options.seed = 7;
  return approx_numerical_flats(problem, flat_families(problem), options);
}

// Outputs and R at every point found, in balls at 256 bits: the same to the residual that is said, which is
// tiny.
void expect_on_the_fibre(const Problem& problem, const NumericalFlats& found) {
  const PrecisionScope scope(256);
  const Objective<Real> objective(problem);
  const Vector<Real> z = to_scalars<Real>(problem.parameters);
  for (const NumericalFlat& flat : found.flats) {
    Vector<Real> at;
    double distance = 0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      at.push_back(Real(flat.point[k]));
      distance = std::max(distance, std::abs(to_double(Real(at[k] - z[k]))));
    }
    EXPECT_NEAR(distance, flat.distance, 1e-12);
    EXPECT_GT(distance, 1e-6);
    EXPECT_LT(flat.residual, 1e-27);
    const Matrix<Real> before = objective.outputs(z), after = objective.outputs(at);
    for (std::size_t e = 0; e < before.data.size(); ++e)
      EXPECT_LT(std::abs(to_double(Real(after.data[e] - before.data[e]))), 1e-26);
    EXPECT_LT(std::abs(to_double(Real(objective.regularizer(at) - objective.regularizer(z)))), 1e-26);
  }
}

// (w_1 x)^2 + (w_2 x)^2, and c (w_2 x)^2 beside it; z = (w_1, w_2, c).
std::shared_ptr<const Graph> squares() {
  Random random(1);
  Network net(1);
  const std::string first = net.node("square", {net.linear("x", 1, 1, random, false)});   // n0, n1
  const std::string second = net.node("square", {net.linear("x", 1, 1, random, false)});  // n2, n3
  const std::string sum = net.node("add", {first, second});                               // n4
  return net.build(net.node("concat", {sum, net.linear(second, 1, 1, random, false)}));   // n5, n6
}

// Whether each unit of the first layer is on and off, and no two on the same samples: relu units that are on
// together can be mixed like linear ones, which no family lists.
bool units_differ(const Problem& problem, std::size_t units) {
  const Graph& graph = *problem.model->graph();
  const Vector<double> x = to_scalars<double>(problem.x);
  const Matrix<double> t =
      graph.values<double>(problem.parameters.values, {x.data(), graph.inputs(), problem.samples()})[0];
  std::set<std::vector<bool>> patterns;
  for (std::size_t u = 0; u < units; ++u) {
    std::vector<bool> on;
    for (std::size_t i = 0; i < t.cols; ++i) on.push_back(t(u, i) > 0);
    const auto count = std::count(on.begin(), on.end(), true);
    if (count == 0 || count == static_cast<std::ptrdiff_t>(t.cols) || !patterns.insert(on).second)
      return false;
  }
  return true;
}

// At regular points the families explain the whole null space.
TEST(NumericalFlats, NoneAtRegularPoints) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d = random.between(1, 3), h = random.between(1, 3);
    for (const char* activation : {"tanh", "sigmoid", "relu", "leaky_relu", ""}) {
      SCOPED_TRACE(activation);
      const Problem problem =
          random_problem(mlp({d, h, 2}, activation, random.coin()), 40, "squared", random);
      const bool cells = activation == std::string("relu") || activation == std::string("leaky_relu");
      if (cells && !units_differ(problem, h)) continue;
      const NumericalFlats found = numerical_flats(problem);
      EXPECT_EQ(found.dimension, 0u);
      EXPECT_TRUE(found.flats.empty());
    }
  });
}

// The circle w_1^2 + w_2^2 = 1 around c = 0: a symmetry that is in no list of ours.
TEST(NumericalFlats, ACircleOfEqualOutputs) {
  Random random(2);
  Problem problem = random_problem(squares(), 4, "squared", random);
  for (const auto& [w, dimension] :
       {std::pair{std::vector<double>{1, 0}, 1u}, {{0.75, 0.5}, 1u}, {{0, 0}, 2u}}) {
    problem.parameters.values = {w[0], w[1], 0};
    const NumericalFlats found = numerical_flats(problem);
    EXPECT_EQ(found.dimension, dimension) << w[0] << " " << w[1];
    EXPECT_EQ(found.flats.empty(), w[0] == 0) << "from (0, 0) nothing leads away";
    expect_on_the_fibre(problem, found);
    for (const NumericalFlat& flat : found.flats) {
      const double x = to_double(flat.point[0]), y = to_double(flat.point[1]);
      EXPECT_NEAR(x * x + y * y, w[0] * w[0] + w[1] * w[1], 1e-14);
    }
  }
}

// Weight decay makes the balanced point of a relu unit the only one with its outputs and its R; off balance
// the null direction changes R to first order.
TEST(NumericalFlats, TheRegularizerIsKept) {
  Random random(3);
  const auto model = mlp({1, 1, 1}, "relu", false);
  Problem problem = random_problem(model, 3, "squared", random);
  problem.x.values = {1, 2, 3};
  set(problem, "w1", {1});
  set(problem, "w2", {1});
  EXPECT_EQ(numerical_flats(problem).dimension, 0u) << "the scaling explains it";
  problem.regularizer = {{0, 2, "1/10"}};
  NumericalFlats found = numerical_flats(problem);
  EXPECT_EQ(found.dimension, 1u);
  EXPECT_TRUE(found.flats.empty());
  set(problem, "w1", {2});
  EXPECT_EQ(numerical_flats(problem).dimension, 0u);
  // R = 0 holds what it covers.
  problem = random_problem(squares(), 4, "squared", random);
  problem.parameters.values = {1, 0, 0};
  problem.regularizer = {{1, 2, "1"}};
  EXPECT_EQ(numerical_flats(problem).dimension, 0u);
  // A circle on which R is constant too.
  problem.regularizer = {{0, 2, "1"}};
  found = numerical_flats(problem);
  EXPECT_EQ(found.dimension, 1u);
  EXPECT_FALSE(found.flats.empty());
  expect_on_the_fibre(problem, found);
}

TEST(NumericalFlats, TooLargeIsSaid) {
  Random random(4);
  const Problem problem = random_problem(mlp({2, 4, 1}), 10, "squared", random);
  NumericalFlatOptions options;
  options.max_memory = 1000;
  const NumericalFlats found = approx_numerical_flats(problem, {}, options);
  ASSERT_TRUE(found.skipped);
  EXPECT_NE(found.skipped->why.find("10 x 17"), std::string::npos) << found.skipped->why;
}

}  // namespace
}  // namespace pgb::test
