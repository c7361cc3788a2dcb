// Conventions of PyTorch: values and gradients that it computed (make_torch_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pgb/derivatives/objective.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

const Json& reference() {
  static const Json json = [] {
    std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/model/torch_reference.json");
    return Json::parse(file);
  }();
  return json;
}

Vector<double> list(const Json& json) { return json.get<Vector<double>>(); }

void expect_close(const Vector<double>& found, const Vector<double>& expected, double relative,
                  double absolute) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_NEAR(found[k], expected[k], absolute + relative * std::abs(expected[k])) << "entry " << k;
  }
}

// The graph w x with w = 1, then the activation, on samples x of one feature: d f / d w = s'(x) x.
TEST(TorchReference, Activations) {
  for (const Json& c : reference().at("activations")) {
    SCOPED_TRACE(c.at("op").get<std::string>() + c.at("numbers").dump() + c.at("words").dump());
    Random random(1);
    Network net(1);
    const std::string u = net.linear("x", 1, 1, random);
    io::NodeSpec node;
    node.op = c.at("op").get<std::string>();
    for (const auto& entry : c.at("numbers").items()) node.numbers[entry.key()] = entry.value().get<double>();
    for (const auto& entry : c.at("words").items())
      node.words[entry.key()] = entry.value().get<std::string>();
    const std::string y = net.node(node, {u});
    const auto graph = net.build(y);
    const Vector<double> x = list(c.at("x")), z{1, 0};
    const auto at = graph->evaluate(z, ConstView<double>{x.data(), 1, x.size()});
    expect_close(at->outputs().data, list(c.at("value")), 1e-14, 3e-16 * 30);
    expect_close(at->forward_product({0, 1}).data, list(c.at("slope")), 1e-14, 1e-14);
  }
}

TEST(TorchReference, Losses) {
  for (const Json& c : reference().at("losses")) {
    const Loss loss(c.at("loss").get<std::string>(), c.at("power").get<double>());
    SCOPED_TRACE(loss.name() + " " + std::to_string(loss.power()));
    const auto d = c.at("d").get<std::size_t>();
    const Vector<double> q = list(c.at("q")), y = list(c.at("y")), value = list(c.at("value"));
    const std::size_t width = loss.class_targets() ? 1 : d;
    Vector<double> found, gradient(q.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
      found.push_back(loss.value(&q[i * d], &y[i * width], d));
      loss.gradient(&q[i * d], &y[i * width], d, &gradient[i * d]);
    }
    expect_close(found, value, 1e-14, 1e-15);
    expect_close(gradient, list(c.at("gradient")), 1e-14, 1e-15);
  }
}

// Residual, gate, concatenation, a shared layer: outputs, mse and its gradient in every parameter.
TEST(TorchReference, Graph) {
  const Json& g = reference().at("graph");
  Network net(2);
  for (const Json& p : g.at("parameters")) {
    net.tensors[p.at("name").get<std::string>()] =
        io::Tensor{p.at("shape").get<std::vector<std::size_t>>(), list(p.at("values")), {}};
  }
  const auto linear = [&](const std::string& layer, const std::string& from, bool bias) {
    io::NodeSpec node;
    node.op = "linear";
    node.weight = layer + ".weight";
    if (bias) node.bias = layer + ".bias";
    return net.node(node, {from});
  };
  const std::string h = net.node("tanh", {linear("fc1", "x", true)});
  const std::string residual = net.node("add", {h, net.node("gelu", {linear("fc2", h, true)})});
  const std::string gate = net.node("mul", {h, net.node("sigmoid", {linear("fc2", h, true)})});
  const auto graph = net.build(linear("fc3", net.node("concat", {residual, gate}), false));

  Vector<double> z, gradient;
  for (const Json& p : g.at("parameters")) {
    for (const double v : list(p.at("values"))) z.push_back(v);
    for (const double v : list(p.at("gradient"))) gradient.push_back(v);
  }
  const Problem problem = make_problem(graph, z, list(g.at("x")), list(g.at("y")), "mse");
  const Objective<double> objective(problem);
  const auto at = objective.value_gradient(z);
  expect_close(objective.outputs(z).data, list(g.at("outputs")), 1e-13, 1e-15);
  EXPECT_NEAR(at.value, g.at("loss").get<double>(), 1e-14);
  expect_close(at.gradient, gradient, 1e-12, 1e-14);
}

}  // namespace
}  // namespace pgb::test
