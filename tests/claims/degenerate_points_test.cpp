// Arguments about degenerate critical points: true where they are said to be, and refused where they are
// false.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "claims/degenerate_points.h"
#include "pgb/derivatives/objective.h"
#include "support/random.h"

namespace pgb::claims {
namespace {

using test::for_each_trial;
using test::Random;

Problem member(const std::string& name) {
  return load_problem(std::string(PGB_SOURCE_DIR) + "/examples/zoo/" + name + "/problem.json");
}

// The same with parameter k replaced.
Problem with(Problem problem, std::size_t k, double value) {
  problem.parameters.exact.erase(k);
  problem.parameters.values[k] = value;
  return problem;
}

PointProof sigmoid_net(const Problem& p) { return certify_three_samples(p, "sigmoid"); }
PointProof tanh_net(const Problem& p) { return certify_three_samples(p, "tanh"); }

// No point drawn from the box has a lower loss. Across the valley anything goes, along it `share` of the
// radius.
void expect_lowest(const Problem& problem, const PointProof& proof, const std::vector<std::size_t>& across,
                   double share) {
  ASSERT_TRUE(proof.proven) << proof.shown;
  const Objective<double> objective(problem);
  const Vector<double> saved = to_scalars<double>(problem.parameters);
  const double lowest = objective.value(saved);
  for_each_trial(400, [&](Random& random) {
    Vector<double> z = saved;
    const double scale = random.coin(0.5) ? 1 : 0.01;
    for (std::size_t k = 0; k < z.size(); ++k) {
      const bool free = std::find(across.begin(), across.end(), k) != across.end();
      z[k] += proof.radius * scale * (free ? 1 : share) * random.uniform(-1, 1);
    }
    EXPECT_GE(objective.value(z), lowest - 1e-14);
  });
}

TEST(DegeneratePoints, ValleysAreMinima) {
  expect_lowest(member("sigmoid"), sigmoid_net(member("sigmoid")), {1, 3, 5}, 0.0625);
  expect_lowest(member("tanh"), tanh_net(member("tanh")), {1, 3, 5}, 0.0625);
  expect_lowest(member("split"), certify_split(member("split")), {0, 1, 3}, 0.0625);
}

TEST(DegeneratePoints, AffineRegionsAreMinima) {
  expect_lowest(member("relu_affine"), certify_affine_region(member("relu_affine")), {}, 1);
  expect_lowest(member("relu_dead"), certify_affine_region(member("relu_dead")), {}, 1);
}

TEST(DegeneratePoints, TheSaddleHasLowerPointsNearby) {
  const Problem problem = member("saddle");
  EXPECT_FALSE(certify_split(problem).proven);
  ASSERT_TRUE(certify_isolated_segment(problem).proven);
  const Vector<double> z = to_scalars<double>(problem.parameters);
  const Objective<double> objective(problem);
  Vector<double> moved = z;
  moved[0] += 1e-3 * z[3];
  moved[1] -= 1e-3 * z[2];
  EXPECT_LT(objective.value(moved), objective.value(z) - 1e-8);
}

TEST(DegeneratePoints, SegmentsEndWhereAWeightIsZero) {
  for (const double v : {0.0, 1.0}) {
    Problem problem = member("split");
    const double a = 2 * problem.parameters.values[2];
    problem = with(with(problem, 2, v * a), 3, (1 - v) * a);
    EXPECT_FALSE(certify_split(problem).proven) << v;
  }
  EXPECT_FALSE(certify_isolated_segment(with(member("split"), 2, 0)).proven);
}

TEST(DegeneratePoints, SegmentsAreMinimaBetweenTheCopiesAndSaddlesBeyond) {
  const Problem problem = member("split");
  EXPECT_TRUE(certify_segment(problem, 0.125, 0.875, true).proven);
  EXPECT_TRUE(certify_segment(problem, 1.125, 2, false).proven);
  EXPECT_TRUE(certify_segment(problem, -1, -0.125, false).proven);
  EXPECT_FALSE(certify_segment(problem, 0.125, 0.875, false).proven);
  EXPECT_FALSE(certify_segment(problem, 0.5, 1.5, true).proven);
  EXPECT_FALSE(certify_segment(problem, 0.5, 1.5, false).proven);
  EXPECT_FALSE(certify_segment(problem, 0, 0.5, true).proven);  // at an end the Hessian across is singular
}

TEST(DegeneratePoints, OtherPointsAreRefused) {
  EXPECT_FALSE(sigmoid_net(with(member("sigmoid"), 1, -1.25)).proven);  // a unit that sees different numbers
  EXPECT_FALSE(sigmoid_net(with(member("sigmoid"), 5, 1)).proven);      // outputs other than 1/3
  EXPECT_FALSE(sigmoid_net(with(member("sigmoid"), 4, -0.5)).proven);   // the same
  EXPECT_FALSE(certify_split(with(member("split"), 0, 1.5)).proven);    // units that are no copies
  EXPECT_FALSE(
      certify_affine_region(with(member("relu_affine"), 6, 0.25)).proven);  // not the best affine function
  EXPECT_FALSE(certify_affine_region(with(member("relu_affine"), 2, 1)).proven);    // on a kink
  EXPECT_FALSE(certify_affine_region(with(member("relu_affine"), 2, 0.5)).proven);  // active on some samples
}

TEST(DegeneratePoints, OtherDataAreRefused) {
  Problem problem = member("sigmoid");
  problem.y.values[2] = 2;
  EXPECT_FALSE(sigmoid_net(problem).proven);
  problem = member("sigmoid");
  problem.x.values[4] = 0.75;
  EXPECT_FALSE(sigmoid_net(problem).proven);
  problem = member("relu_affine");
  problem.y.values[0] = 2;
  EXPECT_FALSE(certify_affine_region(problem).proven);
}

TEST(DegeneratePoints, OtherNetworksAreRefused) {
  for (const auto& argument : {sigmoid_net, certify_split, certify_isolated_segment, certify_affine_region}) {
    EXPECT_FALSE(argument(member("neuron")).proven);
    EXPECT_FALSE(argument(member("chain")).proven);
  }
  EXPECT_FALSE(sigmoid_net(member("split")).proven);
  EXPECT_FALSE(certify_split(member("tanh")).proven);
}

}  // namespace
}  // namespace pgb::claims
