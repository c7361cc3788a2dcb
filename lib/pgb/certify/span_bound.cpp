#include "pgb/certify/span_bound.h"

#include <algorithm>

#include "pgb/derivatives/objective.h"
#include "pgb/model/graph.h"

namespace pgb {
namespace {

constexpr long kBits = 1024;  // dyadic sums and products of a few layers are exact

bool penalised_are_zero(const Problem& problem) {
  for (const QuadraticTerm& term : problem.regularizer) {
    for (std::size_t k = term.begin; k < term.end && term.lambda != "0"; ++k) {
      if (problem.parameters.values[k] != 0 || problem.parameters.exact.count(k) > 0) return false;
    }
  }
  return true;
}

bool all_exactly_zero(const Vector<Ball>& v) {
  return std::all_of(v.begin(), v.end(), [](const Ball& x) { return x.is_exactly_zero(); });
}

}  // namespace

SpanBound structural_bound(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr || problem.model->added() != nullptr) return SpanBound::functions_of_x;
  bool biases = false;
  for (const GraphNode& node : graph->nodes()) {
    switch (node.op->kind()) {
      case OpKind::affine:
        biases = biases || node.bias != kNone;
        break;
      case OpKind::sum:
      case OpKind::concatenation:
      case OpKind::rename:
        break;
      default:
        return SpanBound::functions_of_x;
    }
  }
  return biases ? SpanBound::affine_in_x : SpanBound::linear_in_x;
}

std::optional<SpanBound> certify_orthogonal(const Problem& problem) {
  if (!penalised_are_zero(problem)) return std::nullopt;
  const PrecisionScope scope(kBits);
  const Objective<Ball> objective(problem);
  const Matrix<Ball> phi = objective.outputs(to_scalars<Ball>(problem.parameters));
  const std::size_t d_y = phi.rows, m = phi.cols, d_x = problem.model->inputs();
  Matrix<Ball> g(d_y, m);  // m times the gradient: the division would not be exact
  for (std::size_t i = 0; i < m; ++i) {
    problem.loss.gradient(phi.column(i), objective.y().column(i), d_y, g.column(i));
  }
  const InputGroups groups = equal_input_groups(problem);
  Vector<Ball> sums(groups.count * d_y);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < d_y; ++k) sums[groups.group[i] * d_y + k] += g(k, i);
  }
  if (all_exactly_zero(sums)) return SpanBound::functions_of_x;
  const SpanBound bound = structural_bound(problem);
  if (bound == SpanBound::functions_of_x) return std::nullopt;
  Vector<Ball> moments(d_y * (d_x + 1));
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < d_y; ++k) {
      for (std::size_t j = 0; j < d_x; ++j) moments[k * (d_x + 1) + j] += g(k, i) * objective.x()(j, i);
      if (bound == SpanBound::affine_in_x) moments[k * (d_x + 1) + d_x] += g(k, i);
    }
  }
  if (!all_exactly_zero(moments)) return std::nullopt;
  return bound;
}

}  // namespace pgb
