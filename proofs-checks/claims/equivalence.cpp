// Equivalence. Under the hypotheses of the PGB theorem, for each eps,
//
//     Q(z) <= inf Qt      if and only if      grad Q(z + eps v) = 0 for every v in V[z, eps].
//
// Both directions follow from one identity, in which B >= 0 is what convexity gives (mean of l(phi^alpha) -
// l(phi) - <l'(phi), phi^alpha - phi>) and the sum is over the flat points z + eps v_j with their
// coefficients alpha_j:
//
//     Qt(alpha, S) - Q(z)  =  B(alpha)  +  sum_j <alpha_j, grad Q(z + eps v_j)>  -  <h, grad Q(z)>.
//
// Checked: 1. the identity, exactly: networks of relu and square units at dyadic numbers with a number of
// samples that is a power of 2, where ball arithmetic makes no rounding errors; at any z, critical or not. 2.
// Gradients that vanish on the flat set (shown exactly) and Q < Qt for random alpha and S there. 3. A
// gradient that does not vanish at a flat point, and a coefficient with Qt < Q.
#include <algorithm>
#include <string>

#include "claims/registry.h"
#include "claims/support/points.h"
#include "claims/support/value_form.h"
#include "pgb/certify/span_bound.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

constexpr long bits = 2048;

struct Variant {
  int extra_rho = 0;
  bool flat = true;  // false: points next to z that are not flat
};

// A problem, with or without added neurons that are off, whose first hidden unit has outgoing weights 0: its
// incoming weights, the parameters `free`, reach no output.
struct FlatCase {
  Problem problem;
  std::vector<std::size_t> free;
  std::string name;
};

FlatCase draw(const std::string& activation, const std::string& loss, std::size_t samples, Random& random) {
  const std::size_t d_y = loss == "cross_entropy" ? 2 : random.between(1, 2);
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(2, 3), d_y};
  FlatCase c{random_problem(network(widths, activation), samples, samples / 4, loss, random), {}, ""};
  c.name = network_name(widths, activation) + ", " + loss;
  if (random.index(2) == 0) {
    c.problem = add_neurons(c.problem, "1/4");
    c.name += ", neurons added";
  }
  const auto& blocks = c.problem.model->blocks();
  for (std::size_t k = 0; k < d_y; ++k) c.problem.parameters.values[blocks[2].begin + k * widths[1]] = 0;
  for (std::size_t i = 0; i < widths[0]; ++i) c.free.push_back(blocks[0].begin + i);
  c.free.push_back(blocks[1].begin);
  if (c.problem.regularizer.empty() && random.index(2) == 0) {
    c.problem = with_penalised_output(std::move(c.problem), "1/8");
    c.name += ", R = 1/8 |a|^2";
  }
  return c;
}

std::vector<Vector<Ball>> flat_points(const FlatCase& c, const Vector<Ball>& z, std::size_t count,
                                      Random& random) {
  std::vector<Vector<Ball>> points(count, z);
  for (Vector<Ball>& point : points) {
    for (const std::size_t k : c.free) point[k] += Ball(random.eighth());
  }
  return points;
}

// B for the squared loss: (1/m) |phi^alpha - phi|^2.
Ball convexity_term(const Objective<Ball>& objective, const Matrix<Ball>& phi,
                    const std::vector<Term>& terms) {
  Matrix<Ball> difference(phi.rows, phi.cols);
  for (std::size_t i = 0; i < phi.data.size(); ++i) difference.data[i] -= phi.data[i];
  for (const Term& term : terms) {
    const Matrix<Ball> product = objective.forward_product(term.point, term.alpha);
    for (std::size_t i = 0; i < phi.data.size(); ++i) difference.data[i] += product.data[i];
  }
  return dot(difference.data, difference.data) / Ball(static_cast<double>(objective.samples()));
}

Instance identity(const Variant& variant, Random& random) {
  const PrecisionScope precision(bits);
  FlatCase c =
      draw(random.index(2) == 0 ? "relu" : "square", "squared", std::size_t{4} << random.index(2), random);
  if (!variant.flat) c.free = {c.problem.model->blocks()[3].begin};  // an output bias
  const Objective<Ball> objective(c.problem);
  const Vector<Ball> z = to_scalars<Ball>(c.problem.parameters);
  const GradientBasis basis = gradient_basis_of(c.problem);
  std::vector<Term> terms{{z, random_coefficients(z.size(), random)}};
  for (Vector<Ball>& point : flat_points(c, z, 2, random))
    terms.push_back({std::move(point), random_coefficients(z.size(), random)});
  Ball right = convexity_term(objective, objective.outputs(z), terms) -
               dot(basis.h(z), objective.value_gradient(z).gradient);
  for (const Term& term : terms) right += dot(term.alpha, objective.value_gradient(term.point).gradient);
  const Ball left = perturbed_value(objective, z, basis.rho + variant.extra_rho, terms) - objective.value(z);
  const bool exact = (left - right).is_exactly_zero();
  return {c.name + ", " + std::to_string(objective.samples()) + " samples: identity",
          exact ? Standing::proved : Standing::failed,
          exact ? "both sides are the same number, in exact arithmetic" : "the two sides differ",
          {{"Qt - Q", report::rounded(left.midpoint())}, {"flat points", std::to_string(terms.size())}}};
}

Instance vanishing(const std::string& loss, Random& random) {
  const PrecisionScope precision(256);
  const Problem problem = add_neurons(cancelling_problem(loss, random), "1/4");
  const AddedNeurons& added = *problem.model->added();
  const Objective<Ball> objective(problem);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  std::vector<Vector<Ball>> points(2, z);
  bool orthogonal = certify_orthogonal(problem).has_value();
  for (Vector<Ball>& point : points) {
    for (std::size_t k = added.b; k < z.size(); ++k) point[k] = Ball(random.eighth());
  }
  const RandomValues values = random_values(objective, z, gradient_basis_of(problem), points, 16, random);
  const bool proved = orthogonal && values.all_positive;
  return {network_name({problem.model->inputs(), 3, problem.model->outputs()}, "relu") + ", " + loss +
              ", cancelling residuals",
          proved ? Standing::proved : Standing::failed,
          proved       ? "gradients vanish on the flat set, and Q < Qt for all alpha tried"
          : orthogonal ? "Qt is not shown to be above Q"
                       : "the residuals are not shown to cancel",
          {{"Q", report::rounded(objective.value(z).midpoint())},
           {"Qt - Q", report::rounded(values.smallest_excess.lower(), report::Notation::plain, 3)},
           {"flat points", "3"}}};
}

Instance dropping(const std::string& activation, const std::string& loss, Random& random) {
  const PrecisionScope precision(256);
  const FlatCase c = draw(activation, loss, random.between(4, 7), random);
  const Objective<Ball> objective(c.problem);
  const Vector<Ball> z = to_scalars<Ball>(c.problem.parameters);
  const Vector<Ball> point = flat_points(c, z, 1, random).front();
  const Drop drop = certify_drop(objective, z, gradient_basis_of(c.problem), point);
  return {c.name + ", the gradient at a flat point is not 0",
          drop.proved ? Standing::proved : Standing::failed,
          drop.proved ? "the value drops: Qt < Q" : "no coefficient was found with Qt < Q",
          {{"Q", report::rounded(objective.value(z).midpoint())},
           {"Qt - Q", report::rounded(drop.excess.upper(), report::Notation::plain, 3)},
           {"flat points", "2"}}};
}

ClaimResult identities(const ClaimOptions& options, const Variant& variant, std::size_t usual) {
  Random random(options.seed);
  ClaimResult result;
  for (std::size_t trial = 0; trial < options.count(usual) && !options.stopped(); ++trial)
    result.instances.push_back(identity(variant, random));
  return result;
}

ClaimResult directions(const ClaimOptions& options) {
  Random random(options.seed + 1);
  const std::vector<std::string> losses{"squared", "cross_entropy", "logistic", "polynomial_hinge",
                                        "absolute_cubed"};
  const std::vector<std::string> activations{"tanh", "relu", "softplus", "sigmoid"};
  ClaimResult result;
  for (std::size_t trial = 0; trial < options.count(12) && !options.stopped(); ++trial) {
    options.report("equivalence", static_cast<double>(trial) / static_cast<double>(options.count(12)));
    result.instances.push_back(vanishing(losses[trial % 4], random));
    result.instances.push_back(dropping(activations[trial % 4], losses[trial % 5], random));
  }
  return result;
}

}  // namespace

Claim equivalence() {
  Claim claim;
  claim.name = "equivalence";
  claim.group = "theorems";
  claim.statement =
      "For each eps: Q(z) <= inf Qt if and only if grad Q(z + eps v) = 0 for every v in the flat set V[z, "
      "eps]. So gradients at "
      "flat points decide the condition.";
  claim.hypotheses = {"convex differentiable losses", "Phi = J h and rho R = <h, grad R> for some h and rho"};
  claim.run = [](const ClaimOptions& options) {
    ClaimResult result = identities(options, {}, 24);
    result.add(directions(options));
    return result;
  };
  claim.controls = {{"another rho",
                     [](const ClaimOptions& o) {
                       ClaimOptions more = o;
                       more.instances = 8;
                       return identities(more, {1, true}, 8);
                     }},
                    {"points that are not flat", [](const ClaimOptions& o) {
                       return identities(o, {0, false}, 1);
                     }}};
  return claim;
}

}  // namespace pgb::claims
