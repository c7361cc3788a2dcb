// Elimination theorem. Let the losses be convex and differentiable and lambda > 0. At every local minimum of
// Lt the added neurons are off and theta minimises the training loss over *all* functions of x; so theta is a
// global minimum of L.
//
// Checked, for squared loss, cross-entropy, logistic loss and the polynomial hinge, at critical points of L
// that are proven to exist, seen as points of Lt with a = 0: either theta is proven to be best among all
// functions of x (then Lt(theta, 0, b, W) is compared with Lt at random points), or a box around it is proven
// to hold no local minimum of Lt. In particular strict local minima of L that are not global, both proven,
// are no local minima of Lt.
#include <algorithm>
#include <optional>
#include <string>

#include "claims/registry.h"
#include "claims/support/points.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/interpolation.h"
#include "pgb/derivatives/objective.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

constexpr long bits = 256;

// Proven: the critical point in the box minimises the loss over all functions of x, because J has full row
// rank on the distinct inputs all over the box.
bool best_of_all(const ProvenPoint& point) {
  Vector<Real> centre;
  double radius = 0;  // of a box around these numbers that holds point.box
  for (const Ball& x : point.box) {
    centre.push_back(to_real(x));
    radius = std::max(radius, (x - to_ball(centre.back())).magnitude());
  }
  return point.problem.regularizer.empty() && certify_full_rank(point.problem, centre, radius).full_rank;
}

// Lt at random points, the added neurons on, against L in the box.
bool below_random_points(const ProvenPoint& point, Random& random) {
  const Problem problem = add_neurons(point.problem, "1/4");
  const Objective<Ball> objective(problem);
  Vector<Ball> z = point.box;
  z.resize(problem.model->parameters());
  const Ball value = objective.value(z);
  bool above = true;
  for (int trial = 0; trial < 12; ++trial) {
    Vector<Ball> other = z;
    for (Ball& x : other) x = x.exact_midpoint() + Ball(std::ldexp(random.uniform(-1, 1), -trial));
    above = above && (objective.value(other) - value).certainly_positive();
  }
  return above;
}

Instance at_critical_point(const std::string& name, const ProvenPoint& point, Random& random) {
  const PrecisionScope precision(bits);
  const std::string kind = point.proof.strict_minimum ? "strict local minimum of L" : "critical point of L";
  const std::string value = report::rounded(Objective<Ball>(point.problem).value(point.box).midpoint());
  const auto region = largest_region_without_minimum(add_neurons(point.problem, "1/4"), 0.25);
  if (region && region->radius > point.proof.existence_radius) {
    return {name + ", " + kind,
            Standing::proved,
            "not best among functions of x; no local minimum of Lt around it",
            {{"L", value}, {"box", report::rounded(region->radius, report::Notation::plain, 3)}}};
  }
  if (!best_of_all(point))
    return {name + ", " + kind,
            Standing::failed,
            "neither best among functions of x nor excluded",
            {{"L", value}}};
  const bool below = below_random_points(point, random);
  return {name + ", " + kind,
          below ? Standing::proved : Standing::failed,
          below ? "best among functions of x; Lt is larger at all points tried"
                : "best among functions of x, but Lt is not shown to be larger elsewhere",
          {{"L", value}, {"box", "-"}}};
}

// A linear model with as many parameters as distinct inputs: it reaches every function of x. Each group holds
// both labels.
Problem reachable_problem(const std::string& loss, Random& random) {
  const std::size_t d = random.between(1, 3), d_y = loss == "cross_entropy" ? 2 : 1;
  const std::size_t distinct = d + 1, m = 3 * distinct;
  Problem problem = random_problem(network({d, d_y}, "linear"), m, 0, loss, random);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t c = 0; c < d; ++c) problem.x.values[i * d + c] = i % distinct == c ? 1.5 : -0.5;
    double& y = problem.y.values[i];
    if (loss == "cross_entropy")
      y = i < distinct ? 0 : i < 2 * distinct ? 1 : static_cast<double>(random.index(2));
    if (problem.loss.sign_targets())
      y = i < distinct ? -1 : i < 2 * distinct ? 1 : random.index(2) == 0 ? -1 : 1;
  }
  return problem;
}

// Two strict minima of one problem with different values, the larger one first.
std::optional<ProvenPoint> suboptimal_minimum(Random& random, std::string& text) {
  for (int attempt = 0; attempt < 30; ++attempt) {
    const Problem problem = teacher_problem(network({1, 2, 1}, "tanh"), 12, 2, "squared", random);
    std::vector<ProvenPoint> found;
    for (int start = 0; start < 8; ++start) {
      if (auto point = find_critical_point([&] { return problem; }, true, random, 4))
        found.push_back(std::move(*point));
    }
    const PrecisionScope precision(bits);
    for (ProvenPoint& point : found) {
      const Ball value = Objective<Ball>(point.problem).value(point.box);
      for (const ProvenPoint& other : found) {
        const Ball lower = Objective<Ball>(other.problem).value(other.box);
        if (!(value - lower).certainly_positive()) continue;
        text = report::rounded(lower.midpoint());
        return std::move(point);
      }
    }
  }
  return std::nullopt;
}

// Appends the instance, or a note where no point was found.
void add_point(ClaimResult& result, const std::string& name, const std::optional<ProvenPoint>& point,
               Random& random) {
  if (point) {
    result.instances.push_back(at_critical_point(name, *point, random));
  } else {
    result.notes.push_back("Left out: " + name + ", for which no critical point could be proven to exist.");
  }
}

ClaimResult at_critical_points(const ClaimOptions& options) {
  const std::vector<std::string> losses{"squared", "cross_entropy", "logistic", "polynomial_hinge"};
  Random random(options.seed);
  ClaimResult result;
  const std::size_t count = options.count(2);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    for (const std::string& loss : losses) {
      options.report("elimination: " + loss, static_cast<double>(trial) / static_cast<double>(count));
      const bool classes = loss == "cross_entropy";
      const std::vector<std::size_t> widths{2, 1, classes ? std::size_t{2} : std::size_t{1}};
      const auto draw = [&] {
        Problem problem = teacher_problem(network(widths, "tanh"), 24, 4, loss, random);
        return loss == "squared" ? problem : with_penalised_output(std::move(problem), "1/1000");
      };
      add_point(result, network_name(widths, "tanh") + ", " + loss, find_critical_point(draw, false, random),
                random);
      // Cross-entropy keeps its value when a constant is added to all outputs: its minima are not strict.
      if (classes) continue;
      const auto reached = find_critical_point([&] { return reachable_problem(loss, random); }, true, random);
      add_point(result, "linear model, " + loss, reached, random);
    }
    options.report("elimination: suboptimal minima", static_cast<double>(trial) / static_cast<double>(count));
    std::string lower;
    const auto suboptimal = suboptimal_minimum(random, lower);
    add_point(result, "tanh 1-2-1, squared, suboptimal", suboptimal, random);
    if (suboptimal) result.instances.back().numbers.push_back({"lower L elsewhere", lower});
  }
  return result;
}

// "Every critical point of Lt with a = 0 is best among functions of x": without the flat perturbations.
ClaimResult critical_points_are_best(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  const auto point = find_critical_point(
      [&] {
        return teacher_problem(network({1, 1, 1}, "tanh"), 9, 1, "squared", random);
      },
      false, random);
  if (point)
    result.instances.push_back(
        {"a critical point", best_of_all(*point) ? Standing::proved : Standing::failed, ""});
  return result;
}

}  // namespace

Claim elimination() {
  Claim claim;
  claim.name = "elimination";
  claim.group = "theorems";
  claim.statement =
      "At every local minimum of Lt the added neurons are off and theta minimises the training loss over all "
      "functions of x; so "
      "theta is a global minimum of L.";
  claim.hypotheses = {"exponential units", "convex differentiable losses", "lambda > 0"};
  claim.run = at_critical_points;
  claim.controls = {{"critical points instead of local minima", critical_points_are_best}};
  return claim;
}

}  // namespace pgb::claims
