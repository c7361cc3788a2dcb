// Graphs: values of random networks, shape errors, parameter blocks.
#include <gtest/gtest.h>

#include <stdexcept>

#include "pgb/io/errors.h"
#include "support/closed_forms.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

template <class S>
class Graphs : public ::testing::Test {};
using Evaluation = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Graphs, Evaluation);

// Every node on every sample against plain loops over the description at 500 bits. Floating point is compared
// through the error bound that ball arithmetic of the same length gives.
TYPED_TEST(Graphs, RandomNetworksAgreeWithPlainLoops) {
  using S = TypeParam;
  for_each_trial(60, [](Random& random) {
    Network net(2);
    std::vector<std::string> names{net.linear("x", 2, 2, random)};
    for (const io::NodeSpec& node : all_activations()) names.push_back(net.node(node, {names[0]}));
    const std::string a = names[random.index(names.size())], b = names[random.index(names.size())];
    const std::string sum = net.node("add", {a, b, a}), product = net.node("mul", {b, a});
    const std::string all = net.node("concat", {sum, "x", product});
    const auto graph =
        net.build(net.linear(net.node("flatten", {net.node("identity", {all})}), 6, 3, random));

    Vector<double> z;
    for (const ParameterBlock& block : graph->blocks()) {
      const Vector<double>& values = net.tensors.at(block.name).values;
      z.insert(z.end(), values.begin(), values.end());
    }
    const std::size_t m = 3;
    const Vector<double> x = random_vector(2 * m, random);
    const Vector<S> sx = scalars<S>(x);
    const std::vector<Matrix<S>> found = graph->values(scalars<S>(z), ConstView<S>{sx.data(), 2, m});
    ASSERT_EQ(found.size(), graph->nodes().size());
    for (std::size_t i = 0; i < m; ++i) {
      const PrecisionScope reference(500);
      const auto expected = naive_values(net.spec, net.tensors, {Real(x[2 * i]), Real(x[2 * i + 1])});
      for (std::size_t k = 0; k < found.size(); ++k) {
        const Vector<S> column(found[k].column(i), found[k].column(i) + found[k].rows);
        EXPECT_TRUE(agrees(column, expected[k + 1], 400, 10)) << net.spec.nodes[k].op;
      }
    }
  });
}

TYPED_TEST(Graphs, RandomDags) {
  using S = TypeParam;
  for_each_trial(60, [](Random& random) {
    const auto graph = random_network(random);
    const Vector<double> z = random_vector(graph->parameters(), random),
                         x = random_vector(graph->inputs(), random);
    const Vector<S> sz = scalars<S>(z), sx = scalars<S>(x);
    const auto at = graph->evaluate(sz, ConstView<S>{sx.data(), sx.size(), 1});
    const PrecisionScope wide(700);
    const Vector<Ball> bz = scalars<Ball>(z), bx = scalars<Ball>(x);
    const auto exact = graph->evaluate(bz, ConstView<Ball>{bx.data(), bx.size(), 1});
    ASSERT_EQ(at->outputs().rows, graph->outputs());
    ASSERT_EQ(at->outputs().cols, 1u);
    for (std::size_t k = 0; k < graph->outputs(); ++k) {
      if constexpr (std::is_same_v<S, Ball>) {
        EXPECT_TRUE(at->outputs().data[k].overlaps(exact->outputs().data[k]));
      } else {
        const double bound = 1e5 * roundoff_of(at->outputs().data[k]);
        EXPECT_LE(
            std::abs(to_double(Real(to_real(at->outputs().data[k]) - to_real(exact->outputs().data[k])))),
            bound * std::max(1.0, exact->outputs().data[k].magnitude()));
      }
    }
  });
}

// weight [out, in]: with W = [[1, 2], [3, 4], [5, 6]], x = (10, 1).
TEST(Graph, LinearFollowsPyTorch) {
  Random random(1);
  Network net(2);
  const auto graph = net.build(net.linear("x", 2, 3, random));
  ASSERT_EQ(graph->parameters(), 9u);
  const Vector<double> z{1, 2, 3, 4, 5, 6, 0.5, 0.25, 0}, x{10, 1};
  const auto at = graph->evaluate(z, ConstView<double>{x.data(), 2, 1});
  EXPECT_EQ(at->outputs().data, (Vector<double>{12.5, 34.25, 56}));
}

TEST(Graph, SharedTensorsAreOneBlockInNodeOrder) {
  Random random(1);
  Network net(2);
  const std::string a = net.linear("x", 2, 2, random);
  const std::string b = net.linear(a, 2, 2, random, true, "n0.w");
  const auto graph = net.build(b);
  ASSERT_EQ(graph->blocks().size(), 3u);
  EXPECT_EQ(graph->blocks()[0].name, "n0.w");
  EXPECT_EQ(graph->blocks()[1].name, "n0.b");
  EXPECT_EQ(graph->blocks()[2].name, "n1.b");
  EXPECT_EQ(graph->blocks()[2].begin, 6u);
  EXPECT_EQ(graph->parameters(), 8u);
}

TEST(Graph, DependenceOnParameters) {
  Random random(1);
  Network net(2);
  const std::string fixed = net.node("tanh", {"x"});
  const std::string moving = net.linear(fixed, 2, 1, random);
  const auto graph = net.build(moving);
  EXPECT_FALSE(graph->depends_on_parameters(0));
  EXPECT_FALSE(graph->depends_on_parameters(1));
  EXPECT_TRUE(graph->depends_on_parameters(2));
}

// An output that depends on no parameter has derivatives 0 of the right shape.
TEST(Graph, ConstantOutput) {
  Random random(1);
  Network net(2);
  net.linear("x", 2, 1, random);
  const auto graph = net.build(net.node("tanh", {"x"}));
  const Vector<double> z(graph->parameters(), 1.0), x{0.5, 0.25, 1, 2};
  const auto at = graph->evaluate(z, ConstView<double>{x.data(), 2, 2});
  const Matrix<double> dot = at->forward_product(z);
  EXPECT_EQ(dot.rows, 2u);
  EXPECT_EQ(dot.cols, 2u);
  EXPECT_EQ(at->reverse_product(Matrix<double>(2, 2)), Vector<double>(graph->parameters(), 0.0));
  EXPECT_EQ(at->jacobian().data, Vector<double>(4 * graph->parameters(), 0.0));
}

// ---- messages ----

// The message of the InputError that building the network throws.
std::string refusal(Network& net, const std::string& output) {
  try {
    net.build(output);
  } catch (const InputError& e) {
    return e.what();
  }
  return "accepted";
}

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << "no \"" << word << "\" in: " << message;
  }
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(GraphErrors, Linear) {
  Random random(1);
  Network width(3);
  expect_words(refusal(width, width.linear("x", 2, 4, random)), {"node \"n0\"", "[out, 3]", "[4, 2]"});
  Network bias(2);
  const std::string y = bias.linear("x", 2, 4, random);
  bias.tensors["n0.b"].shape = {3};
  expect_words(refusal(bias, y), {"node \"n0\"", "[4]", "[3]"});
  Network missing(2);
  const std::string m = missing.linear("x", 2, 4, random);
  missing.tensors.erase("n0.w");
  expect_words(refusal(missing, m), {"node \"n0\"", "\"n0.w\"", "n0.b"});
  Network none(2);
  expect_words(refusal(none, none.node("linear", {"x"})), {"node \"n0\"", "weight"});
  Network image(2);
  image.spec.input = {1, 2, 2};
  expect_words(refusal(image, image.linear("x", 2, 1, random)), {"node \"n0\"", "[1, 2, 2]", "flatten"});
  Network vector_weight(2);
  const std::string v = vector_weight.linear("x", 2, 4, random);
  vector_weight.tensors["n0.w"].shape = {8};
  expect_words(refusal(vector_weight, v), {"node \"n0\"", "[8]"});
}

TEST(GraphErrors, Combining) {
  Random random(1);
  for (const char* op : {"add", "mul"}) {
    Network net(2);
    const std::string u = net.linear("x", 2, 3, random);
    expect_words(refusal(net, net.node(op, {u, "x"})), {"node \"n1\"", "3", "2"});
    Network single(2);
    expect_words(refusal(single, single.node(op, {"x"})), {"node \"n0\"", "2", "1"});
  }
  Network weights(2);
  const std::string u = weights.linear("x", 2, 2, random);
  io::NodeSpec node;
  node.op = "relu";
  node.weight = "n0.w";
  expect_words(refusal(weights, weights.node(node, {u})), {"node \"n1\"", "weight"});
  Network two(2);
  expect_words(refusal(two, two.node("relu", {"x", "x"})), {"node \"n0\"", "1", "2"});
}

TEST(GraphErrors, NamesAndOutput) {
  Random random(1);
  Network unknown(2);
  expect_words(refusal(unknown, unknown.node("relu", {"nothing"})), {"node \"n0\"", "\"nothing\""});
  Network op(2);
  expect_words(refusal(op, op.node("swish", {"x"})), {"node \"n0\"", "\"swish\""});
  Network output(2);
  output.linear("x", 2, 2, random);
  expect_words(refusal(output, "y"), {"output", "\"y\""});
  expect_words(refusal(output, "x"), {"output", "\"x\""});
  Network later(2);
  later.node("relu", {"n1"});
  expect_words(refusal(later, later.linear("x", 2, 2, random)), {"node \"n0\"", "\"n1\""});
  Network empty(2);
  EXPECT_EQ(empty.build(empty.node("relu", {"x"}))->parameters(), 0u);  // refused as a problem
  Network image(2);
  image.spec.input = {2, 2};
  expect_words(refusal(image, image.node("relu", {"x"})), {"\"n0\"", "flatten"});
  Network zero(2);
  zero.spec.input = {0};
  expect_words(refusal(zero, "y"), {"input"});
}

TEST(GraphErrors, Attributes) {
  const auto with = [](const std::string& op, const std::string& key, double value) {
    io::NodeSpec node;
    node.op = op;
    node.numbers[key] = value;
    return node;
  };
  for (const io::NodeSpec& node : {with("leaky_relu", "negative_slope", -0.5), with("elu", "alpha", 0),
                                   with("softplus", "beta", -1), with("elu", "alpha", std::nan(""))}) {
    Network net(2);
    expect_words(refusal(net, net.node(node, {"x"})), {"node \"n0\"", "expected"});
  }
  Network gelu(2);
  io::NodeSpec node;
  node.op = "gelu";
  node.words["approximate"] = "sigmoid";
  expect_words(refusal(gelu, gelu.node(node, {"x"})), {"node \"n0\"", "\"sigmoid\""});
}

TEST(GraphErrors, SizesOfArguments) {
  Random random(1);
  Network net(2);
  const auto graph = net.build(net.linear("x", 2, 2, random));
  const Vector<double> x{1, 2}, z(6, 1.0), few(5, 1.0);
  EXPECT_THROW(graph->evaluate(few, ConstView<double>{x.data(), 2, 1}), std::invalid_argument);
  EXPECT_THROW(graph->evaluate(z, ConstView<double>{x.data(), 1, 2}), std::invalid_argument);
  EXPECT_THROW(graph->evaluate(z, ConstView<double>{x.data(), 2, 1})->reverse_product(Matrix<double>(2, 2)),
               std::invalid_argument);
}

}  // namespace
}  // namespace pgb::test
