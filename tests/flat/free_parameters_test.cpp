// Parameters behind weights that are exactly 0: how many there are, and when there are none.
#include <gtest/gtest.h>

#include "flat/checks.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

constexpr Kind kFree = Kind::zero_outgoing_weights;

std::size_t free_dimension(const Problem& problem) { return dimensions(problem)[kFree]; }

// The promises of every family, besides the dimension.
void expect_free(const Problem& problem, std::size_t dimension, Random& random) {
  const auto families = flat_families(problem);
  EXPECT_EQ(dimensions(families)[kFree], dimension) << families.size();
  for (const FlatFamily& family : families) EXPECT_TRUE(keeps_its_promises(problem, family, random));
}

void zero_column(Problem& problem, const std::string& tensor, std::size_t column, std::size_t rows) {
  for (std::size_t r = 0; r < rows; ++r) set_entry(problem, tensor, r, column, 0);
}

TEST(FreeParameters, OneUnitOfATwoLayerNetwork) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d = random.between(1, 4), h = random.between(1, 4), k = random.between(1, 3);
    const bool bias = random.coin();
    const auto model = mlp({d, h, k}, "tanh", bias);
    Problem problem = random_problem(model, 5, "squared", random);
    const std::size_t u = random.index(h);
    zero_column(problem, "w2", u, k);
    expect_free(problem, d + (bias ? 1 : 0), random);
    const FlatFamily family = only(flat_families(problem), kFree);
    EXPECT_TRUE(family.straight);
    EXPECT_FALSE(family.symmetry);
    std::vector<std::size_t> expected;
    for (std::size_t j = 0; j < d; ++j) expected.push_back(begin_of(*model, "w1") + u * d + j);
    if (bias) expected.push_back(begin_of(*model, "b1") + u);
    EXPECT_EQ(moved_parameters(family, model->parameters()), expected);
    // Off by the smallest number there is: not free.
    set_entry(problem, "w2", random.index(k), u, 5e-324);
    EXPECT_EQ(free_dimension(problem), 0u);
  });
}

TEST(FreeParameters, ANumberTooSmallForADoubleIsNotZero) {
  Random random(1);
  const auto model = mlp({2, 1, 1});
  Problem problem = random_problem(model, 5, "squared", random);
  set(problem, "w2", {0});
  EXPECT_EQ(free_dimension(problem), 3u);
  problem.parameters.exact[begin_of(*model, "w2")] = "1/1" + std::string(400, '0');
  EXPECT_EQ(free_dimension(problem), 0u);
}

TEST(FreeParameters, MinusZeroIsZero) {
  Random random(1);
  Problem problem = random_problem(mlp({2, 1, 1}), 5, "squared", random);
  set(problem, "w2", {-0.0});
  EXPECT_EQ(free_dimension(problem), 3u);
}

// Unit v of the first layer reaches the output only through unit u of the second, and u not at all.
TEST(FreeParameters, CutsOverSeveralLayers) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d = random.between(1, 3), h1 = random.between(2, 4), h2 = random.between(2, 4), k = 2;
    Problem problem = random_problem(mlp({d, h1, h2, k}, "sigmoid"), 5, "squared", random);
    const std::size_t u = random.index(h2), v = random.index(h1);
    zero_column(problem, "w3", u, k);
    expect_free(problem, h1 + 1, random);
    const double kept = problem.parameters.values[begin_of(*problem.model, "w2") + u * h1 + v];
    zero_column(problem, "w2", v, h2);
    expect_free(problem, h1 + 1 + d + 1, random);
    set_entry(problem, "w2", u, v, kept);  // behind the cut anyway
    expect_free(problem, h1 + 1 + d + 1, random);
    set_entry(problem, "w2", (u + 1) % h2, v, 0.25);  // a path beside it
    expect_free(problem, h1 + 1, random);
  });
}

TEST(FreeParameters, EverythingBehindAZeroLayer) {
  for_each_trial(10, [](Random& random) {
    const std::size_t d = random.between(1, 3), h1 = random.between(1, 3), h2 = random.between(1, 3), k = 2;
    Problem problem = random_problem(mlp({d, h1, h2, k}), 4, "squared", random);
    fill(problem, "w3", 0);
    expect_free(problem, h1 * (d + 1) + h2 * (h1 + 1), random);
    fill(problem, "w2", 0);
    expect_free(problem, h1 * (d + 1) + h2 * (h1 + 1), random);
    fill(problem, "w3", 0.5);
    expect_free(problem, h1 * (d + 1), random);
  });
}

// The regularizer holds what it covers.
TEST(FreeParameters, RegularizedOnesStay) {
  Random random(4);
  Problem problem = random_problem(mlp({2, 3, 1}), 5, "squared", random);
  fill(problem, "w2", 0);
  const std::size_t n = problem.model->parameters();
  EXPECT_EQ(free_dimension(problem), 9u);
  problem.regularizer = {{0, n, "1/10"}};
  EXPECT_EQ(free_dimension(problem), 0u);
  problem.regularizer = {{0, n, "0"}};
  EXPECT_EQ(free_dimension(problem), 9u);
  const std::size_t b1 = begin_of(*problem.model, "b1");
  problem.regularizer = {{0, b1, "1/10"}};  // w1 only
  EXPECT_EQ(free_dimension(problem), 3u);
  problem.regularizer = {{b1 + 1, b1 + 2, "1/10"}};
  expect_free(problem, 8, random);
}

// y = l3(h + l2(h)), h = tanh(l1 x): unit u of h also goes around l2's weight.
TEST(FreeParameters, ResidualAdd) {
  Random random(5);
  Network net(2);
  const std::string h = net.node("tanh", {net.linear("x", 2, 3, random)});              // n0, n1
  const std::string inner = net.linear(h, 3, 3, random);                                // n2
  const auto model = net.build(net.linear(net.node("add", {h, inner}), 3, 2, random));  // n4
  Problem problem = random_problem(model, 5, "squared", random);
  zero_column(problem, "n4.w", 1, 2);
  expect_free(problem, 3 + 1, random);  // row 1 of l2 with its bias; h_1 still goes through l2
  zero_column(problem, "n2.w", 1, 3);
  expect_free(problem, 3 + 1 + 2 + 1, random);
  set_entry(problem, "n2.w", 1, 1, 0.5);  // h_1 -> sum_1 only, which is cut
  expect_free(problem, 3 + 1 + 2 + 1, random);
  set_entry(problem, "n2.w", 0, 1, 0.5);
  expect_free(problem, 3 + 1, random);
}

TEST(FreeParameters, ConcatenationAndProduct) {
  Random random(6);
  Network net(2);
  const std::string a = net.node("tanh", {net.linear("x", 2, 2, random)});                 // n0, n1
  const std::string b = net.linear("x", 2, 3, random, false);                              // n2
  const std::string c = net.linear("x", 2, 2, random);                                     // n3
  const std::string gated = net.node("mul", {a, c});                                       // n4
  const auto model = net.build(net.linear(net.node("concat", {gated, b}), 5, 2, random));  // n6
  Problem problem = random_problem(model, 5, "squared", random);
  zero_column(problem, "n6.w", 3, 2);  // feature 1 of b
  expect_free(problem, 2, random);
  zero_column(problem, "n6.w", 0, 2);  // product 0: both factors
  expect_free(problem, 2 + 3 + 3, random);
}

// A tensor in two places is free where both uses leave it free.
TEST(FreeParameters, TiedTensors) {
  Random random(7);
  Network net(2);
  const std::string a = net.node("tanh", {net.linear("x", 2, 2, random)});  // n0, n1
  const std::string b =
      net.node("tanh", {net.linear(net.linear("x", 2, 2, random), 2, 2, random, true, "n0.w", "n0.b")});
  const auto model = net.build(net.linear(net.node("concat", {a, b}), 4, 1, random));  // n6
  Problem problem = random_problem(model, 5, "squared", random);
  set(problem, "n6.w", {0, 0.5, 0.25, 0.75});
  expect_free(problem, 0, random);
  set(problem, "n6.w", {0, 0.5, 0, 0.75});
  expect_free(problem, 3, random);  // row 0 of n0
  set(problem, "n6.w", {0.5, 0.5, 0, 0});
  expect_free(problem, 6, random);  // the linear map before the second use
  set(problem, "n6.w", {0, 0, 0, 0});
  expect_free(problem, 12, random);
}

// y = W3 tanh(W2 tanh(W1 x)), W2 = 0: W1 is free, and so is W3, whose feature is 0 for every W1; W2 then is
// what is cut.
TEST(FreeParameters, WithTheWeightsOfFeaturesThatStayZero) {
  Random random(8);
  Problem problem = random_problem(mlp({2, 3, 2, 2}, "tanh", false), 4, "squared", random);
  fill(problem, "w2", 0);
  expect_free(problem, 3 * 2 + 2 * 2, random);
  const FlatFamily family = only(flat_families(problem), kFree);
  EXPECT_NE(family.where.find("weights of l3 on units 0, 1, which stay 0"), std::string::npos)
      << family.where;
  set_entry(problem, "w2", 1, 1, 0.5);  // unit 1 of the second layer and unit 1 of the first come to life
  expect_free(problem, 2 * 2 + 2, random);
  fill(problem, "w2", 0);
  const std::size_t w3 = begin_of(*problem.model, "w3");
  problem.regularizer = {{w3, w3 + 1, "1"}};
  expect_free(problem, 3 * 2 + 3, random);
  problem.regularizer = {{0, 6, "1"}};  // w1 stays: w3 is a family of its own
  expect_free(problem, 0, random);
  // sigmoid(0) = 1/2 is no zero; a bias that is not 0 is none either.
  expect_free(random_problem(mlp({2, 3, 2, 2}, "tanh", false), 4, "squared", random), 0, random);
  problem = random_problem(mlp({2, 3, 2, 2}, "sigmoid", false), 4, "squared", random);
  fill(problem, "w2", 0);
  expect_free(problem, 3 * 2, random);
  problem = random_problem(mlp({2, 3, 2, 2}), 4, "squared", random);
  fill(problem, "w2", 0);
  expect_free(problem, 3 * 3, random);
  set(problem, "b2", {0, 0.5});
  expect_free(problem, 3 * 3 + 2, random);
}

// Of several layers of zeros any one holds the outputs, and all the others move.
TEST(FreeParameters, SeveralLayersOfZeros) {
  for_each_trial(5, [](Random& random) {
    for (const char* activation : {"tanh", "identity", "square", "relu"}) {
      const std::size_t d = random.between(1, 3), h = random.between(1, 3), k = random.between(1, 2);
      Problem problem = random_problem(mlp({d, h, h, h, k}, activation, false), 4, "squared", random);
      const std::size_t w1 = d * h, w2 = h * h, w3 = h * h, w4 = k * h;
      fill(problem, "w1", 0);
      fill(problem, "w2", 0);
      fill(problem, "w3", 0);
      expect_free(problem, (w1 + w2 + w4) + (w1 + w3 + w4) + (w2 + w3 + w4), random);
      fill(problem, "w4", 0);
      expect_free(problem, 3 * (w1 + w2 + w3 + w4), random);
      fill(problem, "w2", 0.5);
      expect_free(problem, (w2 + w3 + w4) + (w1 + w2 + w4) + (w1 + w2 + w3), random);
      problem.regularizer = {{w1, w1 + w2, "1"}};
      expect_free(problem, (w3 + w4) + (w1 + w4) + (w1 + w3), random);
    }
  });
}

// Unit 0 is cut above, unit 1 below: where both ends are 0 one is held.
TEST(FreeParameters, ZerosInPartOfALayer) {
  Random random(11);
  Problem problem = random_problem(mlp({2, 2, 1}, "tanh", false), 4, "squared", random);
  set(problem, "w1", {0.5, 0.25, 0, 0});
  set(problem, "w2", {0, 0.75});
  expect_free(problem, 2 + 1, random);  // row 0 of w1, and the weight on unit 1, which stays 0
  set(problem, "w2", {0, 0});
  expect_free(problem, (2 + 2) + (2 + 1), random);  // row 1 of w1, or the weight on unit 1
  set(problem, "w1", {0.5, 0, 0, 0});
  expect_free(problem, (2 + 2) + (2 + 1), random);
}

// A product is 0 while one factor is.
TEST(FreeParameters, AProductOfZeros) {
  Random random(12);
  Network net(2);
  const std::string a = net.linear("x", 2, 2, random, false),
                    b = net.linear("x", 2, 2, random, false);                       // n0, n1
  const auto model = net.build(net.linear(net.node("mul", {a, b}), 2, 1, random));  // n3
  Problem problem = random_problem(model, 5, "squared", random);
  fill(problem, "n1.w", 0);
  expect_free(problem, 4 + 2, random);  // n0 and the weights of n3
  fill(problem, "n0.w", 0);
  expect_free(problem, (4 + 2) + (4 + 2), random);
}

TEST(FreeParameters, NodesThatDoNotReachTheOutput) {
  Random random(8);
  Network net(1);
  const std::string a = net.linear("x", 1, 2, random);
  net.node("tanh", {net.linear(a, 2, 2, random)});
  Problem problem = random_problem(net.build(a), 3, "squared", random);
  expect_free(problem, 6, random);
}

TEST(FreeParameters, BehindTheAddedNeurons) {
  Random random(9);
  Problem problem = random_problem(mlp({2, 2, 1}), 4, "squared", random);
  fill(problem, "w2", 0);
  problem = add_neurons(problem, "1/4");
  expect_free(problem, 6, random);
  const FlatFamily added = only(flat_families(problem), Kind::added_neurons);
  EXPECT_EQ(added.dimension, 3u);
}

TEST(AddedNeurons, EachOutputOnItsOwn) {
  Random random(10);
  for (const bool penalised : {false, true}) {
    Problem problem = add_neurons(random_problem(mlp({3, 2, 3}), 4, "squared", random), "1/4");
    const AddedNeurons at = *problem.model->added();
    for (std::size_t k = at.b; k < problem.model->parameters(); ++k)
      problem.parameters.values[k] = random.eighth();
    if (penalised) problem.regularizer.push_back({0, problem.model->parameters(), "1/10"});
    FlatFamily family = only(flat_families(problem), Kind::added_neurons);
    EXPECT_EQ(family.dimension, 3u * 4);
    EXPECT_EQ(family.keeps_regularizer, !penalised);
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
    problem.parameters.values[at.a + 1] = 0.5;
    family = only(flat_families(problem), Kind::added_neurons);
    EXPECT_EQ(family.dimension, 2u * 4);
    EXPECT_TRUE(keeps_its_promises(problem, family, random));
    for (const std::size_t k : moved_parameters(family, problem.model->parameters())) {
      EXPECT_NE(k, at.b + 1);
      EXPECT_FALSE(at.w + 3 <= k && k < at.w + 6) << "row 1 of W is in use";
    }
    problem.parameters.values[at.a] = 5e-324;
    problem.parameters.values[at.a + 2] = -5e-324;
    EXPECT_EQ(dimensions(problem).count(Kind::added_neurons), 0u);
  }
}

}  // namespace
}  // namespace pgb::test
