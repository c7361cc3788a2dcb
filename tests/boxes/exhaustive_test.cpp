// The exhaustive search as a program uses it: states, threads, limits, symmetry, and what is degenerate.
#include "pgb/search/exhaustive.h"

#include <gtest/gtest.h>

#include <cmath>

#include "boxes/problems.h"
#include "certify/cases.h"
#include "pgb/io/errors.h"

namespace pgb::test {
namespace {

using Status = ExhaustiveResult::Status;
using boxes::Subject;

ExhaustiveOptions critical_points(double box) {
  ExhaustiveOptions options;
  options.box = {box};
  options.subject = Subject::critical_points;
  return options;
}

std::string text(const ExhaustiveResult& result) { return certificate::write_certificate(result.proof); }

verifier::Outcome checked(const Problem& problem, const ExhaustiveResult& result) {
  boxes::SearchResult as_found;
  as_found.claim = std::get<certificate::BoxTree>(result.proof.claim);
  return test::checked(problem, as_found);
}

TEST(Exhaustive, FindsTheSuboptimalMinimumOfOneWeight) {
  const Problem problem = logistic_weight();
  const ExhaustiveResult result = exhaustive_search(problem);
  EXPECT_EQ(result.status, Status::complete);
  EXPECT_EQ(result.minima(), 2u);
  EXPECT_EQ(result.suboptimal_minima(), 1u);
  // The value at each, in long double.
  for (const ExhaustivePoint& p : result.points) {
    long double sum = 0;
    for (const long double x : {16.0L, 1.0L}) {
      const long double r = 1 / (1 + std::exp(-x * static_cast<long double>(p.point.center[0]))) - 0.75L;
      sum += r * r / 2;
    }
    EXPECT_GE(static_cast<double>(sum) * (1 + 1e-12), p.value_low);
    EXPECT_LE(static_cast<double>(sum) * (1 - 1e-12), p.value_high);
  }
  EXPECT_LT(result.points[0].value_high, result.points[1].value_low);
  EXPECT_NEAR(result.points[0].point.center[0], 0.0756548877432379, 1e-12)
      << "the global one is the one near 0";
}

TEST(Exhaustive, IsTheSameForAnyNumberOfThreads) {
  const Problem problem = tanh_unit(Bias::none);
  ExhaustiveOptions options = critical_points(3);
  const std::string one = text(exhaustive_search(problem, options));
  options.threads = 4;
  EXPECT_EQ(text(exhaustive_search(problem, options)), one);
}

TEST(Exhaustive, GoesOnFromAnyState) {
  const Problem problem = two_logistic_weights();
  ExhaustiveOptions options = critical_points(5);
  const ExhaustiveResult whole = exhaustive_search(problem, options);
  ASSERT_EQ(whole.status, Status::complete);
  for (const std::size_t boxes : {1, 10, 50, 150}) {
    options.max_boxes = boxes;
    options.resume.clear();
    const ExhaustiveResult part = exhaustive_search(problem, options);
    EXPECT_EQ(part.status, Status::undecided);
    EXPECT_EQ(part.examined, boxes);
    EXPECT_GT(part.undecided_volume, 0);
    EXPECT_TRUE(checked(problem, part).accepted) << "what is proved so far";
    options.max_boxes = 100000;
    options.resume = text(part);
    const ExhaustiveResult rest = exhaustive_search(problem, options);
    EXPECT_EQ(rest.status, Status::complete);
    EXPECT_EQ(rest.points.size(), whole.points.size());
    EXPECT_EQ(rest.minima(), whole.minima());
    EXPECT_TRUE(checked(problem, rest).accepted);
  }
}

TEST(Exhaustive, WritesStatesOnTheWayAndStops) {
  const Problem problem = tanh_unit(Bias::output);
  ExhaustiveOptions options;
  std::vector<std::string> states;
  std::atomic<bool> stop{false};
  options.checkpoint_boxes = 1000;
  options.stop = &stop;
  options.checkpoint = [&](const std::string& state) {
    states.push_back(state);
    if (states.size() == 2) stop = true;
  };
  const ExhaustiveResult result = exhaustive_search(problem, options);
  EXPECT_EQ(result.status, Status::stopped);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(text(result), states[1]);
  stop = false;
  options.resume = states[0];
  options.checkpoint = nullptr;
  EXPECT_EQ(exhaustive_search(problem, options).status, Status::complete);
}

TEST(Exhaustive, RefusesWhatDoesNotFit) {
  const Problem problem = logistic_weight();
  ExhaustiveOptions options;
  options.max_boxes = 3;
  options.resume = text(exhaustive_search(problem, options));
  options.box = {4};
  EXPECT_THROW(exhaustive_search(problem, options), InputError);
  options.box = {5};
  options.subject = Subject::critical_points;
  EXPECT_THROW(exhaustive_search(problem, options), InputError);
  options.subject = Subject::local_minima;
  EXPECT_THROW(exhaustive_search(tanh_unit(Bias::none), options), InputError);
  options.resume = "{}";
  EXPECT_THROW(exhaustive_search(problem, options), InputError);
  options.resume.clear();
  options.box = {1, 2};
  EXPECT_THROW(exhaustive_search(problem, options), std::invalid_argument);
  options.box = {5};
  options.subject = Subject::critical_points;
  EXPECT_THROW(exhaustive_search(augmented_samples(1), options), std::invalid_argument);
}

// Two tanh units: signs and an exchange, eight images of each box. What is found in one part of the box is
// written out for the others, and the checker knows nothing of it.
TEST(Exhaustive, WritesOutTheImagesUnderSymmetries) {
  const Problem problem =
      loaded(problem_json(mlp_json({1, 2, 1}, "tanh", false), R"({"w1": [[0], [0]], "w2": [[0, 0]]})",
                          "[[1], [2]]", "[[1], [3]]"));
  ExhaustiveOptions options;
  options.box = {2};
  options.max_boxes = 1500;
  const ExhaustiveResult result = exhaustive_search(problem, options);
  const auto& claim = std::get<certificate::BoxTree>(result.proof.claim);
  EXPECT_GT(claim.tree.size(), 3 * result.examined) << "more boxes than were looked at";
  const verifier::Outcome o = checked(problem, result);
  EXPECT_TRUE(o.accepted) << o.message;
  // Each undecided box has its seven images.
  EXPECT_EQ(result.undecided.size() % 2, 0u);
  double volume = 0;
  for (const auto& box : result.undecided) {
    double part = 1;
    for (std::size_t k = 0; k < 4; ++k) part *= (box.high[k] - box.low[k]) / 4;
    volume += part;
  }
  EXPECT_NEAR(volume, result.undecided_volume, 1e-9);
}

// f = c + a tanh(w x) with data whose deviations from the mean are orthogonal to x: w = 0, c = mean is a line
// of local minima (a large) that no test by second derivatives decides. It has to be among the undecided
// boxes.
TEST(Exhaustive, LeavesALineOfMinimaUndecided) {
  const Problem problem = loaded(problem_json(
      R"({"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "tanh"}, {"op": "linear", "weight": "a", "bias": "c"}]})",
      R"({"w": [[0]], "a": [[0]], "c": [0]})", "[[1], [2], [3]]", "[[1], [4], [1]]"));
  ExhaustiveOptions options;
  options.max_boxes = 4000;
  options.min_width = 1e-2;
  const ExhaustiveResult result = exhaustive_search(problem, options);
  EXPECT_EQ(result.status, Status::undecided);
  for (const double a : {-4.5, -1.0, 2.0, 5.0}) {
    bool held = false;
    for (const auto& box : result.undecided) {
      held = held || (box.low[0] <= 0 && 0 <= box.high[0] && box.low[1] <= a && a <= box.high[1] &&
                      box.low[2] <= 2 && 2 <= box.high[2]);
    }
    EXPECT_TRUE(held) << a;
  }
  EXPECT_LT(result.undecided_volume, 0.5);
  EXPECT_TRUE(checked(problem, result).accepted);
}

// Two samples with one input and targets 1, 3: with added neurons f = w has its minima where w = 2, whatever
// b and W are, and none elsewhere.
TEST(Exhaustive, KeepsTheGroupMeanWithAddedNeurons) {
  const Problem problem =
      loaded(problem_json(R"({"input": 1, "nodes": [{"op": "linear", "weight": "w"}]})", R"({"w": [[0]]})",
                          "[[1], [1]]", "[[1], [3]]", "squared", augmented("1/10")));
  ExhaustiveOptions options;
  const ExhaustiveResult result = exhaustive_search(problem, options);
  EXPECT_EQ(result.status, Status::undecided);
  ASSERT_FALSE(result.undecided.empty());
  for (const auto& box : result.undecided) EXPECT_LE(std::abs(box.low[0] - 2), 0.01);
  EXPECT_TRUE(checked(problem, result).accepted);
}

}  // namespace
}  // namespace pgb::test
