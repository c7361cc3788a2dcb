#include "claims/instances.h"

namespace pgb::claims {

std::shared_ptr<const Graph> network(const std::vector<std::size_t>& widths, const std::string& activation,
                                     bool biases) {
  io::ModelSpec spec;
  io::Tensors tensors;
  spec.input = {widths.front()};
  const auto tensor = [&](const std::string& name, std::vector<std::size_t> shape) {
    io::Tensor& t = tensors[name];
    t.values.assign(element_count(shape), 0);
    t.shape = std::move(shape);
    return name;
  };
  std::string last = "x";
  const auto append = [&](io::NodeSpec node, const std::string& name) {
    node.name = name;
    node.inputs = {last};
    spec.nodes.push_back(std::move(node));
    last = name;
  };
  for (std::size_t layer = 1; layer < widths.size(); ++layer) {
    const std::string number = std::to_string(layer);
    io::NodeSpec linear, nonlinear;
    linear.op = "linear";
    linear.weight = tensor("w" + number, {widths[layer], widths[layer - 1]});
    if (biases) linear.bias = tensor("b" + number, {widths[layer]});
    append(linear, "l" + number);
    nonlinear.op = activation;
    if (layer + 1 < widths.size() && activation != "linear") append(nonlinear, "s" + number);
  }
  spec.output = last;
  return std::make_shared<Graph>(spec, tensors, "claim");
}

std::string network_name(const std::vector<std::size_t>& widths, const std::string& activation) {
  std::string name = activation + ' ';
  for (std::size_t k = 0; k < widths.size(); ++k) name += (k == 0 ? "" : "-") + std::to_string(widths[k]);
  return name;
}

Problem random_problem(std::shared_ptr<const Model> model, std::size_t samples, std::size_t repeated,
                       const std::string& loss, Random& random) {
  const Loss l(loss);
  const std::size_t d_x = model->inputs(), d_y = model->outputs();
  std::vector<double> x(samples * d_x), y(samples * (l.class_targets() ? 1 : d_y)), z(model->parameters());
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t distinct = samples - repeated;
    const std::size_t earlier = i < distinct ? i : random.index(distinct);
    for (std::size_t c = 0; c < d_x; ++c)
      x[i * d_x + c] = i < distinct ? random.eighth() : x[earlier * d_x + c];
  }
  for (double& target : y) {
    target = l.class_targets()  ? static_cast<double>(random.index(d_y))
             : l.sign_targets() ? static_cast<double>(random.index(2)) * 2 - 1
                                : random.eighth();
  }
  for (double& parameter : z) parameter = random.eighth(1);
  return make_problem(std::move(model), std::move(z), std::move(x), std::move(y), loss);
}

}  // namespace pgb::claims
