// Statements by values and first derivatives.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {

Ball objective(const Setting& s, const Balls& z) {
  Ball sum, penalties;
  for (const LossRange& l : losses(s, z)) sum.add(l.value);
  for (std::size_t k = 0; k < s.parameters; ++k) penalties.add_product(s.penalty(k), square(z[k]));
  return sum / Rational(s.samples) + penalties;
}

template <>
void check(const Setting& s, const certificate::LowerValue& claim) {
  const Ball here = objective(s, box(s.point(claim.center), exact(claim.radius), below(s.parameters)));
  const Ball there = objective(s, box(s.point(claim.other), 0, {}));
  require(less(there, here), "Q is " + here.text() + " on the box, " + there.text() + " at the other point");
}

template <>
void check(const Setting& s, const certificate::Rank& claim) {
  const bool square = claim.rows.size() == claim.at_least && claim.columns.size() == claim.at_least;
  require(square, "rows and columns: not at_least of each");
  require_indices(claim.rows, s.samples * s.outputs.size(), "rows");
  require_indices(claim.columns, s.parameters, "columns");
  const Matrix j = jacobian(s, box(s.point(claim.center), 0, {}), Kinks::refused, claim.columns);
  precondition(rows_of(j, claim.rows), "the minor of the Jacobian matrix");
}

template <>
void check(const Setting& s, const certificate::SpanOrthogonal& claim) {
  using Space = certificate::SpanOrthogonal::Space;
  const Rationals center = s.point(claim.center);
  for (std::size_t k = 0; k < s.parameters; ++k)
    require(s.penalty(k) == 0 || center[k] == 0, "not 0 but regularised: parameter " + std::to_string(k));
  for (const Feature& f : s.features) {
    if (claim.space == Space::functions_of_x || !f.feeds_output || f.op == Feature::Op::input) continue;
    require(f.op == Feature::Op::affine, f.name + " is not affine in x");
    require(f.bias == none || claim.space == Space::affine_in_x, f.name + " has a bias");
  }
  // For each output the sums over the samples of d_k l times a basis: 1 for one distinct input; or x_j,
  // and 1.
  const std::vector<LossRange> l = losses(s, box(center, 0, {}));
  std::vector<Balls> sums(s.outputs.size(), Balls(std::max(s.distinct_inputs, s.inputs + 1)));
  for (std::size_t i = 0; i < s.samples; ++i) {
    Rationals basis(sums[0].size());
    for (std::size_t j = 0; j < s.inputs; ++j) basis[j] = s.x[i * s.inputs + j];
    basis[s.inputs] = claim.space == Space::affine_in_x ? 1 : 0;
    if (claim.space == Space::functions_of_x) basis.assign(basis.size(), 0), basis[s.group[i]] = 1;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      for (std::size_t j = 0; j < basis.size(); ++j) sums[k][j].add_product(l[i].gradient[k], basis[j]);
    }
  }
  for (const Balls& row : sums) {
    for (const Ball& sum : row) require(sum.is_zero(), "not exactly 0: a sum of loss derivatives");
  }
}

}  // namespace pgb::verifier
