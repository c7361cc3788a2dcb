// Vanishing identity. With one unit a_k exp(w_k . x + b_k) added to each output and lambda |a|^2 to the loss,
//
//     a_k d Lt/d a_k  -  d Lt/d b_k  =  2 lambda a_k^2        at every point, for every differentiable loss.
//
// Hence a = 0 at every critical point of Lt when lambda > 0.
//
// Checked: 1. as an identity of polynomials. E_ik = exp(w_k . x_i + b_k), the outputs f_ik of the network,
// the targets and lambda are free variables, since the identity holds whatever their values are; d/d b_k acts
// on polynomials in E as sum_i E_ik d/d E_ik. The loss is a polynomial drawn at random (convex or not,
// coupling the outputs), one of the piecewise polynomial ones of the library, or, for losses that are no
// polynomials, its derivative at each sample is a free variable as well. 2. On the objective as the library
// computes it, in balls. 3. Points with a != 0 are not critical.
#include <algorithm>
#include <string>

#include "claims/registry.h"
#include "claims/support/instances.h"
#include "claims/support/polynomial.h"
#include "pgb/derivatives/objective.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb::claims {
namespace {

constexpr long bits = 256;

// What is claimed: a_k d_a - d_b = factor lambda a_k^2, for units with d/d b_k E_ik = E_ik, or some other
// value.
struct Variant {
  long factor = 2;
  bool exponential = true;
};

// The variables of one instance: lambda; a_k; for every sample and output E, the unit's derivative D, output
// f, target y, derivative of the loss c.
struct Atoms {
  std::size_t samples, outputs;

  std::vector<std::string> names() const {
    std::vector<std::string> out{"lambda"};
    for (std::size_t k = 0; k < outputs; ++k) out.push_back("a" + std::to_string(k));
    for (const char* kind : {"E", "D", "f", "y", "c"}) {
      for (std::size_t i = 0; i < samples * outputs; ++i) out.push_back(kind + std::to_string(i));
    }
    return out;
  }
  std::size_t a(std::size_t k) const { return 1 + k; }
  std::size_t at(std::size_t kind, std::size_t i, std::size_t k) const {
    return 1 + outputs + (kind * samples + i) * outputs + k;
  }
};
enum AtomKind : std::size_t { unit, unit_slope, output, target, slope };

// The loss of one sample as a polynomial in q and y.
Polynomial loss_of(const std::string& loss, const std::vector<Polynomial>& q,
                   const std::vector<Polynomial>& y, const PolynomialRing& ring, Random random) {
  Polynomial sum(ring);
  if (loss == "random polynomial") {
    for (int term = 0; term < 6; ++term) {
      Polynomial product(ring, static_cast<long>(random.between(1, 9)) - 5, random.between(1, 4));
      for (std::size_t factor = random.between(1, 4); factor > 0; --factor) {
        const std::size_t k = random.index(q.size());
        product *= random.index(3) == 0 ? y[k] : q[k];
      }
      sum += product;
    }
    return sum;
  }
  for (std::size_t k = 0; k < q.size(); ++k) {
    const Polynomial base =
        loss == "polynomial hinge, p = 3" ? Polynomial(ring, 1) - y[k] * q[k] : q[k] - y[k];
    sum += loss == "squared" ? base * base : base * base * base;  // of the cubes: the piece on which base > 0
  }
  return sum;
}

Instance identity_of_polynomials(const std::string& loss, const Variant& variant, Random& random) {
  const Atoms atoms{random.between(1, 3), random.between(1, 3)};
  const PolynomialRing ring(atoms.names());
  const auto x = [&](std::size_t number) { return Polynomial::variable(ring, number); };
  const std::size_t m = atoms.samples;
  const bool free_slopes = loss == "any loss";
  const Random of_loss(random.index(1U << 30));
  // m (Lt - R); with free slopes only its derivatives are known: d/d q_ik = c_ik.
  Polynomial data(ring);
  for (std::size_t i = 0; i < m && !free_slopes; ++i) {
    std::vector<Polynomial> q, y;
    for (std::size_t k = 0; k < atoms.outputs; ++k) {
      q.push_back(x(atoms.at(output, i, k)) + x(atoms.a(k)) * x(atoms.at(unit, i, k)));
      y.push_back(x(atoms.at(target, i, k)));
    }
    data += loss_of(loss, q, y, ring, of_loss);
  }
  bool holds = true;
  std::size_t terms = 0;
  for (std::size_t k = 0; k < atoms.outputs; ++k) {
    const Polynomial a = x(atoms.a(k)), lambda = x(0);
    Polynomial by_a = data.derivative(atoms.a(k)), by_b(ring);
    for (std::size_t i = 0; i < m; ++i) {
      const Polynomial e = x(atoms.at(unit, i, k)),
                       d = variant.exponential ? e : x(atoms.at(unit_slope, i, k));
      if (free_slopes) by_a += x(atoms.at(slope, i, k)) * e;
      by_b += free_slopes ? x(atoms.at(slope, i, k)) * a * d : d * data.derivative(atoms.at(unit, i, k));
    }
    by_a += Polynomial(ring, 2 * static_cast<long>(m)) * lambda * a;
    terms += by_a.terms() + by_b.terms();
    holds =
        holds && (a * by_a - by_b - Polynomial(ring, variant.factor * static_cast<long>(m)) * lambda * a * a)
                     .is_zero();
  }
  return {loss + ", " + report::counted(m, "sample") + ", " + report::counted(atoms.outputs, "output"),
          holds ? Standing::proved : Standing::failed,
          holds ? "both sides are the same polynomial in a, exp(w x + b), f, y and lambda"
                : "the two sides are different polynomials",
          {{"terms", std::to_string(terms)}, {"variables", std::to_string(ring.variables())}}};
}

struct Sample {
  Problem problem;
  std::string name;
};

Sample augmented(const std::string& loss, Random& random) {
  const std::vector<std::string> activations{"tanh", "relu", "softplus", "sigmoid"};
  const std::string activation = activations[random.index(activations.size())];
  const std::size_t d_y = loss == "cross_entropy" ? random.between(2, 3) : random.between(1, 3);
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(1, 4), d_y};
  Problem base = random_problem(network(widths, activation), random.between(3, 6), 1, loss, random);
  return {add_neurons(base, std::to_string(random.between(1, 9)) + "/10"),
          network_name(widths, activation) + ", " + loss};
}

// At a point with a != 0 drawn at random: the identity in balls, and that it is not critical.
ClaimResult on_the_objective(const std::string& loss, const Variant& variant, Random& random) {
  const PrecisionScope precision(bits);
  Sample sample = augmented(loss, random);
  const AddedNeurons& added = *sample.problem.model->added();
  for (std::size_t k = added.a; k < sample.problem.parameters.values.size(); ++k)
    sample.problem.parameters.values[k] = random.uniform(0.25, 1) * (random.index(2) == 0 ? 1 : -1);
  const Vector<Ball> z = to_scalars<Ball>(sample.problem.parameters);
  const Vector<Ball> gradient = Objective<Ball>(sample.problem).value_gradient(z).gradient;
  const Ball lambda = Ball::from_rational(sample.problem.regularizer.front().lambda);
  double widest = 0;
  bool holds = true, excluded = true;
  for (std::size_t k = 0; k < sample.problem.model->outputs(); ++k) {
    const Ball& a = z[added.a + k];
    const Ball rest = a * gradient[added.a + k] - gradient[added.b + k] -
                      Ball(static_cast<int>(variant.factor)) * lambda * a * a;
    widest = std::max(widest, rest.magnitude());
    holds = holds && rest.contains_zero();
    excluded = excluded && !(gradient[added.a + k].contains_zero() && gradient[added.b + k].contains_zero());
  }
  holds = holds && widest < 1e-50;
  ClaimResult result;
  result.instances.push_back(
      {sample.name + ", as computed",
       holds ? Standing::supported : Standing::failed,
       holds ? "the difference of the two sides is an interval around 0"
             : "the difference of the two sides is not 0",
       {{"|difference| at most", report::rounded(widest, report::Notation::plain, 3)}}});
  result.instances.push_back(
      {sample.name + ", a != 0", excluded ? Standing::proved : Standing::failed,
       excluded ? "for every output the derivative in a_k or b_k excludes 0: no critical point"
                : "derivatives in a_k and b_k that may be 0 both"});
  return result;
}

ClaimResult check(const ClaimOptions& options, const Variant& variant) {
  Random random(options.seed);
  ClaimResult result;
  const std::size_t count = options.count(12);
  const std::vector<std::string> polynomials{"squared", "random polynomial", "polynomial hinge, p = 3",
                                             "absolute cubed", "any loss"};
  const std::vector<std::string> losses{"squared", "cross_entropy", "logistic", "polynomial_hinge",
                                        "absolute_cubed"};
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("vanishing-identity", static_cast<double>(trial) / static_cast<double>(count));
    for (const std::string& loss : polynomials)
      result.instances.push_back(identity_of_polynomials(loss, variant, random));
    if (variant.exponential) result.add(on_the_objective(losses[trial % losses.size()], variant, random));
  }
  return result;
}

}  // namespace

Claim vanishing_identity() {
  Claim claim;
  claim.name = "vanishing-identity";
  claim.group = "theorems";
  claim.statement =
      "a_k dLt/da_k - dLt/db_k = 2 lambda a_k^2 at every point; so at every critical point of Lt the added "
      "neurons are "
      "switched off, a = 0.";
  claim.hypotheses = {"units a_k exp(w_k . x + b_k)", "a differentiable loss, convex or not",
                      "lambda > 0 (for a = 0)"};
  claim.run = [](const ClaimOptions& options) { return check(options, {}); };
  claim.controls = {{"lambda a^2 instead of 2 lambda a^2",
                     [](const ClaimOptions& o) {
                       return check(o, {1, true});
                     }},
                    {"units of another shape", [](const ClaimOptions& o) {
                       return check(o, {2, false});
                     }}};
  return claim;
}

}  // namespace pgb::claims
