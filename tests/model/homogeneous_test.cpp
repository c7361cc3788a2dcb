// homogeneous_parameters(): where it returns h, Phi(z) = J(z) h(z) holds at every z; where the structure
// breaks it, nothing is returned.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "pgb/model/augmented.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

// Phi - J h, largest entry relative to Phi, at 200 bits.
double defect(const Model& model, const Vector<double>& z, Random& random) {
  const PrecisionScope scope(200);
  const std::size_t m = 3;
  const Vector<Real> rz = scalars<Real>(z), x = scalars<Real>(random_vector(m * model.inputs(), random));
  const auto at = model.evaluate(rz, ConstView<Real>{x.data(), model.inputs(), m});
  const std::optional<std::vector<std::size_t>> entries = model.homogeneous_parameters();
  Vector<Real> h(z.size(), Real(0));
  for (const std::size_t k : *entries) {
    EXPECT_TRUE(h[k] == 0 || z[k] == 0) << "entry " << k << " is listed twice";
    h[k] = rz[k];
  }
  const Matrix<Real> jh = at->forward_product(h);
  double worst = 0;
  for (std::size_t k = 0; k < jh.data.size(); ++k) {
    const Real difference = abs(Real(jh.data[k] - at->outputs().data[k]));
    worst = std::max(worst, to_double(Real(difference / (1 + abs(at->outputs().data[k])))));
  }
  return worst;
}

bool holds_everywhere(const Model& model, Random& random) {
  if (!model.homogeneous_parameters()) return true;
  const std::size_t n = model.parameters();
  for (const double size : {1.0, 8.0, 0.0}) {
    Vector<double> z = random_vector(n, random);
    for (double& v : z) v *= size;
    if (!(defect(model, z, random) < 1e-40)) return false;
  }
  return true;
}

TEST(Homogeneous, RandomNetworks) {
  for_each_trial(200, [](Random& random) {
    const auto graph = random_network(random, {random.coin(), random.between(2, 8)});
    EXPECT_TRUE(holds_everywhere(*graph, random));
    EXPECT_TRUE(holds_everywhere(AugmentedModel(graph), random));
  });
}

// Small graphs of everything that preserves degree one, with much sharing and any node as the output: built
// to provoke a false claim.
TEST(Homogeneous, AdversarialGraphs) {
  std::size_t claims = 0;
  for_each_trial(3000, [&](Random& random) {
    const std::size_t width = 2;
    Network net(width);
    std::vector<std::string> values{"x"}, weights;
    const auto any = [&] {
      // mostly recent values, so that the graph is deep
      const std::size_t back = std::min(values.size(), random.coin(0.7) ? std::size_t{3} : values.size());
      return values[values.size() - 1 - random.index(back)];
    };
    const std::size_t nodes = random.between(1, 7);
    for (std::size_t k = 0; k < nodes; ++k) {
      switch (random.index(8)) {
        case 0:
        case 1:
        case 2: {
          const bool share = !weights.empty() && random.coin(0.25);
          const std::string weight = share ? weights[random.index(weights.size())] : "";
          values.push_back(net.linear(any(), width, width, random, random.coin(), weight));
          if (!share) weights.push_back(values.back() + ".w");
          break;
        }
        case 3:
          values.push_back(net.node("add", {any(), any()}));
          break;
        case 4:
          values.push_back(net.node("mul", {any(), any()}));
          break;
        case 5:
          values.push_back(net.node(random.coin() ? "relu" : "leaky_relu", {any()}));
          break;
        case 6:
          values.push_back(net.node(random.coin() ? "identity" : "flatten", {any()}));
          break;
        default:
          values.push_back(net.node(random.coin() ? "tanh" : "square", {any()}));
      }
    }
    if (weights.empty()) return;
    // The output: any node, or two of them side by side.
    std::string output = values[1 + random.index(values.size() - 1)];
    if (random.coin(0.3)) output = net.node("concat", {output, values[1 + random.index(values.size() - 1)]});
    const auto graph = net.build(output);
    claims += graph->homogeneous_parameters() ? 1 : 0;
    EXPECT_TRUE(holds_everywhere(*graph, random));
  });
  EXPECT_GT(claims, trials(3000) / 10) << "the generator must reach graphs that do have h";
}

class HomogeneousCases : public ::testing::Test {
 protected:
  std::string linear(const std::string& from, const std::string& shared = "") {
    return net.linear(from, 2, 2, random, true, shared);
  }
  std::string node(const std::string& op, const std::vector<std::string>& inputs) {
    return net.node(op, inputs);
  }
  std::optional<std::vector<std::size_t>> entries(const std::string& output) {
    return net.build(output)->homogeneous_parameters();
  }

  Random random{7};
  Network net{2};
};

TEST_F(HomogeneousCases, LastLayer) {
  const auto h = entries(linear(node("tanh", {linear("x")})));
  ASSERT_TRUE(h);
  EXPECT_EQ(*h, (std::vector<std::size_t>{6, 7, 8, 9, 10, 11}));
}

TEST_F(HomogeneousCases, ThroughReluSumAndConcatenation) {
  const std::string a = node("relu", {linear("x")}),
                    b = node("flatten", {linear(node("sin", {linear("x")}))});
  EXPECT_TRUE(entries(node("concat", {a, b})));
  EXPECT_TRUE(entries(node("add", {a, b})));
}

TEST_F(HomogeneousCases, NodesThatDoNotReachTheOutput) {
  const std::string a = linear("x");
  node("square", {a});
  linear(a, "n0.w");
  EXPECT_TRUE(entries(node("relu", {a})));
}

TEST_F(HomogeneousCases, GatedByAnIndependentFactor) {
  const std::string gate = node("sigmoid", {linear("x")});
  EXPECT_TRUE(entries(node("mul", {linear("x"), gate})));
}

TEST_F(HomogeneousCases, ProductOfAValueWithItself) {
  const std::string a = linear("x");
  EXPECT_FALSE(entries(node("mul", {a, a})));
  EXPECT_FALSE(entries(node("mul", {a, node("relu", {a})})));
}

TEST_F(HomogeneousCases, ProductOfFactorsThatShareATensor) {
  const std::string a = linear("x");
  EXPECT_FALSE(entries(node("mul", {a, linear(node("tanh", {"x"}), "n0.w")})));
}

TEST_F(HomogeneousCases, LastWeightUsedBelow) {
  const std::string a = linear("x");
  EXPECT_FALSE(entries(linear(node("relu", {a}), "n0.w")));
}

TEST_F(HomogeneousCases, ResidualFromBelow) {
  const std::string a = linear("x");
  EXPECT_FALSE(entries(node("add", {a, linear(node("tanh", {a}))})));
  EXPECT_FALSE(entries(node("add", {linear(a), a})));
  EXPECT_FALSE(entries(node("add", {linear("x"), "x"}))) << "a constant is of degree 0";
}

TEST_F(HomogeneousCases, ActivationsThatAreNotHomogeneous) {
  for (const char* op : {"tanh", "sigmoid", "elu", "selu", "softplus", "gelu", "square", "exp"}) {
    EXPECT_FALSE(entries(node(op, {linear("x")}))) << op;
  }
}

TEST_F(HomogeneousCases, ConstantOutput) {
  linear("x");
  EXPECT_FALSE(entries(node("relu", {"x"})));
}

TEST_F(HomogeneousCases, AddedNeuronsExtendH) {
  const auto graph = net.build(linear(node("tanh", {linear("x")})));
  const AugmentedModel model(graph);
  const auto h = model.homogeneous_parameters();
  ASSERT_TRUE(h);
  EXPECT_EQ(h->size(), 8u);
  EXPECT_EQ((*h)[6], model.added()->a);
  EXPECT_EQ((*h)[7], model.added()->a + 1);
  Random other(1);
  EXPECT_TRUE(holds_everywhere(model, other));
  Network tail(2);
  const AugmentedModel no(tail.build(tail.node("tanh", {tail.linear("x", 2, 2, random)})));
  EXPECT_FALSE(no.homogeneous_parameters());
}

}  // namespace
}  // namespace pgb::test
