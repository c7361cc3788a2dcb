// Outgoing weights moved between equal or opposite features, and along features that are constant on the
// data.
#include <gtest/gtest.h>

#include "flat/checks.h"
#include "pgb/flat/setting.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

// Row `to` of w1 and b1 becomes sign times row `from`.
void copy_row(Problem& problem, std::size_t from, std::size_t to, std::size_t columns, double sign) {
  Vector<double>& z = problem.parameters.values;
  const std::size_t w = begin_of(*problem.model, "w1"), b = begin_of(*problem.model, "b1");
  for (std::size_t j = 0; j < columns; ++j) z[w + to * columns + j] = sign * z[w + from * columns + j];
  z[b + to] = sign * z[b + from];
}

void expect_relations(const Problem& problem, std::size_t equal, std::size_t constant, Random& random) {
  const auto families = flat_families(problem);
  auto found = dimensions(families);
  EXPECT_EQ(found[Kind::equal_features], equal);
  EXPECT_EQ(found[Kind::constant_features], constant);
  for (const FlatFamily& family : families) EXPECT_TRUE(keeps_its_promises(problem, family, random));
}

TEST(EqualFeatures, Duplicates) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d = random.between(1, 3), h = random.between(3, 5), k = random.between(1, 3);
    for (const char* activation : {"tanh", "sigmoid", "gelu", "softplus", "elu"}) {
      Problem problem = random_problem(mlp({d, h, k}, activation), 6, "squared", random);
      copy_row(problem, 0, 1, d, 1);
      expect_relations(problem, k, 0, random);
      const FlatFamily family = only(flat_families(problem), Kind::equal_features);
      EXPECT_EQ(family.node, "l2");
      EXPECT_FALSE(family.symmetry);
      copy_row(problem, 0, 2, d, 1);
      expect_relations(problem, 2 * k, 0, random);
      double& weight = problem.parameters.values[begin_of(*problem.model, "w1") + d];  // of unit 1
      weight = next_double(weight, random.coin());
      expect_relations(problem, k, 0, random);  // units 0 and 2 remain
      copy_row(problem, 0, 1, d, 1);
      double& bias = problem.parameters.values[begin_of(*problem.model, "b1") + 1];
      bias = next_double(bias, random.coin());
      expect_relations(problem, k, 0, random);
    }
  });
}

TEST(EqualFeatures, OppositeUnderAnOddActivationOnly) {
  for_each_trial(10, [](Random& random) {
    for (const auto& [activation, odd] : {std::pair{"tanh", true},
                                          {"erf", true},
                                          {"sin", true},
                                          {"sigmoid", false},
                                          {"leaky_relu", false},
                                          {"silu", false},
                                          {"exp", false},
                                          {"gelu", false}}) {
      SCOPED_TRACE(activation);
      Problem problem = random_problem(mlp({2, 3, 2}, activation), 6, "squared", random);
      copy_row(problem, 0, 2, 2, -1);
      if (problem.parameters.values[begin_of(*problem.model, "b1")] == 0) return;
      expect_relations(problem, odd ? 2 : 0, 0, random);
      copy_row(problem, 0, 1, 2, 1);
      expect_relations(problem, odd ? 4 : 2, 0, random);
    }
  });
}

TEST(EqualFeatures, SameExactNumberBeyondADouble) {
  Random random(2);
  Problem problem = random_problem(mlp({1, 2, 1}), 4, "squared", random);
  copy_row(problem, 0, 1, 1, 1);
  set_exact(problem, "w1", 0, "1/3");
  expect_relations(problem, 0, 0, random);  // 1/3 and what was there before
  set(problem, "b1", {0.5, 0.5});
  problem.parameters.values[begin_of(*problem.model, "w1") + 1] =
      0x1.5555555555555p-2;  // the double next to 1/3
  expect_relations(problem, 0, 0, random);
  set_exact(problem, "w1", 1, "1/3");
  expect_relations(problem, 1, 0, random);
  set_exact(problem, "w1", 1, "-1/3");
  expect_relations(problem, 0, 0, random);
  set(problem, "b1", {0.5, -0.5});
  expect_relations(problem, 1, 0, random);
}

// Equal rows on equal features are equal features again, and so on upwards.
TEST(EqualFeatures, ThroughLayers) {
  Random random(3);
  Problem problem = random_problem(mlp({2, 3, 3, 2}), 6, "squared", random);
  copy_row(problem, 0, 1, 2, 1);
  expect_relations(problem, 3, 0, random);
  // Rows 0 and 2 of the second layer are equal.
  set(problem, "w2", {0.5, 0.25, -1, 0.75, 0.25, 1, 0.5, 0.25, -1});
  set(problem, "b2", {0.5, -0.5, 0.5});
  expect_relations(problem, 3 + 2, 0, random);
}

TEST(EqualFeatures, ResidualAddAndConcat) {
  Random random(4);
  Network net(2);
  const std::string h = net.node("tanh", {net.linear("x", 2, 2, random)});  // n0, n1
  const auto twice = net.build(net.linear(net.node("concat", {h, h}), 4, 3, random));
  expect_relations(random_problem(twice, 5, "squared", random), 2 * 3, 0, random);

  Network sum(2);
  const std::string a = sum.node("tanh", {sum.linear("x", 2, 2, random)});
  const auto added = sum.build(sum.linear(sum.node("add", {a, a}), 2, 3, random));
  expect_relations(random_problem(added, 5, "squared", random), 0, 0, random);
}

// A tensor that another node uses too must not move.
TEST(EqualFeatures, NotThroughTiedOutgoingWeights) {
  Random random(5);
  Network net(2);
  const std::string a = net.node("tanh", {net.linear("x", 2, 2, random)});  // n0, n1
  const std::string b = net.linear(a, 2, 2, random);                        // n2
  const auto model = net.build(net.linear(net.node("tanh", {b}), 2, 2, random, true, "n2.w"));
  Problem problem = random_problem(model, 5, "squared", random);
  set(problem, "n0.w", {0.5, 0.25, 0.5, 0.25});
  set(problem, "n0.b", {0.5, 0.5});
  expect_relations(problem, 0, 0, random);
}

TEST(EqualFeatures, RegularizedWeightsStay) {
  Random random(6);
  Problem problem = random_problem(mlp({2, 2, 2}), 5, "squared", random);
  copy_row(problem, 0, 1, 2, 1);
  const std::size_t w2 = begin_of(*problem.model, "w2");
  problem.regularizer = {{0, w2, "1"}};
  expect_relations(problem, 2, 0, random);
  problem.regularizer = {{w2, w2 + 1, "1"}};  // the first row's first weight
  expect_relations(problem, 1, 0, random);
  problem.regularizer = {{0, w2 + 4, "1"}};
  expect_relations(problem, 0, 0, random);
}

// A zero row makes sigmoid(0) = 1/2, which the next bias takes up; log 2 is no exact number.
TEST(ConstantFeatures, TakenUpByTheBias) {
  Random random(7);
  for (const auto& [activation, found] : {std::pair{"sigmoid", true},
                                          {"tanh", true},
                                          {"relu", true},
                                          {"silu", true},
                                          {"exp", true},
                                          {"softplus", false}}) {
    SCOPED_TRACE(activation);
    Problem problem = random_problem(mlp({2, 3, 2}, activation), 5, "squared", random);
    set_entry(problem, "w1", 1, 0, 0);
    set_entry(problem, "w1", 1, 1, 0);
    problem.parameters.values[begin_of(*problem.model, "b1") + 1] = 0;
    expect_relations(problem, 0, found ? 2 : 0, random);
    problem.parameters.values[begin_of(*problem.model, "b1") + 1] = 5e-324;
    expect_relations(problem, 0, std::string(activation) == "relu" ? 2 : 0,
                     random);  // relu: a constant all the same
  }
}

TEST(ConstantFeatures, WithoutABiasOnlyZero) {
  Random random(8);
  for (const auto& [activation, zero] : {std::pair{"sigmoid", false}, {"tanh", true}}) {
    Problem problem = random_problem(mlp({2, 3, 2}, activation, false), 5, "squared", random);
    set_entry(problem, "w1", 1, 0, 0);
    set_entry(problem, "w1", 1, 1, 0);
    expect_relations(problem, 0, zero ? 2 : 0, random);
  }
}

TEST(ConstantFeatures, TheBiasIsRegularized) {
  Random random(9);
  Problem problem = random_problem(mlp({2, 3, 2}, "sigmoid"), 5, "squared", random);
  for (const std::size_t j : {0, 1}) set_entry(problem, "w1", 1, j, 0);
  problem.parameters.values[begin_of(*problem.model, "b1") + 1] = 0;
  const std::size_t b2 = begin_of(*problem.model, "b2");
  problem.regularizer = {{b2, b2 + 1, "1"}};
  expect_relations(problem, 0, 1, random);
  problem.regularizer = {{b2, b2 + 2, "1"}};
  expect_relations(problem, 0, 0, random);
}

TEST(ConstantFeatures, AllZeroNetworks) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d = random.between(1, 3), h1 = random.between(1, 3), h2 = random.between(1, 3), k = 2;
    for (const auto& [activation, bias, equal, constant] :
         {std::tuple{"tanh", true, std::size_t{0}, k * h2 + h2 * h1},
          {"tanh", false, std::size_t{0}, k * h2 + h2 * h1},
          {"sigmoid", true, std::size_t{0}, k * h2 + h2 * h1},
          {"sigmoid", false, k * (h2 - 1) + h2 * (h1 - 1), std::size_t{0}}}) {
      SCOPED_TRACE(std::string(activation) + (bias ? " with biases" : ""));
      Problem problem = random_problem(mlp({d, h1, h2, k}, activation, bias), 5, "squared", random);
      problem.parameters.values.assign(problem.parameters.size(), 0.0);
      expect_relations(problem, equal, constant, random);
      const std::size_t b = bias ? 1 : 0;
      // All below w3; where features are 0, also w1, b1 and w3 while w2 and b2 are held, and w2, w3.
      const std::size_t together = constant > 0 && !(activation == std::string("sigmoid"))
                                       ? h1 * (d + b) + k * h2 + h2 * h1 + k * h2
                                       : 0;
      EXPECT_EQ(dimensions(problem)[Kind::zero_outgoing_weights], h1 * (d + b) + h2 * (h1 + b) + together);
    }
  });
}

// Null spaces over the rational numbers.

Rows<std::string> as_text(const Rows<Rational>& h) {
  Rows<std::string> text;
  for (const auto& row : h) {
    text.emplace_back();
    for (const Rational& q : row) text.back().push_back(q.str());
  }
  return text;
}

TEST(ExactRelations, DimensionAndExactness) {
  for_each_trial(60, [](Random& random) {
    const std::size_t features = random.between(1, 7), samples = random.between(1, 7),
                      rank = random.between(0, 5);
    const auto number = [&] {
      return Rational(static_cast<int>(random.index(11)) - 5, static_cast<int>(random.between(1, 7)));
    };
    Rows<Rational> h(features, std::vector<Rational>(samples));
    for (std::size_t r = 0; r < rank; ++r) {
      std::vector<Rational> left(features), right(samples);
      for (Rational& q : left) q = number();
      for (Rational& q : right) q = number();
      for (std::size_t j = 0; j < features; ++j) {
        for (std::size_t i = 0; i < samples; ++i) h[j][i] += left[j] * right[i];
      }
    }
    const auto relations = flat_detail::exact_relations(as_text(h), 1000);
    ASSERT_TRUE(relations);
    ASSERT_EQ(relations->size(), features - exact_rank(h));
    for (const SparseVector& delta : *relations) {
      EXPECT_EQ(delta[0].value, 1.0);
      std::vector<Rational> sum(samples);
      for (const SparseEntry& entry : delta) {
        const Rational q = entry.exact.empty() ? Rational(entry.value) : Rational(entry.exact);
        EXPECT_NE(q, 0);
        for (std::size_t i = 0; i < samples; ++i) sum[i] += q * h[entry.parameter][i];
      }
      for (const Rational& q : sum) EXPECT_EQ(q, 0);
      for (const SparseVector& other : *relations) {
        if (&other == &delta) continue;
        for (const SparseEntry& entry : other)
          EXPECT_NE(entry.parameter, delta[0].parameter) << "an index of its own";
      }
    }
  });
}

TEST(ExactRelations, LargeMatrices) {
  const Rows<std::string> full{{"1", "2", "3"}, {"1", "4", "9"}}, twice{{"1", "2", "3"}, {"2", "4", "6"}};
  EXPECT_TRUE(flat_detail::exact_relations(full, 0)) << "full rank modulo a prime is enough";
  EXPECT_FALSE(flat_detail::exact_relations(twice, 5));
  EXPECT_EQ(flat_detail::exact_relations(twice, 6)->size(), 1u);
  EXPECT_EQ(flat_detail::exact_relations({}, 6)->size(), 0u);
}

}  // namespace
}  // namespace pgb::test
