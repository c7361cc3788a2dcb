// The network over a box of parameters: enclosures of features and of derivatives, in forward mode.
#pragma once

#include "verifier/problem.h"

namespace pgb::verifier {

// Of a unit whose pre-activation may be 0, where its activation has a kink: values and derivatives hold those
// of both sides and all between (Clarke's); or it is Rejected, and what passes is analytic near the box.
enum class Kinks { allowed, refused };

// Enclosures for one sample, by feature; nothing for features that do not feed the output.
struct State {
  Balls value, slope, curvature;  // the last two of activations
  std::vector<Balls> tangent;     // by position among the chosen parameters; empty where all are 0
};

class Network {
 public:
  // z: the box. Derivatives are taken by the chosen parameters.
  Network(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen = {});
  State forward(std::size_t sample) const;
  LossRange loss(const State& state, std::size_t sample) const;
  Balls adjoints(const State& state, const Balls& weights) const;  // d sum_k weights_k phi_k / d feature
  std::size_t position(std::size_t k) const { return k == none ? none : position_[k]; }  // none: not chosen

 private:
  Ball slope_by(std::size_t f, std::size_t t, const State& state) const;  // d feature f / d its source t
  Balls tangent(std::size_t f, const State& state) const;
  const Setting& s_;
  const Balls& z_;
  Kinks kinks_;
  Indices position_;  // [n]
  std::size_t size_;  // number of the chosen
};
// a + factor b, where an empty vector is 0.
Balls combine(Balls a, const Ball& factor, const Balls& b);
// Over the box z, kinks allowed: l of every sample; d_k Q for all k.
std::vector<LossRange> losses(const Setting& setting, const Balls& z);
Balls gradient(const Setting& setting, const Balls& z);
// d phi / d (chosen), row i d_y + k for output k of sample i; second derivatives of Q, kinks refused.
Matrix jacobian(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen);
Matrix hessian(const Setting& setting, const Balls& z, const Indices& chosen);

}  // namespace pgb::verifier
