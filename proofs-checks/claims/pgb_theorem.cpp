// PGB theorem. Let every l(., y_i) be differentiable and convex, and let h(z), rho exist with Phi(z) = J(z)
// h(z) and rho R(z) = <h(z), grad R(z)>. If z is a local minimum of Q, there is eps0 > 0 with
//
//     Q(z)  <=  Qt(alpha, S)      for all eps < eps0, all finite S in V[z, eps] and all coefficients alpha.
//
// Checked: 1. at strict local minima proven to exist (Krawczyk's test and a positive definite Hessian),
// modulo symmetry: Q < Qt in balls, over the box that holds the minimum, for random alpha, and S on the orbit
// of the symmetries. R = 0, or lambda |a|^2 on the output layer with rho = 2. 2. At points that are proven
// not to be minima: a random point; a critical point of L with added neurons; a critical point of a smaller
// network embedded by a copy of a unit with outgoing weights 0. There Qt < Q is proved at flat points at
// distances down to 1e-3; and, without the theorem, that they
// are no minima: a lower Q beside each of these flat points.
#include <cmath>
#include <string>

#include "claims/registry.h"
#include "claims/support/points.h"
#include "claims/support/value_form.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

constexpr long bits = 256;
constexpr std::size_t values_tried = 16;

struct Case {
  std::vector<std::size_t> widths;
  std::string activation, loss;
  std::size_t samples;
  std::string lambda;  // "" for R = 0
};

// Sizes for which minima are proven in well under a second.
const std::vector<Case>& cases() {
  static const std::vector<Case> list{
      {{1, 2, 1}, "tanh", "squared", 12, ""},       {{1, 1, 2}, "sigmoid", "cross_entropy", 24, "1/200"},
      {{2, 1, 1}, "tanh", "logistic", 24, "1/100"}, {{1, 1, 1}, "tanh", "polynomial_hinge", 24, "1/100"},
      {{2, 2, 2}, "linear", "squared", 9, ""},      {{2, 2, 1}, "leaky_relu", "squared", 12, ""},
      {{1, 2, 2}, "tanh", "mse", 12, "1/200"},      {{1, 1, 1}, "softplus", "squared", 9, ""}};
  return list;
}

Problem problem_of(const Case& c, Random& random) {
  Problem problem = teacher_problem(network(c.widths, c.activation), c.samples, 2, c.loss, random);
  return c.lambda.empty() ? problem : with_penalised_output(std::move(problem), c.lambda);
}

std::string name_of(const Case& c) {
  return network_name(c.widths, c.activation) + ", " + c.loss +
         (c.lambda.empty() ? "" : ", R = " + c.lambda + " |a|^2");
}

// Points of the orbits of the symmetries through the box.
std::vector<Vector<Ball>> orbit_points(const ProvenPoint& point, Random& random) {
  std::vector<Vector<Ball>> points;
  for (const FlatFamily& family : flat_families(point.problem)) {
    if (!family.symmetry || !family.keeps_regularizer) continue;
    Vector<double> c(family.dimension);
    for (double& x : c) x = random.eighth(1) / 16;
    points.push_back(flat_point(family, point.box, c));
  }
  return points;
}

Instance at_minimum(const Case& c, int extra_rho, Random& random) {
  const PrecisionScope precision(bits);
  const auto point = find_critical_point([&] { return problem_of(c, random); }, true, random);
  if (!point) return {name_of(c), Standing::failed, "no strict local minimum could be proven to exist"};
  const Objective<Ball> objective(point->problem);
  GradientBasis basis = gradient_basis_of(point->problem);
  basis.rho += extra_rho;
  const auto flat = orbit_points(*point, random);
  const RandomValues values = random_values(objective, point->box, basis, flat, values_tried, random);
  return {name_of(c) + ", at a strict local minimum",
          values.all_positive ? Standing::proved : Standing::failed,
          values.all_positive ? "Q < Qt for all alpha tried" : "Qt is not shown to be above Q",
          {{"Q", report::rounded(objective.value(point->box).midpoint())},
           {"least Qt - Q", report::rounded(values.smallest_excess.lower(), report::Notation::plain, 3)},
           {"alphas", std::to_string(values.count)},
           {"flat points", std::to_string(flat.size() + 1)}}};
}

// Proven: Q is lower than at z at some point near `flat_point`, which has the same Q.
bool lower_beside(const Objective<Ball>& objective, const Vector<Ball>& z, const Vector<Ball>& flat_point) {
  const Vector<Ball> gradient = objective.value_gradient(flat_point).gradient;
  const Ball value = objective.value(z);
  for (int halvings = 0; halvings < 40; ++halvings) {
    Vector<Ball> to = flat_point;
    for (std::size_t k = 0; k < to.size(); ++k)
      to[k] -= Ball(std::ldexp(gradient[k].midpoint(), -halvings - 2));
    if ((value - objective.value(to)).certainly_positive()) return true;
  }
  return false;
}

Instance drops(const std::string& what, const Problem& problem, const Vector<Ball>& z,
               const std::vector<Vector<Ball>>& flat_points) {
  const Objective<Ball> objective(problem);
  const GradientBasis basis = gradient_basis_of(problem);
  bool proved = true;
  Ball last;
  for (const Vector<Ball>& point : flat_points) {
    const Drop drop = certify_drop(objective, z, basis, point);
    proved = proved && drop.proved && lower_beside(objective, z, point);
    last = drop.excess;
  }
  return {what,
          proved ? Standing::proved : Standing::failed,
          proved ? "Qt < Q at every flat point tried" : "no alpha was found with Qt < Q",
          {{"Q", report::rounded(objective.value(z).midpoint())},
           {"least Qt - Q", report::rounded(last.upper(), report::Notation::plain, 3)},
           {"flat points", std::to_string(flat_points.size())}}};
}

// z with all of the given parameters moved by random multiples of eps, for eps = 1, … 1e-3.
std::vector<Vector<Ball>> moved(const Vector<Ball>& z, const std::vector<std::size_t>& free, Random& random) {
  std::vector<Vector<Ball>> points;
  for (const double eps : {1.0, 1e-1, 1e-2, 1e-3}) {
    points.push_back(z);
    for (const std::size_t k : free) points.back()[k] += Ball(eps * random.uniform(0.25, 1));
  }
  return points;
}

Instance with_added_neurons(const Case& c, Random& random) {
  const PrecisionScope precision(bits);
  const auto point = find_critical_point([&] { return problem_of(c, random); }, false, random);
  if (!point) return {name_of(c), Standing::failed, "no critical point could be proven to exist"};
  const Problem problem = add_neurons(point->problem, "1/4");
  const AddedNeurons& added = *problem.model->added();
  Vector<Ball> z = point->box;
  z.resize(problem.model->parameters());
  std::vector<std::size_t> free;
  for (std::size_t k = added.b; k < z.size(); ++k) free.push_back(k);
  return drops(name_of(c) + ", at a critical point, neurons added", problem, z, moved(z, free, random));
}

// One more unit in the hidden layer, a copy of the first one with outgoing weights 0: again a critical point,
// whose copied unit has free incoming weights.
Instance embedded(const Case& c, Random& random) {
  const PrecisionScope precision(bits);
  Case small = c;
  small.activation = "tanh";
  const auto point = find_critical_point([&] { return problem_of(small, random); }, false, random);
  if (!point) return {name_of(small), Standing::failed, "no critical point could be proven to exist"};
  Case large = small;
  ++large.widths[1];
  Problem problem = point->problem;
  problem.model = network(large.widths, large.activation);
  if (!large.lambda.empty()) {
    problem.regularizer.clear();
    problem = with_penalised_output(std::move(problem), large.lambda);
  }
  const std::size_t d_x = small.widths[0], h = small.widths[1], d_y = small.widths[2];
  Vector<Ball> z(problem.model->parameters());
  const auto& from = point->box;
  const auto& to = problem.model->blocks();
  std::vector<std::size_t> free;
  for (std::size_t j = 0; j <= h; ++j) {
    const std::size_t old = j == h ? 0 : j;
    for (std::size_t i = 0; i < d_x; ++i) z[to[0].begin + j * d_x + i] = from[old * d_x + i];
    z[to[1].begin + j] = from[h * d_x + old];
    for (std::size_t k = 0; k < d_y && j < h; ++k)
      z[to[2].begin + k * (h + 1) + j] = from[h * (d_x + 1) + k * h + j];
  }
  for (std::size_t k = 0; k < d_y; ++k) z[to[3].begin + k] = from[h * (d_x + 1) + d_y * h + k];
  for (std::size_t i = 0; i < d_x; ++i) free.push_back(to[0].begin + h * d_x + i);
  free.push_back(to[1].begin + h);
  Vector<double> centre;
  for (const Ball& x : z) centre.push_back(x.midpoint());
  problem.parameters = to_tensor(centre);
  return drops(name_of(small) + ", at a critical point, one unit copied", problem, z, moved(z, free, random));
}

Instance at_random_point(const Case& c, Random& random) {
  const PrecisionScope precision(bits);
  const Problem problem = problem_of(c, random);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  return drops(name_of(c) + ", at a random point", problem, z, {z});
}

ClaimResult at_minima(const ClaimOptions& options, int extra_rho, bool penalised_only) {
  Random random(options.seed);
  ClaimResult result;
  const std::size_t count = options.count(16);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("pgb-theorem: minima", static_cast<double>(trial) / static_cast<double>(count));
    const Case& c = cases()[(trial + (penalised_only ? 1 : 0)) % cases().size()];
    result.instances.push_back(at_minimum(c, extra_rho, random));
  }
  return result;
}

ClaimResult elsewhere(const ClaimOptions& options) {
  Random random(options.seed + 1);
  ClaimResult result;
  const std::size_t count = options.count(6);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("pgb-theorem: other points", static_cast<double>(trial) / static_cast<double>(count));
    const Case& c = cases()[trial % cases().size()];
    result.instances.push_back(at_random_point(c, random));
    result.instances.push_back(with_added_neurons(c, random));
    result.instances.push_back(embedded(cases()[trial % 4], random));
  }
  return result;
}

// The inequality of the theorem where it must not hold.
ClaimResult inequality_at_random_points(const ClaimOptions& options) {
  const PrecisionScope precision(bits);
  Random random(options.seed);
  const Problem problem = problem_of(cases().front(), random);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const RandomValues values =
      random_values(Objective<Ball>(problem), z, gradient_basis_of(problem), {}, values_tried, random);
  ClaimResult result;
  result.instances.push_back(
      {"a random point", values.all_positive ? Standing::proved : Standing::failed, ""});
  return result;
}

}  // namespace

Claim pgb_theorem() {
  Claim claim;
  claim.name = "pgb-theorem";
  claim.group = "theorems";
  claim.statement =
      "At a local minimum Q(z) <= Qt(alpha, S) for all coefficients alpha, all finite S in the flat set V[z, "
      "eps] and all "
      "small eps; elsewhere it can fail, and is shown to fail.";
  claim.hypotheses = {"convex differentiable losses", "Phi = J h and rho R = <h, grad R> for some h and rho",
                      "z is a local minimum of Q"};
  claim.run = [](const ClaimOptions& options) {
    ClaimResult result = at_minima(options, 0, false);
    result.add(elsewhere(options));
    return result;
  };
  claim.controls = {{"rho = 4 instead of 2", [](const ClaimOptions& o) { return at_minima(o, 2, true); }},
                    {"points that are no minima", inequality_at_random_points}};
  return claim;
}

}  // namespace pgb::claims
