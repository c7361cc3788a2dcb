// What is said of ends of runs, on problems whose truth is known.
#include "pgb/search/run/judgement.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
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
  EXPECT_EQ(fast.curvature, Curvature::positive);
  EXPECT_EQ(general.curvature, Curvature::positive);
  for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(fast.z[k], general.z[k], 1e-9);
  EXPECT_NEAR(fast.z[1], std::log(3.0), 1e-5);
}

// The teacher itself, units in another order, is a global minimum, for a reason that needs no derivatives:
// its Hessian cannot be computed where a unit is parallel to a teacher.
TEST(JudgementTest, TheTeacherIsAGlobalMinimum) {
  const Family family = shipped("population-loss.json");
  std::vector<double> z(36, 0.0);
  for (std::size_t i = 0; i < 6; ++i) z[i * 6 + (i + 2) % 6] = 1 + 1e-9;
  Judgement j = judge(family.problem(0), ending_at(z, EndKind::stalled));
  EXPECT_EQ(j.kind, PointKind::global_minimum) << j.explanation;
  EXPECT_TRUE(j.certified);
  EXPECT_EQ(j.loss_upper, 0);
  z[6 + 3] = 0;
  z[6 + 2] = 1;  // the teacher of unit 0 twice
  j = judge(family.problem(0), ending_at(z, EndKind::stalled));
  EXPECT_FALSE(j.is_minimum());
  EXPECT_GT(j.loss_lower, 0.1);
}

// What is in hand when the flag is set is given up.
TEST(SolversTest, StopWhenAsked) {
  const std::atomic<bool> stop{true};
  SolverOptions options;
  options.stop = &stop;
  const Family family = shipped("classes.json");
  const Problem problem = make_problem(family.problem(0));
  EXPECT_LT(solve_general(problem, family.start(0, 0), options).steps, 10);
  const Family fast = shipped("rate.json");
  const auto net = layered(make_problem(fast.problem(0)));
  EXPECT_EQ(solve_batch(*net, {fast.start(0, 0)}, options).front().steps, 0);
}

// A number added to all outputs of a sample changes no cross-entropy; units may be renumbered without a fast
// solver, too.
TEST(DistinctPointsTest, CrossEntropyUpToShiftsAndAnyChainUpToPermutations) {
  const Problem problem = make_problem(shipped("classes.json").problem(0));  // 2-3-3: W1, b1, W2, b2
  DistinctPoints points(problem);
  StoredPoint first;
  first.ending = ending_at(shipped("classes.json").start(0, 3), EndKind::critical);
  first.ending.curvature = Curvature::singular;
  for (std::size_t i = 0; i < 18; ++i) first.ending.outputs.push_back(std::sin(static_cast<double>(i)));
  points.add(first);
  Ending shifted = first.ending;
  for (std::size_t k = 0; k < 3; ++k) shifted.outputs[6 + k] += 2.5;
  EXPECT_TRUE(points.find(shifted).has_value());
  shifted.outputs[7] += 0.01;
  EXPECT_FALSE(points.find(shifted).has_value());
  StoredPoint minimum = first;
  minimum.ending.curvature = Curvature::positive;
  points.add(minimum);
  Ending swapped = minimum.ending;
  for (const auto& [a, b] : {std::pair{0, 4}, {1, 5}, {6, 8}, {9, 11}, {12, 14}, {15, 17}})
    std::swap(swapped.z[static_cast<std::size_t>(a)], swapped.z[static_cast<std::size_t>(b)]);
  EXPECT_EQ(points.find(swapped), std::optional<std::size_t>(1));
  std::swap(swapped.z[0], swapped.z[1]);
  EXPECT_FALSE(points.find(swapped).has_value());
}

// Points that look the same but for a direction of negative curvature are two.
TEST(DistinctPointsTest, SaddlesAreNotTheMinimaOfTheirLevel) {
  DistinctPoints points(make_problem(shipped("three-samples.json").problem(0)));
  StoredPoint flat;
  flat.ending = ending_at(std::vector<double>(6, 0.5), EndKind::critical);
  flat.ending.outputs = {0.25, 0.25, 0.25};
  points.add(flat);
  Ending other = flat.ending;
  EXPECT_TRUE(points.find(other).has_value());
  other.curvature = Curvature::negative;
  EXPECT_FALSE(points.find(other).has_value());
}

TEST(DistinctPointsTest, RegularByParametersSingularByOutputs) {
  DistinctPoints points(make_problem(shipped("one-neuron.json").problem(0)));
  StoredPoint first;
  first.ending = ending_at({1, 2}, EndKind::critical);
  first.ending.outputs = {0.5};
  first.ending.curvature = Curvature::positive;
  points.add(first);
  Ending same = first.ending, other = first.ending;
  same.z[0] += 1e-8;
  other.z[0] += 1e-2;
  EXPECT_TRUE(points.find(same).has_value());
  EXPECT_FALSE(points.find(other).has_value());
  other.curvature = Curvature::singular;
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
