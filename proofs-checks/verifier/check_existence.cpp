// Statements by second derivatives, and an interpolating minimum.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {

void require_negative_curvature(const Matrix& h, std::map<std::size_t, Rational> d, const Indices& chosen) {
  Rationals v;
  for (const std::size_t k : chosen) v.push_back(d[k]), d.erase(k);
  require(d.empty(), "the direction moves a pinned parameter");
  Ball sum;
  for (std::size_t i = 0; i < v.size(); ++i) {
    for (std::size_t j = 0; j < v.size(); ++j) sum.add_product(Rational(v[i] * v[j]), h(i, j));
  }
  require(sum.is_negative(), "the curvature in the direction is " + sum.text() + ", not certainly negative");
}

namespace {

// The mean target of each distinct input, output by output. Unless the loss is a sum of squares, whose best
// value for several targets is their mean, those of one input have to be equal.
Rationals mean_targets(const Setting& s) {
  const std::size_t d = s.outputs.size();
  Rationals mean(s.distinct_inputs * d);
  for (std::size_t i = 0; i < s.samples; ++i) {
    const auto count = std::count(s.group.begin(), s.group.end(), s.group[i]);
    for (std::size_t k = 0; k < d; ++k) mean[s.group[i] * d + k] += s.targets(i)[k] / Rational(count);
  }
  for (std::size_t j = 0; j < s.samples * d && !s.loss.least_squares(); ++j)
    require(mean[s.group[j / d] * d + j % d] == s.y[j], "samples with one input have several targets");
  return mean;
}

}  // namespace

template <>
void check(const Setting& s, const certificate::InterpolatingMinimum& claim) {
  const bool cubed = s.loss.kind == Loss::Kind::absolute_cubed;
  require(s.loss.least_squares() || cubed, "the loss is none of squared, mse, absolute_cubed");
  require(s.lambda == 0, "the objective is regularised");
  const Rationals center = s.point(claim.center), targets = mean_targets(s);
  const Rational radius = exact(claim.radius);
  require_indices(claim.coordinates, s.parameters, "coordinates");
  require(claim.coordinates.size() == targets.size(), "coordinates: a wrong number");
  for (std::size_t k = 0; k < s.parameters; ++k)
    require(!s.is_a(k) || center[k] == 0, "a is not 0 at the centre");
  for (const std::size_t k : claim.coordinates) require(!s.is_a(k), "a of an added neuron moves");
  const Matrix j = jacobian(s, box(center, radius, claim.coordinates), Kinks::allowed, claim.coordinates);
  const Balls point = box(center, 0, {});
  const Network network(s, point, Kinks::allowed);
  Indices rows;  // of the first sample with each input
  Balls f;
  for (std::size_t i = 0; i < s.samples; ++i) {
    if (f.size() != s.group[i] * s.outputs.size()) continue;
    const State state = network.forward(i);
    for (std::size_t k = 0; k < s.outputs.size(); ++k) {
      rows.push_back(i * s.outputs.size() + k);
      f.push_back(state.value[s.outputs[k]] - Ball(targets[f.size()]));
    }
  }
  require_zero(precondition(rows_of(j, rows), "the Jacobian matrix"), f, radius, "existence");
}

}  // namespace pgb::verifier
