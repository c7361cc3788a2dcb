// Outgoing weights moved along the null space of hidden features, against ranks over the rational numbers.
#include <gtest/gtest.h>

#include <string>

#include "flat/checks.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

Rational activated(const std::string& activation, const Rational& t) {
  if (activation == "square") return t * t;
  if (activation == "") return t;
  if (t > 0) return t;
  return activation == "relu" ? Rational(0) : Rational(exact(0.01) * t);  // leaky_relu
}

struct Features {
  Rows<Rational> h;  // features x samples, with a row of ones where the reader has a bias
  std::size_t live = 0;
};

// Of a network of one hidden layer, computed here; relu units that are off on all samples are left out.
Features features(const Problem& problem, const std::string& activation, std::size_t d, std::size_t units,
                  bool bias) {
  const Vector<double>& z = problem.parameters.values;
  Features all;
  for (std::size_t u = 0; u < units; ++u) {
    std::vector<Rational> row;
    bool dead = activation == "relu";
    for (std::size_t i = 0; i < problem.samples(); ++i) {
      Rational t = bias ? exact(z[units * d + u]) : Rational(0);
      for (std::size_t j = 0; j < d; ++j) t += exact(z[u * d + j]) * exact(problem.x.values[i * d + j]);
      dead = dead && t < 0;
      row.push_back(activated(activation, t));
    }
    if (!dead) all.h.push_back(row);
  }
  if (bias) all.h.emplace_back(problem.samples(), Rational(1));
  all.live = all.h.size();
  return all;
}

std::size_t relations(const std::vector<FlatFamily>& families) {
  auto found = dimensions(families);
  return found[Kind::equal_features] + found[Kind::constant_features] + found[Kind::feature_relation];
}

TEST(NullSpace, AllOfItWhereFeaturesAreRational) {
  std::size_t general = 0;
  for_each_trial(60, [&](Random& random) {
    for (const char* activation : {"relu", "leaky_relu", "square", ""}) {
      SCOPED_TRACE(activation);
      const std::size_t d = random.between(1, 3), units = random.between(1, 5), k = random.between(1, 2),
                        m = random.between(1, 8);
      const bool bias = random.coin();
      Problem problem = random_problem(mlp({d, units, k}, activation, bias), m, "squared", random);
      const bool is_short = random.coin();
      for (double& z : problem.parameters.values) z = is_short ? random.eighth() : z;
      for (double& x : problem.x.values) x = is_short ? random.eighth() : x;
      const Features f = features(problem, activation, d, units, bias);
      const auto families = flat_families(problem);
      EXPECT_EQ(relations(families), k * (f.live - exact_rank(f.h)));
      for (const FlatFamily& family : families) EXPECT_TRUE(keeps_its_promises(problem, family, random));
      general += dimensions(families)[Kind::feature_relation];
    }
  });
  EXPECT_GT(general, 0u) << "the generator must reach it";
}

// relu units that are all on read tanh units: more of them than tanh units and 1 are related.
TEST(NullSpace, BetweenSumsOfNumbersThatAreNotComputed) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d = random.between(1, 2), h1 = random.between(1, 3), h2 = h1 + random.between(0, 3),
                      k = random.between(1, 2), m = random.between(2, 8);
    Network net(d);
    const std::string first = net.node("tanh", {net.linear("x", d, h1, random)});      // n0, n1
    const std::string second = net.node("relu", {net.linear(first, h1, h2, random)});  // n2, n3
    const auto model = net.build(net.linear(second, h2, k, random));                   // n4
    Problem problem = random_problem(model, m, "squared", random);
    fill(problem, "n2.b", 16);
    const auto families = flat_families(problem);
    EXPECT_EQ(dimensions(families)[Kind::feature_relation], k * (h2 - h1));
    for (const FlatFamily& family : families) EXPECT_TRUE(keeps_its_promises(problem, family, random));
    fill(problem, "n2.b", -16);
    EXPECT_EQ(dimensions(problem)[Kind::feature_relation], 0u) << "all off";
    problem.parameters.exact[begin_of(*model, "n2.w")] = "1/3";  // no double
    fill(problem, "n2.b", 16);
    EXPECT_EQ(dimensions(problem)[Kind::feature_relation], k * (h2 - h1));
  });
}

// Rows that differ, with the same argument on every sample.
TEST(NullSpace, EqualOnTheSamplesOnly) {
  Random random(3);
  Problem problem = random_problem(mlp({2, 3, 2}), 5, "squared", random);
  for (std::size_t i = 0; i < 5; ++i) problem.x.values[2 * i + 1] = 2 * problem.x.values[2 * i];
  set(problem, "w1", {1, 0.5, 2, 0, 0.25, 0.5});
  set(problem, "b1", {0.5, 0.5, -1});
  EXPECT_EQ(dimensions(problem)[Kind::feature_relation], 2u);
  for (const FlatFamily& family : flat_families(problem))
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
  set(problem, "w1", {1, 0.5, -2, 0, 0.25, 0.5});  // opposite
  set(problem, "b1", {0.5, -0.5, -1});
  EXPECT_EQ(dimensions(problem)[Kind::feature_relation], 2u);
  problem.x.values[1] = next_double(problem.x.values[1]);
  EXPECT_EQ(dimensions(problem)[Kind::feature_relation], 0u);
}

TEST(NullSpace, TheRegularizerHoldsWhatItCovers) {
  Random random(4);
  const auto model = mlp({1, 4, 2}, "");
  Problem problem = random_problem(model, 6, "squared", random);
  const auto relation = [&] { return dimensions(problem)[Kind::feature_relation]; };
  EXPECT_EQ(relation(), 2u * 3);  // four lines and 1 span two dimensions
  const std::size_t w = begin_of(*model, "w2"), b = begin_of(*model, "b2");
  problem.regularizer = {{b, b + 1, "1"}};
  EXPECT_EQ(relation(), 2u * 2);
  problem.regularizer = {{w + 3, w + 4, "1"}};
  EXPECT_EQ(relation(), 2u * 2);
  for (const FlatFamily& family : flat_families(problem))
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
  problem.regularizer = {{0, model->parameters(), "1"}};
  EXPECT_EQ(relation(), 0u);
}

// A network of the usual size has no relations, and it takes little time to see that; where the null space is
// large and dense, its size is said instead.
TEST(NullSpace, LargeNetworks) {
  Random random(5);
  const Problem usual = random_problem(mlp({30, 150, 10}), 200, "squared", random);
  EXPECT_EQ(relations(flat_families(usual)), 0u);
  const Problem wide = random_problem(mlp({2, 300, 1}, "relu"), 100, "squared", random);
  const FlatSet found = flat_set(wide);
  EXPECT_EQ(dimensions(found.families)[Kind::feature_relation], 0u);
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_EQ(found.skipped[0].what, "null space of the features that l2 reads");
  EXPECT_NE(found.skipped[0].why.find("exact relations between"), std::string::npos) << found.skipped[0].why;
  EXPECT_NE(found.skipped[0].why.find("MB"), std::string::npos);
}

}  // namespace
}  // namespace pgb::test
