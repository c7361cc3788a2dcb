#include "claims/failure_paths.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "pgb/derivatives/objective.h"
#include "pgb/model/graph.h"

namespace pgb::claims {
namespace {

const double log_of_ten = std::log(10.0);
constexpr double agreement = 0.01;

std::string power_of_ten(double log_time) {
  char text[32];
  std::snprintf(text, sizeof text, "1e%.1f", log_time / log_of_ten);
  return text;
}

bool close(double measured, double expected) {
  return std::abs(measured - expected) <= agreement * std::max(std::abs(expected), 0.1);
}

}  // namespace

std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value + 0.0);  // -0 as 0
  return text;
}

Problem silent_network(std::size_t d_x, std::size_t d_y, const std::vector<double>& x,
                       const std::vector<double>& y) {
  const std::size_t m = x.size() / d_x;
  io::ProblemFile file;
  file.model_source = file.parameters_source = file.data_source = "silent network";
  file.model.input = {d_x};
  io::NodeSpec first, relu, last;
  first.name = "hidden", first.op = "linear", first.weight = "w", first.bias = "c", first.inputs = {"x"};
  relu.name = "unit", relu.op = "relu", relu.inputs = {"hidden"};
  last.name = "y", last.op = "linear", last.weight = "v", last.inputs = {"unit"};
  file.model.nodes = {first, relu, last};
  file.model.output = "y";
  file.parameters["w"] = {{1, d_x}, std::vector<double>(d_x, 0), {}};
  file.parameters["c"] = {{1}, {-1}, {}};
  file.parameters["v"] = {{d_y, 1}, std::vector<double>(d_y, 1), {}};
  file.x = {{m, d_x}, x, {}};
  file.y = {{m, d_y}, y, {}};
  file.loss = "squared";
  return make_problem(file);
}

std::vector<std::pair<double, double>> FollowedPath::parameter(std::size_t k) const {
  std::vector<std::pair<double, double>> points;
  for (const search::PathPoint& point : flow.points)
    points.emplace_back(point.log_time / log_of_ten, search::approx_number(point.z[k]));
  return points;
}

FollowedPath follow(const PathCase& path) {
  search::FlowOptions options = path.options;
  if (options.logarithmic.empty()) options.logarithmic = search::scale_parameters(path.problem);
  FollowedPath followed;
  followed.flow = search::approx_gradient_flow(path.problem, options);
  followed.decrease = search::certify_decrease(path.problem, followed.flow.points);
  const PrecisionScope precision(std::max(256L, followed.flow.precision_bits));
  const Ball infimum = Ball::from_rational(path.infimum);
  for (const search::PathPoint& point : followed.flow.points) {
    const Ball excess = search::enclose_value(path.problem, point) - infimum;
    if (excess.certainly_positive())
      followed.excess.emplace_back(point.log_time / log_of_ten, log(excess).midpoint() / log_of_ten);
  }
  return followed;
}

Instance falls(const std::string& what, const search::Decrease& decrease) {
  const std::string points = std::to_string(decrease.values.size());
  Instance instance{what + ": the path", decrease.whole() ? Standing::proved : Standing::failed, "", {}};
  instance.shown = decrease.whole()
                       ? "the objective falls from each of the " + points + " printed points to the next"
                       : "the objective is proven to fall along the first " +
                             std::to_string(decrease.proven) + " of " + points +
                             (decrease.rises ? " points, and not to fall after them" : " points only");
  instance.numbers = {{"first value", decrease.values.front().to_string(6)},
                      {"last value", decrease.values.back().to_string(6)},
                      {"bits", std::to_string(decrease.precision_bits)}};
  return instance;
}

Instance grows(const PathCase& path, const FollowedPath& followed) {
  const double end = path.options.log_time_end / log_of_ten, from = 2 * end / 3;
  Instance instance{
      path.name + ": growth", Standing::supported, "", {{"t", power_of_ten(path.options.log_time_end)}}};
  bool agrees = followed.flow.status == search::Flow::Status::reached && !followed.excess.empty();
  const auto compare = [&](const std::string& name, double measured, double expected) {
    agrees = agrees && close(measured, expected);
    instance.numbers.push_back({name, short_text(measured) + " (" + short_text(expected) + ")"});
  };
  for (const Growth& growth : path.growth) {
    const double slope =
        search::approx_slope(followed.parameter(growth.parameter), from).value_or(NAN) / log_of_ten;
    compare("d " + growth.name + " / d log t", slope, growth.slope);
  }
  if (!followed.excess.empty()) {
    compare("(Lt - inf) t", std::pow(10, followed.excess.back().second + followed.excess.back().first),
            path.rate);
  }
  if (!agrees) instance.standing = Standing::failed;
  instance.shown = agrees ? "slopes and rate agree with the closed form (in brackets)"
                          : "slopes or rate differ from the closed form (in brackets)";
  return instance;
}

Instance checked(const std::string& what, const Problem& problem, const CheckOptions& options,
                 Answer expected) {
  const Verdict verdict = check(problem, options);
  const bool good = verdict.certified && verdict.answer == expected;
  return {what,
          good ? Standing::proved : Standing::failed,
          std::string(answer_name(verdict.answer)) +
              (verdict.certified ? ", certified: " : ", not certified: ") + verdict.explanation,
          {{"reason", reason_name(verdict.reason)}}};
}

ClaimResult path_result(const PathCase& path, Figure* growth_figure, Figure* loss_figure) {
  const FollowedPath followed = follow(path);
  ClaimResult result;
  result.instances = {falls(path.name, followed.decrease), grows(path, followed)};
  if (growth_figure != nullptr)
    growth_figure->curves.push_back({path.name, followed.parameter(path.growth.front().parameter)});
  if (loss_figure != nullptr) loss_figure->curves.push_back({path.name, followed.excess});
  return result;
}

ClaimResult plain_descent(const PathCase& path, double rate, std::size_t steps) {
  search::DescentOptions options;
  options.rate = rate;
  options.steps = steps;
  options.frozen = path.options.frozen;
  const search::Descent descent = search::approx_gradient_descent(path.problem, options);
  const AddedNeurons& at = *path.problem.model->added();
  std::vector<search::PathPoint> falling;
  double ratio = 0;  // the largest rate d^2 Q / d a_k^2 / 2 at a printed point
  for (const search::PathPoint& point : descent.points) {
    const bool before = descent.first_rise == 0 || point.log_time < std::log(descent.first_rise);
    if (before) falling.push_back(point);
    Vector<double> z;
    for (const search::LogNumber& number : point.z) z.push_back(search::approx_number(number));
    const HessianOperator<double> hessian(path.problem, z);
    for (std::size_t k = at.a; k < at.b; ++k) {
      Vector<double> direction(z.size(), 0);
      direction[k] = 1;
      ratio = std::max(ratio, rate * hessian(direction)[k] / 2);
    }
  }
  const std::string name = path.name + ", plain gradient descent";
  const bool halted = descent.steps == steps && descent.first_rise > 0 && std::abs(ratio - 1) < 0.5;
  ClaimResult result;
  result.instances = {
      falls(name + " before the first rise", search::certify_decrease(path.problem, falling)),
      {name,
       halted ? Standing::supported : Standing::failed,
       halted ? "it halts where steps in a become unstable, about where rate d2Lt/da2 = 2, and Lt rises"
              : "it does not halt where steps in a become unstable",
       {{"rate", short_text(rate)},
        {"steps", std::to_string(descent.steps)},
        {"largest rate d2Lt/da2 / 2", short_text(ratio)},
        {"first rise of Lt at step", std::to_string(descent.first_rise)}}}};
  return result;
}

ClaimResult backwards(const PathCase& path) {
  search::FlowOptions options = path.options;
  options.logarithmic = search::scale_parameters(path.problem);
  std::vector<search::PathPoint> points = search::approx_gradient_flow(path.problem, options).points;
  std::reverse(points.begin(), points.end());
  ClaimResult result;
  result.instances = {falls(path.name, search::certify_decrease(path.problem, points))};
  return result;
}

}  // namespace pgb::claims
