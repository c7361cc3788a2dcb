#include "pgb/certify/graph_facts.h"

#include <utility>

#include "pgb/certify/interval_panel.h"

namespace pgb::graph_hessian_detail {
namespace {

// s'(x) and s''(x) from the operation's own reverse product on x + e, e^2 = 0.
std::pair<Matrix<Ball>, Matrix<Ball>> slopes(const GraphNode& node, ConstView<Ball> x) {
  Matrix<Dual<Ball>> in(x.rows, x.cols), ones(x.rows, x.cols), bar(x.rows, x.cols);
  for (std::size_t t = 0; t < in.data.size(); ++t) {
    in.data[t] = Dual<Ball>(x.data[t], Ball(1));
    ones.data[t] = Dual<Ball>::constant(Ball(1));
  }
  OpArguments<Dual<Ball>> arguments;
  arguments.inputs = {in.view()};
  arguments.input_shapes = &node.input_shapes;
  arguments.shape = &node.shape;
  const Matrix<Dual<Ball>> y = node.op->forward(arguments);
  node.op->reverse_inputs(arguments, y.view(), ones.view(), {&bar});
  std::pair<Matrix<Ball>, Matrix<Ball>> result{{x.rows, x.cols}, {x.rows, x.cols}};
  for (std::size_t t = 0; t < bar.data.size(); ++t) {
    result.first.data[t] = std::move(bar.data[t].value);
    result.second.data[t] = std::move(bar.data[t].tangent);
  }
  return result;
}

struct LossDerivatives {
  Matrix<Ball> gradient, hessian;
};

// The gradient of the mean loss at the outputs (d_y x m) and its Hessians (d_y x d_y a sample, side by side).
LossDerivatives loss_derivatives(const Problem& problem, const Objective<Ball>& objective,
                                 const Matrix<Ball>& phi, std::size_t first) {
  const std::size_t d = phi.rows, targets = objective.y().rows;
  const Ball m(static_cast<int>(problem.samples()));
  Matrix<Ball> gradient(d, phi.cols), hessian(d, d * phi.cols);
  Vector<Dual<Ball>> q(d), y(targets), g(d);
  for (std::size_t i = 0; i < phi.cols; ++i) {
    for (std::size_t k = 0; k < targets; ++k) y[k] = Dual<Ball>::constant(objective.y()(k, first + i));
    for (std::size_t l = 0; l < d; ++l) {
      for (std::size_t k = 0; k < d; ++k) q[k] = Dual<Ball>(phi(k, i), Ball(k == l ? 1 : 0));
      problem.loss.gradient(q.data(), y.data(), d, g.data());
      for (std::size_t k = 0; k < d; ++k) {
        gradient(k, i) = g[k].value / m;
        hessian(k, i * d + l) = g[k].tangent / m;
      }
    }
  }
  return {std::move(gradient), std::move(hessian)};
}

}  // namespace

BlockFacts block_facts(const Problem& problem, const Graph& graph, const Objective<Ball>& objective,
                       const Vector<Ball>& z, std::size_t first, std::size_t count) {
  BlockFacts facts;
  const ConstView<Ball> x = objective.x().columns(first, count);
  const std::vector<Matrix<Ball>> values = graph.values<Ball>(z, x);
  facts.x = to_interval(Matrix<Ball>(x.rows, count, Vector<Ball>(x.data, x.data + x.rows * count)));
  const std::size_t output = graph.output_node();
  std::vector<Matrix<Ball>> bars(values.size());
  LossDerivatives loss = loss_derivatives(problem, objective, values[output], first);
  facts.loss_hessian = to_interval(loss.hessian);
  bars[output] = std::move(loss.gradient);
  facts.nodes.resize(output + 1);
  for (std::size_t k = output + 1; k-- > 0;) {
    facts.nodes[k].value = to_interval(values[k]);
    if (bars[k].data.empty()) continue;
    const GraphNode& node = graph.nodes()[k];
    facts.nodes[k].cotangent = to_interval(bars[k]);
    OpArguments<Ball> in;
    for (const std::size_t v : node.inputs) in.inputs.push_back(v == 0 ? x : values[v - 1].view());
    in.input_shapes = &node.input_shapes;
    in.shape = &node.shape;
    if (node.weight != kNone) {
      in.weight = z.data() + graph.blocks()[node.weight].begin;
      const std::size_t rows = in.inputs[0].rows, cols = values[k].rows;
      facts.nodes[k].weight =
          to_interval(Matrix<Ball>(rows, cols, Vector<Ball>(in.weight, in.weight + rows * cols)));
      facts.nodes[k].weight_transposed = transposed(facts.nodes[k].weight);
    }
    if (node.bias != kNone) in.bias = z.data() + graph.blocks()[node.bias].begin;
    if (node.op->kind() == OpKind::elementwise && graph.depends_on_parameters(node.inputs[0])) {
      auto [slope, curvature] = slopes(node, in.inputs[0]);
      for (std::size_t t = 0; t < curvature.data.size(); ++t) curvature.data[t] *= bars[k].data[t];
      facts.nodes[k].slope = to_interval(slope);
      facts.nodes[k].curvature = to_interval(curvature);
    }
    std::vector<Matrix<Ball>*> input_bar;
    for (const std::size_t v : node.inputs) {
      if (!graph.depends_on_parameters(v)) {
        input_bar.push_back(nullptr);
        continue;
      }
      if (bars[v - 1].data.empty()) bars[v - 1] = Matrix<Ball>(values[v - 1].rows, count);
      input_bar.push_back(&bars[v - 1]);
    }
    node.op->reverse_inputs(in, values[k].view(), bars[k].view(), input_bar);
  }
  return facts;
}

}  // namespace pgb::graph_hessian_detail
