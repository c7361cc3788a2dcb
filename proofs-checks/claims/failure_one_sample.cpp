// Failure mode, one sample. The network is silent near the start, f(x) = 0, and y = 2. With one exponential
// unit
//
//     Lt = (2 - a exp(b + w . x))^2 + lambda a^2
//
// has the infimum 0 in (a, b, w), approached along a = 2 exp(-1/eps), b = 1/eps - w . x, and attained
// nowhere: a = 0 leaves 4, and a != 0 leaves lambda a^2 > 0. With s = b + w . x the best a leaves r^2 lambda
// e^{-2s} / (1 + lambda e^{-2s}), r = 2. Gradient flow tends to that a and creeps: s = (1/2) log(4 c r^2
// lambda t) + o(1), Lt = 1/(4 c t) (1 + o(1)), where c = 1 for W held fixed and c = 1 + |x|^2 for W free; so
// b grows by 1/(2c) per unit of log t.
//
// Checked: 1. pgbcheck's proofs that neither the start nor any point around it is a local minimum. 2. The
// path of the infimum, with a, b as printed up to b = 1e6, by enclosures. 3. Gradient flow to t = 1e12: that
// Lt falls along its printed points (enclosures), its slopes and rate against the closed form
// (approximate). 4. The reduced equation of the creep to b = 1e6. 5. Plain gradient descent, which stops
// following the flow.
#include <cmath>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"
#include "pgb/search/descent/one_unit.h"

namespace pgb::claims {
namespace {

constexpr double lambda = 0.1, residual = 2;
constexpr double descent_rate = 0.01;
const char* const lambda_text = "1/10";

Problem one_sample(const std::vector<double>& x) {
  return add_neurons(silent_network(x.size(), 1, x, {residual}), lambda_text);
}

double squared_norm(const std::vector<double>& x) {
  double sum = 0;
  for (const double c : x) sum += c * c;
  return sum;
}

PathCase flow_case(const std::string& name, const std::vector<double>& x, bool w_free) {
  PathCase path;
  path.name = name;
  path.problem = one_sample(x);
  const AddedNeurons& at = *path.problem.model->added();
  const double c = w_free ? 1 + squared_norm(x) : 1;
  path.rate = 1 / (4 * c);
  path.growth = {{at.b, "b", 1 / (2 * c)}};
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (w_free)
      path.growth.push_back({at.w + k, "w" + std::to_string(k + 1), x[k] / (2 * c)});
    else
      path.options.frozen.push_back(at.w + k);
  }
  return path;
}

// a = 2 exp(-b), w = 0 for b = 1, 10, …, 1e6: Lt = 4 lambda exp(-2b) exactly.
ClaimResult along_the_infimum() {
  const Problem problem = one_sample({1});
  const AddedNeurons& at = *problem.model->added();
  std::vector<search::PathPoint> path;
  for (const int b : {1, 10, 100, 1000, 10'000, 100'000, 1'000'000}) {
    search::PathPoint point = search::printed(to_scalars<double>(problem.parameters), 0);
    point.z[at.a] = {"2", std::to_string(-b)};
    point.z[at.b] = {std::to_string(b), "0"};
    path.push_back(point);
  }
  const search::Decrease decrease = search::certify_decrease(problem, path);
  ClaimResult result;
  result.instances.push_back(falls("a = 2 exp(-b) up to b = 1e6", decrease));
  // The enclosures against 4 lambda exp(-2b), as logarithms.
  const PrecisionScope precision(decrease.precision_bits);
  bool agree = true;
  for (std::size_t k = 0; k < path.size(); ++k) {
    const Ball b = to_ball(search::approx_number(path[k].z[at.b]));
    agree = agree &&
            log(decrease.values[k])
                .overlaps(log(Ball::from_rational("4") * Ball::from_rational(lambda_text)) - Ball(2) * b);
  }
  result.instances.push_back(
      {"a = 2 exp(-b): its values",
       agree ? Standing::supported : Standing::failed,
       agree ? "Lt is 4 lambda exp(-2b), to all digits" : "Lt is not 4 lambda exp(-2b)",
       {{"last b", "1000000"}}});
  return result;
}

// From points off the slow path, in the plane of b and log|a|: all join a = r e^b / (e^{2b} + lambda).
Figure slow_path() {
  Figure figure;
  figure.name = "slow-path";
  figure.title = "Gradient flow joins the slow path of the added neuron";
  figure.caption =
      "One sample, residual 2, lambda = 1/10, W held fixed. From three starts the flow first moves a at "
      "almost fixed b, then "
      "creeps along the best a for each b (the closed form); b grows like (1/2) log t.";
  figure.x.label = "b";
  figure.y = {"|a|", Scale::log10};
  const search::OneUnit unit{residual, lambda, 1};
  Curve closed{"best a (closed form)", {}};
  for (double b = -1; b <= 6; b += 0.1)
    closed.points.emplace_back(b, unit.log_best_scale(b) / std::log(10.0));
  figure.curves.push_back(closed);
  for (const auto& [a, b] : {std::pair<double, double>{0.01, -0.5}, {0.001, 1}, {3, 0.5}}) {
    PathCase path = flow_case("", {1}, false);
    const AddedNeurons& at = *path.problem.model->added();
    path.problem.parameters.values[at.a] = a;
    path.problem.parameters.values[at.b] = b;
    path.options.log_time_end = 11;
    path.options.points = 200;
    const FollowedPath followed = follow(path);
    Curve curve{"from a = " + short_text(a) + ", b = " + short_text(b), {}};
    for (const search::PathPoint& point : followed.flow.points) {
      curve.points.emplace_back(search::approx_number(point.z[at.b]),
                                search::approx_log(point.z[at.a]) / std::log(10.0));
    }
    figure.curves.push_back(curve);
  }
  return figure;
}

// b(t) of the reduced equation against (1/2) log(4 r^2 lambda t) until b = 1e6.
Instance creep_to_a_million() {
  const search::OneUnit unit{residual, lambda, 1};
  const auto path = search::approx_creep(unit, 0, 2e6, 50);
  const double off = std::abs(path.back().s - unit.approx_exponent(path.back().log_time));
  return {"the reduced equation to log t = 2e6",
          off < 1e-6 ? Standing::supported : Standing::failed,
          "b against (1/2) log(4 r^2 lambda t) at the end",
          {{"b", short_text(path.back().s)},
           {"difference", short_text(off)},
           {"log Lt there", short_text(unit.log_best_value(path.back().s))}}};
}

// The derivative in a moves a at the rate 2 (e^{2b} + lambda); steps of length rate are unstable beyond rate
// (e^{2b} + lambda) = 1.
Instance plain_descent() {
  PathCase path = flow_case("", {1}, false);
  search::DescentOptions options;
  options.rate = descent_rate;
  options.steps = 300'000;
  options.frozen = path.options.frozen;
  const search::Descent descent = search::approx_gradient_descent(path.problem, options);
  const AddedNeurons& at = *path.problem.model->added();
  double largest = 0;
  for (const search::PathPoint& point : descent.points)
    largest = std::max(largest, search::approx_number(point.z[at.b]));
  const double edge = std::log(1 / options.rate - lambda) / 2;
  const double flow = search::OneUnit{residual, lambda, 1}.approx_exponent(
      std::log(options.rate * static_cast<double>(options.steps)));
  const bool halted = largest < edge + 0.1 && largest > edge - 0.1 && largest < flow - 0.5;
  return {"plain gradient descent",
          halted ? Standing::supported : Standing::failed,
          "with a fixed rate b stops near (1/2) log(1/rate - lambda), where the steps in a become unstable, "
          "instead of following the flow",
          {{"rate", short_text(options.rate)},
           {"steps", std::to_string(descent.steps)},
           {"largest b", short_text(largest)},
           {"stability limit of b", short_text(edge)},
           {"b of the flow", short_text(flow)},
           {"first rise of Lt at step", std::to_string(descent.first_rise)}}};
}

ClaimResult run(const ClaimOptions& options) {
  ClaimResult result;
  CheckOptions point, region;
  point.at_saved = region.at_saved = true;
  region.region = 0.125;
  point.threads = region.threads = options.threads;
  const Problem problem = one_sample({1});
  result.instances.push_back(checked("the start", problem, point, Answer::violated));
  result.instances.push_back(checked("all points within 1/8 of it", problem, region, Answer::violated));
  result.add(along_the_infimum());

  Figure growth, loss;
  growth.name = "one-sample-b";
  growth.title = "b of the added neuron along gradient flow";
  growth.caption =
      "One sample, residual 2, lambda = 1/10, x = 1. The closed form is (1/2) log(4 r^2 lambda t).";
  growth.x = {"1 + t", Scale::log10};
  growth.y.label = "b";
  loss = growth;
  loss.name = "one-sample-loss";
  loss.title = "Lt along gradient flow";
  loss.caption = "The same paths. Lt tends to 1/(4 c t), c = 1 with W held fixed and 1 + |x|^2 with W free.";
  loss.y = {"Lt", Scale::log10};
  options.report("failure-one-sample", 0.2);
  result.add(path_result(flow_case("W held fixed, x = 1", {1}, false), &growth, &loss));
  result.add(path_result(flow_case("W free, x = 1", {1}, true), &growth, &loss));
  options.report("failure-one-sample", 0.5);
  result.add(path_result(flow_case("W free, x = (1, -2)", {1, -2}, true)));
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(1) && !options.stopped(); ++k)
    result.add(path_result(
        flow_case("W free, random x", {random.eighth(), random.eighth(), random.eighth()}, true)));
  const search::OneUnit unit{residual, lambda, 1};
  Curve closed{"closed form, W held fixed", {}};
  for (double time = 2; time <= 12; time += 0.5)
    closed.points.emplace_back(time, unit.approx_exponent(time * std::log(10.0)));
  growth.curves.push_back(closed);
  result.figures = {growth, loss, slow_path()};
  result.instances.push_back(creep_to_a_million());
  result.instances.push_back(plain_descent());
  result.notes.push_back(
      "That the flow diverges is proven: there is no critical point, and a bounded path of a gradient flow "
      "has one as a limit. "
      "Its slopes are measured.");
  return result;
}

}  // namespace

Claim failure_one_sample() {
  Claim claim;
  claim.name = "failure-one-sample";
  claim.group = "failure";
  claim.statement =
      "One sample with residual 2: Lt has the infimum 0 in (a, b, W) and no local minimum; gradient flow "
      "drives a to 0 and b to "
      "infinity like (1/2) log(4 r^2 lambda t) (W fixed), with Lt = 1/(4 c t).";
  claim.hypotheses = {"squared loss", "a network that is silent near the start", "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"the path from its end to its start",
                     [](const ClaimOptions&) { return backwards(flow_case("backwards", {1}, true)); }},
                    {"b growing like log t", [](const ClaimOptions&) {
                       PathCase path = flow_case("twice as fast", {1}, false);
                       path.growth.front().slope = 1;
                       return path_result(path);
                     }}};
  return claim;
}

}  // namespace pgb::claims
