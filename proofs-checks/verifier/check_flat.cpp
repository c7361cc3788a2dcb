// flat-direction: Q is constant along a segment that starts at z, and its gradient is not 0 there.
#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;

// A feature of one sample in exact terms: constant + sum of coefficient * atom. An atom stands for a number
// that is not computed, such as tanh(1/3). Equal atoms are equal numbers, different ones may be anything, so
// a form without constant and terms is certainly 0.
struct Form {
  Rational constant = 0;
  std::map<std::size_t, Rational> terms = {};  // number of the atom -> coefficient, not 0

  // this += factor * other
  void add(const Rational& factor, const Form& other) {
    constant += factor * other.constant;
    for (const auto& [atom, coefficient] : other.terms) {
      terms[atom] += factor * coefficient;
      if (terms[atom] == 0) terms.erase(atom);
    }
  }
};

// s(f) exactly. s(f) = c s(f / c) with c > 0 for positively homogeneous s and c = -1 or 1 for odd s, chosen
// so that equal multiples of one form become equal arguments of an atom.
Form activate(const Activation& s, const Form& f, std::map<std::string, std::size_t>& atoms) {
  using Kind = Activation::Kind;
  const Rational& x = f.constant;
  const bool rational = f.terms.empty();
  if (rational && s.homogeneous()) return {x > 0 ? x : Rational(Rational(s.slope) * x)};
  if (rational && s.kind == Kind::square) return {x * x};
  if (rational && s.kind == Kind::elu && x > 0) return {Rational(s.scale) * x};
  const bool zero_at_zero = s.kind != Kind::softplus && s.kind != Kind::sigmoid && s.kind != Kind::exp;
  if (rational && x == 0 && (zero_at_zero || s.kind == Kind::exp)) return {s.kind == Kind::exp ? 1 : 0};
  const Rational first = rational ? x : f.terms.begin()->second;
  const Rational c = s.homogeneous() ? Rational(abs(first)) : Rational(s.odd() ? sgn(first) : 1);
  std::string key = std::to_string(int(s.kind)) + " " + Rational(s.slope).get_str() + " " +
                    Rational(s.scale).get_str() + " " + Rational(x / c).get_str();
  for (const auto& [atom, factor] : f.terms)
    key += " " + Rational(factor / c).get_str() + "#" + std::to_string(atom);
  return {0, {{atoms.emplace(key, atoms.size()).first->second, c}}};
}

// The first `end` features of a sample at the exact parameters z.
std::vector<Form> exact_features(const Setting& s, const Rationals& z, std::size_t i, std::size_t end) {
  std::vector<Form> form(end);
  std::map<std::string, std::size_t> atoms;
  for (std::size_t f = 0; f < end; ++f) {
    const Feature& feature = s.features[f];
    const std::vector<Term>& terms = feature.terms;
    if (feature.op == Op::input) form[f].constant = s.x[i * s.inputs + f];
    if (feature.op == Op::activation) form[f] = activate(feature.activation, form[terms[0].feature], atoms);
    if (feature.op == Op::product) {
      const Form &g = form[terms[0].feature], &h = form[terms[1].feature];
      if (g.terms.empty() || h.terms.empty())
        form[f].add((g.terms.empty() ? g : h).constant, g.terms.empty() ? h : g);
      else
        form[f].terms[atoms.emplace("product " + std::to_string(f), atoms.size()).first->second] = 1;
    }
    if (feature.bias != none) form[f].constant = z[feature.bias];
    for (std::size_t t = 0; feature.op == Op::affine && t < terms.size(); ++t)
      form[f].add(terms[t].weight == none ? Rational(1) : z[terms[t].weight], form[terms[t].feature]);
    std::size_t longest = form[f].constant.get_str().size();
    for (const auto& term : form[f].terms) longest = std::max(longest, term.second.get_str().size());
    require(longest <= 30000, feature.name + ": its exact value has more than 30000 digits");
  }
  return form;
}

struct Line {
  Rationals z;
  std::map<std::size_t, Rational> v;

  // Encloses z + t v for t in [from, to].
  Balls over(const Rational& from, const Rational& to) const {
    Balls points(z.begin(), z.end());
    for (const auto& [k, step] : v)
      points[k] = Ball(Rational(z[k] + (from + to) / 2 * step), Rational((to - from) / 2 * abs(step)));
    return points;
  }
  Rational step(std::size_t k) const { return v.count(k) == 0 ? Rational() : v.at(k); }
};

// sum_j v_rj h_j + v_r = 0 for every row r of the linear node and every sample; nothing else moves.
void require_relation(const Setting& s, const Line& line, const Indices& node) {
  std::map<std::size_t, Rational> others = line.v;
  for (const std::size_t f : node) {
    others.erase(s.features[f].bias);
    for (const Term& term : s.features[f].terms) others.erase(term.weight);
  }
  for (const auto& [k, step] : line.v)
    require(others.count(k) == 0 && s.uses[k] == 1, "not of this node alone: parameter " + std::to_string(k));
  for (std::size_t i = 0; i < s.samples; ++i) {
    const std::vector<Form> form = exact_features(s, line.z, i, node[0]);
    for (const std::size_t f : node) {
      Form change{line.step(s.features[f].bias)};
      for (const auto& [h, w] : s.features[f].terms) change.add(line.step(w), form[h]);
      const std::string place = s.features[f].name + ", sample " + std::to_string(i);
      require(change.constant == 0 && change.terms.empty(), place + ": not proven to stay the same");
    }
  }
}

}  // namespace

template <>
void check(const Setting& s, const certificate::FlatDirection& claim) {
  using Rule = certificate::FlatDirection::Rule;
  const Line line{s.point(claim.center), entries(claim.direction, s.parameters)};
  const Rational epsilon = exact(claim.epsilon);
  require(epsilon > 0, "epsilon is not positive");
  require(claim.component < s.parameters, "component: out of range");
  const bool added = claim.rule == Rule::added_neurons;  // only b and W may move
  const std::size_t first_free = added ? s.model_parameters + s.outputs.size() : 0;
  for (const auto& [k, step] : line.v) {
    require(s.penalty(k) == 0, "regularised and moved: parameter " + std::to_string(k));
    require(k >= first_free, "not one of b and W: parameter " + std::to_string(k));
  }
  if (claim.rule == Rule::outgoing_relation) {
    require_relation(s, line, s.node(claim.node));
  } else {  // what moves does not matter on the segment, where weights that are 0 and do not move stay 0
    std::vector<bool> stays_zero(s.parameters);
    for (std::size_t k = 0; k < s.parameters; ++k) stays_zero[k] = line.z[k] == 0 && line.v.count(k) == 0;
    const std::vector<bool> needed = needed_parameters(s, line.over(0, epsilon), stays_zero);
    for (const auto& [k, step] : line.v)
      require(!needed[k], "moves and may matter: parameter " + std::to_string(k));
  }
  // Phi is analytic along the segment. Derivatives by a, b and W, where only b and W move, need not even
  // that.
  for (int p = 0; p < 64 && (!added || claim.component < s.model_parameters); ++p) {
    const Balls z = line.over(epsilon * p / 64, epsilon * (p + 1) / 64);
    const Network network(s, z, Kinks::refused);
    for (std::size_t i = 0; i < s.samples; ++i) network.forward(i);
  }
  const Ball d = gradient(s, line.over(epsilon, epsilon))[claim.component];
  require(d.is_nonzero(), "the derivative at the end of the segment is " + d.text() + ": 0 is not excluded");
}

}  // namespace pgb::verifier
