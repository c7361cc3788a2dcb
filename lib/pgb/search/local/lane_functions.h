// Elementary functions on kLanes numbers at once, without branches, so that compilers make vector code of
// them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "pgb/search/local/activation.h"
#include "pgb/search/local/lanes.h"

namespace pgb::search {

// y = exp(x) to two units in the last place, x cut to [-708, 709]: x = k log 2 + r, |r| <= log(2)/2, the
// Taylor polynomial of degree 13 (remainder below 1e-17), and 2^k by its bits.
inline void exp_lanes(const double* x, double* y) {
  constexpr double shift = 0x1.8p52, log2_high = 0x1.62e42fefa38p-1, log2_low = 0x1.ef35793c7673p-45;
  for (std::size_t l = 0; l < kLanes; ++l) {
    double t = x[l] < -708 ? -708 : x[l];
    t = t > 709 ? 709 : t;
    const double shifted = t * 1.4426950408889634 + shift, k = shifted - shift;
    const double r = (t - k * log2_high) - k * log2_low;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power = 0;
    std::memcpy(&power, &bits, sizeof power);
    y[l] = p * power;
  }
}

// h, h', h'' of kLanes numbers.
inline void activation_lanes(const Activation& activation, const double* p, double* h, double* slope,
                             double* curvature) {
  double e[kLanes];
  switch (activation.kind) {
    case ActivationKind::identity:
      for (std::size_t l = 0; l < kLanes; ++l) {
        h[l] = p[l];
        slope[l] = 1;
        curvature[l] = 0;
      }
      return;
    case ActivationKind::relu:
      for (std::size_t l = 0; l < kLanes; ++l) {
        h[l] = p[l] > 0 ? p[l] : 0;
        slope[l] = p[l] > 0 ? 1 : 0;
        curvature[l] = 0;
      }
      return;
    case ActivationKind::sigmoid:
      for (std::size_t l = 0; l < kLanes; ++l) e[l] = -std::abs(p[l]);
      exp_lanes(e, e);
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double d = 1 / (1 + e[l]), s = p[l] < 0 ? e[l] * d : d;
        h[l] = s;
        slope[l] = e[l] * d * d;
        curvature[l] = slope[l] * (1 - 2 * s);
      }
      return;
    case ActivationKind::tanh:
      for (std::size_t l = 0; l < kLanes; ++l) e[l] = -2 * std::abs(p[l]);
      exp_lanes(e, e);
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double d = 1 / (1 + e[l]), t = (1 - e[l]) * d;
        h[l] = p[l] < 0 ? -t : t;
        slope[l] = 4 * e[l] * d * d;
        curvature[l] = -2 * h[l] * slope[l];
      }
      return;
    case ActivationKind::exp:
      exp_lanes(p, h);
      for (std::size_t l = 0; l < kLanes; ++l) slope[l] = curvature[l] = h[l];
      return;
    default:
      for (std::size_t l = 0; l < kLanes; ++l) {
        const ActivationValues v = activation_values(activation, p[l]);
        h[l] = v.value;
        slope[l] = v.slope;
        curvature[l] = v.curvature;
      }
  }
}

}  // namespace pgb::search
