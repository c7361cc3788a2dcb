// Failure mode, equal inputs. Two samples with x = 1 and the targets 1 and 3: no function of x does better
// than their mean 2, at the loss 1. For fixed outputs f of the network Lt has a local minimum in (a, b, W)
// exactly if f = 2, the group mean.
//
// Checked: 1. f = theta x: proofs that theta = 2, a = b = w = 0 satisfies the condition (it is a global
// minimum) and that no point with |theta - 2| between 1/16 and 1/2 and (a, b, w) within the same distance of
// 0 is a local minimum. 2. Gradient flow from theta = 1/2: it ends at theta = 2 with a -> 0 at finite b. 3. A
// network that is silent, f = 0: proof that there is no local minimum near, and a path that diverges like
// that of one sample with residual 2: b = (1/2) log(4 (1 + |x|^2) r^2 lambda t).
// 4. The same with targets -2 and 2, whose mean is 0: the start satisfies the condition, and flow from a != 0
// stays finite.
#include <cmath>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"

namespace pgb::claims {
namespace {

Problem linear(double theta) {
  return add_neurons(make_problem(network({1, 1}, "linear", false), {theta}, {1, 1}, {1, 3}), "1/10");
}

PathCase silent(const std::string& name, double y1, double y2, const std::string& infimum) {
  PathCase path;
  path.name = name;
  path.problem = add_neurons(silent_network(1, 1, {1, 1}, {y1, y2}), "1/10");
  path.infimum = infimum;
  path.rate = 1.0 / 8;
  const AddedNeurons& at = *path.problem.model->added();
  path.growth = {{at.b, "b", 0.25}, {at.w, "w", 0.25}};
  return path;
}

// Gradient flow that ends at a finite point: b no longer moves over the last half of log t, and a tends to 0.
Instance converges(const std::string& what, const Problem& problem, std::optional<double> theta) {
  PathCase path;
  path.problem = problem;
  path.options.log_time_end = 9;
  path.options.points = 30;
  const FollowedPath followed = follow(path);
  const std::vector<search::PathPoint>& points = followed.flow.points;
  const AddedNeurons& at = *problem.model->added();
  const double b = search::approx_number(points.back().z[at.b]);
  const double moved = std::abs(b - search::approx_number(points[points.size() / 2].z[at.b]));
  const double end = search::approx_number(points.back().z[0]);
  const double log_a = search::approx_log(points.back().z[at.a]);
  bool good = followed.flow.status == search::Flow::Status::reached && moved < 0.02 && log_a < std::log(1e-8);
  Instance instance{what,
                    Standing::supported,
                    "gradient flow ends at a finite point: a tends to 0, b stays",
                    {{"b at the end", short_text(b)},
                     {"moved over the last half of log t", short_text(moved)},
                     {"log |a| at the end", short_text(log_a)}}};
  if (theta) {
    good = good && std::abs(end - *theta) < 1e-6;
    instance.numbers.push_back({"theta at the end", short_text(end)});
  }
  if (!good)
    instance = {what, Standing::failed, "gradient flow does not end at a finite point with a = 0",
                instance.numbers};
  return instance;
}

ClaimResult run(const ClaimOptions& options) {
  CheckOptions point, region;
  point.at_saved = region.at_saved = true;
  point.threads = region.threads = options.threads;
  region.region = 7.0 / 32;
  ClaimResult result;
  const double middle = 9.0 / 32;  // of [1/16, 1/2]
  result.instances = {
      checked("theta = 2, the group mean", linear(2), point, Answer::satisfied),
      checked("theta between 2 + 1/16 and 2 + 1/2", linear(2 + middle), region, Answer::violated),
      checked("theta between 2 - 1/2 and 2 - 1/16", linear(2 - middle), region, Answer::violated),
      converges("flow from theta = 1/2", linear(0.5), 2.0)};
  const PathCase diverging = silent("f = 0, targets 1 and 3", 1, 3, "1");
  result.instances.push_back(
      checked(diverging.name + ": all points within 7/32", diverging.problem, region, Answer::violated));
  options.report("failure-equal-inputs", 0.5);
  result.add(path_result(diverging));
  result.add(plain_descent(diverging));
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(1) && !options.stopped(); ++k) {
    const double mean = random.uniform(1, 2), half = random.eighth();
    // targets as doubles: the infimum is exactly their half difference squared
    const double y1 = std::round(8 * (mean - half)) / 8, y2 = std::round(8 * (mean + half)) / 8;
    const double spread = 16 * (y2 - y1) / 2;
    result.add(path_result(
        silent("f = 0, random targets", y1, y2, std::to_string(std::lround(spread * spread)) + "/256")));
  }
  PathCase balanced = silent("f = 0, targets -2 and 2", -2, 2, "4");
  result.instances.push_back(
      checked(balanced.name + ": the start", balanced.problem, point, Answer::satisfied));
  const AddedNeurons& at = *balanced.problem.model->added();
  balanced.problem.parameters.values[at.a] = 0.5;
  result.instances.push_back(
      converges(balanced.name + ": flow from a = 1/2", balanced.problem, std::nullopt));
  return result;
}

}  // namespace

Claim failure_equal_inputs() {
  Claim claim;
  claim.name = "failure-equal-inputs";
  claim.group = "failure";
  claim.statement =
      "Two equal inputs with different targets: Lt has a local minimum in (a, b, W) exactly if the network "
      "puts out the mean of the "
      "targets; otherwise gradient flow diverges.";
  claim.hypotheses = {"squared loss", "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"a mean of 1 instead of 2",
                     [](const ClaimOptions&) {
                       CheckOptions point;
                       point.at_saved = true;
                       ClaimResult result;
                       result.instances = {checked("theta = 1", linear(1), point, Answer::satisfied)};
                       return result;
                     }},
                    {"targets 1 and 3 with f = 0 converge", [](const ClaimOptions&) {
                       ClaimResult result;
                       result.instances = {converges("f = 0", silent("", 1, 3, "1").problem, std::nullopt)};
                       return result;
                     }}};
  return claim;
}

}  // namespace pgb::claims
