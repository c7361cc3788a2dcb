#include "claims/support/instances.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/scalar/functions.h"

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

Problem teacher_problem(std::shared_ptr<const Model> model, std::size_t samples, std::size_t repeated,
                        const std::string& loss, Random& random) {
  Problem problem = random_problem(std::move(model), samples, repeated, loss, random);
  Vector<double> teacher(problem.parameters.size());
  for (double& parameter : teacher) parameter = random.uniform(-2, 2);
  const Matrix<double> outputs = Objective<double>(problem).outputs(teacher);
  const std::size_t width = problem.y.shape[1];
  for (std::size_t i = 0; i < samples; ++i) {
    const double* column = outputs.column(i);
    for (std::size_t k = 0; k < width; ++k) {
      double& y = problem.y.values[i * width + k];
      const double chance = random.uniform(0, 1);
      if (problem.loss.class_targets()) {  // class 0 against the rest, which is class 1
        y = chance < sigmoid(2 * (column[0] - column[1])) ? 0 : 1;
      } else if (problem.loss.sign_targets()) {
        y = chance < sigmoid(2 * column[k]) ? 1 : -1;
      } else {
        y = std::round(8 * column[k] + random.uniform(-3, 3)) / 8;
      }
    }
  }
  return problem;
}

Problem cancelling_problem(const std::string& loss, Random& random) {
  const std::size_t d_y = loss == "cross_entropy" ? 2 : random.between(1, 2), pairs = random.between(2, 3);
  const std::vector<std::size_t> widths{random.between(1, 2), 3, d_y};
  Problem problem = random_problem(network(widths, "relu"), 2 * pairs, pairs, loss, random);
  for (std::size_t k = 0; k < pairs * widths[0]; ++k)
    problem.x.values[pairs * widths[0] + k] = problem.x.values[k];
  if (loss != "squared") {
    const auto output_layer = static_cast<std::ptrdiff_t>(problem.model->blocks()[2].begin);
    std::fill(problem.parameters.values.begin() + output_layer, problem.parameters.values.end(), 0.0);
  }
  const Matrix<double> outputs =
      Objective<double>(problem).outputs(to_scalars<double>(problem.parameters));  // exact
  const std::size_t width = problem.y.shape[1];
  for (std::size_t i = 0; i < pairs; ++i) {
    for (std::size_t k = 0; k < width; ++k) {
      const double first = problem.y.values[i * width + k];
      double& second = problem.y.values[(pairs + i) * width + k];
      second = loss == "squared" ? 2 * outputs(k, i) - first : loss == "cross_entropy" ? 1 - first : -first;
    }
  }
  return problem;
}

std::function<ClaimResult(const ClaimOptions&)> one_instance(std::function<Instance(Random&)> make) {
  return [make = std::move(make)](const ClaimOptions& options) {
    Random random(options.seed);
    ClaimResult result;
    result.instances.push_back(make(random));
    return result;
  };
}

}  // namespace pgb::claims
