#include "pgb/search/descent/flow.h"

#include <algorithm>
#include <boost/numeric/ublas/matrix.hpp>
#include <boost/numeric/ublas/vector.hpp>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

#include "pgb/derivatives/objective.h"
#include "pgb/scalar/functions.h"
#include "pgb/search/descent/stiff.h"

namespace pgb::search {
namespace {

namespace odeint = boost::numeric::odeint;
namespace ublas = boost::numeric::ublas;

using State = ublas::vector<Real>;

constexpr double kFirstStep = 1e-3;
constexpr double kSmallestStep = 1e-25;
constexpr double kEnterLogarithm = 1;  // |d log|z| / d log(1 + t)| below this: integrate log|z|
constexpr double kLeaveLogarithm = 3;  // above this: integrate z again

std::vector<std::size_t> moving(std::size_t n, const std::vector<std::size_t>& frozen) {
  std::vector<bool> held(n, false);
  for (const std::size_t k : frozen) held.at(k) = true;
  std::vector<std::size_t> free;
  for (std::size_t k = 0; k < n; ++k) {
    if (!held[k]) free.push_back(k);
  }
  return free;
}

// On the path of an added neuron a fast direction relaxes like exp(-t exp(2 b)), and exp(2 b) grows like t:
// what is left of it is of size 1 / t^2 beside numbers of size 1, squared once more in Q.
long bits_for(double log_time_end) { return 128 + static_cast<long>(std::ceil(6 * log_time_end)); }

// z as the integrator sees it: coordinate j is z_k or log|z_k|, k = free[j].
class Chart {
 public:
  Chart(const Problem& problem, const FlowOptions& options)
      : problem_(problem),
        objective_(problem),
        free_(moving(problem.model->parameters(), options.frozen)),
        may_(problem.model->parameters(), false),
        sign_(free_.size(), 0),
        z_(to_scalars<Real>(problem.parameters)) {
    for (const std::size_t k : options.logarithmic) may_.at(k) = true;
  }

  const Vector<Real>& z() const { return z_; }

  State coordinates() const {
    State y(free_.size());
    for (std::size_t j = 0; j < free_.size(); ++j) {
      const Real& value = z_[free_[j]];
      y[j] = sign_[j] == 0 ? value : Real(log(abs(value)));
    }
    return y;
  }

  void move_to(const State& y) { z_ = point(y); }

  // Chooses between z_k and log|z_k| for what comes next, after a step from `before` that took `elapsed`;
  // true if a choice changed. By what happened, not by the gradient: off the slow path the latter is large
  // whatever the path does.
  bool choose(const Vector<Real>& before, const Real& elapsed) {
    bool changed = false;
    for (std::size_t j = 0; j < free_.size(); ++j) {
      const std::size_t k = free_[j];
      if (!may_[k] || z_[k] == 0 || before[k] == 0) continue;
      const bool same_sign = (z_[k] > 0) == (before[k] > 0);
      const double rate =
          same_sign ? std::abs(to_double(Real(log(Real(z_[k] / before[k])) / elapsed))) : kLeaveLogarithm;
      if (sign_[j] == 0 ? rate < kEnterLogarithm : rate > kLeaveLogarithm) {
        sign_[j] = sign_[j] != 0 ? 0 : z_[k] > 0 ? 1 : -1;
        changed = true;
      }
    }
    return changed;
  }

  // dy / d log(1 + t) = (1 + t) dy / dt.
  void slope(const State& y, State& result, const Real& time) const {
    const Vector<Real> z = point(y), gradient = objective_.value_gradient(z).gradient;
    const Real scale = -exp(time);
    for (std::size_t j = 0; j < free_.size(); ++j) {
      const std::size_t k = free_[j];
      result[j] = scale * (sign_[j] == 0 ? gradient[k] : Real(gradient[k] / z[k]));
    }
  }

  void jacobian(const State& y, ublas::matrix<Real>& result, const Real& time, State& time_slope) const {
    slope(y, time_slope, time);  // the factor exp(time) is its own derivative
    const Vector<Real> z = point(y);
    const HessianOperator<Real> hessian(problem_, z);
    const Real scale = -exp(time);
    for (std::size_t j = 0; j < free_.size(); ++j) {
      Vector<Real> direction(z.size(), Real(0));
      direction[free_[j]] = sign_[j] == 0 ? Real(1) : z[free_[j]];
      const Vector<Real> column = hessian(direction);
      for (std::size_t i = 0; i < free_.size(); ++i) {
        const std::size_t k = free_[i];
        result(i, j) = scale * (sign_[i] == 0 ? column[k] : Real(column[k] / z[k]));
      }
      if (sign_[j] != 0) result(j, j) -= time_slope[j];
    }
  }

 private:
  Vector<Real> point(const State& y) const {
    Vector<Real> z = z_;
    for (std::size_t j = 0; j < free_.size(); ++j) {
      z[free_[j]] = sign_[j] == 0 ? y[j] : Real(sign_[j] * exp(y[j]));
    }
    return z;
  }

  const Problem& problem_;
  Objective<Real> objective_;
  std::vector<std::size_t> free_;
  std::vector<bool> may_;
  std::vector<int> sign_;  // 0: the coordinate is z_k itself
  Vector<Real> z_;
};

bool stopped(const std::atomic<bool>* stop) { return stop != nullptr && *stop; }

}  // namespace

std::vector<std::size_t> scale_parameters(const Problem& problem) {
  std::vector<std::size_t> result;
  if (const AddedNeurons* added = problem.model->added()) {
    for (std::size_t k = added->a; k < added->b; ++k) result.push_back(k);
  }
  return result;
}

Flow approx_gradient_flow(const Problem& problem, const FlowOptions& options) {
  if (!(options.log_time_end > 0) || options.points < 2 || !(options.tolerance > 0)) {
    throw std::invalid_argument(
        "gradient flow: expected log_time_end > 0, tolerance > 0 and at least 2 points");
  }
  Flow flow;
  flow.precision_bits = bits_for(options.log_time_end);
  const PrecisionScope scope(flow.precision_bits);
  Chart chart(problem, options);
  const auto system =
      std::make_pair([&](const State& y, State& result, const Real& time) { chart.slope(y, result, time); },
                     [&](const State& y, ublas::matrix<Real>& result, const Real& time, State& time_slope) {
                       chart.jacobian(y, result, time, time_slope);
                     });

  Real time(0), step(kFirstStep);
  flow.points.push_back(printed(chart.z(), 0, options.logarithmic));
  std::optional<StiffController<Real>> controller;
  State y = chart.coordinates();
  for (std::size_t p = 1; p < options.points; ++p) {
    const double share = static_cast<double>(p) / static_cast<double>(options.points - 1);
    const Real target(options.log_time_end * share);
    while (time < target) {
      if (stopped(options.stop)) flow.status = Flow::Status::stopped;
      if (flow.steps + flow.rejected >= options.max_steps || step < kSmallestStep)
        flow.status = Flow::Status::too_many_steps;
      if (flow.status != Flow::Status::reached) return flow;
      if (!controller) controller.emplace(Real(options.tolerance), Real(options.tolerance));
      const Real start = time, wanted = step, rest = target - time;
      const bool last = step >= rest;
      if (last) step = rest;
      if (controller->try_step(system, y, time, step) == odeint::fail) {
        ++flow.rejected;
        continue;
      }
      ++flow.steps;
      if (last) {
        time = target;
        step = std::max(step, wanted);
      }
      const Vector<Real> before = chart.z();
      chart.move_to(y);
      if (chart.choose(before, time - start)) {
        y = chart.coordinates();
        controller.reset();  // its memory of past errors is about other coordinates
        step = std::min(step, Real(kFirstStep));
      }
    }
    flow.points.push_back(printed(chart.z(), to_double(target), options.logarithmic));
  }
  return flow;
}

Descent approx_gradient_descent(const Problem& problem, const DescentOptions& options) {
  if (!(options.rate > 0) || options.points < 2) {
    throw std::invalid_argument("gradient descent: expected rate > 0 and at least 2 points");
  }
  Descent descent;
  const Objective<double> objective(problem);
  const std::vector<std::size_t> free = moving(objective.parameters(), options.frozen);
  descent.z = to_scalars<double>(problem.parameters);
  auto at = objective.value_gradient(descent.z);
  descent.points.push_back(printed(descent.z, 0));
  const double spacing =
      std::log1p(static_cast<double>(options.steps)) / static_cast<double>(options.points - 1);
  while (descent.steps < options.steps && !stopped(options.stop)) {
    std::vector<double> next = descent.z;
    for (const std::size_t k : free) next[k] -= options.rate * at.gradient[k];
    auto there = objective.value_gradient(next);
    const auto finite = [](double v) { return std::isfinite(v); };
    if (!finite(there.value) || !std::all_of(there.gradient.begin(), there.gradient.end(), finite)) break;
    ++descent.steps;
    if (descent.first_rise == 0 && there.value > at.value) descent.first_rise = descent.steps;
    descent.z = std::move(next);
    at = std::move(there);
    const double log_time = std::log1p(static_cast<double>(descent.steps));
    if (log_time >= spacing * static_cast<double>(descent.points.size()) || descent.steps == options.steps) {
      descent.points.push_back(printed(descent.z, log_time));
    }
  }
  return descent;
}

}  // namespace pgb::search
