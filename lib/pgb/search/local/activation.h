// Activations of layered networks with two derivatives, in double: for searching, never for proofs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pgb::search {

enum class ActivationKind {
  identity,
  sigmoid,
  tanh,
  exp,
  relu,
  leaky_relu,
  softplus,
  square,
  sin,
  erf,
  elu,
  selu,
  silu,
  gelu
};

struct Activation {
  ActivationKind kind = ActivationKind::identity;
  double parameter = 1;  // negative_slope of leaky_relu, beta of softplus, alpha of elu
};

struct ActivationValues {
  double value, slope, curvature;
};

// h(p), h'(p), h''(p). At a kink the derivatives of the right side.
ActivationValues activation_values(const Activation& activation, double p);
inline double activation_value(const Activation& activation, double p) {
  return activation_values(activation, p).value;
}

// With the default parameter of problem files. Throws std::invalid_argument for an unknown name.
Activation activation_named(const std::string& name);
std::optional<ActivationKind> activation_kind(const std::string& name);
const std::vector<std::string>& activation_names();

bool is_odd(ActivationKind kind);  // h(-p) = -h(p)

}  // namespace pgb::search
