// Constants of a-priori rounding error bounds in double, rounding to nearest. Not for users of the library.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace pgb::verified_detail {

constexpr double kUnit = 0x1p-53;  // u
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Above the error of one operation that underflows, gradually or to 0.
constexpr double kTiny = 0x1p-1021;
constexpr std::size_t kLargest = std::size_t{1} << 24;

// An upper bound of k u / (1 - k u): a sum of k products, in whatever order, fused or not, is off by at most
// that times the sum of their magnitudes (N. J. Higham, "Accuracy and Stability of Numerical Algorithms",
// section 3.1).
inline double gamma(std::size_t k) {
  const double ku = static_cast<double>(k) * kUnit;
  return ku / (1 - ku) * (1 + 4 * kUnit);
}

inline void require_size(std::size_t n) {
  if (n > kLargest)
    throw std::invalid_argument("verified product: dimension " + std::to_string(n) + " is too large");
}

}  // namespace pgb::verified_detail
