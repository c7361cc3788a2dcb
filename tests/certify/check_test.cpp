// pgb::check from problem files to verdicts, on problems whose answer is known by hand.
#include "pgb/certify/check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "certify/cases.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

const char* const kLinear =
    R"({ "input": 1, "nodes": [{ "op": "linear", "weight": "l.weight", "bias": "l.bias" }] })";

CheckOptions at_saved() {
  CheckOptions options;
  options.at_saved = true;
  return options;
}

void expect_verdict(const Verdict& v, Answer answer, bool certified, Reason reason) {
  EXPECT_STREQ(answer_name(v.answer), answer_name(answer)) << v.explanation;
  EXPECT_EQ(v.certified, certified) << v.explanation;
  EXPECT_STREQ(reason_name(v.reason), reason_name(reason)) << v.explanation;
  EXPECT_EQ(exit_status(v), answer == Answer::satisfied ? 0 : answer == Answer::violated ? 1 : 3);
  EXPECT_FALSE(v.explanation.empty());
  EXPECT_EQ(v.explanation.back(), '.');
  EXPECT_EQ(v.explanation.find('\n'), std::string::npos);
  EXPECT_EQ(v.witness.has_value(), answer == Answer::violated || reason == Reason::non_differentiable);
}

void expect_ranks(const Verdict& v, std::size_t before, std::size_t after) {
  EXPECT_EQ(v.unperturbed_rank, std::optional<std::size_t>(before));
  EXPECT_EQ(v.rank, std::optional<std::size_t>(after)) << v.rank_reason;
}

std::string regression(double w, double b, const std::string& more = "") {
  char parameters[128];
  std::snprintf(parameters, sizeof parameters, R"({ "l.weight": [[%.17g]], "l.bias": [%.17g] })", w, b);
  return problem_json(kLinear, parameters, "[[-1], [0], [1]]", "[[3], [0], [3]]", "squared", more);
}

TEST(Check, LinearRegressionAtItsMinimum) {
  const Verdict v = check(loaded(regression(0, 2)));
  expect_verdict(v, Answer::satisfied, true, Reason::orthogonal_to_span_bound);
  expect_ranks(v, 2, 2);
  EXPECT_EQ(v.gradient_norm, "0");
  EXPECT_EQ(v.loss, "2");
  EXPECT_EQ(v.ambient, 3u);
  EXPECT_EQ(v.distinct_inputs, 3u);
  EXPECT_FALSE(v.subject.polished);
  EXPECT_TRUE(v.basis_holds && v.basis_certified);
  ASSERT_EQ(v.proofs.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<certificate::SpanOrthogonal>(v.proofs[0].claim));
  EXPECT_EQ(std::get<certificate::Rank>(v.proofs[1].claim).at_least, 2u);
  EXPECT_NEAR(std::stod(v.pgb_value), 2, 1e-14);
}

TEST(Check, LinearRegressionWithAddedNeurons) {
  const Verdict v = check(loaded(regression(0, 2, augmented())));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 2, 3);
  EXPECT_TRUE(v.rank_certified);
  EXPECT_EQ(v.gradient_norm, "0");
  EXPECT_EQ(v.witness->parameter_name, "aug.a[0]");
  EXPECT_EQ(v.witness->kind, "flat-direction");
  EXPECT_FALSE(v.witness->direction.empty());
  EXPECT_GT(std::stod(v.witness->gradient_lower) * std::stod(v.witness->gradient_upper), 0);
  EXPECT_NEAR(std::stod(v.pgb_value), 0, 1e-20);
  EXPECT_NEAR(std::stod(v.gap), 2, 1e-14);
}

// The rank goes from 1 to the number of distinct inputs.
TEST(Check, AllZeroTanhNetwork) {
  const auto problem = [](const std::string& bias, const std::string& y) {
    return loaded(
        problem_json(mlp_json({1, 3, 1}, "tanh"),
                     R"({ "w1": [[0], [0], [0]], "b1": [0, 0, 0], "w2": [[0, 0, 0]], "b2": [)" + bias + "] }",
                     "[[-1], [0], [1], [1], [2]]", y));
  };
  Verdict v = check(problem("1.25", "[[1], [3], [0], [2], [0.25]]"));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 1, 4);
  EXPECT_TRUE(v.rank_certified);
  EXPECT_EQ(v.gradient_norm, "0");
  v = check(problem("1", "[[1], [1], [0], [2], [1]]"));  // the mean of the targets is the same at every input
  expect_verdict(v, Answer::satisfied, true, Reason::global_minimum);
  expect_ranks(v, 1, 4);
}

// A feature of exp(1e300) at one sample, and a gradient beyond the largest double.
TEST(Check, NumbersBeyondDoubles) {
  const std::string model = R"({ "input": 1, "nodes": [{ "op": "linear", "weight": "w" }, { "op": "exp" },
                                                       { "op": "linear", "weight": "v" }] })";
  const Verdict v =
      check(loaded(problem_json(model, R"({ "w": [[1e300]], "v": [[0]] })", "[[1], [-2]]", "[[0], [1]]")));
  expect_verdict(v, Answer::violated, true, Reason::not_critical);
  EXPECT_FALSE(v.subject.polished);
  const Verdict large = check(loaded(problem_json(kLinear, R"({ "l.weight": [[1e300]], "l.bias": [1e308] })",
                                                  "[[1e300], [0], [1]]", "[[1], [0], [1]]")));
  expect_verdict(large, Answer::violated, true, Reason::not_critical);
  EXPECT_NE(large.explanation.find("e+899,"), std::string::npos) << large.explanation;
}

TEST(Check, DeepLinearNetworkAtZero) {
  const auto problem = [](const std::string& y) {
    return loaded(problem_json(mlp_json({2, 2, 2, 1}, "", false),
                               R"({ "w1": [[0, 0], [0, 0]], "w2": [[0, 0], [0, 0]], "w3": [[0, 0]] })",
                               "[[1, 0], [0, 1], [1, 1]]", y));
  };
  Verdict v = check(problem("[[1], [2], [-1]]"));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 0, 2);
  v = check(problem("[[1], [1], [-1]]"));  // sum y x^T = 0
  expect_verdict(v, Answer::satisfied, true, Reason::orthogonal_to_span_bound);
  expect_ranks(v, 0, 2);
}

TEST(Check, ChainOfThreeLayersAtZero) {
  const Verdict v =
      check(loaded(problem_json(mlp_json({1, 1, 1, 1}, "", false),
                                R"({ "w1": [[0]], "w2": [[0]], "w3": [[0]] })", "[[1], [2]]", "[[1], [1]]")));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 0, 1);
  EXPECT_EQ(v.gradient_norm, "0");
}

// The residual is in the second output, which the last layer cuts off: all layers but one have to move to
// show it.
TEST(Check, FourLayersThatMoveTogether) {
  const Verdict v =
      check(loaded(problem_json(mlp_json({1, 1, 1, 1, 2}, "tanh", false),
                                R"({ "w1": [[0]], "w2": [[0]], "w3": [[0]], "w4": [[1], [0]] })",
                                "[[1], [2], [3]]", "[[0, 1], [0, 2], [0, -1]]")));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 0, 6);
  EXPECT_EQ(v.witness->parameter_name, "w3[0, 0]");
}

TEST(Check, TwoLayersThatMoveTogether) {
  const Verdict v = check(loaded(problem_json(mlp_json({1, 1, 1, 2}, "tanh", false),
                                              R"({ "w1": [[0]], "w2": [[0]], "w3": [[1], [0]] })",
                                              "[[1], [2], [3]]", "[[0, 1], [0, 2], [0, -1]]")));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 0, 6);
  EXPECT_EQ(v.witness->parameter_name, "w2[0, 0]");
}

// h_1 = x_1^2 and h_2 = x_2^2 are equal on these samples only. Their weights in the first output move by (t,
// -t), and the two outputs' opposite residuals no longer cancel in the gradient of the layer below.
TEST(Check, FeaturesRelatedOnTheSamplesOnly) {
  const Verdict v = check(loaded(problem_json(
      mlp_json({2, 2, 2}, "square", false), R"({ "w1": [[1, 0], [0, 1]], "w2": [[1, 1], [1, 1]] })",
      "[[1, 1], [1, -1], [-1, 1], [-1, -1]]", "[[1, 3], [3, 1], [3, 1], [1, 3]]")));
  expect_verdict(v, Answer::violated, true, Reason::flat_direction);
  expect_ranks(v, 3, 4);
  EXPECT_EQ(v.gradient_norm, "0");
  EXPECT_EQ(v.witness->parameter_name.substr(0, 2), "w1");
}

// (w_1 x)^2 + (w_2 x)^2 and c (w_2 x)^2 at (1, 0, 0): the circle of w is in no family, and along it the
// derivative by c is not 0.
TEST(Check, ACurveThatNoFamilyExplains) {
  const std::string model = R"({ "input": 1, "nodes": [
    { "op": "linear", "weight": "w1", "inputs": ["x"] }, { "op": "square", "name": "s1" },
    { "op": "linear", "weight": "w2", "inputs": ["x"] }, { "op": "square", "name": "s2" },
    { "op": "add", "inputs": ["s1", "s2"], "name": "sum" }, { "op": "linear", "weight": "c", "inputs": ["s2"], "name": "t" },
    { "op": "concat", "inputs": ["sum", "t"] }] })";
  const std::string parameters = R"({ "w1": [[1]], "w2": [[0]], "c": [[0]] })";
  Verdict v = check(loaded(problem_json(model, parameters, "[[1], [2]]", "[[1, 1], [4, 4]]")));
  expect_verdict(v, Answer::violated, false, Reason::flat_direction);
  expect_ranks(v, 1, 2);
  EXPECT_FALSE(v.rank_certified);
  EXPECT_EQ(v.witness->kind, "numerical-flat");
  EXPECT_EQ(v.witness->parameter_name, "c[0, 0]");
  EXPECT_EQ(v.families.back().kind, "numerical flat");
  // Without a residual there the same curve changes nothing.
  v = check(loaded(problem_json(model, parameters, "[[1], [2]]", "[[1, 4], [4, -1]]")));
  expect_verdict(v, Answer::satisfied, false, Reason::flat_gradients_vanish);
  EXPECT_EQ(v.families.back().kind, "numerical flat");
}

TEST(Check, InputsOnALineWithAnAddedNeuron) {
  for (const int m : {24, 60}) {
    std::string x, y;
    for (int i = 1; i <= m; ++i) {
      x += (i > 1 ? ", [\"" : "[\"") + std::to_string(i) + "/" + std::to_string(m) + "\"]";
      y += (i > 1 ? ", [" : "[") + std::to_string(i * i % 7) + "]";
    }
    const Verdict v = check(loaded(problem_json(kLinear, R"({ "l.weight": [[0]], "l.bias": [0] })",
                                                "[" + x + "]", "[" + y + "]", "squared", augmented())));
    expect_verdict(v, Answer::violated, true, Reason::no_local_minimum_in_region);
    EXPECT_EQ(v.rank, std::optional<std::size_t>(static_cast<std::size_t>(m)));
    EXPECT_TRUE(v.rank_certified);
    EXPECT_GT(v.precision_bits, 53);
  }
}

TEST(Check, EqualInputsWithDifferentTargets) {
  for (const std::string& more : {std::string(), augmented()}) {
    const auto problem = [&](const std::string& bias) {
      return loaded(problem_json(kLinear, R"({ "l.weight": [[0]], "l.bias": [)" + bias + "] }", "[[1], [1]]",
                                 "[[1], [3]]", "squared", more));
    };
    const Verdict v = check(problem("2"));
    expect_verdict(v, Answer::satisfied, true, Reason::global_minimum);
    expect_ranks(v, 1, 1);
    const Verdict off = check(problem("2.5"), at_saved());
    expect_verdict(off, Answer::violated, true, Reason::not_critical);
  }
}

TEST(Check, KinksAreNamed) {
  const Verdict v = check(loaded(problem_json(
      mlp_json({1, 2, 1}, "relu"), R"({ "w1": [[1], [1]], "b1": [3, -2], "w2": [[1, 1]], "b2": [0] })",
      "[[1], [2]]", "[[1], [5]]")));
  expect_verdict(v, Answer::undecided, false, Reason::non_differentiable);
  EXPECT_EQ(v.witness->kind, "kink");
  EXPECT_EQ(v.witness->kinks, std::vector<std::string>{"node s1, unit 1, sample 1"});
  EXPECT_NE(v.explanation.find("node s1, unit 1, sample 1"), std::string::npos);
}

// elu is differentiable at 0: not in the way of the verdict.
TEST(Check, DifferentiableKinks) {
  const Verdict v = check(loaded(problem_json(mlp_json({1, 1, 1}, "elu"),
                                              R"({ "w1": [[1]], "b1": [-2], "w2": [[1]], "b2": [0] })",
                                              "[[1], [2]]", "[[1], [5]]")),
                          at_saved());
  expect_verdict(v, Answer::violated, true, Reason::not_critical);
}

// A large move of b crosses kinks; near the point only affine functions appear, and g is orthogonal to these.
TEST(Check, ReluMovesDoNotCrossKinks) {
  const auto problem = [](const std::string& c) {
    return loaded(problem_json(mlp_json({1, 2, 1}, "relu"),
                               R"({ "w1": [[1], [-1]], "b1": [2, 2], "w2": [[0, 0]], "b2": [)" + c + "] }",
                               "[[-1], [0], [1]]", "[[1], [0], [1]]"));
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CheckOptions options;
    options.seed = seed;
    const Verdict v = check(problem("\"2/3\""), options);
    EXPECT_STREQ(answer_name(v.answer), "satisfied") << v.explanation;
    expect_ranks(v, 2, 2);
  }
  EXPECT_NE(check(problem("\"2/3\""), at_saved()).answer, Answer::violated);
  expect_verdict(check(problem("0.5"), at_saved()), Answer::violated, true, Reason::not_critical);
}

TEST(Check, NearbyMinimumAndSavedPoint) {
  const Problem problem = loaded(regression(1e-4, 2 + 1e-4));
  Verdict v = check(problem);
  expect_verdict(v, Answer::satisfied, true, Reason::strict_local_minimum);
  EXPECT_TRUE(v.subject.polished);
  EXPECT_TRUE(v.subject.existence_certified);
  EXPECT_NEAR(v.subject.distance, 1e-4, 1e-15);
  EXPECT_GE(v.subject.distance, 1e-4 - 1e-19);
  EXPECT_NEAR(std::stod(v.loss), 2, 1e-14);
  EXPECT_NE(v.saved_gradient_norm, "0");
  EXPECT_TRUE(v.curvature_certified);
  // Hessian: diag(4/3, 2).
  EXPECT_LE(std::stod(v.smallest_curvature), 4.0 / 3 + 1e-12);
  EXPECT_GT(std::stod(v.smallest_curvature), 1);
  v = check(problem, at_saved());
  expect_verdict(v, Answer::violated, true, Reason::not_critical);
  EXPECT_EQ(v.subject.distance, 0);
  EXPECT_EQ(v.witness->kind, "gradient-component");
  CheckOptions narrow;
  narrow.radius = 1e-6;
  expect_verdict(check(problem, narrow), Answer::violated, true, Reason::not_critical);
}

// A saddle satisfies the first-order condition; that it is no local minimum is said, and not called satisfied
// with proof.
TEST(Check, SaddleOfADeepLinearNetwork) {
  // Two outputs; one singular value is fitted, the other not: a strict saddle with rank J = 2.
  const Verdict v =
      check(loaded(problem_json(mlp_json({2, 1, 2}, "", false), R"({ "w1": [[0, 1]], "w2": [[0], [1]] })",
                                "[[1, 0], [0, 1]]", "[[2, 0], [0, 1]]")));
  EXPECT_EQ(v.answer, Answer::satisfied);
  EXPECT_FALSE(v.certified && v.reason == Reason::strict_local_minimum);
  EXPECT_NE(v.reason, Reason::global_minimum);
  EXPECT_EQ(v.gradient_norm, "0");
  std::string all = v.explanation;
  for (const std::string& note : v.notes) all += note;
  EXPECT_NE(all.find("negative"), std::string::npos) << all;
}

TEST(Check, InterpolatingNetwork) {
  Random random(3);
  Problem problem = random_problem(mlp({2, 8, 1}), 5, "squared", random);
  for (std::size_t i = 0; i < 5; ++i) {
    double sum = problem.parameters.values[begin_of(*problem.model, "b2")];
    for (std::size_t u = 0; u < 8; ++u) {
      const double* w = &problem.parameters.values[2 * u];
      const double t = w[0] * problem.x.values[2 * i] + w[1] * problem.x.values[2 * i + 1];
      sum += problem.parameters.values[begin_of(*problem.model, "w2") + u] *
             std::tanh(t + problem.parameters.values[begin_of(*problem.model, "b1") + u]);
    }
    problem.y.values[i] = sum + 1e-6 * random.uniform();
  }
  const Verdict v = check(problem);
  expect_verdict(v, Answer::satisfied, true, Reason::global_minimum);
  EXPECT_TRUE(v.subject.polished && v.subject.existence_certified);
  EXPECT_LT(v.subject.distance, 1e-4);
}

}  // namespace
}  // namespace pgb::test
