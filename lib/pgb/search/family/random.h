// Reproducible random numbers by key: the stream of start s of problem p does not depend on what else was
// drawn.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace pgb::search {

// SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA
// 2014). The key words are absorbed one after another, each through a full round.
class Random {
 public:
  Random(std::initializer_list<std::uint64_t> key) {
    for (const std::uint64_t word : key) {
      state_ ^= word;
      state_ = next();
    }
  }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  // Uniform on [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double from, double to) { return from + (to - from) * uniform(); }

  // Standard normal (Box and Muller, Annals of Mathematical Statistics 29, 1958).
  double normal() {
    const double radius = std::sqrt(-2 * std::log1p(-uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

  std::size_t index(std::size_t count) { return static_cast<std::size_t>(next() % count); }

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3U;
};

}  // namespace pgb::search
