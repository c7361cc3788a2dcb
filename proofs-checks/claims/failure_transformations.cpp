// The transformations of the objective that were proposed against bad local minima, side by side. Two
// suboptimal local minima of L, one sample x = 1, y = 1, smooth hinge max(0, 1 - y q)^3, whose minimum 0
// other parameters reach:
//
//   cubic    f = ((theta - 1)^3 - 3 (theta - 1))/4 x at theta = 0, a strict local minimum with f = 1/2, L =
//   1/8; silent   f = v relu(w x + c) with the unit off, a flat one with f = 0, L = 1.
//
// Each becomes the start of gradient flow on
//
//   added neurons             Lt of Kawaguchi & Kaelbling 2020;
//   single neuron, lambda/2   Liang, Sun, Lee & Srikant 2018: with one output the same objective for
//   lambda/2; scaled loss               L (1 + (a exp(b) - 1)^2) + lambda a^2, Sohl-Dickstein & Kawaguchi
//   2019; added neurons, coercive   Lt + sum_j mu_j z_j^2 with random weights, after Liang, Sun & Srikant
//   2022 (see
//                             pgb/search/descent/transformations.h: not the regulariser of that paper).
//
// The first three objectives are stated from memory of the papers; abstracts and an excerpt of the third were
// at hand. For each: is the bad minimum refuted (proof that no point near the start is a local minimum), does
// Lt fall along the printed path (proof), does the flow diverge, and at what rate. On the slow path of the
// first two a exp(s) fits the sample and lambda a^2 = 1/(4 c t), c = 2, whatever lambda; on that of the third
// a exp(b) = 1, so that the objective tends to L(theta), the bad value itself, with lambda a^2 = 1/(4t). With
// the fourth the flow converges: proof that a strict local minimum lies where it ends.
#include <cmath>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"
#include "pgb/derivatives/objective.h"
#include "pgb/model/callable.h"
#include "pgb/search/descent/transformations.h"

namespace pgb::claims {
namespace {

using search::Transformation;

struct QuarterCubic {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    const S u = z[0] - S(1);
    return {(u * u * u - S(3) * u) / S(4) * x[0]};
  }
};

struct Start {
  std::string name;
  Problem problem;
  std::string loss;  // L there, exact
  double x = 1;      // the one input
};

std::vector<Start> starts() {
  Start cubic{"cubic",
              make_problem(make_callable_model(QuarterCubic{}, 1, 1, 1), {0}, {1}, {1}, "polynomial_hinge"),
              "1/8"};
  Start silent{"silent", silent_network(1, 1, {1}, {1}), "1"};
  cubic.problem.loss = silent.problem.loss = Loss("polynomial_hinge", 3);
  return {cubic, silent};
}

PathCase path_of(const Start& start, Transformation transformation) {
  const search::Transformed transformed = search::transform(start.problem, transformation, "1/10");
  const bool scaled = transformation == Transformation::scaled_loss;
  const double c = scaled ? 1 : 1 + start.x * start.x;
  PathCase path;
  path.name = start.name + ", " + transformation_name(transformation);
  path.problem = transformed.problem;
  path.options.logarithmic = transformed.logarithmic;
  path.infimum = scaled ? start.loss : "0";
  path.rate = 1 / (4 * c);
  path.growth = {{transformed.exponents.front(), "b", 1 / (2 * c)}};
  return path;
}

// L is constant on the box, so that each of its points is a local minimum of L.
Instance constant_around(const Start& start, double radius) {
  const PrecisionScope precision(128);
  Vector<Ball> box;
  for (const double z : start.problem.parameters.values) box.push_back(Ball::with_radius(Ball(z), radius));
  const Ball value = Objective<Ball>(start.problem).value(box);
  const bool constant = value.is_exact() && (value - Ball::from_rational(start.loss)).is_exactly_zero();
  return {
      start.name + ", as it is",
      constant ? Standing::proved : Standing::failed,
      constant ? "L is constant around it: a local minimum, not a strict one" : "L is not constant around it",
      {{"L", start.loss}}};
}

// Where the flow on a coercive objective ends, as the start of a check.
Problem end_of_flow(PathCase path) {
  path.options.log_time_end = 14;
  path.options.points = 2;
  const search::Flow flow = search::approx_gradient_flow(path.problem, path.options);
  for (std::size_t k = 0; k < path.problem.parameters.size(); ++k)
    path.problem.parameters.values[k] = search::approx_number(flow.points.back().z[k]);
  return path.problem;
}

ClaimResult coercive(const Start& start, const ClaimOptions& options) {
  const PathCase path = path_of(start, Transformation::coercive);
  const Problem end = end_of_flow(path);
  CheckOptions check;
  check.threads = options.threads;
  ClaimResult result;
  result.instances = {checked(path.name + ": where the flow ends", end, check, Answer::satisfied)};
  const AddedNeurons& at = *end.model->added();
  result.instances.back().numbers.push_back({"a", short_text(end.parameters.values[at.a])});
  result.instances.back().numbers.push_back({"b", short_text(end.parameters.values[at.b])});
  result.instances.back().numbers.push_back({"theta", short_text(end.parameters.values[0])});
  return result;
}

ClaimResult run(const ClaimOptions& options) {
  CheckOptions point, region;
  point.at_saved = region.at_saved = true;
  region.region = 1.0 / 16;
  point.threads = region.threads = options.threads;
  ClaimResult result;
  Figure growth;
  growth.name = "transformations-b";
  growth.title = "b along gradient flow for three transformations of one objective";
  growth.caption = "From the same suboptimal minimum (cubic): b grows without bound for each, theta stays.";
  growth.x = {"1 + t", Scale::log10};
  growth.y.label = "b";
  for (const Start& start : starts()) {
    result.instances.push_back(
        start.name == "silent" ? constant_around(start, 0.125)
                               : checked(start.name + ", as it is", start.problem, point, Answer::satisfied));
    for (const Transformation transformation :
         {Transformation::added_neurons, Transformation::single_neuron, Transformation::scaled_loss}) {
      options.report("failure-transformations", -1);
      const PathCase path = path_of(start, transformation);
      result.instances.push_back(
          checked(path.name + ": all points within 1/16", path.problem, region, Answer::violated));
      result.add(path_result(path, start.name == "cubic" ? &growth : nullptr));
    }
    const PathCase path = path_of(start, Transformation::coercive);
    result.instances.push_back(
        checked(path.name + ": all points within 1/16", path.problem, region, Answer::violated));
    result.add(coercive(start, options));
  }
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(1) && !options.stopped(); ++k) {
    const double x = random.eighth();
    Start start{"silent, x = " + short_text(x), silent_network(1, 1, {x}, {1}), "1", x};
    start.problem.loss = Loss("polynomial_hinge", 3);
    for (const Transformation transformation :
         {Transformation::added_neurons, Transformation::single_neuron, Transformation::scaled_loss})
      result.add(path_result(path_of(start, transformation)));
  }
  result.figures = {growth};
  result.notes.push_back(
      "Each of the first three refutes the bad minimum, and with each gradient flow stays at its theta and "
      "diverges in b. The coercive "
      "regulariser keeps the flow finite and brings back strict local minima with the unit switched on; from "
      "the cubic start theta "
      "stays at the bad minimum of L, from the silent one the decay of the weights switches the network's "
      "unit on.");
  result.notes.push_back(
      "The coercive regulariser is a stand-in of the same kind (generic weights, no decreasing path to "
      "infinity) for the one of Liang, Sun & Srikant 2022, whose form was not at hand.");
  return result;
}

}  // namespace

Claim failure_transformations() {
  Claim claim;
  claim.name = "failure-transformations";
  claim.group = "failure";
  claim.statement =
      "The transformations proposed against bad local minima refute them all; with those that have paths to "
      "infinity gradient flow "
      "takes them, with excess 1/(4 c t) whatever lambda; a coercive regulariser ends that, and brings local "
      "minima back.";
  claim.hypotheses = {"one sample, smooth hinge with p = 3", "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"the scaled loss falling to 0 instead of L", [](const ClaimOptions&) {
                       PathCase path = path_of(starts().front(), Transformation::scaled_loss);
                       path.infimum = "0";
                       return path_result(path);
                     }}};
  return claim;
}

}  // namespace pgb::claims
