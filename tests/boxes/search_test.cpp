// Complete lists of critical points, against closed forms and counts.
#include "pgb/certify/boxes/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "boxes/problems.h"

namespace pgb::test {
namespace {

using boxes::IsolatedPoint;
using boxes::SearchOptions;
using boxes::SearchResult;
using boxes::Subject;
using Kind = IsolatedPoint::Kind;

std::size_t count(const SearchResult& result, Kind kind) {
  return static_cast<std::size_t>(std::count_if(result.points.begin(), result.points.end(),
                                                [&](const auto& p) { return p.kind == kind; }));
}

SearchResult search(const Problem& problem, double radius, Subject subject, SearchOptions options = {}) {
  options.subject = subject;
  SearchResult result = boxes::search_box(problem, origin(problem), {radius}, options);
  std::printf("%zu boxes, %zu nodes, %zu points, %zu undecided\n", result.examined, result.claim.tree.size(),
              result.points.size(), result.undecided.size());
  for (const auto& p : result.points) {
    std::printf("  kind %d at", static_cast<int>(p.kind));
    for (const double x : p.center) std::printf(" %.6g", x);
    std::printf(" within %.2g, alone within %.2g\n", p.radius, p.uniqueness_radius);
  }
  return result;
}

void expect_accepted(const Problem& problem, const SearchResult& result) {
  const verifier::Outcome o = checked(problem, result);
  EXPECT_TRUE(o.accepted) << o.message;
  std::printf("%s\n", o.message.c_str());
}

bool lists(const SearchResult& result, Kind kind, const Vector<double>& z) {
  for (const IsolatedPoint& p : result.points) {
    double off = 0;
    for (std::size_t k = 0; k < z.size(); ++k) off = std::max(off, std::abs(p.center[k] - z[k]));
    if (p.kind == kind && off < 1e-12) return true;
  }
  return false;
}

TEST(SearchBox, OneLogisticWeightHasTwoMinimaAndOneMaximum) {
  const Problem problem = logistic_weight();
  const SearchResult result = search(problem, 5, Subject::critical_points);
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(result.points.size(), 3u);
  EXPECT_TRUE(lists(result, Kind::minimum, {0.075654887743237898}));
  EXPECT_TRUE(lists(result, Kind::minimum, {1.098609645438946972}));
  EXPECT_EQ(count(result, Kind::maximum), 1u);
  expect_accepted(problem, result);
}

// A sum of the error above in each weight: minima where both have one, and so on.
TEST(SearchBox, TwoWeightsHaveTheProductOfTheirPoints) {
  const Problem problem = two_logistic_weights();
  const SearchResult result = search(problem, 5, Subject::critical_points);
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(count(result, Kind::minimum), 4u);
  EXPECT_EQ(count(result, Kind::saddle), 4u);
  EXPECT_EQ(count(result, Kind::maximum), 1u);
  EXPECT_TRUE(lists(result, Kind::minimum, {0.075654887743237898, 1.098609645438946972}));
  expect_accepted(problem, result);
}

TEST(SearchBox, OneTanhUnit) {
  const Problem problem = tanh_unit(Bias::none);
  const SearchResult result = search(problem, 5, Subject::critical_points);
  EXPECT_TRUE(result.complete());
  EXPECT_TRUE(lists(result, Kind::minimum, {0.9401757121042769456877459, 1.883669255248155324219138}));
  EXPECT_TRUE(lists(result, Kind::minimum, {-0.9401757121042769456877459, -1.883669255248155324219138}));
  expect_accepted(problem, result);
}

TEST(SearchBox, OneTanhUnitWithABias) {
  for (const Bias bias : {Bias::output, Bias::hidden}) {
    const Problem problem = tanh_unit(bias);
    const SearchResult result = search(problem, 5, Subject::local_minima);
    EXPECT_TRUE(result.complete()) << result.difficulty;
    expect_accepted(problem, result);
  }
}

TEST(SearchBox, AddedNeuronsLeaveNoMinimum) {
  for (const std::size_t samples : {1, 2}) {
    const Problem problem = augmented_samples(samples);
    const SearchResult result = search(problem, 8, Subject::local_minima);
    EXPECT_TRUE(result.complete()) << result.difficulty;
    EXPECT_TRUE(result.points.empty());
    expect_accepted(problem, result);
  }
}

}  // namespace
}  // namespace pgb::test
