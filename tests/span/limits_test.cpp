// What the span does when it is not allowed to be formed, and membership.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "pgb/derivatives/objective.h"
#include "pgb/span/span.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

PerturbedSpan span_of(const Problem& problem, const SpanOptions& options = {}) {
  return perturbed_gradient_span(problem, flat_families(problem), options);
}

SpanOptions little_memory() {
  SpanOptions options;
  options.max_memory = 1000;
  return options;
}

TEST(SpanLimits, TooLargeToFormIsSaid) {
  Random random(1);
  const Problem problem =
      random_problem(mlp({1, 2, 1}), 40, "squared", random);  // 7 parameters: no full row rank
  const PerturbedSpan span = span_of(problem, little_memory());
  ASSERT_FALSE(span.skipped().empty());
  EXPECT_EQ(span.skipped()[0].what, "rank of the gradient basis");
  EXPECT_NE(span.skipped()[0].why.find("40 x 7"), std::string::npos) << span.skipped()[0].why;
  EXPECT_NE(span.skipped()[0].why.find("GiB"), std::string::npos);
  EXPECT_FALSE(span.approx_value());
  EXPECT_FALSE(span.approx_contains(Vector<double>(40, 1.0)));
  EXPECT_FALSE(span.rank_certified());
}

// Full rank is seen through the operator alone, whichever side is the smaller.
TEST(SpanLimits, FullRankWithoutForming) {
  Random random(2);
  for (const auto& [m, hidden] : {std::pair<std::size_t, std::size_t>{5, 8}, {60, 1}}) {
    const Problem problem = random_problem(mlp({2, hidden, 1}), m, "squared", random);
    const std::size_t n = problem.model->parameters();
    const PerturbedSpan dense = span_of(problem), free = span_of(problem, little_memory());
    ASSERT_TRUE(dense.unperturbed_rank());
    ASSERT_EQ(*dense.unperturbed_rank(), std::min(m, n)) << "the example must have full rank";
    ASSERT_TRUE(free.unperturbed_rank()) << m;
    EXPECT_EQ(*free.unperturbed_rank(), std::min(m, n));
    EXPECT_FALSE(free.unperturbed_rank_certified());
    EXPECT_NE(free.rank_reason().find("full rank"), std::string::npos);
    EXPECT_EQ(free.approx_value().has_value(), m < n);
  }
}

// J too large, J J^T not: 20 rows of 3,001 parameters.
TEST(SpanLimits, FullRankFromTheGramMatrix) {
  Random random(7);
  Problem problem = random_problem(mlp({2, 750, 1}), 20, "squared", random);
  SpanOptions options;
  options.max_memory = 900'000;
  const PerturbedSpan span = span_of(problem, options);
  ASSERT_FALSE(span.skipped().empty());
  EXPECT_EQ(span.unperturbed_rank(), std::optional<std::size_t>(20));
  EXPECT_FALSE(span.unperturbed_rank_certified());
  EXPECT_NE(span.rank_reason().find("without forming the gradient basis"), std::string::npos)
      << span.rank_reason();
  for (double& x : problem.x.values) x *= 0x1p-20;
  EXPECT_FALSE(span_of(problem, options).unperturbed_rank());
}

TEST(SpanLimits, DeficientRankWithoutFormingIsUnknown) {
  Random random(3);
  Problem problem = random_problem(mlp({2, 8, 1}), 12, "squared", random);
  for (double& x : problem.x.values) x *= 0x1p-20;  // nearly one input: far from full rank in double
  const PerturbedSpan span = span_of(problem, little_memory());
  EXPECT_FALSE(span.unperturbed_rank());
  EXPECT_FALSE(span.rank());
}

TEST(SpanLimits, AddedNeuronsNeedNoMatrix) {
  Random random(4);
  const Problem problem = add_neurons(random_problem(mlp({2, 3, 2}), 20, "squared", random), "1/4");
  const PerturbedSpan span = span_of(problem, little_memory());
  EXPECT_EQ(span.rank(), std::optional<std::size_t>(40));
  EXPECT_TRUE(span.rank_certified());
  ASSERT_TRUE(span.approx_value());
  EXPECT_LT(*span.approx_value(), 1e-25);
}

TEST(SpanLimits, PerturbedSpanTooLargeKeepsTheUnperturbedRank) {
  Random random(5);
  Problem problem = random_problem(mlp({1, 1, 1}), 30, "squared", random);  // 4 parameters
  fill(problem, "w2", 0);
  SpanOptions options;
  options.max_memory =
      8 * (2 * 4 * 30 + 4 * 4 * 4) + 100;  // J and its factors, not 30 rows of the perturbed span
  const PerturbedSpan span = span_of(problem, options);
  EXPECT_EQ(span.unperturbed_rank(), std::optional<std::size_t>(2));
  EXPECT_FALSE(span.rank());
  ASSERT_EQ(span.skipped().size(), 1u);
  EXPECT_EQ(span.skipped()[0].what, "rank of the perturbed gradient span");
}

// 4 parameters, 6 samples; at two flat points more the gradients span everything, which products alone can
// tell.
TEST(SpanLimits, PerturbedSpanWithoutFormingIt) {
  Random random(5);
  Problem problem = random_problem(mlp({1, 1, 1}, "square"), 3, "squared", random);
  problem.x.values = {-1, 0.5, 2};
  fill(problem, "w1", 1);
  fill(problem, "b1", 0.5);
  fill(problem, "w2", 0);
  SpanOptions options;
  const PerturbedSpan formed = span_of(problem, options);
  EXPECT_EQ(formed.unperturbed_rank(), std::optional<std::size_t>(2));
  EXPECT_EQ(formed.rank(), std::optional<std::size_t>(3));
  options.max_memory = 8 * (2 * 4 * 3 + 4 * 3 * 3);  // J and its factors
  const PerturbedSpan span = span_of(problem, options);
  EXPECT_EQ(span.unperturbed_rank(), std::optional<std::size_t>(2));
  EXPECT_EQ(span.rank(), std::optional<std::size_t>(3)) << span.rank_reason();
  EXPECT_FALSE(span.rank_certified());
  EXPECT_EQ(span.skipped().size(), 1u);
}

TEST(SpanLimits, StopFlag) {
  Random random(6);
  Problem problem = random_problem(mlp({1, 2, 1}), 8, "squared", random);
  fill(problem, "w2", 0);
  const std::atomic<bool> stop{true};
  SpanOptions options;
  options.stop = &stop;
  const PerturbedSpan span = span_of(problem, options);
  EXPECT_FALSE(span.rank_certified()) << "the proof is what takes long";
}

TEST(SpanLimits, Progress) {
  Random random(7);
  Problem problem = random_problem(mlp({1, 2, 1}), 8, "squared", random);
  fill(problem, "w2", 0);
  SpanOptions options;
  std::set<std::string> stages;
  options.progress = [&](const std::string& stage, double fraction) {
    stages.insert(stage);
    EXPECT_LE(fraction, 1);
  };
  span_of(problem, options);
  EXPECT_EQ(stages.count("perturbed gradient span"), 1u);
}

// Membership: columns of J at flat points are in, others are not.
TEST(SpanContains, ColumnsAndOthers) {
  for_each_trial(20, [](Random& random) {
    Problem problem = random_problem(mlp({1, 2, 1}, "relu"), 8, "squared", random);
    set(problem, "w1", {1, -1});
    set(problem, "b1", {0.125, 0.25});
    set(problem, "w2", {0, random.uniform()});
    const PerturbedSpan span = span_of(problem);
    ASSERT_TRUE(span.rank());
    const Matrix<double> j = gradient_basis<double>(problem);
    Vector<double> v(j.rows, 0.0);
    for (std::size_t c = 0; c < j.cols; ++c) {
      const double t = random.uniform();
      for (std::size_t r = 0; r < j.rows; ++r) v[r] += t * j(r, c);
    }
    EXPECT_EQ(span.approx_contains(v), std::optional<bool>(true));
    if (*span.rank() < span.upper_bound()) {
      EXPECT_EQ(span.approx_contains(random_vector(j.rows, random)), std::optional<bool>(false));
    }
    EXPECT_EQ(span.approx_contains(Vector<double>(j.rows, 0.0)), std::optional<bool>(true));
  });
}

// When every function of x is in T, what tells equal inputs apart is not.
TEST(SpanContains, EqualInputsHaveEqualEntries) {
  Random random(9);
  Problem problem = random_problem(mlp({1, 2}, ""), 4, "squared", random);
  problem.x.values = {0.25, -1, 0.25, 0.5};
  const PerturbedSpan span = span_of(add_neurons(problem, "1/4"));
  EXPECT_EQ(span.ambient(), 8u);
  EXPECT_EQ(span.upper_bound(), 6u);
  EXPECT_EQ(span.approx_contains({1, 2, 3, 4, 1, 2, 5, 6}), std::optional<bool>(true));
  EXPECT_EQ(span.approx_contains({1, 2, 3, 4, 2, 1, 5, 6}), std::optional<bool>(false));
}

// Proven ranks beyond double are matched by the basis that value and membership use.
TEST(SpanContains, BeyondDouble) {
  Random random(10);
  const std::size_t m = 20;
  Problem problem = random_problem(mlp({1, 2}, ""), m, "squared", random);
  for (std::size_t i = 0; i < m; ++i) problem.x.values[i] = static_cast<double>(i + 1) / m;
  problem = add_neurons(problem, "1/4");
  problem.parameters.values[problem.model->added()->a + 1] = 0.5;
  const PerturbedSpan span = span_of(problem);
  ASSERT_EQ(span.rank(), std::optional<std::size_t>(m + 2))
      << "every function, and {1, x} at the second output";
  Vector<double> v(2 * m);
  for (std::size_t i = 0; i < m; ++i) {
    v[2 * i] = random.uniform();  // any function at the first output
    v[2 * i + 1] = 3 - problem.x.values[i];
  }
  EXPECT_EQ(span.approx_contains(v), std::optional<bool>(true));
  v[1] += 1;
  EXPECT_EQ(span.approx_contains(v), std::optional<bool>(false));
}

}  // namespace
}  // namespace pgb::test
