#include "support/networks.h"

namespace pgb::test {
namespace {

io::NodeSpec activation(const std::string& op, const std::string& attribute = "", double value = 0) {
  io::NodeSpec node;
  node.op = op;
  if (!attribute.empty()) node.numbers[attribute] = value;
  return node;
}

}  // namespace

std::vector<io::NodeSpec> smooth_activations() {
  std::vector<io::NodeSpec> list;
  for (const char* op : {"softplus", "sigmoid", "tanh", "erf", "gelu", "silu", "exp", "sin", "square"}) {
    list.push_back(activation(op));
  }
  list.push_back(activation("softplus", "beta", 2.5));
  list.push_back(activation("gelu"));
  list.back().words["approximate"] = "tanh";
  return list;
}

std::vector<io::NodeSpec> all_activations() {
  std::vector<io::NodeSpec> list = smooth_activations();
  for (const char* op : {"relu", "leaky_relu", "elu", "selu"}) list.push_back(activation(op));
  list.push_back(activation("leaky_relu", "negative_slope", 0.25));
  list.push_back(activation("leaky_relu", "negative_slope", 1));
  list.push_back(activation("elu", "alpha", 0.5));
  return list;
}

std::string Network::tensor(const std::string& name, const std::vector<std::size_t>& shape, Random& random) {
  io::Tensor t;
  t.shape = shape;
  t.values = random_vector(element_count(shape), random);
  tensors[name] = t;
  return name;
}

std::string Network::node(io::NodeSpec op, const std::vector<std::string>& inputs) {
  op.name = "n" + std::to_string(spec.nodes.size());
  op.inputs = inputs;
  spec.nodes.push_back(op);
  return op.name;
}

std::string Network::node(const std::string& op, const std::vector<std::string>& inputs) {
  return node(activation(op), inputs);
}

std::string Network::linear(const std::string& from, std::size_t in, std::size_t out, Random& random,
                            bool bias, const std::string& shared_weight, const std::string& shared_bias) {
  io::NodeSpec op = activation("linear");
  const std::string name = "n" + std::to_string(spec.nodes.size());
  op.weight = shared_weight.empty() ? tensor(name + ".w", {out, in}, random) : shared_weight;
  if (bias) op.bias = shared_bias.empty() ? tensor(name + ".b", {out}, random) : shared_bias;
  return node(op, {from});
}

std::shared_ptr<const Graph> Network::build(const std::string& output) {
  spec.output = output;
  return std::make_shared<Graph>(spec, tensors, "test");
}

std::shared_ptr<const Graph> random_network(Random& random, const NetworkOptions& options) {
  struct Value {
    std::string name;
    std::size_t width;
  };
  const std::size_t d_x = random.between(1, 3);
  Network net(d_x);
  const std::vector<io::NodeSpec> activations = options.smooth ? smooth_activations() : all_activations();
  std::vector<Value> values{{"x", d_x}};
  // A value of the wanted width, by a linear node where there is none.
  const auto of_width = [&](std::size_t width) {
    for (int tries = 0; tries < 4; ++tries) {
      const Value& v = values[random.index(values.size())];
      if (v.width == width) return v.name;
    }
    const Value from = values[random.index(values.size())];
    values.push_back({net.linear(from.name, from.width, width, random, random.coin()), width});
    return values.back().name;
  };
  values.push_back({net.linear("x", d_x, 2, random), 2});
  for (std::size_t k = 0; k < options.nodes; ++k) {
    const Value v = values[values.size() - 1 - random.index(std::min<std::size_t>(values.size(), 3))];
    const std::string other = of_width(v.width);
    switch (random.index(9)) {
      case 0:
      case 1:
      case 2:
        values.push_back({net.node(activations[random.index(activations.size())], {v.name}), v.width});
        break;
      case 3:
        values.push_back({net.node("add", {v.name, other}), v.width});
        break;
      case 4:
        values.push_back({net.node("mul", {v.name, other}), v.width});
        break;
      case 5:
        if (v.width <= 3) values.push_back({net.node("concat", {v.name, other, v.name}), 3 * v.width});
        break;
      case 6:
        values.push_back({net.node(random.coin() ? "flatten" : "identity", {v.name}), v.width});
        break;
      case 7: {
        const std::size_t width = random.between(1, 3);
        values.push_back({net.linear(v.name, v.width, width, random, random.coin()), width});
        break;
      }
      default:  // the weight of the first node once more, on another input, with or without its bias
        values.push_back(
            {net.linear(of_width(d_x), d_x, 2, random, random.coin(), "n0.w", random.coin() ? "n0.b" : ""),
             2});
    }
  }
  const std::size_t d_y = random.between(1, 3);
  const Value last = values.back();
  std::string output = net.linear(last.name, last.width, d_y, random);
  if (random.coin(0.3)) output = net.node("add", {output, of_width(d_y)});
  return net.build(output);
}

Vector<double> random_vector(std::size_t n, Random& random) {
  Vector<double> v(n);
  for (double& x : v) x = random.uniform();
  return v;
}

Problem random_problem(std::shared_ptr<const Model> model, std::size_t samples, const std::string& loss,
                       Random& random) {
  const Loss l(loss);
  Vector<double> y(l.class_targets() ? samples : samples * model->outputs());
  for (double& t : y) {
    t = l.class_targets()  ? static_cast<double>(random.index(model->outputs()))
        : l.sign_targets() ? (random.coin() ? 1 : -1)
                           : random.uniform();
  }
  Vector<double> z = random_vector(model->parameters(), random);
  Vector<double> x = random_vector(samples * model->inputs(), random);
  return make_problem(std::move(model), z, x, y, loss);
}

}  // namespace pgb::test
