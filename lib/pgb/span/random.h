// Reproducible small dyadic numbers, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pgb/scalar/matrix.h"

namespace pgb {

// Uniform on { -1, -63/64, …, 63/64 }: products and sums of a few of them are exact in double. SplitMix64
// (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
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
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace pgb
