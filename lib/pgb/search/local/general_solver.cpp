#include "pgb/search/local/general_solver.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <nlopt.h>

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/search/local/end_kind.h"

namespace pgb::search {
namespace {

constexpr std::size_t kLargestHessian = 400;
constexpr int kNewtonSteps = 100;

struct Run {
  const Objective<double>* objective;
  const SolverOptions* options;
  nlopt_opt optimiser = nullptr;
  int evaluations = 0;
};

double evaluate(unsigned n, const double* z, double* gradient, void* data) {
  Run& run = *static_cast<Run*>(data);
  // NLopt counts evaluations itself; that a line search looks at its count before it asks for more is not
  // documented. Once it is told to stop a gradient of 0 leaves it nothing to search for.
  if (++run.evaluations > 2 * run.options->max_steps || run.options->stopped()) {
    nlopt_force_stop(run.optimiser);
    if (gradient != nullptr) std::fill_n(gradient, n, 0.0);
    return HUGE_VAL;
  }
  const auto at = run.objective->value_gradient(Vector<double>(z, z + n));
  if (gradient != nullptr) std::copy(at.gradient.begin(), at.gradient.end(), gradient);
  return std::isfinite(at.value) ? at.value : HUGE_VAL;
}

double sup_norm(const Vector<double>& v) {
  double largest = 0;
  for (const double x : v) largest = std::max(largest, std::abs(x));
  return largest;
}

// -|H|^-1 grad, eigenvalues below `least` in magnitude raised to it.
Vector<double> newton_step(const ApproxEigen& eigen, const Vector<double>& gradient, double least) {
  const std::size_t n = gradient.size();
  Vector<double> step(n, 0.0);
  for (std::size_t j = 0; j < n; ++j) {
    double along = 0;
    for (std::size_t k = 0; k < n; ++k) along += eigen.vectors(k, j) * gradient[k];
    along /= -std::max(std::abs(eigen.values[j]), least);
    for (std::size_t k = 0; k < n; ++k) step[k] += along * eigen.vectors(k, j);
  }
  return step;
}

Vector<double> packed(const Matrix<double>& h) {
  Vector<double> lower;
  for (std::size_t r = 0; r < h.rows; ++r) {
    for (std::size_t c = 0; c <= r; ++c) lower.push_back(h(r, c));
  }
  return lower;
}

}  // namespace

Ending solve_general(const Problem& problem, const std::vector<double>& start, const SolverOptions& options) {
  const Objective<double> objective(problem);
  const std::size_t n = start.size();
  Ending ending;
  Run run{&objective, &options};
  ending.z = start;
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimiser(
      nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(n)), nlopt_destroy);
  run.optimiser = optimiser.get();
  nlopt_set_min_objective(optimiser.get(), evaluate, &run);
  nlopt_set_maxeval(optimiser.get(), options.max_steps);
  nlopt_set_ftol_rel(optimiser.get(), 1e-12);
  double value = 0;
  nlopt_optimize(optimiser.get(), ending.z.data(), &value);  // a failure leaves the best point so far

  auto at = objective.value_gradient(ending.z);
  Vector<double> hessian;
  for (int i = 0; n <= kLargestHessian && std::isfinite(at.value) && i <= kNewtonSteps && !options.stopped();
       ++i) {
    const Matrix<double> h = HessianOperator<double>(problem, ending.z).dense();
    hessian = packed(h);
    const bool finite = std::all_of(h.data.begin(), h.data.end(), [](double x) { return std::isfinite(x); });
    if (!finite || i == kNewtonSteps) break;
    const ApproxEigen eigen = approx_symmetric_eigen(h);
    double scale = 0;
    for (const double x : eigen.values) scale = std::max(scale, std::abs(x));
    Vector<double> step = newton_step(eigen, at.gradient, std::max(1e-13 * scale, 1e-300));
    bool moved = false;
    for (int half = 0; half < 30 && !moved && !options.stopped(); ++half) {
      Vector<double> z = ending.z;
      for (std::size_t k = 0; k < n; ++k) z[k] += step[k];
      const auto next = objective.value_gradient(z);
      ++run.evaluations;
      const bool level = std::abs(next.value - at.value) <= 1e-13 * (std::abs(at.value) + 1e-300);
      moved = next.value < at.value - 1e-13 * std::abs(at.value) ||
              (level && sup_norm(next.gradient) < sup_norm(at.gradient));
      if (moved) {
        ending.z = std::move(z);
        at = next;
      }
      for (double& x : step) x /= 4;
    }
    if (!moved || sup_norm(ending.z) > options.far) break;
  }
  ending.steps = run.evaluations;
  ending.loss = at.value;
  ending.outputs = objective.outputs(ending.z).data;
  if (hessian.empty()) {
    ending.gradient = sup_norm(at.gradient);
    ending.kind = !std::isfinite(at.value)                                               ? EndKind::not_finite
                  : ending.gradient <= 1e3 * options.gradient * (1 + std::abs(at.value)) ? EndKind::critical
                                                                                         : EndKind::stalled;
    return ending;
  }
  hessian = packed(HessianOperator<double>(problem, ending.z).dense());
  judge_end(at.gradient, hessian, options, ending);
  return ending;
}

}  // namespace pgb::search
