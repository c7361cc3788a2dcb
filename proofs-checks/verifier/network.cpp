#include "verifier/network.h"

namespace pgb::verifier {

using Op = Feature::Op;

Balls combine(Balls a, const Ball& factor, const Balls& b) {
  if (a.size() < b.size()) a.resize(b.size());
  for (std::size_t p = 0; p < b.size(); ++p) {
    if (!b[p].is_zero()) a[p].add_product(factor, b[p]);
  }
  return a;
}

Network::Network(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen)
    : s_(setting), z_(z), kinks_(kinks), position_(setting.parameters, none), size_(chosen.size()) {
  require(double(size_) * double(s_.features.size()) < 5e7, "too many derivatives for the checker");
  for (std::size_t i = 0; i < size_; ++i) position_[chosen[i]] = i;
}

Ball Network::slope_by(std::size_t f, std::size_t t, const State& state) const {
  const std::vector<Term>& terms = s_.features[f].terms;
  if (s_.features[f].op == Op::activation) return state.slope[f];
  if (s_.features[f].op == Op::product) return state.value[terms[1 - t].feature];
  return terms[t].weight == none ? Ball(1) : z_[terms[t].weight];
}

// df = sum over the sources h of slope dh; for y = sum w h + b also h for each chosen w, and 1 for b.
Balls Network::tangent(std::size_t f, const State& state) const {
  const Feature& feature = s_.features[f];
  Balls d;
  const auto add = [&](std::size_t k, const Ball& derivative) {
    if (position(k) == none) return;
    d.resize(size_);
    d[position(k)].add(derivative);
  };
  add(feature.bias, 1);
  for (std::size_t t = 0; t < feature.terms.size(); ++t) {
    const auto [h, w] = feature.terms[t];
    add(w, state.value[h]);
    if (!state.tangent[h].empty()) d = combine(std::move(d), slope_by(f, t, state), state.tangent[h]);
  }
  return d;
}

State Network::forward(std::size_t sample) const {
  const std::size_t count = s_.features.size();
  State state{Balls(count), Balls(count), Balls(count), std::vector<Balls>(count)};
  for (std::size_t f = 0; f < count; ++f) {
    const Feature& feature = s_.features[f];
    const std::vector<Term>& terms = feature.terms;
    Ball& y = state.value[f];
    if (!feature.feeds_output) continue;
    if (feature.op == Op::input) y = s_.x[sample * s_.inputs + f];
    if (feature.op == Op::product) y = state.value[terms[0].feature] * state.value[terms[1].feature];
    if (feature.bias != none) y = z_[feature.bias];
    for (std::size_t t = 0; feature.op == Op::affine && t < terms.size(); ++t)
      y.add_product(slope_by(f, t, state), state.value[terms[t].feature]);
    if (feature.op == Op::activation) {
      const ActivationRange r = range(feature.activation, state.value[terms[0].feature]);
      const std::string place = feature.name + ", sample " + std::to_string(sample);
      require(!r.kink || kinks_ == Kinks::allowed, place + ": its pre-activation may be 0, at a kink");
      y = r.value, state.slope[f] = r.slope, state.curvature[f] = r.curvature;
    }
    state.tangent[f] = tangent(f, state);
  }
  return state;
}

LossRange Network::loss(const State& state, std::size_t sample) const {
  Balls phi;
  for (const std::size_t f : s_.outputs) phi.push_back(state.value[f]);
  return range(s_.loss, phi, s_.targets(sample));
}

Balls Network::adjoints(const State& state, const Balls& weights) const {
  Balls adjoint(s_.features.size());
  for (std::size_t k = 0; k < weights.size(); ++k) adjoint[s_.outputs[k]].add(weights[k]);
  for (std::size_t f = s_.features.size(); f-- > 0;) {
    for (std::size_t t = 0; s_.features[f].feeds_output && t < s_.features[f].terms.size(); ++t)
      adjoint[s_.features[f].terms[t].feature].add_product(slope_by(f, t, state), adjoint[f]);
  }
  return adjoint;
}

std::vector<LossRange> losses(const Setting& s, const Balls& z) {
  const Network network(s, z, Kinks::allowed);
  std::vector<LossRange> all;
  for (std::size_t i = 0; i < s.samples; ++i) all.push_back(network.loss(network.forward(i), i));
  return all;
}

Balls gradient(const Setting& s, const Balls& z) {
  const Network network(s, z, Kinks::allowed);
  Balls sum(s.parameters);
  for (std::size_t i = 0; i < s.samples; ++i) {
    const State state = network.forward(i);
    const Balls adjoint = network.adjoints(state, network.loss(state, i).gradient);
    for (std::size_t f = 0; f < s.features.size(); ++f) {
      if (s.features[f].bias != none) sum[s.features[f].bias].add(adjoint[f]);
      for (const auto& [h, w] : s.features[f].terms) {
        if (w != none) sum[w].add_product(adjoint[f], state.value[h]);
      }
    }
  }
  for (std::size_t k = 0; k < s.parameters; ++k)
    sum[k] = sum[k] / Rational(s.samples) + Ball(Rational(2 * s.penalty(k))) * z[k];
  return sum;
}

Matrix jacobian(const Setting& s, const Balls& z, Kinks kinks, const Indices& chosen) {
  const Network network(s, z, kinks, chosen);
  Matrix j(s.samples * s.outputs.size(), chosen.size());
  for (std::size_t i = 0; i < s.samples; ++i) {
    const State state = network.forward(i);
    for (std::size_t k = 0; k < s.outputs.size(); ++k) {
      const Balls& row = state.tangent[s.outputs[k]];
      for (std::size_t p = 0; p < row.size(); ++p) j.set(i * s.outputs.size() + k, p, row[p]);
    }
  }
  return j;
}

// Second derivatives of f = L(phi(z)), with adjoints a = df / d(feature):
//   f'' = sum_kl L''_kl dphi_k dphi_l^T                                      the loss
//       + sum over activations u = s(p) of a_u s''(p) dp dp^T
//       + sum over products y = g h of a_y (dg dh^T + dh dg^T)
//       + sum over affine y = sum_j w_j h_j of a_y (e_j dh_j^T + dh_j e_j^T),   e_j the unit vector of w_j.
// All but the last are weighted squares of vectors, which wait until a product of matrices adds many at once.
Matrix hessian(const Setting& s, const Balls& z, const Indices& chosen) {
  const std::size_t n = chosen.size();
  const Network network(s, z, Kinks::refused, chosen);
  Matrix sum(n, n), half(n, n);  // half: of the last sum the terms e_j dh_j^T
  Balls weights;
  std::vector<Balls> vectors;
  const auto flush = [&] {
    Matrix columns(n, weights.size()), rows(weights.size(), n);
    for (std::size_t r = 0; r < weights.size(); ++r) {
      for (std::size_t p = 0; p < vectors[r].size(); ++p) {
        columns.set(p, r, vectors[r][p]);
        rows.set(r, p, weights[r] * vectors[r][p]);
      }
    }
    sum = sum + columns * rows;
    weights.clear(), vectors.clear();
  };
  const auto add_square = [&](const Ball& weight, const Balls& vector) {
    weights.push_back(weight), vectors.push_back(vector);
    if (weights.size() == 1024) flush();
  };
  for (std::size_t i = 0; i < s.samples; ++i) {
    const State state = network.forward(i);
    const LossRange l = network.loss(state, i);
    require(!l.kink, "sample " + std::to_string(i) + ": the loss's second derivative may jump in the box");
    // diag(c): c_k dphi_k dphi_k^T. diag(c) - c c^T, sum c = 1: the same of dphi_k - sum_l c_l dphi_l.
    Balls mean;
    for (std::size_t k = 0; s.loss.class_targets() && k < s.outputs.size(); ++k)
      mean = combine(mean, l.curvature[k], state.tangent[s.outputs[k]]);
    for (std::size_t k = 0; k < s.outputs.size(); ++k)
      add_square(l.curvature[k], combine(state.tangent[s.outputs[k]], Ball(-1), mean));
    const Balls adjoint = network.adjoints(state, l.gradient);
    for (std::size_t f = 0; f < s.features.size(); ++f) {
      const std::vector<Term>& terms = s.features[f].terms;
      if (!s.features[f].feeds_output) continue;
      if (s.features[f].op == Op::activation && !state.curvature[f].is_zero())
        add_square(adjoint[f] * state.curvature[f], state.tangent[terms[0].feature]);
      if (s.features[f].op == Op::product) {  // ((dg + dh) (dg + dh)^T - (dg - dh) (dg - dh)^T) / 2
        const Balls &dg = state.tangent[terms[0].feature], &dh = state.tangent[terms[1].feature];
        add_square(adjoint[f] / Ball(2), combine(dg, 1, dh));
        add_square(adjoint[f] / Ball(-2), combine(dg, -1, dh));
      }
      for (const auto& [h, w] : terms) {
        const Balls& dh = state.tangent[h];
        for (std::size_t p = 0; network.position(w) != none && p < dh.size(); ++p) {
          if (!dh[p].is_zero()) half.add(network.position(w), p, adjoint[f] * dh[p]);
        }
      }
    }
  }
  flush();
  sum = sum + half + transpose(half);
  arb_mat_scalar_div_si(sum.get(), sum.get(), slong(s.samples), working_bits);
  for (std::size_t t = 0; t < n; ++t) sum.add(t, t, Ball(Rational(2 * s.penalty(chosen[t]))));
  return sum;
}

}  // namespace pgb::verifier
