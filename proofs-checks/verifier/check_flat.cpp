// flat-direction: Q is constant along a segment that starts at z, and its gradient is not 0 there.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;
using Atoms = std::map<std::string, std::size_t>;  // what an atom stands for -> its number

// A feature of one sample in exact terms: constant + sum of coefficient * atom. An atom stands for a number
// that is not computed, such as tanh(1/3). Equal atoms are equal numbers, different ones may be anything, so
// a form without constant and terms is certainly 0.
struct Form {
  Rational constant = 0;
  std::map<std::size_t, Rational> terms = {};  // number of the atom -> coefficient, not 0

  // this += factor * other
  Form& add(const Rational& factor, const Form& other) {
    constant += factor * other.constant;
    for (const auto& [atom, coefficient] : other.terms) {
      terms[atom] += factor * coefficient;
      if (terms[atom] == 0) terms.erase(atom);
    }
    return *this;
  }
  bool is_zero() const { return constant == 0 && terms.empty(); }
};

// s(f) exactly, where `value` encloses f. s(f) = c s(c f) with c = -1 or 1 for odd s, chosen so that opposite
// forms become equal arguments of an atom.
Form activate(const Activation& s, const Form& f, const Ball& value, Atoms& atoms) {
  using Kind = Activation::Kind;
  const Rational& x = f.constant;
  const bool rational = f.terms.empty();
  if (s.piecewise() && (rational ? x >= 0 : value.is_positive())) return Form().add(Rational(s.scale), f);
  if (s.homogeneous() && (rational || value.is_negative())) return Form().add(Rational(s.slope), f);
  if (rational && s.kind == Kind::square) return {x * x};
  if (rational && x == 0 && s.kind == Kind::sigmoid) return {Rational(1, 2)};
  if (rational && x == 0 && s.kind != Kind::softplus) return {s.kind == Kind::exp ? 1 : 0};
  const int c = s.odd() ? sgn(rational ? x : f.terms.begin()->second) : 1;
  std::string key = std::to_string(int(s.kind)) + " " + Rational(s.slope).get_str() + " " +
                    Rational(s.scale).get_str() + " " + Rational(c * x).get_str();
  for (const auto& [atom, factor] : f.terms)
    key += " " + Rational(c * factor).get_str() + "#" + std::to_string(atom);
  return {0, {{atoms.emplace(key, atoms.size()).first->second, c}}};
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
  bool holds_at_zero(std::size_t k) const { return k != none && z[k] == 0 && v.count(k) == 0; }
};

// Whether the outputs at sample i are the same at all points of the line: by induction over features that
// are. w . h + b is the same if v_w . h + v_b is exactly 0, summed over the h that are, and each of the
// others has a weight held at 0.
bool outputs_stay(const Setting& s, const Line& line, const State& at_z, std::size_t i) {
  std::vector<Form> form(s.features.size());  // at z
  std::vector<bool> same(s.features.size());
  Atoms atoms;
  for (std::size_t f = 0; f < form.size(); ++f) {
    const Feature& feature = s.features[f];
    const std::vector<Term>& terms = feature.terms;
    Form change{line.step(feature.bias)};
    bool stays = true, zero_factor = false;
    for (const auto& [h, w] : terms) {
      if (!same[h]) stays = stays && line.holds_at_zero(w);
      if (same[h] && line.v.count(w) > 0) change.add(line.v.at(w), form[h]);
      if (same[h] && feature.op == Op::product && form[h].is_zero()) zero_factor = true;
    }
    same[f] = change.is_zero() && (stays || zero_factor);
    if (!feature.feeds_output) continue;
    if (feature.op == Op::input) form[f].constant = s.x[i * s.inputs + f];
    if (feature.op == Op::activation)
      form[f] = activate(feature.activation, form[terms[0].feature], at_z.value[terms[0].feature], atoms);
    if (feature.op == Op::product) {
      const Form &g = form[terms[0].feature], &h = form[terms[1].feature];
      if (g.terms.empty() || h.terms.empty())
        form[f].add((g.terms.empty() ? g : h).constant, g.terms.empty() ? h : g);
      else
        form[f].terms[atoms.emplace("product " + std::to_string(f), atoms.size()).first->second] = 1;
    }
    if (feature.bias != none) form[f].constant = line.z[feature.bias];
    for (std::size_t t = 0; feature.op == Op::affine && t < terms.size(); ++t)
      form[f].add(terms[t].weight == none ? Rational(1) : line.z[terms[t].weight], form[terms[t].feature]);
    std::size_t longest = form[f].constant.get_str().size();
    for (const auto& term : form[f].terms) longest = std::max(longest, term.second.get_str().size());
    require(longest <= 30000, feature.name + ": its exact value has more than 30000 digits");
  }
  return std::all_of(s.outputs.begin(), s.outputs.end(), [&](std::size_t f) { return same[f]; });
}

}  // namespace

template <>
void check(const Setting& s, const certificate::FlatDirection& claim) {
  const Line line{s.point(claim.center), entries(claim.direction, s.parameters)};
  const Rational epsilon = exact(claim.epsilon);
  require(epsilon > 0, "epsilon is not positive");
  require(claim.component < s.parameters, "component: out of range");
  bool added = claim.component >= s.model_parameters;  // and only b and W move
  for (const auto& [k, step] : line.v) {
    require(s.penalty(k) == 0, "regularised and moved: parameter " + std::to_string(k));
    added = added && k >= s.model_parameters + s.outputs.size();
  }
  const Balls z(line.z.begin(), line.z.end());
  const Network network(s, z, Kinks::allowed);
  for (std::size_t i = 0; i < s.samples; ++i)
    require(outputs_stay(s, line, network.forward(i), i),
            "sample " + std::to_string(i) + ": the outputs are not proven to stay the same");
  // Phi is analytic along the segment. Derivatives by a, b and W, where only b and W move, need not even
  // that.
  for (int p = 0; p < 64 && !added; ++p) {
    const Balls piece = line.over(epsilon * p / 64, epsilon * (p + 1) / 64);
    const Network pieces(s, piece, Kinks::refused);
    for (std::size_t i = 0; i < s.samples; ++i) pieces.forward(i);
  }
  const Ball d = gradient(s, line.over(epsilon, epsilon))[claim.component];
  require(d.is_nonzero(), "the derivative at the end of the segment is " + d.text() + ": 0 is not excluded");
}

}  // namespace pgb::verifier
