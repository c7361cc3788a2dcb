// Proven lower bounds of the rank of a matrix that is only known through enclosures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "pgb/linalg/verified_interval.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// What Gaussian elimination with complete pivoting in ball arithmetic shows of A.
struct RankBound {
  std::size_t at_least = 0;  // proven: every matrix in the enclosure has a minor of this size that is not 0
  bool exact = false;  // proven: the rank is exactly at_least (the rest was exactly 0, or nothing was left)
  Vector<double> log10_pivots;  // base-10 logarithms of the pivots' magnitudes, in order
  double log10_remainder =
      0;  // the largest magnitude left when no pivot excluded 0 (-infinity when nothing was left)
  std::vector<std::size_t> rows, columns;  // of the minor
  std::uint64_t prime = 0;                 // modular_rank: the minor is not 0 modulo this prime
};

// `a` is consumed. Work: rows * cols * rank ball operations at the working precision.
RankBound rank_lower_bound(Matrix<Ball> a);

// The rank modulo a prime of 31 bits, the larger one for two of them, of a matrix of exact binary numbers
// (radius 0); nothing where an entry is not exact. The rank over the rationals is at least that, for a minor
// that is 0 is so modulo every prime. The log10 fields stay empty. `exact` only where the rank is full. Fast
// multiplication: n = 1000 takes seconds.
std::optional<RankBound> modular_rank(const Matrix<Ball>& a);

// The numerical rank by singular values in double, or the largest one proven of a few smaller ones: a minor
// with |I - Y M| < 1 for every matrix enclosed. `exact` only where it is full; the log10 fields stay empty.
RankBound verified_rank(const IntervalMatrix& a);

// The same as rank_lower_bound, with the precision chosen: `matrix` is called at growing precision
// (start_bits, doubling) until the rank reaches `upper_bound`, or is proved exact, or stays the same over two
// doublings while what is left shrinks with the precision (then `exact` is false: equality is evidence, not
// proof), or max_bits is passed.
struct AdaptiveRank {
  RankBound bound;
  long precision_bits = 0;  // at which `bound` was found
  bool stable = false;      // the two-doublings rule ended it
};
AdaptiveRank adaptive_rank(const std::function<Matrix<Ball>()>& matrix, std::size_t upper_bound,
                           long start_bits, long max_bits);

}  // namespace pgb
