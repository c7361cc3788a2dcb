#include "pgb/certify/span_bound.h"

#include <algorithm>

#include "pgb/certify/local_functions.h"
#include "pgb/derivatives/objective.h"

namespace pgb {
namespace {

using flat_detail::Exact;
using flat_detail::ExactPoint;
using Function = SampleFunctions::mapped_type;

constexpr long kBits = 1024;  // dyadic sums and products of a few layers are exact

bool penalised_are_zero(const Problem& problem) {
  for (const QuadraticTerm& term : problem.regularizer) {
    for (std::size_t k = term.begin; k < term.end && term.lambda != "0"; ++k) {
      if (problem.parameters.values[k] != 0 || problem.parameters.exact.count(k) > 0) return false;
    }
  }
  return true;
}

bool is_constant(const Function& f, const mpq_class& c) {
  return std::all_of(f.begin(), f.end(),
                     [&](const Exact::Value& x) { return Exact::is_rational(x) && x.constant == c; });
}

// In balls of radius 0, which is enough for binary numbers and takes any model.
bool group_sums_vanish(const Problem& problem, const InputGroups& groups) {
  const Objective<Ball> objective(problem);
  const Matrix<Ball> phi = objective.outputs(to_scalars<Ball>(problem.parameters));
  Vector<Ball> g(phi.rows), sums(groups.count * phi.rows);
  for (std::size_t i = 0; i < phi.cols; ++i) {
    problem.loss.gradient(phi.column(i), objective.y().column(i), phi.rows, g.data());
    for (std::size_t k = 0; k < phi.rows; ++k) sums[groups.group[i] * phi.rows + k] += g[k];
  }
  return std::all_of(sums.begin(), sums.end(), [](const Ball& x) { return x.is_exactly_zero(); });
}

}  // namespace

std::optional<SpanBound> certify_orthogonal(const Problem& problem) {
  if (!penalised_are_zero(problem)) return std::nullopt;
  const PrecisionScope scope(kBits);
  const InputGroups groups = equal_input_groups(problem);
  if (group_sums_vanish(problem, groups)) return SpanBound::functions_of_x;
  if (problem.model->graph() == nullptr || problem.model->added() != nullptr) return std::nullopt;
  const ExactPoint point(problem);
  if (!point.derivatives_known()) return std::nullopt;
  const std::size_t d_y = problem.model->outputs(), m = problem.samples(), d_x = problem.model->inputs();
  Function sums(groups.count * d_y);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < d_y; ++k)
      Exact::add(sums[groups.group[i] * d_y + k], 1, point.derivative(k, i));
  }
  if (is_constant(sums, 0)) return SpanBound::functions_of_x;
  const std::optional<LocalFunctions> functions = local_functions(problem, point);
  if (!functions) return std::nullopt;
  bool affine = true, linear = true;  // combinations of the inputs and 1, of the inputs
  for (std::size_t k = 0; k < d_y; ++k) {
    for (const auto& [key, f] : functions->outputs[k]) {
      Exact::Value sum;
      for (std::size_t i = 0; i < m; ++i) {
        const std::optional<Exact::Value> product = Exact::product(point.derivative(k, i), f[i]);
        if (!product) return std::nullopt;
        Exact::add(sum, 1, *product);
      }
      if (!Exact::is_zero(sum)) return std::nullopt;
      bool input = false;
      for (std::size_t j = 0; j < d_x && !input; ++j) {
        input = true;
        for (std::size_t i = 0; i < m && input; ++i)
          input = Exact::is_rational(f[i]) && f[i].constant == point.value(0, j, i).constant;
      }
      linear = linear && input;
      affine = affine && (input || is_constant(f, 1) || is_constant(f, 0));
    }
  }
  if (!functions->everywhere) return affine ? SpanBound::affine_near : SpanBound::functions_near;
  return linear ? SpanBound::linear_in_x : affine ? SpanBound::affine_in_x : SpanBound::model_functions;
}

}  // namespace pgb
