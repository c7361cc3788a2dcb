// Vacuity. If no theta makes f(.; theta) minimise the training loss over all functions of x, then Lt has no
// local minimum at all: elimination of bad local minima holds because nothing is left.
//
// Checked for classes of networks that are proven not to reach the best function of x, whatever their
// parameters:
//   affine and deep linear networks, and networks of square units (quadratic in x): the targets' group means
//   lie outside
//     the span of the monomials on the distinct inputs, by two exact ranks;
//   tanh networks without biases: f(-x) = -f(x), but the group means at some x and -x do not add up to 0;
//   narrow relu networks on a line: h kinks are fewer than the disjoint triples of inputs whose means are not
//   collinear; cross-entropy and logistic loss, any network: all samples of some group have one label, and no
//   finite output is best.
// Then, at random parameters and where descent on L ends, a box around them is proven to hold no local
// minimum of Lt.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "claims/registry.h"
#include "claims/support/exact.h"
#include "claims/support/points.h"
#include "pgb/certify/exclusion.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

// Distinct inputs (times 8) with the sums of their targets, times 8 * 840 / size of the group: means times
// 6720, whole for groups of up to 8 samples.
using Means = std::map<IntegerPoint, std::vector<long>>;

Means group_means(const Problem& problem) {
  const std::vector<IntegerPoint> points = integer_inputs(problem);
  const std::size_t d_y = problem.model->outputs();
  std::map<IntegerPoint, long> sizes;
  Means sums;
  for (std::size_t i = 0; i < points.size(); ++i) {
    ++sizes[points[i]];
    sums[points[i]].resize(d_y);
    for (std::size_t k = 0; k < d_y; ++k)
      sums[points[i]][k] += static_cast<long>(8 * problem.y.values[i * d_y + k]);
  }
  for (auto& [point, sum] : sums) {
    for (long& s : sum) s = s * 840 / sizes[point];
  }
  return sums;
}

// Whether the means of some output are no polynomial of this degree on the distinct inputs.
bool outside_polynomials(const Means& means, unsigned degree) {
  std::vector<IntegerPoint> points;
  for (const auto& entry : means) points.push_back(entry.first);
  const IntegerMatrix basis = monomials(points, exponents(points.front().size(), 0, degree));
  const std::size_t rank = basis.rank();
  for (std::size_t k = 0; k < means.begin()->second.size(); ++k) {
    std::vector<long> column;
    for (const auto& entry : means) column.push_back(entry.second[k]);
    if (with_column(basis, column).rank() > rank) return true;
  }
  return false;
}

bool not_odd(const Means& means) {
  return std::any_of(means.begin(), means.end(), [&](const auto& entry) {
    IntegerPoint opposite = entry.first;
    for (long& x : opposite) x = -x;
    const auto found = means.find(opposite);
    return found != means.end() && found->second.front() + entry.second.front() != 0;
  });
}

// A piecewise affine function with h kinks passes through three points that are not collinear only with a
// kink between.
bool too_many_kinks(const Means& means, std::size_t h) {
  std::size_t needed = 0;
  for (auto a = means.begin(); a != means.end();) {
    const auto b = std::next(a);
    const auto c = b == means.end() ? b : std::next(b);
    if (c == means.end()) break;
    const auto x = [](auto it) { return it->first.front(); };
    const auto y = [](auto it) { return it->second.front(); };
    const bool collinear = (y(b) - y(a)) * (x(c) - x(b)) == (y(c) - y(b)) * (x(b) - x(a));
    needed += collinear ? 0 : 1;
    a = collinear ? b : c;
  }
  return needed > h;
}

bool pure_group(const Problem& problem) {
  const std::vector<IntegerPoint> points = integer_inputs(problem);
  const std::size_t width = problem.y.shape[1];
  std::map<IntegerPoint, std::set<double>> labels;
  for (std::size_t i = 0; i < points.size(); ++i) labels[points[i]].insert(problem.y.values[i * width]);
  return std::any_of(labels.begin(), labels.end(),
                     [](const auto& entry) { return entry.second.size() == 1; });
}

struct Class {
  std::string activation, loss;
  std::vector<std::size_t> widths;
  bool biases = true;
  std::string why;  // it cannot reach the best function of x
};

const std::vector<Class>& classes() {
  static const std::vector<Class> list{
      {"linear", "squared", {2, 2}, true, "the group means are not affine in x (two ranks)"},
      {"linear", "squared", {2, 3, 2, 1}, true, "the group means are not affine in x (two ranks)"},
      {"square", "squared", {1, 4, 2}, true, "the group means are not quadratic in x (two ranks)"},
      {"tanh", "squared", {2, 4, 1}, false, "the network is odd in x, the group means are not"},
      {"relu", "squared", {1, 2, 1}, true, "two kinks are too few for the group means"},
      {"tanh", "cross_entropy", {2, 4, 3}, true, "a group has one label only: no finite output is best"},
      {"softplus", "logistic", {2, 3, 1}, true, "a group has one label only: no finite output is best"}};
  return list;
}

Problem draw(const Class& c, Random& random) {
  Problem problem = random_problem(network(c.widths, c.activation, c.biases), 10, 2, c.loss, random);
  if (!c.biases) {  // some x and -x
    for (std::size_t k = 0; k < 2 * c.widths[0]; ++k)
      problem.x.values[2 * c.widths[0] + k] = -problem.x.values[k];
  }
  return problem;
}

bool cannot_reach(const Class& c, const Problem& problem) {
  if (problem.loss.class_targets() || problem.loss.sign_targets()) return pure_group(problem);
  const Means means = group_means(problem);
  if (c.activation == "linear") return outside_polynomials(means, 1);
  if (c.activation == "square") return outside_polynomials(means, 2);
  return c.activation == "tanh" ? !c.biases && not_odd(means) : too_many_kinks(means, c.widths[1]);
}

Instance check_class(const Class& c, const Problem& problem, Random& random) {
  const PrecisionScope precision(128);
  const std::string name =
      network_name(c.widths, c.activation) + (c.biases ? "" : " without biases") + ", " + c.loss;
  if (!cannot_reach(c, problem))
    return {name, Standing::failed, "the class is not shown to miss the best function of x"};
  Vector<double> z(problem.parameters.size());
  double smallest = 1;
  constexpr int places = 4;
  for (int place = 0; place < places; ++place) {
    for (double& x : z) x = random.uniform(-2, 2);
    Problem at = with_parameters(problem, z);
    if (place == 0) at = with_parameters(at, approx_descent(at, 200));
    const auto region = largest_region_without_minimum(add_neurons(at, "1/8"), 0.25);
    if (!region || region->radius == 0)
      return {name, Standing::failed, "no box around a point is shown to hold no local minimum"};
    smallest = std::min(smallest, region->radius);
  }
  return {name,
          Standing::proved,
          c.why + "; boxes without local minima at every point tried",
          {{"points", std::to_string(places)},
           {"smallest box", report::rounded(smallest, report::Notation::plain, 3)}}};
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  const std::size_t count = options.count(3);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("vacuity", static_cast<double>(trial) / static_cast<double>(count));
    for (const Class& c : classes()) {
      Problem problem = draw(c, random);
      for (int again = 0; again < 100 && !cannot_reach(c, problem); ++again) problem = draw(c, random);
      result.instances.push_back(check_class(c, problem, random));
    }
  }
  return result;
}

// Targets that are affine in x.
ClaimResult reachable(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  const Class& c = classes()[1];
  Problem problem = draw(c, random);
  for (std::size_t i = 0; i < problem.y.values.size(); ++i)
    problem.y.values[i] = problem.x.values[2 * i] - 2 * problem.x.values[2 * i + 1] + 1;
  result.instances.push_back(check_class(c, problem, random));
  return result;
}

}  // namespace

Claim vacuity() {
  Claim claim;
  claim.name = "vacuity";
  claim.group = "theorems";
  claim.statement =
      "Where the class of networks cannot reach the minimum over all functions of x, Lt has no local minimum "
      "at all.";
  claim.hypotheses = {"exponential units", "convex differentiable losses", "lambda > 0"};
  claim.run = check;
  claim.controls = {{"a class that reaches it", reachable}};
  return claim;
}

}  // namespace pgb::claims
