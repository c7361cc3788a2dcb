// The network over a box of parameters: enclosures of features and of derivatives.
#pragma once

#include "verifier/problem.h"

namespace pgb::verifier {

// Of a unit whose pre-activation may be 0, where its activation has a kink: values and derivatives hold those
// of both sides and all between (Clarke's); or it is Rejected, and what passes is analytic near the box.
enum class Kinks { allowed, refused };

// A number that depends on the parameters, with its derivatives by the chosen ones, in their order; none
// where all of them are 0.
struct Dual : Ball {
  Balls tangent = {};
};
using Duals = std::vector<Dual>;

// Of one sample, by feature; 0 for features that do not feed the output. slope: s'(x) of activations s(x).
struct State {
  Duals value, slope;
};

class Network {
 public:
  // z: the box. Derivatives are taken by the chosen parameters.
  Network(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen = {});
  State forward(std::size_t sample) const;
  LossRange loss(const State& state, std::size_t sample) const;
  // Adds the derivative of sum_k weights_k phi_k by every parameter.
  void add_gradient(const State& state, const Duals& weights, Duals& sum) const;
  // sum_i d l_i / d z_k for all k, from the outputs back with the parameters of way_back; its derivatives,
  // too, if the second derivatives of the losses exist.
  Duals gradient_of_losses(const Network& way_back) const;

 private:
  void add_weighted(Dual& y, const Dual& x, std::size_t k) const;  // y += z_k x; for k = none y += x
  const Setting& s_;
  const Balls& z_;
  Kinks kinks_;
  Indices position_;  // [n], among the chosen
  std::size_t size_;  // number of the chosen
};
// Over the box z, kinks allowed: l of every sample; d_k Q for all k, where on the way back from the outputs
// the parameters used are those of another box.
std::vector<LossRange> losses(const Setting& setting, const Balls& z);
Balls gradient(const Setting& setting, const Balls& z, const Balls& back);
inline Balls gradient(const Setting& setting, const Balls& z) { return gradient(setting, z, z); }
// d phi / d (chosen), row i d_y + k for output k of sample i; second derivatives of Q, a symmetric matrix,
// kinks refused.
Matrix jacobian(const Setting& setting, const Balls& z, Kinks kinks, const Indices& chosen);
Matrix hessian(const Setting& setting, const Balls& z, const Indices& chosen);

}  // namespace pgb::verifier
