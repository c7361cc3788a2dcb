#include "claims/support/value_form.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pgb::claims {

Vector<Ball> GradientBasis::h(const Vector<Ball>& z) const {
  Vector<Ball> values(z.size());
  for (const std::size_t k : parameters) values[k] = z[k];
  return values;
}

GradientBasis gradient_basis_of(const Problem& problem) {
  const auto parameters = problem.model->homogeneous_parameters();
  if (!parameters) throw std::logic_error("the instance has no h with Phi = J h");
  const auto moves = [&](std::size_t k) {
    return std::find(parameters->begin(), parameters->end(), k) != parameters->end();
  };
  for (const QuadraticTerm& term : problem.regularizer) {
    for (std::size_t k = term.begin; k < term.end; ++k) {
      if (!moves(k)) throw std::logic_error("the instance penalises a parameter that is not in h");
    }
  }
  return {*parameters, problem.regularizer.empty() ? 0 : 2};
}

Vector<Ball> operator+(Vector<Ball> x, const Vector<Ball>& y) {
  for (std::size_t k = 0; k < x.size(); ++k) x[k] += y[k];
  return x;
}

Ball dot(const Vector<Ball>& x, const Vector<Ball>& y) {
  Ball sum;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

Ball perturbed_value(const Objective<Ball>& objective, const Vector<Ball>& z, int rho,
                     const std::vector<Term>& terms) {
  Matrix<Ball> phi(objective.problem().model->outputs(), objective.samples());
  Ball penalty = Ball(1 - rho) * objective.regularizer(z);
  for (const Term& term : terms) {
    const Matrix<Ball> product = objective.forward_product(term.point, term.alpha);
    for (std::size_t i = 0; i < phi.data.size(); ++i) phi.data[i] += product.data[i];
    penalty += dot(term.alpha, objective.regularizer_gradient(term.point));
  }
  return objective.mean_loss(phi) + penalty;
}

Vector<Ball> random_coefficients(std::size_t n, Random& random) {
  Vector<Ball> alpha;
  for (std::size_t k = 0; k < n; ++k) alpha.emplace_back(random.eighth(1));
  return alpha;
}

RandomValues random_values(const Objective<Ball>& objective, const Vector<Ball>& z,
                           const GradientBasis& basis, const std::vector<Vector<Ball>>& flat_points,
                           std::size_t count, Random& random) {
  const Ball value = objective.value(z);
  RandomValues found;
  found.count = count;
  for (std::size_t trial = 0; trial < count; ++trial) {
    // Coefficients around those of Phi itself, at which Qt = Q, in sizes from 1 to 1/64.
    const Ball size(std::ldexp(1.0, -static_cast<int>(2 * (trial % 4))));
    std::vector<Term> terms{{z, basis.h(z)}};
    for (Ball& c : terms.front().alpha) c += size * Ball(random.eighth(1));
    for (const Vector<Ball>& point : flat_points) {
      terms.push_back({point, random_coefficients(z.size(), random)});
      for (Ball& c : terms.back().alpha) c *= size;
    }
    const Ball excess = perturbed_value(objective, z, basis.rho, terms) - value;
    if (trial == 0 || excess.lower() < found.smallest_excess.lower()) found.smallest_excess = excess;
    found.all_positive = found.all_positive && excess.certainly_positive();
  }
  return found;
}

Drop certify_drop(const Objective<Ball>& objective, const Vector<Ball>& z, const GradientBasis& basis,
                  const Vector<Ball>& flat_point, std::size_t k) {
  const Ball slope = objective.value_gradient(flat_point).gradient[k], value = objective.value(z);
  Drop drop;
  for (int j = 0; j < 60 && !drop.proved; ++j) {
    drop.step = std::ldexp(slope.midpoint() > 0 ? -1.0 : 1.0, -j);
    Term moved{flat_point, Vector<Ball>(z.size())};
    moved.alpha[k] = Ball(drop.step);
    drop.excess = perturbed_value(objective, z, basis.rho, {{z, basis.h(z)}, moved}) - value;
    drop.proved = drop.excess.certainly_negative();
  }
  return drop;
}

Drop certify_drop(const Objective<Ball>& objective, const Vector<Ball>& z, const GradientBasis& basis,
                  const Vector<Ball>& flat_point) {
  const Vector<Ball> gradient = objective.value_gradient(flat_point).gradient;
  const auto smaller = [](const Ball& x, const Ball& y) { return x.mignitude() < y.mignitude(); };
  const auto largest = std::max_element(gradient.begin(), gradient.end(), smaller);
  return certify_drop(objective, z, basis, flat_point, static_cast<std::size_t>(largest - gradient.begin()));
}

}  // namespace pgb::claims
