// Operations on images: values by plain loops, kinks of max pooling, what does not fit.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "pgb/io/errors.h"
#include "support/compare.h"
#include "support/images.h"

namespace pgb::test {
namespace {

template <class S>
class ImageOps : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(ImageOps, Base);

// Each operation of a random network against plain loops on its own inputs.
TYPED_TEST(ImageOps, AgreeWithPlainLoops) {
  using S = TypeParam;
  for_each_trial(40, [](Random& random) {
    std::string output;
    Network net = random_image_network(random, false, output);
    const auto graph = net.build(output);
    Vector<double> z;
    for (const ParameterBlock& block : graph->blocks()) {
      const Vector<double>& values = net.tensors.at(block.name).values;
      z.insert(z.end(), values.begin(), values.end());
    }
    const std::size_t m = 2;
    const Vector<double> x = random_vector(graph->inputs() * m, random);
    const Vector<S> sx = scalars<S>(x);
    const auto found = graph->values(scalars<S>(z), ConstView<S>{sx.data(), graph->inputs(), m});
    const double allowed = 1000 * unit_roundoff<S>();
    static const std::set<std::string> covered{"conv2d",     "avg_pool2d", "max_pool2d", "global_avg_pool2d",
                                               "batch_norm", "permute",    "flatten"};
    for (std::size_t k = 0; k < found.size(); ++k) {
      const GraphNode& node = graph->nodes()[k];
      if (covered.count(node.op_name) == 0) continue;
      for (std::size_t i = 0; i < m; ++i) {
        const PrecisionScope reference(500);
        std::vector<Real> in;
        const std::size_t from = node.inputs[0], rows = element_count(node.input_shapes[0]);
        for (std::size_t u = 0; u < rows; ++u)
          in.push_back(to_real(from == 0 ? sx[i * rows + u] : found[from - 1](u, i)));
        const auto expected =
            naive_image_op(net.spec.nodes[k], net.tensors, node.input_shapes[0], node.shape, in);
        ASSERT_EQ(expected.size(), found[k].rows) << node.op_name;
        for (std::size_t u = 0; u < expected.size(); ++u) {
          const double error = std::abs(to_double(Real(to_real(found[k](u, i)) - expected[u])));
          EXPECT_LE(error, allowed) << node.op_name << " unit " << u;
        }
      }
    }
  });
}

io::NodeSpec pool_of(std::size_t kernel) {
  io::NodeSpec node;
  node.op = "max_pool2d";
  node.sizes["kernel_size"] = {kernel, kernel};
  return node;
}

io::NodeSpec conv_of(const std::string& weight) {
  io::NodeSpec node;
  node.op = "conv2d";
  node.weight = weight;
  return node;
}

// max pooling over w x, after relu where asked for; the image is 1 x 2 x 2.
std::vector<Kink> pool_kinks(const Ball& w, const std::vector<double>& image, bool relu) {
  Network net(1);
  net.spec.input = {1, 2, 2};
  net.tensors["w"] = {{1, 1, 1, 1}, {1}, {}};
  std::string last = net.node(conv_of("w"), {"x"});
  if (relu) last = net.node("relu", {last});
  const auto graph = net.build(net.node("flatten", {net.node(pool_of(2), {last})}));
  const Vector<Ball> z{w}, x = scalars<Ball>(Vector<double>(image));
  return graph->evaluate(z, ConstView<Ball>{x.data(), 4, 1})->kinks();
}

TEST(MaxPoolKinks, TiesAreKinksUnlessNothingMoves) {
  EXPECT_TRUE(pool_kinks(Ball(1), {1, 2, 3, 4}, false).empty());
  const std::vector<Kink> tie = pool_kinks(Ball(1), {1, 4, 3, 4}, false);
  ASSERT_EQ(tie.size(), 1u);
  EXPECT_EQ(tie[0].node, "n1");
  EXPECT_EQ(tie[0].unit, 0u);
  EXPECT_EQ(tie[0].sample, 0u);
  EXPECT_TRUE(tie[0].exact && !tie[0].differentiable);
  // Off units tie at 0 but stay there: no kink.
  EXPECT_TRUE(pool_kinks(Ball(-1), {1, 4, 3, 4}, true).empty());
  EXPECT_TRUE(pool_kinks(Ball(1), {-1, -4, 3, -4}, true).empty());
  EXPECT_EQ(pool_kinks(Ball(1), {1, 4, 3, 4}, true).size(), 1u);
  // A unit at 0 may move: its own kink and that of the pool.
  EXPECT_EQ(pool_kinks(Ball(1), {-1, 0, -3, -4}, true).size(), 2u);
  // Enclosures that overlap.
  const std::vector<Kink> wide = pool_kinks(Ball::with_radius(Ball(1), 0.2), {1, 4, 3, 4.25}, false);
  ASSERT_EQ(wide.size(), 1u);
  EXPECT_FALSE(wide[0].exact);
  EXPECT_TRUE(pool_kinks(Ball::with_radius(Ball(1), 0.01), {1, 4, 3, 4.25}, false).empty());
}

std::string refusal(io::NodeSpec node, const Shape& input, const Shape& weight) {
  Random random(1);
  Network net(1);
  net.spec.input = input;
  if (!weight.empty()) node.weight = net.tensor("w", weight, random);
  try {
    net.build(net.node("flatten", {net.node(node, {"x"})}));
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(ImageShapes, WhatDoesNotFitIsSaid) {
  EXPECT_EQ(refusal(conv_of(""), {1, 3, 3}, {2, 1, 2, 2}), "");
  EXPECT_EQ(refusal(conv_of(""), {9}, {2, 1, 2, 2}),
            "test: node \"n0\": takes images [channels, height, width], found [9]; put a reshape before it");
  EXPECT_EQ(refusal(conv_of(""), {2, 3, 3}, {2, 1, 2, 2}),
            "test: node \"n0\": expected a weight for 2 channels in 1 group(s), found [2, 1, 2, 2]");
  EXPECT_EQ(refusal(conv_of(""), {1, 3, 3}, {2, 1, 4, 2}),
            "test: node \"n0\": expected a kernel of at most 3 cells a side here, found 4");
  EXPECT_EQ(refusal(conv_of(""), {1, 3, 3}, {2, 9}),
            "test: node \"n0\": expected a weight of shape [out, in / groups, height, width], found [2, 9]");
  io::NodeSpec padded = pool_of(2);
  padded.sizes["padding"] = {3, 3};
  EXPECT_EQ(refusal(padded, {1, 3, 3}, {}), "test: node \"n0\": a window holds nothing but padding");
  padded.sizes["padding"] = {2000000000, 2000000000};
  EXPECT_NE(refusal(padded, {1, 3, 3}, {}).find("2^20 cells a side"), std::string::npos);
  padded.sizes["padding"] = {300000, 300000};
  EXPECT_NE(refusal(padded, {1, 3, 3}, {}).find("more than 2^24 features"), std::string::npos);
  io::NodeSpec permute;
  permute.op = "permute";
  permute.sizes["dims"] = {0, 0, 1};
  EXPECT_NE(refusal(permute, {1, 3, 3}, {}).find("expected each axis of [1, 3, 3] once"), std::string::npos);
  io::NodeSpec reshape;
  reshape.op = "reshape";
  reshape.sizes["shape"] = {2, 4};
  EXPECT_EQ(refusal(reshape, {1, 3, 3}, {}),
            "test: node \"n0\": expected a shape of 9 features, found [2, 4]");
}

TEST(ImageShapes, FixedTensorsAreNoParameters) {
  Random random(1);
  Network net(1);
  net.spec.input = {2};
  io::NodeSpec norm;
  norm.op = "batch_norm";
  norm.weight = net.tensor("gamma", {2}, random);
  norm.words = {{"running_mean", "gamma"}, {"running_var", "var"}};
  net.tensors["var"] = {{2}, {1, 0}, {}};
  const std::string y = net.node(norm, {"x"});
  const auto message = [&] {
    try {
      net.build(y);
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(), "test: node \"n0\": tensor \"gamma\" is fixed here and a parameter elsewhere");
  net.spec.nodes[0].words["running_mean"] = "var";
  EXPECT_EQ(message(), "");
  EXPECT_EQ(net.build(y)->parameters(), 2u);
  net.tensors["var"].values = {1, -1};
  EXPECT_NE(message().find("expected running_var >= 0"), std::string::npos);
}

}  // namespace
}  // namespace pgb::test
