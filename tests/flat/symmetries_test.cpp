// Orbits: dead units, orthogonal input directions, scalings, linear maps; and flat_point itself.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "flat/checks.h"
#include "support/compare.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using Dimensions = std::map<Kind, std::size_t>;

void expect_dimensions(const Problem& problem, const Dimensions& expected, Random& random) {
  const auto families = flat_families(problem);
  Dimensions found = dimensions(families);
  found.erase(Kind::feature_relation);  // see null_space_test.cpp
  EXPECT_EQ(found, expected);
  for (const FlatFamily& family : families) {
    EXPECT_TRUE(family.symmetry || family.kind == Kind::feature_relation);
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
  }
}

TEST(DeadUnits, IncomingAndOutgoingWeights) {
  for_each_trial(15, [](Random& random) {
    const std::size_t d = random.between(1, 3), h = random.between(1, 4), k = random.between(1, 3);
    const bool bias = random.coin();
    Problem problem = random_problem(mlp({d, h, k}, "relu", bias), 30, "squared", random);
    for (double& x : problem.x.values) x = std::abs(x) + 0x1p-4;
    fill(problem, "w1", 0.5);
    for (std::size_t u = 0; u < h; ++u) {  // all alive, no two equal
      for (std::size_t j = 0; j < d; ++j)
        set_entry(problem, "w1", u, j, 0.5 + 0.125 * static_cast<double>(u));
    }
    if (bias) fill(problem, "b1", 0.25);
    expect_dimensions(problem, {{Kind::scaling, h}}, random);
    for (std::size_t j = 0; j < d; ++j) set_entry(problem, "w1", 0, j, -1);
    if (bias) problem.parameters.values[begin_of(*problem.model, "b1")] = 0;
    Dimensions expected{{Kind::dead_unit, d + (bias ? 1 : 0) + k}};
    if (h > 1) expected[Kind::scaling] = h - 1;
    expect_dimensions(problem, expected, random);
  });
}

TEST(DeadUnits, OnTheKinkIsNotDead) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 2, 1}, "relu"), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  set(problem, "w1", {1, 1});
  set(problem, "b1", {0.5, -1});
  EXPECT_EQ(dimensions(problem)[Kind::dead_unit], 0u) << "the input of unit 1 is 0 at the last sample";
  set(problem, "b1", {0.5, next_double(-1, false)});
  EXPECT_EQ(dimensions(problem)[Kind::dead_unit], 3u);
  set(problem, "b1", {0.5, next_double(-1)});
  EXPECT_EQ(dimensions(problem)[Kind::dead_unit], 0u);
}

TEST(DeadUnits, OnlyWhereTheActivationIsZero) {
  Random random(2);
  for (const char* activation : {"leaky_relu", "elu", "selu", "softplus", "tanh"}) {
    Problem problem = random_problem(mlp({1, 2, 1}, activation), 5, "squared", random);
    set(problem, "b1", {0.5, -20});
    EXPECT_EQ(dimensions(problem)[Kind::dead_unit], 0u) << activation;
  }
}

// The unit's input also goes elsewhere, or its output does: each half counts for itself.
TEST(DeadUnits, InResidualGraphs) {
  Random random(3);
  Network net(2);
  const std::string u = net.linear("x", 2, 2, random);  // n0
  const std::string h = net.node("relu", {u});
  const auto around = net.build(net.linear(net.node("add", {h, u}), 2, 1, random));  // n3
  Problem problem = random_problem(around, 5, "squared", random);
  set(problem, "n0.b", {-50, 0.5});
  EXPECT_EQ(dimensions(problem)[Kind::dead_unit], 0u) << "both go around";
  for (const FlatFamily& family : flat_families(problem))
    EXPECT_TRUE(keeps_its_promises(problem, family, random));

  Network tail(2);
  const std::string v = tail.node("relu", {tail.linear("x", 2, 2, random)});  // n0
  const std::string w = tail.linear(v, 2, 2, random);                         // n2
  const auto skip = tail.build(tail.linear(tail.node("add", {v, w}), 2, 1, random));
  problem = random_problem(skip, 5, "squared", random);
  set(problem, "n0.b", {-50, 0.5});
  // Three incoming; the two weights of n2 on the unit, which is exactly 0, move as well.
  auto found = dimensions(problem);
  EXPECT_EQ(found[Kind::dead_unit] + found[Kind::constant_features], 3u + 2u);
  for (const FlatFamily& family : flat_families(problem))
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
}

TEST(DeadUnits, RegularizedOnesAreMarked) {
  Random random(4);
  Problem problem = random_problem(mlp({2, 2, 1}, "relu"), 5, "squared", random);
  set(problem, "b1", {-50, 0.5});
  problem.regularizer = {{0, problem.model->parameters(), "1/10"}};
  EXPECT_FALSE(only(flat_families(problem), Kind::dead_unit).keeps_regularizer);
}

// Inputs in a subspace: as many directions a row as (x, 1) leaves out, or x where there is no bias.
TEST(OrthogonalInputs, CountsTheMissingDimensions) {
  for_each_trial(30, [](Random& random) {
    const std::size_t d = random.between(1, 5), h = random.between(1, 3), m = random.between(1, 6),
                      inner = random.between(0, 3);
    const bool bias = random.coin();
    Problem problem = random_problem(mlp({d, h, 1}, "tanh", bias), m, "squared", random);
    problem.x.values.assign(m * d, 0.0);
    for (std::size_t r = 0; r < inner; ++r) {
      std::vector<double> left(m), right(d);
      for (double& v : left) v = random.eighth();
      for (double& v : right) v = random.eighth();
      for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < d; ++j) problem.x.values[i * d + j] += left[i] * right[j];
      }
    }
    Rows<Rational> x(m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < d; ++j) x[i].push_back(exact(problem.x.values[i * d + j]));
      if (bias) x[i].push_back(1);
    }
    const std::size_t missing = d + (bias ? 1 : 0) - exact_rank(x);
    const auto families = flat_families(problem);
    EXPECT_EQ(dimensions(families)[Kind::orthogonal_inputs], h * missing);
    for (const FlatFamily& family : families) EXPECT_TRUE(keeps_its_promises(problem, family, random));
  });
}

TEST(OrthogonalInputs, ExactInputsAndOneUlp) {
  Random random(5);
  Problem problem = random_problem(mlp({2, 1, 1}, "tanh", false), 2, "squared", random);
  problem.x.values = {1, 3, 0.25, 0.75};
  expect_dimensions(problem, {{Kind::orthogonal_inputs, 1}}, random);
  problem.x.values[1] = next_double(3);
  expect_dimensions(problem, {}, random);
  problem.x.values = {0x1.5555555555555p-2, 1, 1, 3};
  expect_dimensions(problem, {}, random);
  problem.x.exact[0] = "1/3";
  expect_dimensions(problem, {{Kind::orthogonal_inputs, 1}}, random);
}

TEST(OrthogonalInputs, EveryReaderOfTheInputs) {
  Random random(6);
  Network net(2);
  const std::string a = net.node("tanh", {net.linear(net.node("flatten", {"x"}), 2, 3, random, false)});
  const std::string b = net.linear("x", 2, 2, random);
  const auto model = net.build(net.linear(net.node("concat", {a, b}), 5, 1, random));
  Problem problem = random_problem(model, 6, "squared", random);
  for (std::size_t i = 0; i < 6; ++i) problem.x.values[2 * i + 1] = -problem.x.values[2 * i];
  EXPECT_EQ(dimensions(problem)[Kind::orthogonal_inputs], 3u + 2u);
  for (const FlatFamily& family : flat_families(problem))
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
}

TEST(Scalings, OneALiveUnit) {
  Random random(7);
  for (const char* activation : {"relu", "leaky_relu"}) {
    Problem problem = random_problem(mlp({2, 4, 3}, activation), 30, "squared", random);
    expect_dimensions(problem, {{Kind::scaling, 4}}, random);
    problem.regularizer = {{0, 1, "1/10"}};
    const auto families = flat_families(problem);
    EXPECT_FALSE(families[0].keeps_regularizer) << "a weight of unit 0";
    EXPECT_TRUE(families[1].keeps_regularizer);
  }
  for (const char* activation : {"elu", "selu", "tanh", "silu", "softplus"}) {
    expect_dimensions(random_problem(mlp({2, 4, 3}, activation), 30, "squared", random), {}, random);
  }
}

TEST(Scalings, DeepNetworksAndSeveralReaders) {
  Random random(8);
  Problem problem = random_problem(mlp({3, 4, 2, 1}, "relu"), 60, "squared", random);
  fill(problem, "b1", 3);
  fill(problem, "b2", 20);  // all alive
  expect_dimensions(problem, {{Kind::scaling, 6}}, random);
  Network net(2);
  const std::string h = net.node("identity", {net.node("relu", {net.linear("x", 2, 2, random)})});
  const std::string a = net.node("tanh", {net.linear(h, 2, 2, random)}), b = net.linear(h, 2, 2, random);
  const auto model = net.build(net.linear(net.node("add", {a, b}), 2, 1, random));
  problem = random_problem(model, 20, "squared", random);
  fill(problem, "n0.b", 3);
  expect_dimensions(problem, {{Kind::scaling, 2}}, random);
}

TEST(Scalings, NotWhereTheUnitGoesElsewhere) {
  Random random(9);
  Network net(2);
  const std::string h = net.node("relu", {net.linear("x", 2, 2, random)});
  const auto residual =
      net.build(net.linear(net.node("add", {h, net.linear(h, 2, 2, random)}), 2, 1, random));
  EXPECT_EQ(dimensions(random_problem(residual, 20, "squared", random))[Kind::scaling], 0u);
  Network tied(2);
  const std::string a = tied.node("relu", {tied.linear("x", 2, 2, random)});
  const std::string b = tied.node("relu", {tied.linear(a, 2, 2, random, true, "n0.w", "n0.b")});
  const auto shared = tied.build(tied.linear(b, 2, 1, random));
  EXPECT_EQ(dimensions(random_problem(shared, 20, "squared", random))[Kind::scaling], 0u);
}

TEST(LinearMaps, WithAndWithoutBiases) {
  for_each_trial(10, [](Random& random) {
    const std::size_t q = random.between(1, 3), p = random.between(1, 3), r = random.between(1, 3);
    for (const bool first : {false, true}) {
      for (const bool second : {false, true}) {
        Network net(q);
        const std::string h = net.node("identity", {net.linear("x", q, p, random, first)});
        const auto model = net.build(net.linear(h, p, r, random, second));
        const Problem problem = random_problem(model, 8, "squared", random);
        expect_dimensions(problem, {{Kind::linear_maps, p * p + (first && second ? p : 0)}}, random);
      }
    }
  });
}

TEST(LinearMaps, ChainsAndWhatBreaksThem) {
  Random random(11);
  expect_dimensions(random_problem(mlp({2, 3, 2, 1}, ""), 8, "squared", random),
                    {{Kind::linear_maps, 9 + 3 + 4 + 2}}, random);
  Network net(2);
  const std::string a = net.linear("x", 2, 2, random);
  const auto residual = net.build(net.node("add", {a, net.linear(a, 2, 2, random)}));
  expect_dimensions(random_problem(residual, 8, "squared", random), {}, random);
}

// Any part of the two maps that the regularizer covers marks them.
TEST(LinearMaps, Regularized) {
  Random random(12);
  const auto model = mlp({2, 2, 2}, "");
  Problem problem = random_problem(model, 8, "squared", random);
  EXPECT_TRUE(only(flat_families(problem), Kind::linear_maps).keeps_regularizer);
  for (const char* tensor : {"w1", "b1", "w2", "b2"}) {
    for (const std::size_t k : range_of(*model, tensor)) {
      problem.regularizer = {{k, k + 1, "1/10"}};
      EXPECT_FALSE(only(flat_families(problem), Kind::linear_maps).keeps_regularizer) << tensor;
    }
  }
}

TEST(FlatPoint, RefusesWhatItCannotDo) {
  Random random(13);
  Problem problem = random_problem(mlp({2, 2, 2}, "relu"), 8, "squared", random);
  set(problem, "b1", {0.5, 0.5});
  set(problem, "w1", {0.5, 0.25, 0.125, 0.5});
  const auto scalings = flat_families(problem);
  const Vector<double> z = problem.parameters.values;
  EXPECT_THROW(flat_point(scalings.at(0), z, {}), std::invalid_argument);
  EXPECT_THROW(flat_point(scalings[0], z, {0, 0}), std::invalid_argument);
  for (const double c : {-1.0, -2.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(flat_point(scalings[0], z, {c}), std::invalid_argument);
    EXPECT_THROW(flat_point(scalings[0], scalars<Ball>(z), {c}), std::invalid_argument);
  }
  problem = random_problem(mlp({2, 2, 2}, ""), 8, "squared", random);
  const FlatFamily maps = only(flat_families(problem), Kind::linear_maps);
  const Vector<double> singular{-1, 0, 0, 0, 0, 0}, rank_one{0, 1, 1, 0, 0, 0};
  EXPECT_THROW(flat_point(maps, problem.parameters.values, singular), std::invalid_argument);
  EXPECT_THROW(flat_point(maps, problem.parameters.values, rank_one), std::invalid_argument);
  EXPECT_THROW(flat_point(maps, scalars<Ball>(problem.parameters.values), rank_one), std::invalid_argument);
}

// A = I + C needs exchanges of rows.
TEST(FlatPoint, LinearMapsWithPivoting) {
  Random random(14);
  const Problem problem = random_problem(mlp({1, 2, 1}, ""), 4, "squared", random);
  const FlatFamily maps = only(flat_families(problem), Kind::linear_maps);
  const Vector<double> z = problem.parameters.values;
  const Vector<double> at = flat_point(maps, z, {-1, 1, 1, -1, 0, 0});  // A exchanges the two units
  EXPECT_EQ(at, (Vector<double>{z[1], z[0], z[3], z[2], z[5], z[4], z[6]}));
}

// Exact parameters and coordinates make exact points.
TEST(FlatPoint, ExactInBalls) {
  Random random(15);
  Problem problem = random_problem(mlp({2, 3, 2}, "sigmoid"), 5, "squared", random);
  fill(problem, "w2", 0);
  for (const FlatFamily& family : flat_families(problem)) {
    const PrecisionScope scope(256);
    const Vector<double> c = random_coordinates(problem, family, random);
    for (const Ball& z : flat_point(family, to_scalars<Ball>(problem.parameters), c))
      EXPECT_TRUE(z.is_exact());
  }
}

}  // namespace
}  // namespace pgb::test
