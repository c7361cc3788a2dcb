// Companion results.
//   Regular points. If rank J(z) = n - s, with s the dimension of the orbit of z under symmetries, then T(z)
//   = range J(z), and PGB
//     holds exactly when grad Q(z) = 0.
//   Deep linear networks, squared loss. Critical points of deficient rank violate PGB, however much they look
//   like minima to first
//     order; every local minimum is global.
//   Over-parametrised networks. Where T(z) is everything (R = 0), PGB says g = 0: no suboptimal local
//   minimum.
//
// Checked: 1. rank J >= n - s in balls at points of which s symmetries are known (so it is n - s); at those
// which are critical (proven) Q < Qt for random alpha and S on the orbit, at those which are not Qt < Q for
// some alpha. 2. diagonal linear networks of two and three layers on orthogonal inputs, in exact numbers:
// each choice of singular values kept is a critical point; all but the best are violated at a flat point, the
// best is orthogonal to all linear functions. 3. networks at least as wide as there are inputs: J of rank N
// on a whole box, by balls; and where all output weights are 0, so that rank J < N, a perturbed span of rank
// N.
#include <algorithm>
#include <optional>
#include <string>

#include "claims/registry.h"
#include "claims/support/points.h"
#include "claims/support/value_form.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/interpolation.h"
#include "pgb/certify/span_bound.h"
#include "pgb/linalg/rank.h"
#include "pgb/report/numbers.h"
#include "pgb/span/span.h"

namespace pgb::claims {
namespace {

constexpr long bits = 256;

// rank J over the box, and the number of independent symmetry tangents at its centre.
struct Regularity {
  std::size_t rank = 0, symmetries = 0, parameters = 0;
  bool regular() const { return rank + symmetries == parameters; }
};

Regularity regularity(const Problem& problem, const Vector<Ball>& z) {
  Regularity r;
  r.parameters = z.size();
  r.rank = rank_lower_bound(Objective<Ball>(problem).jacobian(z)).at_least;
  std::vector<Vector<Ball>> tangents;
  for (const FlatFamily& family : flat_families(problem)) {
    if (!family.symmetry) continue;
    for (Vector<Ball>& tangent : flat_tangents(family, z)) tangents.push_back(std::move(tangent));
  }
  Matrix<Ball> matrix(z.size(), tangents.size());
  for (std::size_t j = 0; j < tangents.size(); ++j)
    std::copy(tangents[j].begin(), tangents[j].end(), matrix.column(j));
  r.symmetries = tangents.empty() ? 0 : rank_lower_bound(matrix).at_least;
  return r;
}

std::vector<Number> numbers(const Regularity& r) {
  return {{"rank J", std::to_string(r.rank)},
          {"s", std::to_string(r.symmetries)},
          {"n", std::to_string(r.parameters)}};
}

struct Case {
  std::vector<std::size_t> widths;
  std::string activation;
};

// Where rank J = n - s is proven: a critical point, or a random one that is not. Drawn anew until it is
// regular.
struct Place {
  Problem problem;
  Vector<Ball> z;
  Regularity regularity;
};

std::optional<Place> regular_place(const Case& c, bool critical, Random& random) {
  const auto draw = [&] {
    return teacher_problem(network(c.widths, c.activation), 12, 2, "squared", random);
  };
  for (int attempt = 0; attempt < 20; ++attempt) {
    Place place{draw(), {}, {}};
    double radius = 0;
    if (critical) {
      const auto point = find_critical_point(draw, false, random);
      if (!point) break;
      place.problem = point->problem;
      radius = point->proof.existence_radius;
    } else {
      for (double& x : place.problem.parameters.values) x = random.uniform(-1, 1);
    }
    const PrecisionScope precision(bits);
    place.z = parameter_box(place.problem, radius);
    place.regularity = regularity(place.problem, place.z);
    if (place.regularity.regular()) return place;
  }
  return std::nullopt;
}

Instance regular_point(const Case& c, bool critical, Random& random) {
  const std::string name = network_name(c.widths, c.activation) +
                           (critical ? ", regular and critical" : ", regular, not critical");
  const auto place = regular_place(c, critical, random);
  if (!place) return {name, Standing::failed, "no such point could be proven to exist"};
  const PrecisionScope precision(bits);
  const Objective<Ball> objective(place->problem);
  const GradientBasis basis = gradient_basis_of(place->problem);
  bool proved;
  if (critical) {
    std::vector<Vector<Ball>> orbit;
    for (const FlatFamily& family : flat_families(place->problem)) {
      if (family.symmetry)
        orbit.push_back(flat_point(family, place->z, Vector<double>(family.dimension, 1.0 / 16)));
    }
    proved = random_values(objective, place->z, basis, orbit, 8, random).all_positive;
  } else {
    proved = certify_drop(objective, place->z, basis, place->z).proved;
  }
  return {name, proved ? Standing::proved : Standing::failed,
          proved ? (critical ? "rank J = n - s, and Q < Qt for all alpha tried"
                             : "rank J = n - s, and Qt < Q for some alpha")
                 : "the PGB condition is not as expected",
          numbers(place->regularity)};
}

// Layers diag(keep_1, …), the first one times the singular values; inputs e_1, …, e_d and their opposites, so
// that X X^T = 2 I; y = Sigma x + r with r the same at x and -x, orthogonal to linear functions.
Problem diagonal_network(std::size_t d, std::size_t layers, const std::vector<bool>& keep, Random& random) {
  std::vector<double> x(2 * d * d, 0), y(2 * d * d, 0), z(layers * d * d, 0);
  for (std::size_t i = 0; i < d; ++i) {
    const double value = 0.5 * static_cast<double>(i + 1);
    x[i * d + i] = 1;
    x[(d + i) * d + i] = -1;
    for (std::size_t k = 0; k < d; ++k) {
      const double noise = random.eighth(1);
      y[i * d + k] = (k == i ? value : 0) + noise;
      y[(d + i) * d + k] = (k == i ? -value : 0) + noise;
    }
    for (std::size_t layer = 0; layer < layers && keep[i]; ++layer)
      z[layer * d * d + i * d + i] = layer == 0 ? value : 1;
  }
  return make_problem(network(std::vector<std::size_t>(layers + 1, d), "linear", false), z, x, y);
}

Instance deep_linear(std::size_t d, std::size_t layers, std::size_t kept, Random& random) {
  const PrecisionScope precision(bits);
  std::vector<bool> keep(d, false);
  while (static_cast<std::size_t>(std::count(keep.begin(), keep.end(), true)) < kept)
    keep[random.index(d)] = true;
  const Problem problem = diagonal_network(d, layers, keep, random);
  const ExactGradient gradient = exact_gradient(problem, 2048);
  const std::string name = std::to_string(layers) + " linear layers of width " + std::to_string(d) +
                           ", rank " + std::to_string(kept);
  std::vector<Number> figures{{"Q", report::rounded(gradient.value.midpoint())}};
  if (!gradient.certainly_zero()) return {name, Standing::failed, "the gradient is not exactly 0", figures};
  if (kept == d) {
    const bool best = certify_orthogonal(problem).has_value();
    return {name, best ? Standing::proved : Standing::failed,
            best ? "critical, and best among all linear functions"
                 : "not shown to be best among linear functions",
            figures};
  }
  const auto violation = certify_flat_violation(problem, flat_families(problem), 1);
  return {name, violation ? Standing::proved : Standing::failed,
          violation ? "critical, and the gradient is not 0 at a flat point"
                    : "no flat point with a gradient was found",
          figures};
}

// J has rank N on a box; and, with the output weights 0, the perturbed span has rank N although J has not.
Instance wide_network(const std::string& activation, Random& random) {
  const std::size_t m = random.between(4, 6), d_y = random.between(1, 2);
  const std::vector<std::size_t> widths{2, m + 2, d_y};
  Problem problem = random_problem(network(widths, activation), m, 0, "squared", random);
  for (double& x : problem.x.values) x += random.uniform(-0.05, 0.05);  // no two equal
  for (double& x : problem.parameters.values) x = random.uniform(-1, 1);
  const FullRankProof proof = largest_full_rank_box(problem, to_scalars<Real>(problem.parameters));
  const std::string name =
      network_name(widths, activation) + ", " + std::to_string(m) + " inputs: J has rank N";
  return {name,
          proof.full_rank ? Standing::proved : Standing::failed,
          proof.full_rank ? "T is everything on a whole box: no suboptimal local minimum in it"
                          : "rank N is not shown",
          {{"N", std::to_string(problem.ambient())},
           {"box", report::rounded(proof.radius, report::Notation::plain, 3)}}};
}

Instance wide_network_at_zero(const std::string& activation, std::size_t units, Random& random) {
  const std::size_t m = random.between(4, 6);
  const std::vector<std::size_t> widths{2, units, 1};
  Problem problem = random_problem(network(widths, activation), m, 0, "squared", random);
  for (double& x : problem.x.values) x += random.uniform(-0.05, 0.05);
  const auto& blocks = problem.model->blocks();
  for (std::size_t k = blocks[2].begin; k < blocks[2].end; ++k) problem.parameters.values[k] = 0;
  // Equal units, so that J has rank 2 at most.
  for (std::size_t k = 0; k < blocks[2].begin; ++k) problem.parameters.values[k] = 0.5;
  const PerturbedSpan span = perturbed_gradient_span(problem, flat_families(problem));
  const bool proved = span.rank_certified() && span.rank() == problem.ambient() &&
                      span.unperturbed_rank() < problem.ambient();
  return {network_name(widths, activation) + ", output weights 0",
          proved ? Standing::proved : Standing::failed,
          proved ? "rank J < N, but T is everything: only global minima satisfy PGB"
                 : "the perturbed span is not shown to be everything",
          {{"N", std::to_string(problem.ambient())},
           {"rank J", std::to_string(span.unperturbed_rank().value_or(0))},
           {"rank of T", std::to_string(span.rank().value_or(0))}}};
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  const std::vector<Case> cases{
      {{1, 2, 1}, "tanh"}, {{2, 2, 1}, "leaky_relu"}, {{2, 2, 2}, "linear"}, {{1, 1, 2}, "softplus"}};
  const std::vector<std::string> smooth{"tanh", "sigmoid", "softplus", "sin"};
  ClaimResult result;
  const std::size_t count = options.count(8);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("companions", static_cast<double>(trial) / static_cast<double>(count));
    result.instances.push_back(regular_point(cases[trial % 4], true, random));
    result.instances.push_back(regular_point(cases[trial % 4], false, random));
    const std::size_t d = random.between(2, 3), layers = random.between(2, 3);
    for (std::size_t kept = 0; kept <= d; ++kept)
      result.instances.push_back(deep_linear(d, layers, kept, random));
    result.instances.push_back(wide_network(smooth[trial % 4], random));
    result.instances.push_back(wide_network_at_zero(smooth[trial % 4], 3, random));
  }
  return result;
}

}  // namespace

Claim companions() {
  Claim claim;
  claim.name = "companions";
  claim.group = "theorems";
  claim.statement =
      "At regular points PGB holds exactly where grad Q = 0; in deep linear networks critical points of "
      "deficient rank violate it; where the "
      "span is everything only global minima satisfy it.";
  claim.run = check;
  claim.controls = {{"an affine network in place of a wide one",
                     one_instance([](Random& r) { return wide_network_at_zero("identity", 3, r); })}};
  return claim;
}

}  // namespace pgb::claims
