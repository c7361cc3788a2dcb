#include "pgb/certify/distinct_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"

namespace pgb::interpolation_detail {

std::string brief(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2g", x);
  return buffer;
}

DistinctInputs::DistinctInputs(const Problem& problem, const Vector<Real>& center, const char* caller)
    : problem_(problem), groups_(equal_input_groups(problem)), first_(groups_.count, problem.samples()) {
  const std::size_t n = problem.model->parameters();
  if (center.size() != n) {
    throw std::invalid_argument(std::string(caller) + ": expected a centre of " + std::to_string(n) +
                                " entries, found " + std::to_string(center.size()));
  }
  for (const Real& x : center) z_.push_back(to_ball(x));
  for (std::size_t i = problem.samples(); i-- > 0;) first_[groups_.group[i]] = i;
  std::vector<bool> fixed(n, false);
  for (const QuadraticTerm& term : problem.regularizer) {
    if (term.lambda == "0") continue;
    for (std::size_t k = term.begin; k < term.end; ++k) fixed[k] = true;
  }
  for (std::size_t k = 0; k < n; ++k) {
    if (fixed[k]) regularized_.push_back(k);
  }
  if (const AddedNeurons* added = problem.model->added()) {
    for (std::size_t k = 0; k < problem.model->outputs(); ++k) fixed[added->a + k] = true;
  }
  for (std::size_t k = 0; k < n; ++k) {
    if (!fixed[k]) movable_.push_back(k);
  }
}

template <class S>
Matrix<S> DistinctInputs::inputs() const {
  const Vector<S> all = to_scalars<S>(problem_.x);
  const std::size_t d = problem_.x.shape[1];
  Matrix<S> x(d, groups_.count);
  for (std::size_t g = 0; g < groups_.count; ++g) {
    for (std::size_t k = 0; k < d; ++k) x(k, g) = all[first_[g] * d + k];
  }
  return x;
}

Matrix<Ball> DistinctInputs::outputs(const Vector<Ball>& z) const {
  const Matrix<Ball> x = inputs<Ball>();
  return problem_.model->evaluate(z, x.view())->outputs();
}

std::vector<Kink> DistinctInputs::kinks(const Vector<Ball>& z) const {
  const Matrix<Ball> x = inputs<Ball>();
  std::vector<Kink> kinks = problem_.model->evaluate(z, x.view())->kinks();
  for (Kink& kink : kinks) kink.sample = first_[kink.sample];
  return kinks;
}

template <class S>
Matrix<S> DistinctInputs::jacobian(const Vector<S>& z, const std::vector<std::size_t>& columns,
                                   std::size_t memory) const {
  const Matrix<S> x = inputs<S>();
  const auto at = problem_.model->evaluate(z, x.view());
  const std::size_t rows = equations();
  Matrix<S> part(rows, columns.size());
  const double bytes = 2.0 * sizeof(S) * static_cast<double>(rows) * static_cast<double>(z.size());
  if (memory == 0 || bytes < static_cast<double>(memory)) {
    const Matrix<S> j = at->jacobian();
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::copy(j.column(columns[c]), j.column(columns[c]) + rows, part.column(c));
    }
    return part;
  }
  Vector<S> unit(z.size(), S(0));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    unit[columns[c]] = S(1);
    const Matrix<S> column = at->forward_product(unit);
    std::copy(column.data.begin(), column.data.end(), part.column(c));
    unit[columns[c]] = S(0);
  }
  return part;
}

template Matrix<double> DistinctInputs::jacobian<double>(const Vector<double>&,
                                                         const std::vector<std::size_t>&, std::size_t) const;
template Matrix<Ball> DistinctInputs::jacobian<Ball>(const Vector<Ball>&, const std::vector<std::size_t>&,
                                                     std::size_t) const;

std::vector<std::size_t> DistinctInputs::choose_coordinates(std::size_t memory) const {
  if (movable_.size() < equations()) return {};
  Vector<double> z;
  for (const Ball& x : z_) z.push_back(x.midpoint());
  Matrix<double> j = jacobian<double>(z, movable_, memory);
  for (const double x : j.data) {
    if (!std::isfinite(x)) return {};
  }
  std::vector<std::size_t> chosen;
  for (const std::size_t c : approx_independent_columns(std::move(j), equations()))
    chosen.push_back(movable_[c]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::string DistinctInputs::why_too_few(std::size_t found) const {
  return "found " + std::to_string(found) + " independent columns of J among " +
         std::to_string(movable_.size()) + " parameters that may move, needs " + std::to_string(equations()) +
         " (" + std::to_string(groups_.count) + " distinct inputs, " +
         std::to_string(problem_.model->outputs()) + " outputs)";
}

}  // namespace pgb::interpolation_detail
