#include "verifier/network.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;

// a += factor b
void add_multiple(Balls& a, const Ball& factor, const Balls& b) {
  if (a.size() < b.size()) a.resize(b.size());
  for (std::size_t p = 0; p < b.size(); ++p) {
    if (!b[p].is_zero()) a[p].add_product(factor, b[p]);
  }
}
Balls multiple(const Ball& factor, const Balls& b) {
  Balls a;
  return add_multiple(a, factor, b), a;
}

// y += a b
void add_product(Dual& y, const Dual& a, const Dual& b) {
  y.Ball::add_product(a, b);
  add_multiple(y.tangent, a, b.tangent);
  add_multiple(y.tangent, b, a.tangent);
}

}  // namespace

Network::Network(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen)
    : s_(setting), z_(z), kinks_(kinks), position_(setting.parameters, none), size_(chosen.size()) {
  require(double(size_) * double(s_.features.size()) < 5e7, "too many derivatives for the checker");
  for (std::size_t i = 0; i < size_; ++i) position_[chosen[i]] = i;
}

void Network::add_weighted(Dual& y, const Dual& x, std::size_t k) const {
  const Ball weight = k == none ? Ball(1) : z_[k];
  y.Ball::add_product(weight, x);
  add_multiple(y.tangent, weight, x.tangent);
  if (k == none || position_[k] == none) return;
  y.tangent.resize(size_);
  y.tangent[position_[k]].add(x);
}

State Network::forward(std::size_t sample) const {
  State state{Duals(s_.features.size()), Duals(s_.features.size())};
  for (std::size_t f = 0; f < s_.features.size(); ++f) {
    const Feature& feature = s_.features[f];
    if (!feature.feeds_output) continue;
    Dual& y = state.value[f];
    const auto source = [&](std::size_t t) -> const Dual& { return state.value[feature.terms[t].feature]; };
    if (feature.op == Op::input) y = {s_.x[sample * s_.inputs + f]};
    if (feature.op == Op::product) add_product(y, source(0), source(1));
    if (feature.bias != none) add_weighted(y, {1}, feature.bias);
    for (std::size_t t = 0; feature.op == Op::affine && t < feature.terms.size(); ++t)
      add_weighted(y, source(t), feature.terms[t].weight);
    if (feature.op != Op::activation) continue;
    const ActivationRange r = range(feature.activation, source(0));
    const std::string place = feature.name + ", sample " + std::to_string(sample);
    require(!r.kink || kinks_ == Kinks::allowed, place + ": its pre-activation may be 0, at a kink");
    y = {r.value, multiple(r.slope, source(0).tangent)};
    state.slope[f] = {r.slope, multiple(r.curvature, source(0).tangent)};
  }
  return state;
}

LossRange Network::loss(const State& state, std::size_t sample) const {
  Balls phi;
  for (const std::size_t f : s_.outputs) phi.push_back(state.value[f]);
  return range(s_.loss, phi, s_.targets(sample));
}

// From the outputs back, the derivative by each feature (its adjoint), and by the parameters it uses.
void Network::add_gradient(const State& state, const Duals& weights, Duals& sum) const {
  Duals adjoint(s_.features.size());
  for (std::size_t k = 0; k < weights.size(); ++k) add_weighted(adjoint[s_.outputs[k]], weights[k], none);
  for (std::size_t f = s_.features.size(); f-- > 0;) {
    const Feature& feature = s_.features[f];
    if (!feature.feeds_output) continue;
    if (feature.bias != none) add_weighted(sum[feature.bias], adjoint[f], none);
    for (std::size_t t = 0; t < feature.terms.size(); ++t) {
      const auto [h, w] = feature.terms[t];
      if (w != none) add_product(sum[w], adjoint[f], state.value[h]);
      if (s_.features[h].op == Op::input) continue;
      if (feature.op == Op::affine) add_weighted(adjoint[h], adjoint[f], w);
      if (feature.op == Op::activation) add_product(adjoint[h], adjoint[f], state.slope[f]);
      if (feature.op == Op::product)
        add_product(adjoint[h], adjoint[f], state.value[feature.terms[1 - t].feature]);
    }
  }
}

Duals Network::gradient_of_losses(const Network& way_back) const {
  Duals sum(s_.parameters);
  for (std::size_t i = 0; i < s_.samples; ++i) {
    const State state = forward(i);
    const LossRange l = loss(state, i);
    require(size_ == 0 || !l.kink,
            "sample " + std::to_string(i) + ": the loss's second derivative may jump in the box");
    // The derivative of d_k l is c_k dphi_k, for cross_entropy c_k (dphi_k - sum_j c_j dphi_j).
    Balls mean;
    for (std::size_t k = 0; s_.loss.class_targets() && k < s_.outputs.size(); ++k)
      add_multiple(mean, l.curvature[k], state.value[s_.outputs[k]].tangent);
    Duals weights;
    for (std::size_t k = 0; k < s_.outputs.size(); ++k) {
      weights.push_back({l.gradient[k], multiple(l.curvature[k], state.value[s_.outputs[k]].tangent)});
      add_multiple(weights[k].tangent, -l.curvature[k], mean);
    }
    way_back.add_gradient(state, weights, sum);
  }
  return sum;
}

std::vector<LossRange> losses(const Setting& s, const Balls& z) {
  const Network network(s, z, Kinks::allowed);
  std::vector<LossRange> all;
  for (std::size_t i = 0; i < s.samples; ++i) all.push_back(network.loss(network.forward(i), i));
  return all;
}

Balls gradient(const Setting& s, const Balls& z, const Balls& back) {
  const Duals sum = Network(s, z, Kinks::allowed).gradient_of_losses(Network(s, back, Kinks::allowed));
  Balls all;
  for (std::size_t k = 0; k < s.parameters; ++k)
    all.push_back(sum[k] / Rational(s.samples) + Rational(2 * s.penalty(k)) * z[k]);
  return all;
}

Matrix jacobian(const Setting& s, const Balls& z, Kinks kinks, const Indices& chosen) {
  const Network network(s, z, kinks, chosen);
  Matrix j(s.samples * s.outputs.size(), chosen.size());
  for (std::size_t i = 0; i < s.samples; ++i) {
    const State state = network.forward(i);
    for (std::size_t k = 0; k < s.outputs.size(); ++k) {
      const Balls& row = state.value[s.outputs[k]].tangent;
      for (std::size_t p = 0; p < row.size(); ++p) j.set(i * s.outputs.size() + k, p, row[p]);
    }
  }
  return j;
}

Matrix hessian(const Setting& s, const Balls& z, const Indices& chosen) {
  const Network network(s, z, Kinks::refused, chosen);
  const Duals sum = network.gradient_of_losses(network);
  Matrix h(chosen.size(), chosen.size());
  for (std::size_t r = 0; r < chosen.size(); ++r) {
    const Balls& row = sum[chosen[r]].tangent;
    for (std::size_t p = 0; p < row.size(); ++p) h.set(r, p, row[p] / Rational(2 * s.samples));
    h.add(r, r, Rational(s.penalty(chosen[r])));
  }
  return h + transpose(h);
}

}  // namespace pgb::verifier
