// Reproducible small dyadic numbers, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pgb/scalar/matrix.h"

namespace pgb {

// The last step of SplitMix64: a bijection of 64 bits after which nearby numbers have nothing in common. G.
// L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
inline std::uint64_t mixed_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// Uniform on { -1, -63/64, …, 63/64 }: products and sums of a few of them are exact in double. By
// SplitMix64.
class DyadicRandom {
 public:
  explicit DyadicRandom(std::uint64_t seed) : state_(seed) {}

  double operator()() { return static_cast<double>(static_cast<int>(next() >> 57) - 64) / 64; }

  Vector<double> vector(std::size_t n) {
    Vector<double> v(n);
    for (double& entry : v) entry = (*this)();
    return v;
  }

 private:
  std::uint64_t next() { return mixed_bits(state_ += 0x9e3779b97f4a7c15U); }
  std::uint64_t state_;
};

}  // namespace pgb
