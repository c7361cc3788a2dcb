// What is said of ends of runs, on problems whose truth is known.
#include "pgb/search/run/judgement.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pgb/search/local/batch_solver.h"
#include "pgb/search/local/general_solver.h"
#include "pgb/search/run/points.h"
#include "search/families.h"

namespace pgb::search {
namespace {

Ending ending_at(const std::vector<double>& z, EndKind kind) {
  Ending e;
  e.kind = kind;
  e.z = z;
  return e;
}

// sigmoid(16 w), sigmoid(w) to 3/4: minima near ln(3)/16 and at ln 3, where both derivatives of the flat part
// vanish but for sigmoid'(16 ln 3) = 3^16 / (1 + 3^16)^2.
TEST(JudgementTest, OneNeuron) {
  const Family family = shipped("one-neuron.json");
  const Judgement low = judge(family.problem(0), ending_at({0.0756}, EndKind::critical));
  const Judgement high = judge(family.problem(0), ending_at({1.0986}, EndKind::critical));
  for (const Judgement* j : {&low, &high}) {
    EXPECT_EQ(j->kind, PointKind::strict_minimum);
    EXPECT_TRUE(j->certified);
    EXPECT_FALSE(j->certificates.empty());
    EXPECT_LE(j->loss_lower, std::strtod(j->loss.c_str(), nullptr));
  }
  EXPECT_NEAR(high.loss_lower, 1.0 / 32, 1e-6);
  EXPECT_FALSE(lower_value_certificate(high, low).empty());
  EXPECT_TRUE(lower_value_certificate(low, high).empty());
}

// An end that only looks critical is not called so: the slope of a saturated unit.
TEST(JudgementTest, SmallGradientsAreNotCriticalPoints) {
  const Family family = shipped("one-neuron.json");
  const Judgement j = judge(family.problem(0), ending_at({-40}, EndKind::critical));
  EXPECT_NE(j.kind, PointKind::strict_minimum);
  EXPECT_NE(j.kind, PointKind::saddle);
  EXPECT_NE(j.kind, PointKind::degenerate);
  EXPECT_FALSE(j.is_minimum());
}

// (1 - w_1 w_2)^2 has a saddle at 0.
TEST(JudgementTest, SaddleOfTwoLinearMaps) {
  const Family family = family_from_text(
      R"({"model": {"widths": [1, 1, 1], "activation": "identity", "bias": false}, "data": {"x": [1], "y": [1]}, "loss": "squared"})",
      "test");
  const Judgement j = judge(family.problem(0), ending_at({1e-7, -2e-7}, EndKind::critical));
  EXPECT_TRUE(j.kind == PointKind::saddle || j.kind == PointKind::no_minimum) << j.explanation;
  EXPECT_TRUE(j.certified);
}

// With an added neuron the suboptimal minimum is none.
TEST(JudgementTest, AddedNeuronsFreeTheMinimum) {
  const Family family = shipped("one-neuron.json");
  const Judgement j = judge(family.problem(1), ending_at({1.0986, 0, 0, 0}, EndKind::critical));
  EXPECT_EQ(j.kind, PointKind::no_minimum) << j.explanation;
  EXPECT_TRUE(j.certified);
}

// Both solvers reach a minimum of the same loss from the same start, where both end at a minimum.
TEST(SolversTest, AgreeWhereBothFindTheNearestMinimum) {
  const Family family = shipped("neuron-minima-2.json");
  const Problem problem = make_problem(family.problem(0));
  const std::vector<double> near{0.07, 1.1};
  const Ending fast = solve_batch(*layered(problem), {near}).front(), general = solve_general(problem, near);
  ASSERT_EQ(fast.kind, EndKind::critical);
  ASSERT_EQ(general.kind, EndKind::critical);
  EXPECT_TRUE(fast.regular && general.regular);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(fast.z[k], general.z[k], 1e-9);
  EXPECT_NEAR(fast.z[1], std::log(3.0), 1e-5);
}

TEST(DistinctPointsTest, RegularByParametersSingularByOutputs) {
  DistinctPoints points(std::nullopt, false);
  StoredPoint first;
  first.ending = ending_at({1, 2}, EndKind::critical);
  first.ending.outputs = {0.5};
  first.ending.regular = true;
  points.add(first);
  Ending same = first.ending, other = first.ending;
  same.z[0] += 1e-8;
  other.z[0] += 1e-2;
  EXPECT_TRUE(points.find(same).has_value());
  EXPECT_FALSE(points.find(other).has_value());
  other.regular = false;
  EXPECT_FALSE(points.find(other).has_value());
  StoredPoint flat;
  flat.ending = other;
  points.add(flat);
  other.z[0] += 5;
  EXPECT_EQ(points.find(other), std::optional<std::size_t>(1));
  other.outputs[0] += 1e-3;
  EXPECT_FALSE(points.find(other).has_value());
}

}  // namespace
}  // namespace pgb::search
