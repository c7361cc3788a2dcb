#include "pgb/search/local/activation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace pgb::search {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kSeluScale = 1.0507009873554805, kSeluAlpha = 1.6732632423543772;

ActivationValues sigmoid(double p) {
  const double e = std::exp(-std::abs(p)), d = 1 / (1 + e);
  const double s = p < 0 ? e * d : d, slope = e * d * d;
  return {s, slope, slope * (1 - 2 * s)};
}

ActivationValues elu(double p, double alpha, double scale) {
  if (p > 0) return {scale * p, scale, 0};
  const double e = scale * alpha * std::exp(p);
  return {scale * alpha * std::expm1(p), e, e};
}

}  // namespace

ActivationValues activation_values(const Activation& activation, double p) {
  const double c = activation.parameter;
  switch (activation.kind) {
    case ActivationKind::identity:
      return {p, 1, 0};
    case ActivationKind::sigmoid:
      return sigmoid(p);
    case ActivationKind::tanh: {
      const double t = std::tanh(p), e = std::exp(-2 * std::abs(p)), slope = 4 * e / ((1 + e) * (1 + e));
      return {t, slope, -2 * t * slope};
    }
    case ActivationKind::exp: {
      const double e = std::exp(p);
      return {e, e, e};
    }
    case ActivationKind::relu:
      return {std::max(p, 0.0), p > 0 ? 1.0 : 0.0, 0};
    case ActivationKind::leaky_relu:
      return {p > 0 ? p : c * p, p > 0 ? 1 : c, 0};
    case ActivationKind::softplus: {
      const ActivationValues s = sigmoid(c * p);
      return {std::max(p, 0.0) + std::log1p(std::exp(-std::abs(c * p))) / c, s.value, c * s.slope};
    }
    case ActivationKind::square:
      return {p * p, 2 * p, 2};
    case ActivationKind::sin:
      return {std::sin(p), std::cos(p), -std::sin(p)};
    case ActivationKind::erf: {
      const double slope = 2 / std::sqrt(kPi) * std::exp(-p * p);
      return {std::erf(p), slope, -2 * p * slope};
    }
    case ActivationKind::elu:
      return elu(p, c, 1);
    case ActivationKind::selu:
      return elu(p, kSeluAlpha, kSeluScale);
    case ActivationKind::silu: {
      const ActivationValues s = sigmoid(p);
      return {p * s.value, s.value + p * s.slope, 2 * s.slope + p * s.curvature};
    }
    case ActivationKind::gelu:
      break;
  }
  const double cdf = std::erfc(-p / std::sqrt(2.0)) / 2, density = std::exp(-p * p / 2) / std::sqrt(2 * kPi);
  return {p * cdf, cdf + p * density, density * (2 - p * p)};
}

const std::vector<std::string>& activation_names() {
  static const std::vector<std::string> names{"identity",   "sigmoid",  "tanh",   "exp", "relu",
                                              "leaky_relu", "softplus", "square", "sin", "erf",
                                              "elu",        "selu",     "silu",   "gelu"};
  return names;
}

std::optional<ActivationKind> activation_kind(const std::string& name) {
  const auto& names = activation_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<ActivationKind>(found - names.begin());
}

Activation activation_named(const std::string& name) {
  const auto kind = activation_kind(name);
  if (!kind) throw std::invalid_argument("unknown activation \"" + name + '"');
  return {*kind, *kind == ActivationKind::leaky_relu ? 0.01 : 1.0};
}

bool is_odd(ActivationKind kind) {
  return kind == ActivationKind::identity || kind == ActivationKind::tanh || kind == ActivationKind::sin ||
         kind == ActivationKind::erf;
}

}  // namespace pgb::search
