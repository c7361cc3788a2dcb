#include "pgb/search/local/layered.h"

#include <algorithm>
#include <cmath>

#include "pgb/model/graph.h"
#include "pgb/scalar/functions.h"

namespace pgb::search {
namespace {

constexpr std::size_t kLargest = 400;  // parameters: the normal matrix of eight starts stays in the cache

bool is_separable(Loss::Kind kind) { return kind != Loss::Kind::cross_entropy && kind != Loss::Kind::value; }

// Slope at 1 and value at 1 tell the parameter of the piecewise activations back from the operation.
std::optional<Activation> activation_of(const GraphNode& node) {
  auto kind = activation_kind(node.op_name);
  if (!kind) return std::nullopt;
  Activation activation = activation_named(node.op_name);
  const auto at = [&](double p) {
    const Matrix<double> in = [&] {
      Matrix<double> v(1, 1);
      v(0, 0) = p;
      return v;
    }();
    OpArguments<double> arguments;
    const std::vector<Shape> shapes{{1}};
    const Shape shape{1};
    arguments.inputs.push_back(in.view());
    arguments.input_shapes = &shapes;
    arguments.shape = &shape;
    return node.op->forward(arguments)(0, 0);
  };
  if (*kind == ActivationKind::leaky_relu) activation.parameter = -at(-1);
  if (*kind == ActivationKind::elu) activation.parameter = at(-1) / std::expm1(-1.0);
  if (*kind == ActivationKind::softplus) activation.parameter = std::log(2.0) / at(0);
  // gelu by tanh, and whatever else differs, is left to the general solver.
  for (const double p : {-1.25, -0.5, 0.75, 2.0}) {
    if (std::abs(at(p) - activation_value(activation, p)) > 1e-14) return std::nullopt;
  }
  return activation;
}

}  // namespace

std::optional<Layered> layered(const Problem& problem) {
  if (!is_separable(problem.loss.kind()) || problem.model->parameters() > kLargest) return std::nullopt;
  return chain(problem);
}

std::optional<Layered> chain(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr) return std::nullopt;
  Layered net;
  net.n = problem.model->parameters();
  std::size_t expected = 0;  // the next block
  for (std::size_t k = 0; k < graph->nodes().size(); ++k) {
    const GraphNode& node = graph->nodes()[k];
    if (node.inputs != std::vector<std::size_t>{k}) return std::nullopt;
    if (node.op->kind() == OpKind::affine && node.op_name == "linear") {
      if (node.weight != expected) return std::nullopt;
      AffineLayer layer;
      layer.in = element_count(node.input_shapes[0]);
      layer.out = element_count(node.shape);
      layer.begin = graph->blocks()[node.weight].begin;
      layer.bias = node.bias != kNone;
      if (layer.bias && node.bias != expected + 1) return std::nullopt;
      expected += layer.bias ? 2 : 1;
      net.layers.push_back(layer);
      continue;
    }
    const auto activation = activation_of(node);
    if (!activation || net.layers.empty() || net.layers.back().activation.kind != ActivationKind::identity) {
      return std::nullopt;
    }
    net.layers.back().activation = *activation;
  }
  if (net.layers.empty() || graph->output_node() + 1 != graph->nodes().size()) return std::nullopt;
  net.d_x = problem.model->inputs();
  net.d_y = problem.model->outputs();
  net.m = problem.samples();
  net.x = to_scalars<double>(problem.x);
  net.y = to_scalars<double>(problem.y);
  net.loss = problem.loss;
  net.weight = 1 / static_cast<double>(net.m);
  if (problem.loss.kind() == Loss::Kind::mse) net.weight /= static_cast<double>(net.d_y);
  net.lambda.assign(net.n, 0);
  for (const QuadraticTerm& term : problem.regularizer) {
    const double lambda = from_rational<double>(term.lambda);
    for (std::size_t k = term.begin; k < term.end; ++k) net.lambda[k] += lambda;
    net.regularized = net.regularized || lambda != 0;
  }
  if (problem.model->added() != nullptr) net.added = *problem.model->added();
  return net;
}

LossValues loss_values(const Loss& loss, double q, double y) {
  switch (loss.kind()) {
    case Loss::Kind::logistic: {
      const ActivationValues s = activation_values({ActivationKind::softplus, 1}, -y * q);
      return {s.value, -y * s.slope, s.curvature};
    }
    case Loss::Kind::polynomial_hinge: {
      const double margin = std::max(0.0, 1 - y * q), p = loss.power();
      return {std::pow(margin, p), -y * p * std::pow(margin, p - 1),
              margin > 0 ? p * (p - 1) * std::pow(margin, p - 2) : 0};
    }
    case Loss::Kind::absolute_cubed: {
      const double r = q - y;
      return {std::abs(r) * r * r, 3 * std::abs(r) * r, 6 * std::abs(r)};
    }
    default:
      break;
  }
  const double r = q - y;
  return {r * r, 2 * r, 2};
}

}  // namespace pgb::search
