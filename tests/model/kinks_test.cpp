// Kinks: where a piecewise operation's argument is 0 or cannot be told from 0.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

// relu(w x) or another op of the same input, for three samples.
std::vector<Kink> kinks_of(const io::NodeSpec& op, const Vector<Ball>& z, const Vector<Ball>& x) {
  Random random(1);
  Network net(1);
  const std::string u = net.linear("x", 1, 2, random, false);
  const auto graph = net.build(net.node(op, {u}));
  return graph->evaluate(z, ConstView<Ball>{x.data(), 1, x.size()})->kinks();
}

TEST(Kinks, NodeUnitAndSample) {
  io::NodeSpec relu;
  relu.op = "relu";
  const Vector<Ball> x{Ball(1), Ball(0), Ball::with_radius(Ball(0), 0.5)};
  const std::vector<Kink> found = kinks_of(relu, {Ball(1), Ball(2)}, x);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].node, "n1");
  EXPECT_EQ(found[0].sample, 1u);
  EXPECT_EQ(found[0].unit, 0u);
  EXPECT_EQ(found[1].unit, 1u);
  EXPECT_TRUE(found[0].exact && found[1].exact);
  EXPECT_EQ(found[2].sample, 2u);
  EXPECT_FALSE(found[2].exact || found[3].exact);
  for (const Kink& k : found) EXPECT_FALSE(k.differentiable);
}

TEST(Kinks, BallsThatOnlyTouchZero) {
  io::NodeSpec relu;
  relu.op = "relu";
  EXPECT_EQ(kinks_of(relu, {Ball(1), Ball(-1)}, {Ball::hull(Ball(0), Ball(1))}).size(), 2u);
  EXPECT_EQ(kinks_of(relu, {Ball(1), Ball(-1)}, {Ball::hull(Ball(1e-300), Ball(2e-300))}).size(), 0u);
  EXPECT_EQ(kinks_of(relu, {Ball(1), Ball(-1)}, {inf()}).size(), 2u);
}

TEST(Kinks, OfEveryOperation) {
  for (const io::NodeSpec& node : all_activations()) {
    SCOPED_TRACE(node.op);
    const auto smooth = smooth_activations();
    const bool is_smooth =
        std::any_of(smooth.begin(), smooth.end(), [&](const auto& s) { return s.op == node.op; });
    const bool linear = node.op == "leaky_relu" && node.numbers.count("negative_slope") &&
                        node.numbers.at("negative_slope") == 1;
    const bool elu = node.op == "elu" && node.numbers.count("alpha") == 0;
    const std::vector<Kink> found = kinks_of(node, {Ball(1), Ball(1)}, {Ball(0)});
    EXPECT_EQ(found.size(), is_smooth || linear ? 0u : 2u);
    for (const Kink& k : found) EXPECT_EQ(k.differentiable, elu);
  }
}

// An argument that no parameter moves is no kink in z.
TEST(Kinks, FixedArgumentsDoNotCount) {
  Random random(1);
  Network net(1);
  const std::string fixed = net.node("relu", {"x"});
  const auto graph = net.build(net.linear(fixed, 1, 1, random));
  const Vector<double> z(2, 0.0), x{0};
  EXPECT_TRUE(graph->evaluate(z, ConstView<double>{x.data(), 1, 1})->kinks().empty());
}

TEST(Kinks, NodesThatDoNotReachTheOutput) {
  Random random(1);
  Network net(1);
  const std::string u = net.linear("x", 1, 1, random, false);
  net.node("relu", {u});
  const auto graph = net.build(u);
  const Vector<double> z{0}, x{1};
  EXPECT_TRUE(graph->evaluate(z, ConstView<double>{x.data(), 1, 1})->kinks().empty());
}

TEST(Kinks, ExactZerosInFloatingPoint) {
  Random random(1);
  Network net(1);
  const auto graph = net.build(net.node("relu", {net.linear("x", 1, 1, random)}));
  const Vector<double> z{2, -1}, x{0.5, 0.25};
  const std::vector<Kink> found = graph->evaluate(z, ConstView<double>{x.data(), 1, 2})->kinks();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sample, 0u);
  EXPECT_TRUE(found[0].exact);
}

}  // namespace
}  // namespace pgb::test
