#include "pgb/span/value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr std::size_t kMostProducts = 150;  // of one Newton step
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Root of an increasing function on [low, high] by bisection to the last digit.
template <class F>
double increasing_root(const F& f, double low, double high) {
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (f(middle) < 0 ? low : high) = middle;
  }
  return low;
}

// p log p, 0 at 0
double entropy_term(double p) { return p > 0 ? p * std::log(p) : 0; }

// min over one number q of the sum of the losses of `targets` (one output, losses that act output by output).
double smallest_sum(const Loss& loss, const Vector<double>& targets, std::size_t d_y) {
  const double count = static_cast<double>(targets.size());
  const auto [low, high] = std::minmax_element(targets.begin(), targets.end());
  double q = 0;
  switch (loss.kind()) {
    case Loss::Kind::squared:
    case Loss::Kind::mse:
      for (const double y : targets) q += y / count;
      break;
    case Loss::Kind::logistic: {
      const double share = static_cast<double>(std::count(targets.begin(), targets.end(), 1.0)) / count;
      return -count * (entropy_term(share) + entropy_term(1 - share));
    }
    default: {
      const auto slope = [&](double at) {
        double sum = 0;
        for (const double y : targets) {
          double g = 0;
          loss.gradient(&at, &y, 1, &g);
          sum += g;
        }
        return sum;
      };
      q = increasing_root(slope, std::min(*low, -1.0), std::max(*high, 1.0));
    }
  }
  double sum = 0;
  for (const double y : targets) sum += loss.value(&q, &y, 1);
  return loss.kind() == Loss::Kind::mse ? sum / static_cast<double>(d_y) : sum;
}

// The mean loss and its derivatives as functions of the outputs Q (d_y x D) of the distinct inputs.
class GroupedLoss {
 public:
  GroupedLoss(const Problem& problem, const InputGroups& groups)
      : loss_(problem.loss),
        groups_(groups),
        y_(problem.y.shape[1], problem.y.shape[0], problem.y.values),
        d_y_(problem.model->outputs()) {}

  double value(const Vector<double>& q) const {
    double sum = 0;
    for (std::size_t i = 0; i < y_.cols; ++i) {
      sum += loss_.value(&q[groups_.group[i] * d_y_], y_.column(i), d_y_);
    }
    return sum / static_cast<double>(y_.cols);
  }

  Vector<double> gradient(const Vector<double>& q) const {
    Vector<double> sum(q.size(), 0), g(d_y_);
    for (std::size_t i = 0; i < y_.cols; ++i) {
      loss_.gradient(&q[groups_.group[i] * d_y_], y_.column(i), d_y_, g.data());
      for (std::size_t k = 0; k < d_y_; ++k) sum[groups_.group[i] * d_y_ + k] += g[k];
    }
    for (double& s : sum) s /= static_cast<double>(y_.cols);
    return sum;
  }

  // second derivative at q times v
  Vector<double> curvature(const Vector<double>& q, const Vector<double>& v) const {
    Vector<double> sum(q.size(), 0);
    Vector<Dual<double>> at(d_y_), target(y_.rows), g(d_y_);
    for (std::size_t i = 0; i < y_.cols; ++i) {
      const std::size_t first = groups_.group[i] * d_y_;
      for (std::size_t k = 0; k < d_y_; ++k) at[k] = {q[first + k], v[first + k]};
      for (std::size_t k = 0; k < y_.rows; ++k) target[k] = Dual<double>(y_(k, i));
      loss_.gradient(at.data(), target.data(), d_y_, g.data());
      for (std::size_t k = 0; k < d_y_; ++k) sum[first + k] += g[k].tangent;
    }
    for (double& s : sum) s /= static_cast<double>(y_.cols);
    return sum;
  }

 private:
  const Loss& loss_;
  const InputGroups& groups_;
  Matrix<double> y_;
  std::size_t d_y_;
};

Vector<double> times(const Matrix<double>& u, const Vector<double>& c) {
  return multiply<double>(u, {c.data(), c.size(), 1}).data;
}
Vector<double> transposed_times(const Matrix<double>& u, const Vector<double>& q) {
  return multiply_tn<double>(u, {q.data(), q.size(), 1}).data;
}
double inner(const Vector<double>& a, const Vector<double>& b) {
  return dot(a.size(), a.data(), 1, b.data(), 1);
}

// (U^T D U + shift) s = -g by conjugate gradients, D the curvature of the loss at q.
Vector<double> newton_step(const GroupedLoss& loss, const Matrix<double>& u, const Vector<double>& q,
                           const Vector<double>& g, double shift) {
  Vector<double> step(g.size(), 0), residual = g, direction(g.size());
  for (std::size_t k = 0; k < g.size(); ++k) direction[k] = residual[k] = -g[k];
  double rr = inner(residual, residual);
  const double enough = rr * 1e-24;
  for (std::size_t i = 0; i < std::min(2 * g.size() + 20, kMostProducts) && rr > enough; ++i) {
    Vector<double> h = transposed_times(u, loss.curvature(q, times(u, direction)));
    for (std::size_t k = 0; k < h.size(); ++k) h[k] += shift * direction[k];
    const double curvature = inner(direction, h);
    if (!(curvature > 0)) break;
    const double length = rr / curvature;
    for (std::size_t k = 0; k < g.size(); ++k) {
      step[k] += length * direction[k];
      residual[k] -= length * h[k];
    }
    const double next = inner(residual, residual);
    for (std::size_t k = 0; k < g.size(); ++k) direction[k] = residual[k] + next / rr * direction[k];
    rr = next;
  }
  return step;
}

}  // namespace

double approx_value_over_functions(const Problem& problem, const InputGroups& groups) {
  const std::size_t m = problem.samples(), d_y = problem.model->outputs();
  const Loss& loss = problem.loss;
  if (loss.kind() == Loss::Kind::value) return -kInfinity;
  double sum = 0;
  if (loss.class_targets()) {
    std::vector<std::map<double, double>> counts(groups.count);
    std::vector<double> sizes(groups.count, 0);
    for (std::size_t i = 0; i < m; ++i) {
      ++counts[groups.group[i]][problem.y.values[i]];
      ++sizes[groups.group[i]];
    }
    for (std::size_t g = 0; g < groups.count; ++g) {
      for (const auto& [label, count] : counts[g]) sum -= sizes[g] * entropy_term(count / sizes[g]);
    }
    return sum / static_cast<double>(m);
  }
  std::vector<Vector<double>> targets(groups.count * d_y);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < d_y; ++k) {
      targets[groups.group[i] * d_y + k].push_back(problem.y.values[i * d_y + k]);
    }
  }
  for (const Vector<double>& column : targets) sum += smallest_sum(loss, column, d_y);
  return sum / static_cast<double>(m);
}

double approx_value_over_basis(const Problem& problem, const InputGroups& groups,
                               const Matrix<double>& basis) {
  const GroupedLoss loss(problem, groups);
  Vector<double> c(basis.cols, 0);
  if (basis.cols == 0) return loss.value(Vector<double>(basis.rows, 0));
  if (problem.loss.kind() == Loss::Kind::value) return -kInfinity;
  double value = loss.value(times(basis, c));
  // Least squares takes one step; elsewhere the step is damped until the value falls.
  for (int iteration = 0; iteration < 40; ++iteration) {
    const Vector<double> q = times(basis, c);
    const Vector<double> g = transposed_times(basis, loss.gradient(q));
    const Vector<double> step = newton_step(loss, basis, q, g, problem.loss.least_squares() ? 0 : 1e-10);
    const double slope = inner(g, step);
    if (!(slope < -1e-18 * (std::abs(value) + 1e-300))) break;
    double length = 1, trial_value = value;
    Vector<double> trial = c;
    for (; length > 1e-9; length /= 2) {
      for (std::size_t k = 0; k < c.size(); ++k) trial[k] = c[k] + length * step[k];
      trial_value = loss.value(times(basis, trial));
      if (trial_value <= value + 1e-4 * length * slope) break;
    }
    if (!(trial_value < value)) break;
    c = trial;
    value = trial_value;
  }
  return value;
}

}  // namespace pgb
