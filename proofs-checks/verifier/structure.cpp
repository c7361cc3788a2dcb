// What the graph says: symmetries, and units that are read in the same way.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {

using certificate::Symmetry;
using Op = Feature::Op;

namespace {

// k is a parameter of this feature alone.
void require_own(const Setting& s, std::size_t k, const Feature& f) {
  require(k != none && s.uses[k] == 1, f.name + ": a weight or bias is not a parameter of its own");
}

}  // namespace

std::size_t linear_unit(const Setting& s, const std::string& node, std::size_t r) {
  require(r < s.node(node).size(), "a symmetry is of a unit that is not there");
  const Feature& feature = s.features[s.node(node)[r]];
  for (const Term& term : feature.terms) require_own(s, term.weight, feature);
  if (feature.bias != none) require_own(s, feature.bias, feature);
  return s.node(node)[r];
}

Pairs paired_readers(const Setting& s, std::size_t to, std::size_t from, bool any_activation) {
  Pairs pairs;
  require(std::count(s.outputs.begin(), s.outputs.end(), to) == 0, s.features[to].name + " is an output");
  for (std::size_t reader = to + 1; reader < s.features.size(); ++reader) {
    const Feature& g = s.features[reader];
    for (const auto& [h, w] : g.terms) {
      if (h != to || !g.feeds_output) continue;
      if (g.op == Op::activation && (any_activation || (to == from && g.activation.homogeneous()))) {
        const std::size_t twin = reader + from - to;  // of a node that reads both
        const bool found = twin < s.features.size() && s.features[twin].op == Op::activation &&
                           s.features[twin].terms[0].feature == from;
        require(found && s.features[twin].node == g.node, g.name + " has no twin");
        for (const auto& pair : paired_readers(s, reader, twin, any_activation)) pairs.push_back(pair);
        continue;
      }
      require(g.op == Op::affine, g.name + " reads a moved unit and is not linear");
      require_own(s, w, g);
      Indices other(from == none ? 1 : 0, g.bias);  // the weight of h_from
      for (const Term& term : g.terms) {
        if (term.feature == from && (from != to || term.weight == w)) other.push_back(term.weight);
      }
      require(other.size() == 1, g.name + " does not read each of the two units once");
      require_own(s, other[0], g);
      pairs.emplace_back(w, other[0]);
    }
  }
  return pairs;
}

namespace {

// h_to + t h_from: the row of `to` grows by that of `from` (none: by a constant), and whatever reads h_to
// lowers its weight of h_from by that of h_to. With to = from this is a scaling.
Tangent mix(const Setting& s, const Balls& z, std::size_t to, std::size_t from) {
  const Feature& row = s.features[to];
  Tangent t;
  for (std::size_t j = 0; from != none && j < row.terms.size(); ++j)
    t.emplace_back(row.terms[j].weight, z[s.features[from].terms[j].weight]);
  if (from == none) require_own(s, row.bias, row);
  if (row.bias != none) t.emplace_back(row.bias, from == none ? Ball(1) : z[s.features[from].bias]);
  for (const auto& [w, other] : paired_readers(s, to, from, false)) t.emplace_back(other, -z[w]);
  return t;
}

// row + t c, where c . (x_i, 1) = 0 for every sample
Tangent orthogonal_input(const Setting& s, std::size_t f, const std::vector<certificate::Number>& vector) {
  const Feature& row = s.features[f];
  const std::size_t columns = row.terms.size();
  require(vector.size() == columns + (row.bias == none ? 0 : 1), "orthogonal-input: the vector does not fit");
  Rationals sum(s.samples);
  Tangent t;
  for (std::size_t j = 0; j < vector.size(); ++j) {
    const Rational c = exact(vector[j]);
    require(j == columns || row.terms[j].feature < s.inputs, row.name + " does not read the input");
    t.emplace_back(j < columns ? row.terms[j].weight : row.bias, c);
    for (std::size_t i = 0; i < s.samples; ++i)
      sum[i] += j < columns ? Rational(c * s.x[i * s.inputs + row.terms[j].feature]) : c;
  }
  for (const Rational& product : sum) require(product == 0, "orthogonal-input: not orthogonal to a sample");
  return t;
}

Tangent tangent(const Setting& s, const Balls& z, const Symmetry& c) {
  using Kind = Symmetry::Kind;
  if (c.kind == Kind::orthogonal_input) return orthogonal_input(s, linear_unit(s, c.node, c.unit), c.vector);
  if (c.kind == Kind::free) return {{c.parameter, Ball(1)}};
  if (c.kind == Kind::scaling)
    return mix(s, z, linear_unit(s, c.node, c.unit), linear_unit(s, c.node, c.unit));
  const bool maps = c.kind == Kind::linear_maps;
  const std::size_t to = linear_unit(s, c.first, maps ? c.row : c.unit);
  const auto is_unit = [to](const Term& term) { return term.feature == to; };
  const std::vector<Term>& read = s.features[s.node(c.second)[0]].terms;
  require(std::any_of(read.begin(), read.end(), is_unit), "second does not read first");
  return mix(s, z, to, maps ? linear_unit(s, c.first, c.column) : none);
}

}  // namespace

std::vector<Tangent> tangents(const Setting& s, const std::vector<Symmetry>& symmetries, const Balls& z) {
  Balls neighbourhood = z;
  for (Ball& x : neighbourhood) arb_add_error_2exp_si(x.get(), -64);
  Indices free;
  for (const Symmetry& symmetry : symmetries) {
    if (symmetry.kind == Symmetry::Kind::free) free.push_back(symmetry.parameter);
  }
  require_indices(free, s.parameters, "free parameters");
  require(arb_mat_is_zero(jacobian(s, neighbourhood, Kinks::allowed, free).get()) != 0,
          "a free parameter may matter near the box");
  std::vector<Tangent> all;
  for (const Symmetry& symmetry : symmetries) {
    all.push_back(tangent(s, z, symmetry));
    for (const auto& [k, entry] : all.back())
      require(s.penalty(k) == 0, "regularised and moved by a symmetry: parameter " + std::to_string(k));
  }
  return all;
}

}  // namespace pgb::verifier
