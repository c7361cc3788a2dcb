// Ranks of the gradient basis and of the perturbed span: closed forms, and a slow dense reference.
#include <gtest/gtest.h>

#include <algorithm>

#include "pgb/span/span.h"
#include "support/compare.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

PerturbedSpan span_of(const Problem& problem, const SpanOptions& options = {}) {
  return perturbed_gradient_span(problem, flat_families(problem), options);
}

// m inputs of d features, multiples of 1/8, the last `repeated` of them copies of the first.
Vector<double> inputs(std::size_t m, std::size_t d, std::size_t repeated, Random& random) {
  Vector<double> x(m * d);
  for (double& entry : x) entry = random.eighth() + static_cast<double>(&entry - x.data()) / 256;  // distinct
  for (std::size_t i = m - repeated; i < m; ++i) {
    for (std::size_t j = 0; j < d; ++j) x[i * d + j] = x[(i - (m - repeated)) * d + j];
  }
  return x;
}

Problem with_inputs(std::shared_ptr<const Model> model, const Vector<double>& x, Random& random) {
  const std::size_t m = x.size() / model->inputs();
  Vector<double> z = random_vector(model->parameters(), random),
                 y = random_vector(m * model->outputs(), random);
  return make_problem(std::move(model), z, x, y);
}

std::size_t rank_of_inputs(const Problem& problem, bool bias) {
  Rows<Rational> rows(problem.samples());
  const std::size_t d = problem.model->inputs();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < d; ++j) rows[i].push_back(exact(problem.x.values[i * d + j]));
    if (bias) rows[i].push_back(1);
  }
  return exact_rank(rows);
}

void expect_ranks(const PerturbedSpan& span, std::size_t before, std::size_t after) {
  ASSERT_TRUE(span.unperturbed_rank());
  ASSERT_TRUE(span.rank());
  EXPECT_EQ(*span.unperturbed_rank(), before);
  EXPECT_EQ(*span.rank(), after) << span.rank_reason();
  EXPECT_LE(*span.rank(), span.upper_bound());
  if (after == span.upper_bound()) {
    EXPECT_TRUE(span.rank_certified()) << span.rank_reason();
  }
}

TEST(SpanRank, LinearRegression) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d = random.between(1, 4), k = random.between(1, 3), m = random.between(1, 7);
    const bool bias = random.coin();
    const auto model = mlp({d, k}, "", bias);
    const Problem problem = with_inputs(model, inputs(m, d, random.between(0, m / 2), random), random);
    const std::size_t distinct = equal_input_groups(problem).count, rank = k * rank_of_inputs(problem, bias);
    const PerturbedSpan span = span_of(problem);
    EXPECT_EQ(span.ambient(), m * k);
    EXPECT_EQ(span.upper_bound(), distinct * k);
    expect_ranks(span, rank, rank);
    EXPECT_TRUE(span.skipped().empty());
    const PerturbedSpan added = span_of(add_neurons(problem, "1/4"));
    // At a = b = w = 0 the added neurons' own gradient is the constant function.
    expect_ranks(added, k * rank_of_inputs(problem, true), distinct * k);
  });
}

TEST(SpanRank, AllZeroTanhNetworkGetsEveryFunction) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d = random.between(1, 2), k = random.between(1, 2), m = random.between(2, 6);
    std::vector<std::size_t> widths{d, random.between(1, 2)};
    if (random.coin()) widths.push_back(random.between(1, 2));
    widths.push_back(k);
    Problem problem = with_inputs(mlp(widths), inputs(m, d, random.between(0, m / 2), random), random);
    problem.parameters.values.assign(problem.parameters.size(), 0.0);
    expect_ranks(span_of(problem), k, k * equal_input_groups(problem).count);
  });
}

// Without biases the functions are odd: x and -x count once, 0 not at all.
TEST(SpanRank, AllZeroTanhNetworkWithoutBiases) {
  Random random(1);
  Problem problem = with_inputs(mlp({1, 2, 1}, "tanh", false), {-1, 0, 1, 2, 0.5, -0.5, 3}, random);
  problem.parameters.values.assign(problem.parameters.size(), 0.0);
  const PerturbedSpan span = span_of(problem);
  expect_ranks(span, 0, 4);
  EXPECT_FALSE(span.rank_certified())
      << "less than the number of distinct inputs: no proof of the upper bound";
}

TEST(SpanRank, DeepLinearNetworksAtZero) {
  for_each_trial(15, [](Random& random) {
    const std::size_t d = random.between(1, 4), k = random.between(1, 2), m = random.between(1, 6);
    std::vector<std::size_t> widths{d};
    for (std::size_t layers = random.between(1, 3); layers > 0; --layers)
      widths.push_back(random.between(1, 3));
    widths.push_back(k);
    Problem problem = with_inputs(mlp(widths, "", false), inputs(m, d, 0, random), random);
    problem.parameters.values.assign(problem.parameters.size(), 0.0);
    expect_ranks(span_of(problem), 0, k * rank_of_inputs(problem, false));
  });
}

TEST(SpanRank, ChainOfThreeNumbers) {
  Random random(1);
  Problem problem = with_inputs(mlp({1, 1, 1, 1}, "", false), {1, 2, -3}, random);
  problem.parameters.values = {0, 0, 0};
  expect_ranks(span_of(problem), 0, 1);
  problem.parameters.values = {1, 0, 0};  // x -> w3 w2 x: 0 at first order, w3 and w2 free in turn
  expect_ranks(span_of(problem), 0, 1);
  problem.parameters.values = {1, 0, 1};
  expect_ranks(span_of(problem), 1, 1);
}

// The inputs i/m: double sees about ten dimensions; the precision is chosen by the program.
TEST(SpanRank, AddedNeuronsOnALine) {
  Random random(1);
  for (const std::size_t m : {24, 60}) {
    Vector<double> x(m);
    for (std::size_t i = 0; i < m; ++i) x[i] = static_cast<double>(i + 1) / static_cast<double>(m);
    const Problem problem = add_neurons(with_inputs(mlp({1, 1}, ""), x, random), "1/4");
    const PerturbedSpan span = span_of(problem);
    expect_ranks(span, 2, m);
    EXPECT_NE(span.rank_reason().find("confirmed by elimination"), std::string::npos) << span.rank_reason();
    ASSERT_EQ(span.spectra().size(), 2u);
    const Spectrum& spectrum = span.spectra()[1];
    ASSERT_EQ(spectrum.magnitudes.size(), m);
    EXPECT_GT(span.precision_bits(), 53);
    EXPECT_GT(static_cast<double>(span.precision_bits()), -spectrum.magnitudes.back() / 0.30103);
    EXPECT_LT(spectrum.magnitudes.back(), m == 24 ? -25 : -90) << "far below what double can see";
  }
}

// Zero outgoing weights on the same line: m functions tanh(w x + b), at every precision that it takes.
TEST(SpanRank, HiddenUnitOnALine) {
  Random random(2);
  const std::size_t m = 24;
  Vector<double> x(m);
  for (std::size_t i = 0; i < m; ++i) x[i] = static_cast<double>(i + 1) / static_cast<double>(m);
  Problem problem = with_inputs(mlp({1, 1, 1}), x, random);
  fill(problem, "w2", 0);
  const PerturbedSpan span = span_of(problem);
  expect_ranks(span, 2, m);
  EXPECT_GT(span.precision_bits(), 53);
}

// One output's added neuron is off: every function there, {1, x, e, x e} at the other.
TEST(SpanRank, AddedNeuronOfOneOutput) {
  for_each_trial(5, [](Random& random) {
    const std::size_t m = random.between(5, 12);
    Problem problem = add_neurons(with_inputs(mlp({1, 2}, ""), inputs(m, 1, 0, random), random), "1/4");
    problem.parameters.values[problem.model->added()->a + 1] = 0.5;
    problem.parameters.values[problem.model->added()->w + 1] = 0.75;
    expect_ranks(span_of(problem), 2 + 4, m + 4);  // before: {1, x} at the first output
  });
}

// A large move of the ReLU units would cross kinks and show more than affine functions.
TEST(SpanRank, ReluMovesStayInTheirCells) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    Random random(seed);
    Problem problem = with_inputs(mlp({1, 2, 1}, "relu"), {-1, 0, 1}, random);
    set(problem, "w1", {1, -1});
    set(problem, "b1", {2, 2});
    set(problem, "w2", {0, 0});
    SpanOptions options;
    options.seed = seed;
    expect_ranks(span_of(problem, options), 2, 2);
    set(problem, "b1", {0.5, 0.5});  // kinks between the samples: max(x + 1/2, 0), max(-x + 1/2, 0), 1
    expect_ranks(span_of(problem, options), 3, 3);
  }
}

// The input of unit 0 is 0 at the first sample: there is no gradient basis there, and nothing to certify.
TEST(SpanRank, OnAKinkNothingIsCertified) {
  Random random(5);
  Problem problem = random_problem(mlp({1, 2, 1}, "relu"), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  set(problem, "w1", {1, -1});
  set(problem, "w2", {0, 0});
  for (const double b : {1.0, 0.875}) {
    set(problem, "b1", {b, 2});
    const PerturbedSpan span = span_of(problem);
    EXPECT_EQ(span.rank(), std::optional<std::size_t>(3)) << span.rank_reason();
    EXPECT_EQ(span.rank_certified(), b < 1) << span.rank_reason();
  }
  set(problem, "w2", {1, 2});
  set(problem, "b1", {1, 2});
  EXPECT_FALSE(span_of(problem).unperturbed_rank_certified());
}

TEST(SpanRank, RegularizedParametersDoNotEnlarge) {
  Random random(5);
  Problem problem = with_inputs(mlp({1, 2, 1}), {-1, -0.5, 0, 0.5, 1}, random);
  fill(problem, "w2", 0);
  expect_ranks(span_of(problem), 3, 5);  // 1 and the two features
  problem.regularizer = {{0, problem.model->parameters(), "1/10"}};
  const PerturbedSpan span = span_of(problem);
  expect_ranks(span, 3, 3);
  EXPECT_NE(span.rank_reason().find("no flat family"), std::string::npos);
}

TEST(SpanRank, EqualUnitsAddNothingNew) {
  for_each_trial(5, [](Random& random) {
    Problem problem = with_inputs(mlp({1, 2, 1}), inputs(9, 1, 0, random), random);
    Vector<double>& z = problem.parameters.values;
    z[1] = z[0];
    z[3] = z[2];
    expect_ranks(span_of(problem), 4, 4);  // tanh, x tanh', tanh', 1
  });
}

// Full gradient bases at many random flat points of every family, in MPFR.
TEST(SpanRank, AgreesWithASlowDenseReference) {
  for_each_trial(40, [](Random& random) {
    const std::size_t d = random.between(1, 2), m = random.between(2, 7), k = random.between(1, 2);
    Problem problem = with_inputs(mlp({d, 2, 2, k}, random.coin() ? "tanh" : "softplus", random.coin(0.7)),
                                  inputs(m, d, random.between(0, m / 2), random), random);
    for (const char* tensor : {"w1", "w2", "w3"}) {
      if (random.coin(0.3)) fill(problem, tensor, 0);
      if (random.coin(0.2)) set_entry(problem, tensor, random.index(k), random.index(d), 0);
    }
    const auto families = flat_families(problem);
    const PerturbedSpan span = perturbed_gradient_span(problem, families);
    ASSERT_TRUE(span.rank());

    const PrecisionScope scope(1200);
    const Vector<Real> z = to_scalars<Real>(problem.parameters);
    const Matrix<Real> at_z = gradient_basis<Real>(problem);
    EXPECT_EQ(*span.unperturbed_rank(), reference_rank(at_z));
    Matrix<Real> all = at_z;
    for (const FlatFamily& family : families) {
      if (family.symmetry || !family.keeps_regularizer) continue;
      for (std::size_t point = 0; point < m * k + 2; ++point) {
        Vector<double> c(family.dimension);
        for (double& entry : c) entry = random.uniform();
        Problem moved = problem;
        moved.parameters = to_tensor(flat_point(family, z, c));
        const Matrix<Real> j = gradient_basis<Real>(moved);
        all.data.insert(all.data.end(), j.data.begin(), j.data.end());
        all.cols += j.cols;
      }
    }
    EXPECT_EQ(*span.rank(), reference_rank(all)) << span.rank_reason();
  });
}

TEST(SpanRank, TheSeedChangesThePointsNotTheRank) {
  Random random(7);
  Problem problem = with_inputs(mlp({1, 2, 1}), inputs(6, 1, 0, random), random);
  fill(problem, "w2", 0);
  SpanOptions first, second;
  second.seed = 2;
  const PerturbedSpan a = span_of(problem, first), again = span_of(problem, first),
                      b = span_of(problem, second);
  EXPECT_EQ(a.rank(), b.rank());
  EXPECT_EQ(a.spectra().back().magnitudes, again.spectra().back().magnitudes);
  EXPECT_NE(a.spectra().back().magnitudes, b.spectra().back().magnitudes);
}

TEST(GradientBasis, EveryScalar) {
  Random random(8);
  const Problem problem = with_inputs(mlp({2, 3, 2}), inputs(4, 2, 1, random), random);
  const Matrix<double> j = gradient_basis<double>(problem);
  const Matrix<Quad> quad = gradient_basis<Quad>(problem);
  const Matrix<Ball> balls = gradient_basis<Ball>(problem);
  const PrecisionScope scope(300);
  const Matrix<Real> expected = gradient_basis<Real>(problem);
  ASSERT_EQ(j.rows, 8u);
  ASSERT_EQ(j.cols, problem.model->parameters());
  EXPECT_TRUE(agrees(j, expected, 50, 1));
  EXPECT_TRUE(agrees(quad, expected, 50, 1));
  EXPECT_TRUE(agrees(balls, expected, 0));
}

}  // namespace
}  // namespace pgb::test
