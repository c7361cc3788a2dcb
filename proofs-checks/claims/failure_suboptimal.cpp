// Failure mode, a suboptimal local minimum of L. One sample (1, 4) and f(x; theta) = ((theta - 1)^3 - 3
// (theta - 1)) x: L has a strict local minimum at theta = 0, where f = 2, and its infimum 0 elsewhere (at
// theta = 3.2 it is below 1). With the exponential unit (0, 0, 0, 0) is no longer a local minimum of Lt, and
// the bad minimum is gone. But gradient flow does not leave it: the unit takes up the residual r = 2 before
// theta has moved, and from then on
//
//     theta' = -L''(0) / (4 c r^2 t) theta,   L''(0) = 24, c = 1 + |x|^2 = 2:   theta ~ t^{-3/4},
//
// so theta converges to the suboptimal minimum of L, while b = (1/4) log t + O(1) diverges.
//
// Checked: proofs that theta = 0 is a strict local minimum of L, that L is lower at theta = 3.2, and that no
// point near it is a local minimum of Lt; gradient flow from theta = 1/16 to t = 1e12: proof that Lt falls
// along the printed path, slopes of b and log theta and the rate of Lt against the closed form.
#include <cmath>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"
#include "pgb/derivatives/objective.h"
#include "pgb/model/callable.h"

namespace pgb::claims {
namespace {

struct Cubic {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    const S u = z[0] - S(1);
    return {(u * u * u - S(3) * u) * x[0]};
  }
};

Problem cubic(double theta) { return make_problem(make_callable_model(Cubic{}, 1, 1, 1), {theta}, {1}, {4}); }

PathCase from_near_the_minimum(double theta = 1.0 / 16) {
  PathCase path;
  path.name = "from theta = " + short_text(theta);
  path.problem = add_neurons(cubic(theta), "1/10");
  path.rate = 1.0 / 8;
  const AddedNeurons& at = *path.problem.model->added();
  path.growth = {{at.b, "b", 0.25}, {at.w, "w", 0.25}};
  return path;
}

// log theta against log t, with the expected slope.
Instance theta_stays(double expected) {
  const PathCase path = from_near_the_minimum();
  search::FlowOptions options = path.options;
  options.logarithmic = search::scale_parameters(path.problem);
  options.logarithmic.push_back(0);
  const search::Flow flow = search::approx_gradient_flow(path.problem, options);
  std::vector<std::pair<double, double>> points;
  for (const search::PathPoint& point : flow.points)
    points.emplace_back(point.log_time, search::approx_log(point.z[0]));
  const double slope = search::approx_slope(points, options.log_time_end / 2).value_or(NAN);
  const bool good = std::abs(slope - expected) < 0.01;
  return {"theta tends to the suboptimal minimum",
          good ? Standing::supported : Standing::failed,
          good ? "the slope agrees with the closed form (in brackets)"
               : "the slope differs from the closed form (in brackets)",
          {{"d log theta / d log t", short_text(slope) + " (" + short_text(expected) + ")"},
           {"log theta at the end", short_text(points.back().second)}}};
}

Instance lower_elsewhere() {
  const PrecisionScope precision(128);
  const Problem here = cubic(0), there = cubic(3.2);
  const Ball gap = Objective<Ball>(here).value(to_scalars<Ball>(here.parameters)) -
                   Objective<Ball>(there).value(to_scalars<Ball>(there.parameters));
  return {"theta = 3.2",
          gap.certainly_positive() ? Standing::proved : Standing::failed,
          "L is lower there than at theta = 0",
          {{"by", gap.to_string(6)}}};
}

ClaimResult run(const ClaimOptions& options) {
  CheckOptions point, region;
  point.at_saved = region.at_saved = true;
  region.region = 0.125;
  point.threads = region.threads = options.threads;
  ClaimResult result;
  result.instances = {
      checked("theta = 0 without the unit", cubic(0), point, Answer::satisfied), lower_elsewhere(),
      checked("with the unit: the same point", add_neurons(cubic(0), "1/10"), point, Answer::violated),
      checked("with the unit: all points within 1/8", add_neurons(cubic(0), "1/10"), region,
              Answer::violated)};
  options.report("failure-suboptimal", 0.3);
  Figure growth, loss;
  growth.name = "suboptimal-theta-b";
  growth.title = "b along gradient flow near a suboptimal minimum of L";
  growth.caption = "b diverges while theta converges to the minimum that is no longer one.";
  growth.x = {"1 + t", Scale::log10};
  growth.y.label = "b";
  result.add(path_result(from_near_the_minimum(), &growth));
  result.figures = {growth};
  result.add(plain_descent(from_near_the_minimum()));
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(1) && !options.stopped(); ++k)
    result.add(path_result(from_near_the_minimum(random.uniform(-0.125, 0.125))));
  result.instances.push_back(theta_stays(-0.75));
  result.notes.push_back(
      "The bad minimum is eliminated and descent still ends in it: the theorem speaks of local minima, not "
      "of what descent does.");
  return result;
}

}  // namespace

Claim failure_suboptimal() {
  Claim claim;
  claim.name = "failure-suboptimal";
  claim.group = "failure";
  claim.statement =
      "A suboptimal local minimum of L is no local minimum of Lt, and gradient flow on Lt from near it "
      "converges in theta to it all "
      "the same, while b diverges.";
  claim.hypotheses = {"squared loss", "one sample", "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"theta like 1/t", [](const ClaimOptions&) {
                       ClaimResult result;
                       result.instances = {theta_stays(-1)};
                       return result;
                     }}};
  return claim;
}

}  // namespace pgb::claims
