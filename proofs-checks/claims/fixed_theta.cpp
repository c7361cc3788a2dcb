// Failure mode. Fix theta, with residuals c_ik = d_k l(f(x_i; theta), y_i). If for some output k and some
// distinct input the group sum of the c_ik is not 0, then (a, b, W) -> Lt(theta, a, b, W) has no local
// minimum. If all group sums are 0 its minimum is at a = 0, whatever (b, W) are.
//
// Checked, in balls, without using the theorem: 1. near random points with a != 0 and with a = 0 (among them
// points at which the whole gradient is 0), at distances down to 1e-6, another point with a smaller value. 2.
// that F_k(w, b) = (1/m) sum_i c_ik exp(w . x_i + b) is not 0 at one (w, b): being analytic it is then not 0
// on any open set, so that *no* point with a = 0 is a local minimum; those with a_k != 0 are not critical by
// the vanishing identity. 3. where residuals cancel in every group: Lt(theta, a, b, W) > L(theta) at random
// points.
#include <algorithm>
#include <cmath>
#include <string>

#include "claims/registry.h"
#include "claims/support/instances.h"
#include "pgb/derivatives/objective.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb::claims {
namespace {

constexpr long bits = 512;

struct Setting {
  Problem problem;
  std::string name;
};

Setting random_residuals(const std::string& loss, Random& random) {
  const std::vector<std::string> activations{"relu", "tanh", "softplus"};
  const std::string activation = activations[random.index(3)];
  const std::size_t d_y = loss == "cross_entropy" ? random.between(2, 3) : random.between(1, 2);
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(2, 4), d_y};
  const Problem problem = random_problem(network(widths, activation), random.between(4, 7), 1, loss, random);
  return {add_neurons(problem, std::to_string(random.between(1, 8)) + "/8"),
          network_name(widths, activation) + ", " + loss};
}

// sum_i c_ik = 0 for every k: with a = 0 and W = 0 all derivatives in (a, b, W) are 0.
Setting residuals_with_sum_zero(Random& random) {
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(2, 4), random.between(1, 2)};
  Problem problem = random_problem(network(widths, "relu"), random.between(4, 7), 1, "squared", random);
  const Matrix<double> outputs = Objective<double>(problem).outputs(to_scalars<double>(problem.parameters));
  for (std::size_t k = 0; k < outputs.rows; ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < outputs.cols; ++i) {
      double& y = problem.y.values[i * outputs.rows + k];
      if (i + 1 == outputs.cols) y = outputs(k, i) + sum;
      sum += outputs(k, i) - y;
    }
  }
  return {add_neurons(problem, "1/4"), network_name(widths, "relu") + ", squared, residuals with sum 0"};
}

Setting cancelling_residuals(const std::string& loss, Random& random) {
  const Problem problem = cancelling_problem(loss, random);
  return {add_neurons(problem, "1/4"),
          network_name({problem.model->inputs(), 3, problem.model->outputs()}, "relu") + ", " + loss +
              ", residuals that cancel"};
}

// A point within `distance` with a smaller value than `value`: the added neurons' (b, W) moved at random,
// then a.
bool lower_nearby(const Objective<Ball>& objective, const Vector<Ball>& z, double distance, Random& random) {
  const AddedNeurons& added = *objective.problem().model->added();
  const Ball value = objective.value(z);
  for (int attempt = 0; attempt < 4; ++attempt) {
    Vector<Ball> near = z;
    for (std::size_t k = added.b; k < z.size(); ++k) near[k] += Ball(random.uniform(-0.5, 0.5) * distance);
    for (const Vector<Ball>& from : {z, near}) {
      const Vector<Ball> gradient = objective.value_gradient(from).gradient;
      double largest = 0;
      for (std::size_t k = added.a; k < z.size(); ++k)
        largest = std::max(largest, std::abs(gradient[k].midpoint()));
      if (largest == 0) continue;
      double step = 0.5 * distance / largest;
      for (int halvings = 0; halvings < 120; ++halvings, step /= 2) {
        Vector<Ball> to = from;
        for (std::size_t k = added.a; k < z.size(); ++k) to[k] -= Ball(step * gradient[k].midpoint());
        if ((value - objective.value(to)).certainly_positive()) return true;
      }
    }
  }
  return false;
}

Instance no_local_minimum(const Setting& s, Random& random) {
  const PrecisionScope precision(bits);
  const AddedNeurons& added = *s.problem.model->added();
  const Objective<Ball> objective(s.problem);
  const Vector<Ball> theta = to_scalars<Ball>(s.problem.parameters);
  std::size_t points = 0;
  bool lower = true;
  for (const double scale : {0.0, 1.0}) {
    for (int at = 0; at < 3; ++at) {
      Vector<Ball> z = theta;
      for (std::size_t k = added.a; k < z.size(); ++k) {
        const double size = k < added.b ? scale : at;  // at = 0: b = 0 and W = 0
        z[k] = Ball(size * random.uniform(-1, 1));
      }
      for (const double distance : {1e-1, 1e-3, 1e-6}) {
        lower = lower && lower_nearby(objective, z, distance, random);
        ++points;
      }
    }
  }
  // F_k at one (w, b) near 0.
  Vector<Ball> z = theta;
  for (std::size_t k = added.b; k < z.size(); ++k) z[k] = Ball(random.uniform(-0.5, 0.5));
  const Ball slope = objective.value_gradient(z).gradient[added.a];
  const bool proved = lower && !slope.contains_zero();
  return {s.name,
          proved ? Standing::proved : Standing::failed,
          proved  ? "a smaller value close to every point tried, and F is not identically 0"
          : lower ? "F may be 0 everywhere"
                  : "no smaller value was found near a point",
          {{"points and distances", std::to_string(points)}, {"F", report::rounded(slope.midpoint())}}};
}

Instance minimum_at_zero(const Setting& s, Random& random) {
  const PrecisionScope precision(bits);
  const AddedNeurons& added = *s.problem.model->added();
  const Objective<Ball> objective(s.problem);
  Vector<Ball> z = to_scalars<Ball>(s.problem.parameters);
  const Ball value = objective.value(z);
  bool above = true;
  for (int trial = 0; trial < 12; ++trial) {
    for (std::size_t k = added.a; k < z.size(); ++k) z[k] = Ball(std::ldexp(random.uniform(-1, 1), -trial));
    above = above && (objective.value(z) - value).certainly_positive();
  }
  return {s.name,
          above ? Standing::proved : Standing::failed,
          above ? "the value at a = 0 is smaller than at all points tried"
                : "the value at a = 0 is not the least",
          {}};
}

// Lt along a for every (theta, b), one sample: f(theta) = theta^3 - 3 theta + 3, y = 0. With E = exp(b) the
// best a leaves f^2 s / (1 + s), s = lambda exp(-2 b).
ClaimResult landscapes() {
  const auto f = [](double theta) { return theta * theta * theta - 3 * theta + 3; };
  constexpr std::size_t columns = 72, rows = 48;
  ClaimResult result;
  for (const bool added : {false, true}) {
    Figure figure;
    figure.name = added ? "landscape-with-neuron" : "landscape-without";
    figure.title = added ? "The landscape of Lt over (theta, b)" : "The landscape of L over (theta, b)";
    figure.caption = added ? "With one added neuron, for each (theta, b) the least value over a (lambda = "
                             "1). The bad valley at theta = 1 has become a "
                             "slope: the loss falls for ever as b grows, and the path to 0 at infinity has "
                             "no minimum on it. Only theta = -2.10 keeps one."
                           : "One sample, outputs f = theta^3 - 3 theta + 3, target 0, squared loss. At "
                             "theta = 1 lies a bad local minimum with "
                             "loss 1; the global minimum with loss 0 is at theta = -2.10. b plays no part.";
    figure.x = {"theta", Scale::linear};
    figure.y = {"b", Scale::linear};
    Surface surface;
    surface.columns = columns;
    surface.rows = rows;
    surface.x = {-2.6, 2};
    surface.y = {-2, 3};
    surface.label = "log10 of the loss";
    for (std::size_t j = 0; j < rows; ++j) {
      for (std::size_t i = 0; i < columns; ++i) {
        const double theta =
            surface.x.first + (surface.x.second - surface.x.first) * static_cast<double>(i) / (columns - 1);
        const double b =
            surface.y.first + (surface.y.second - surface.y.first) * static_cast<double>(j) / (rows - 1);
        const double s = std::exp(-2 * b), value = f(theta) * f(theta) * (added ? s / (1 + s) : 1);
        surface.values.push_back(std::log10(std::max(value, 1e-3)));
      }
    }
    figure.surface = std::move(surface);
    result.figures.push_back(std::move(figure));
  }
  return result;
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  const std::vector<std::string> losses{"squared", "cross_entropy", "logistic", "polynomial_hinge"};
  ClaimResult result;
  const std::size_t count = options.count(8);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("fixed-theta", static_cast<double>(trial) / static_cast<double>(count));
    const std::string& loss = losses[trial % 4];
    result.instances.push_back(no_local_minimum(random_residuals(loss, random), random));
    result.instances.push_back(no_local_minimum(residuals_with_sum_zero(random), random));
    result.instances.push_back(minimum_at_zero(cancelling_residuals(loss, random), random));
  }
  result.add(landscapes());
  return result;
}

}  // namespace

Claim fixed_theta() {
  Claim claim;
  claim.name = "fixed-theta";
  claim.group = "theorems";
  claim.statement =
      "For fixed theta with a group sum of residuals that is not 0, Lt(theta, a, b, W) has no local minimum "
      "in (a, b, W); if all group "
      "sums are 0 its least value is at a = 0.";
  claim.hypotheses = {"exponential units", "lambda > 0"};
  claim.run = check;
  claim.controls = {
      {"residuals that cancel in every group",
       [](const ClaimOptions& o) {
         Random random(o.seed);
         ClaimResult result;
         result.instances.push_back(no_local_minimum(cancelling_residuals("squared", random), random));
         return result;
       }},
      {"residuals that do not, for the minimum at a = 0", [](const ClaimOptions& o) {
         Random random(o.seed);
         ClaimResult result;
         result.instances.push_back(minimum_at_zero(random_residuals("squared", random), random));
         return result;
       }}};
  return claim;
}

}  // namespace pgb::claims
