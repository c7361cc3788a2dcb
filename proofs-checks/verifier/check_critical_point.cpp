// critical-point: it exists, perhaps as that of a smaller network with units split in two; and what it is.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {
namespace {

// The parameters of a unit, each with that of another one which is read in the same way.
struct Split {
  Pairs incoming, outgoing;
  Rational share;
};

Split read_split(const Setting& s, const certificate::Split& c) {
  const std::size_t f = linear_unit(s, c.node, c.unit), g = linear_unit(s, c.node, c.other);
  Split split{{}, paired_readers(s, f, g, true), exact(c.share)};
  paired_readers(s, g, f, true);
  for (std::size_t t = 0; t < s.features[f].terms.size(); ++t)
    split.incoming.emplace_back(s.features[f].terms[t].weight, s.features[g].terms[t].weight);
  if (s.features[f].bias != none) split.incoming.emplace_back(s.features[f].bias, s.features[g].bias);
  for (const Pairs& pairs : {split.incoming, split.outgoing}) {
    for (const auto& [w, other] : pairs)
      require(s.penalty(w) == 0 && s.penalty(other) == 0, "a split unit is regularised");
  }
  return require(f != g, "a unit is split from itself"), split;
}

// From a point of the smaller network, where other units have no outgoing weight, to one of the whole.
void split_units(const Split& split, Balls& z) {
  for (const auto& [w, other] : split.incoming) z[other] = z[w];
  for (const auto& [w, other] : split.outgoing)
    z[other] = Rational(1 - split.share) * z[w], z[w] = split.share * z[w];
}

// All but the listed ones.
Indices except(const Indices& listed, std::size_t end) {
  Indices rest = below(end);
  for (const std::size_t k : listed) rest.erase(std::lower_bound(rest.begin(), rest.end(), k));
  return rest;
}

// The rows of all tangents form a nonsingular matrix.
void require_independent(const std::vector<Tangent>& tangents, const Indices& rows, std::size_t end) {
  Matrix all(end, tangents.size());
  for (std::size_t j = 0; j < tangents.size(); ++j) {
    for (const auto& [k, entry] : tangents[j]) all.add(k, j, entry);
  }
  if (!tangents.empty()) precondition(rows_of(all, rows), "the pinned rows of the symmetries' tangents");
}

}  // namespace

template <>
void check(const Setting& s, const certificate::CriticalPoint& claim) {
  Rationals center = s.point(claim.center);
  const Rational radius = exact(claim.radius), uniqueness = exact(claim.uniqueness_radius);
  require(radius >= 0 && uniqueness >= radius, "a radius is negative, or uniqueness_radius less than radius");
  require(claim.symmetries.size() == claim.pinned.size(), "not as many symmetries as pinned parameters");
  std::vector<Split> splits;
  Indices pinned = claim.pinned, held = claim.pinned, unread;
  for (const certificate::Split& split : claim.splits) splits.push_back(read_split(s, split));
  for (std::size_t i = splits.size(); i-- > 0;) {  // back to the centre of the smaller network
    for (const auto& [w, other] : splits[i].incoming) {
      require(center[w] == center[other], "the incoming parameters of split units are not equal");
      held.push_back(other);
    }
    for (const auto& [w, other] : splits[i].outgoing) {
      const Rational part = std::exchange(center[w], Rational(center[w] + center[other]));
      require(part == splits[i].share * center[w], "an outgoing weight is not its share of the sum");
      center[other] = 0, held.push_back(other), unread.push_back(other);
    }
  }
  held.insert(held.end(), claim.still.begin(), claim.still.end());
  require_indices(held, s.parameters, "pinned, still and split");
  const Indices moving = except(held, s.parameters);
  Balls z = box(center, uniqueness, moving);

  // There grad Q is 0 if its moving entries are.
  std::vector<Tangent> orbit = tangents(s, claim.symmetries, z);
  require_independent(orbit, pinned, s.parameters);
  for (const Tangent& tangent : orbit) {
    for (const auto& [k, entry] : tangent)
      require(entry.is_zero() || std::count(unread.begin(), unread.end(), k) == 0,
              "a symmetry moves a split");
  }
  const Balls g = claim.still.empty() ? Balls() : gradient(s, z);
  for (const std::size_t k : claim.still)
    require(g[k].is_zero(), "still: the derivative may not be 0, parameter " + std::to_string(k));

  Matrix h = hessian(s, z, moving);
  const Balls at_center = gradient(s, box(center, 0, {}));
  Balls f;
  for (const std::size_t k : moving) f.push_back(at_center[k]);
  require_zero(precondition(h, "the Hessian matrix"), f, radius, "existence");
  const bool whole = held.size() == pinned.size();  // no smaller network
  require(whole || (!claim.maximum && !claim.regular),
          "maximum or regular: with splits, or parameters held still");
  if (claim.maximum) require_positive_definite(-h, "minus the Hessian matrix");
  if (claim.smaller_minimum) require_positive_definite(h, "the Hessian matrix of the smaller network");
  if (claim.regular) {
    require_indices(claim.rows, s.samples * s.outputs.size(), "rows");
    precondition(rows_of(jacobian(s, z, Kinks::refused, moving), claim.rows),
                 "the minor of the Jacobian matrix");
  }

  for (const Split& split : splits) split_units(split, z);
  if (claim.strict_minimum || claim.isolated) {  // up to symmetries, and to the shares of the splits
    if (!splits.empty()) orbit = tangents(s, claim.symmetries, z);
    for (const Split& split : splits) {
      const auto [w, other] = split.outgoing[0];
      require(split.outgoing.size() == 1 && (z[w] + z[other]).is_nonzero(),
              "a split without one weight, not 0");
      pinned.push_back(other), orbit.push_back({{w, 1}, {other, -1}});
    }
    const Indices others = except(pinned, s.parameters);
    if (!whole) {
      require_independent(orbit, pinned, s.parameters);
      h = hessian(s, z, others);
      precondition(h, "the Hessian matrix");
    }
    if (claim.strict_minimum) require_positive_definite(h, "the Hessian matrix");
    if (claim.isolated) {  // tau H + c J^T J, a matrix and its transpose added
      require(claim.multipliers.size() == 2, "multipliers: expected tau and c");
      const Ball tau(exact(claim.multipliers[0])), c(exact(claim.multipliers[1]));
      const Matrix j = jacobian(s, z, Kinks::refused, others);
      const Matrix half = tau / Ball(2) * h + c / Ball(2) * (transpose(j) * j);
      const Matrix sum = half + transpose(half);
      precondition(sum, "tau H + c J^T J");
      require_positive_definite(sum, "tau H + c J^T J");
    }
  }
  const std::map<std::size_t, Rational> direction = entries(claim.direction, s.parameters);
  Indices chosen;
  for (const auto& [k, entry] : direction) chosen.push_back(k);
  if (claim.saddle) require_negative_curvature(hessian(s, z, chosen), direction, chosen);
}

}  // namespace pgb::verifier
