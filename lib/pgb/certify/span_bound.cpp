#include "pgb/certify/span_bound.h"

#include <algorithm>

#include "pgb/certify/local_functions.h"
#include "pgb/derivatives/objective.h"

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
  const std::optional<LocalFunctions> functions = local_functions(problem);
  if (!functions) return std::nullopt;
  bool affine = true, linear = true;  // combinations of the inputs and 1, of the inputs
  for (std::size_t k = 0; k < d_y; ++k) {
    for (const auto& [key, f] : functions->outputs[k]) {
      Ball sum(0);
      for (std::size_t i = 0; i < m; ++i) sum += g(k, i) * f[i];
      if (!sum.is_exactly_zero()) return std::nullopt;
      const bool constant =
          std::all_of(f.begin(), f.end(), [&](const Ball& x) { return (x - Ball(1)).is_exactly_zero(); });
      bool input = false;
      for (std::size_t j = 0; j < d_x && !input; ++j) {
        input = true;
        for (std::size_t i = 0; i < m && input; ++i) input = (f[i] - objective.x()(j, i)).is_exactly_zero();
      }
      linear = linear && input;
      affine = affine && (input || constant ||
                          std::all_of(f.begin(), f.end(), [](const Ball& x) { return x.is_exactly_zero(); }));
    }
  }
  if (!functions->everywhere) return affine ? SpanBound::affine_near : SpanBound::functions_near;
  return linear ? SpanBound::linear_in_x : affine ? SpanBound::affine_in_x : SpanBound::model_functions;
}

}  // namespace pgb
