// Statements about the span of the gradients: its rank, and orthogonality to a space that holds it.
#include <flint/fmpz_mat.h>
#include <flint/nmod_mat.h>

#include <algorithm>
#include <set>

#include "verifier/checks.h"
#include "verifier/exact.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;

// Of a square matrix of exact binary numbers. Scaled by a power of two they are whole numbers, which are let
// have some thousands of bits: entries such as 1e-300, but no exponents that fill the memory.
bool is_singular_modulo(Matrix a, ulong p) {
  constexpr slong limit = 8192;
  const slong n = slong(a.rows());
  bool exact = arb_mat_is_exact(a.get()) != 0;
  slong bits = 0;  // after the point, at most
  fmpz_t lowest;
  fmpz_init(lowest);
  for (slong k = 0; exact && k < n * n; ++k) {
    const auto* x = arb_midref(a.get()->entries + k);
    if (arf_is_zero(x) != 0) continue;
    arf_bot(lowest, x);
    exact = arf_is_finite(x) != 0 && arf_abs_bound_lt_2exp_si(x) < limit && fmpz_cmp_si(lowest, -limit) > 0;
    if (exact) bits = std::max(bits, -fmpz_get_si(lowest));
  }
  fmpz_clear(lowest);
  if (!exact) return true;
  fmpz_mat_t whole;
  nmod_mat_t residues;
  fmpz_mat_init(whole, n, n), nmod_mat_init(residues, n, n, p);
  arb_mat_scalar_mul_2exp_si(a.get(), a.get(), bits);
  for (slong k = 0; k < n * n; ++k)
    exact = exact && arb_get_unique_fmpz(whole->entries + k, a.get()->entries + k) != 0;
  fmpz_mat_get_nmod_mat(residues, whole);
  const bool singular = !exact || nmod_mat_det(residues) == 0;
  fmpz_mat_clear(whole), nmod_mat_clear(residues);
  return singular;
}

// Functions of x, by their values at the samples.
using Functions = std::set<Exacts>;
Functions products(const Functions& a, const Functions& b) {
  Functions all;
  require(double(a.size()) * double(b.size()) < 10000, "too many functions of x for the checker");
  for (const Exacts& f : a) {
    for (const Exacts& g : b) {
      Exacts product(f.size());
      for (std::size_t i = 0; i < g.size(); ++i) product[i].add_product(f[i], g[i]);
      all.insert(product);
    }
  }
  return all;
}

// The samples at the centre: features, in balls and in exact terms.
struct Samples {
  std::vector<State> states;
  std::vector<Exacts> values;
};

// Functions in whose span each output is, for all parameters; or for all near z, where linear pieces are
// linear. A feature that no parameter enters is one function.
std::vector<Functions> spaces(const Setting& s, const Samples& at_center, bool near) {
  std::vector<Functions> space(s.features.size());
  std::vector<bool> fixed(s.features.size(), true);
  for (std::size_t f = 0; f < space.size(); ++f) {
    const Feature& feature = s.features[f];
    if (!feature.feeds_output) continue;
    const auto source = [&](std::size_t t) -> Functions& { return space[feature.terms[t].feature]; };
    for (const auto& [h, w] : feature.terms) fixed[f] = fixed[f] && fixed[h] && w == none;
    fixed[f] = fixed[f] && feature.bias == none;
    Exacts own(s.samples, Rational(1));
    for (std::size_t i = 0; i < s.samples; ++i) {
      if (fixed[f]) own[i] = at_center.values[i][f];
      if (fixed[f] || feature.op != Op::activation) continue;
      const Ball& x = at_center.states[i].value[feature.terms[0].feature];
      require(near && feature.activation.homogeneous() && x.is_nonzero(),
              feature.name + " is not linear in x");
      if (x.is_negative()) own[i] = Rational(feature.activation.slope);
    }
    if (fixed[f] || feature.bias != none) space[f] = {own};
    if (fixed[f]) continue;
    for (std::size_t t = 0; t < feature.terms.size() && feature.op == Op::affine; ++t)
      space[f].insert(source(t).begin(), source(t).end());
    if (feature.op == Op::product) space[f] = products(source(0), source(1));
    if (feature.op == Op::activation) space[f] = products({own}, source(0));
  }
  return space;
}

}  // namespace

template <>
void check(const Setting& s, const certificate::SpanOrthogonal& claim) {
  using Space = certificate::SpanOrthogonal::Space;
  const Rationals center = s.point(claim.center);
  for (std::size_t k = 0; k < s.parameters; ++k)
    require(s.penalty(k) == 0 || center[k] == 0, "not 0 but regularised: parameter " + std::to_string(k));
  const Balls z = box(center, 0, {});
  const Network network(s, z, claim.space == Space::near ? Kinks::refused : Kinks::allowed);
  ExactNetwork exact(s, center);
  Samples samples;
  std::vector<Exacts> gradient;
  for (std::size_t i = 0; i < s.samples; ++i) {
    samples.states.push_back(network.forward(i));
    samples.values.push_back(exact.features(i, samples.states[i]));
    Exacts phi;
    Balls enclosed;
    for (const std::size_t f : s.outputs) {
      phi.push_back(samples.values[i][f]);
      enclosed.push_back(samples.states[i].value[f]);
    }
    gradient.push_back(exact_gradient(s.loss, phi, enclosed, s.targets(i)));
  }
  const bool any = claim.space == Space::functions_of_x;
  const std::vector<Functions> space =
      any ? std::vector<Functions>() : spaces(s, samples, claim.space == Space::near);
  for (std::size_t k = 0; k < s.outputs.size(); ++k) {
    Exacts sums(s.distinct_inputs);
    for (std::size_t i = 0; any && i < s.samples; ++i)
      sums[s.group[i]].add_product(gradient[i][k], Rational(1));
    for (const Exacts& function : any ? Functions() : space[s.outputs[k]]) {
      sums.emplace_back();
      for (std::size_t i = 0; i < s.samples; ++i) sums.back().add_product(gradient[i][k], function[i]);
    }
    for (const Exact& sum : sums)
      require(sum.is_zero(), "not exactly 0: a sum of loss derivatives, " + sum.text());
  }
}

template <>
void check(const Setting& s, const certificate::Rank& claim) {
  const bool square = claim.rows.size() == claim.at_least && claim.columns.size() == claim.at_least;
  require(square && claim.at_least > 0, "rows and columns: not at_least of each");
  require_indices(claim.rows, s.samples * s.outputs.size(), "rows");
  require_indices(claim.columns, s.parameters, "columns");
  const Balls z = box(s.point(claim.center), exact(claim.radius), below(s.parameters));
  const Matrix minor = rows_of(jacobian(s, z, Kinks::refused, claim.columns), claim.rows);
  const ulong p = claim.prime;
  require(p == 0 || (p > 2 && n_is_prime(p) != 0), "prime: not an odd prime");
  require(p == 0 || !is_singular_modulo(minor, p), "the minor is not exact, or singular modulo the prime");
  if (p == 0) precondition(minor, "the minor of the Jacobian matrix");
}

}  // namespace pgb::verifier
