#include "pgb/search/run/failure.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "pgb/certify/exclusion.h"
#include "pgb/report/numbers.h"
#include "pgb/search/descent/flow.h"
#include "pgb/search/descent/path.h"

namespace pgb::search {
namespace {

constexpr double kStart = 1e-3;  // of a
constexpr double kLogTime = 20;  // t = 5e8
constexpr std::size_t kPoints = 30;

}  // namespace

std::string FailureMode::text() const {
  using report::rounded;
  const auto short_number = [](double x) { return rounded(x, report::Notation::plain, 3); };
  std::string text = "with added neurons, lambda " + lambda + ": ";
  text += freed ? "no local minimum nearby (certified); " : "";
  text += diverges ? "gradient flow runs off to infinity" : "gradient flow shows no divergence";
  text += ", exponent " + short_number(exponent_slope) + " log t, log|a| " + short_number(scale_slope) +
          " log t (1/2 and -1/2 in the " + "closed form), theta moved " + short_number(moved) + ", loss " +
          short_number(loss_start) + " to " + short_number(loss_end);
  return text;
}

FailureMode approx_failure_mode(Instance instance, const std::string& lambda, const std::atomic<bool>* stop) {
  FailureMode mode;
  mode.lambda = lambda;
  const std::size_t base = pgb::make_problem(instance.file).model->parameters();
  instance.file.augment = io::AddedNeuronsSpec{"exponential", lambda};
  Problem problem = make_problem(instance);
  mode.freed = certify_no_local_minimum(problem, 0).has_value();
  const AddedNeurons added = *problem.model->added();
  const std::size_t d_y = problem.model->outputs(), d_x = problem.model->inputs();
  io::Tensor z = problem.parameters;
  for (std::size_t k = 0; k < d_y; ++k) z.values[added.a + k] = kStart;
  problem.parameters = z;

  FlowOptions options;
  options.log_time_end = kLogTime;
  options.logarithmic = scale_parameters(problem);
  options.points = kPoints;
  options.stop = stop;
  const std::vector<PathPoint> path = approx_gradient_flow(problem, options).points;
  if (path.size() < 2) return mode;
  const std::vector<double> x = to_scalars<double>(problem.x);
  std::vector<std::pair<double, double>> exponents, scales;
  for (const PathPoint& point : path) {
    double largest = -HUGE_VAL, scale = -HUGE_VAL;
    for (std::size_t k = 0; k < d_y; ++k) {
      scale = std::max(scale, approx_log(point.z[added.a + k]));
      for (std::size_t i = 0; i < problem.samples(); ++i) {
        double s = approx_number(point.z[added.b + k]);
        for (std::size_t c = 0; c < d_x; ++c)
          s += approx_number(point.z[added.w + k * d_x + c]) * x[i * d_x + c];
        largest = std::max(largest, s);
      }
    }
    exponents.emplace_back(point.log_time, largest);
    scales.emplace_back(point.log_time, scale);
  }
  mode.log_time = path.back().log_time;
  mode.exponent_slope = approx_slope(exponents, 2 * mode.log_time / 3).value_or(0);
  mode.scale_slope = approx_slope(scales, 2 * mode.log_time / 3).value_or(0);
  mode.diverges = mode.exponent_slope > 0.1 && mode.scale_slope < -0.1;
  for (std::size_t k = 0; k < base; ++k) {
    mode.moved = std::max(mode.moved, std::abs(approx_number(path.back().z[k]) - z.values[k]));
  }
  const Decrease decrease = certify_decrease(problem, path);
  mode.falling = decrease.proven;
  mode.points = path.size();
  mode.loss_start = decrease.values.front().midpoint();
  mode.loss_end = decrease.values.back().midpoint();
  return mode;
}

std::size_t follow_failure_modes(Store& store, const std::string& lambda, const std::atomic<bool>* stop) {
  std::size_t count = 0;
  for (const StoredPoint& p : store.points()) {
    if (!p.counterexample() || store.failure_mode(p.id)) continue;
    const Instance instance = instance_from_text(p.judgement->problem, store.path());
    if (instance.population || instance.file.augment) continue;
    const FailureMode mode = approx_failure_mode(instance, lambda, stop);
    if (stop != nullptr && *stop) break;
    store.begin();
    store.set_failure_mode(p.id, mode.diverges, mode.text());
    store.commit();
    ++count;
  }
  return count;
}

}  // namespace pgb::search
