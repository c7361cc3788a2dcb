// flat-direction: Q is constant along a segment that starts at z, and its gradient is not 0 there.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/exact.h"

namespace pgb::verifier {
namespace {

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

// Whether the outputs at a sample are the same at all points of the line: by induction over features that
// are; `value` are those at z. w . h + b is the same if v_w . h + v_b is exactly 0, summed over the h that
// are, and each of the others has a weight held at 0.
bool outputs_stay(const Setting& s, const Line& line, const Exacts& value) {
  std::vector<bool> same(s.features.size());
  for (std::size_t f = 0; f < same.size(); ++f) {
    const Feature& feature = s.features[f];
    Exact change = line.step(feature.bias);
    bool stays = true, zero_factor = false;
    for (const auto& [h, w] : feature.terms) {
      if (!same[h]) stays = stays && line.holds_at_zero(w);
      if (same[h]) change.add_product(line.step(w), value[h]);
      if (same[h] && feature.op == Feature::Op::product && value[h].is_zero()) zero_factor = true;
    }
    same[f] = change.is_zero() && (stays || zero_factor);
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
  for (std::size_t i = 0; i < s.samples; ++i) {
    const Exacts value = ExactNetwork(s, line.z).features(i, network.forward(i));
    require(outputs_stay(s, line, value),
            "sample " + std::to_string(i) + ": the outputs are not proven to stay the same");
  }
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
