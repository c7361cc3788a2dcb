// Proven lower bounds of the rank of a matrix that is only known through enclosures.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

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
};

// `a` is consumed. Work: rows * cols * rank ball operations at the working precision.
RankBound rank_lower_bound(Matrix<Ball> a);

// The same, with the precision chosen: `matrix` is called at growing precision (start_bits, doubling) until
// the rank reaches `upper_bound`, or is proved exact, or stays the same over two doublings while what is left
// shrinks with the precision (then `exact` is false: equality is evidence, not proof), or max_bits is passed.
struct AdaptiveRank {
  RankBound bound;
  long precision_bits = 0;  // at which `bound` was found
  bool stable = false;      // the two-doublings rule ended it
};
AdaptiveRank adaptive_rank(const std::function<Matrix<Ball>()>& matrix, std::size_t upper_bound,
                           long start_bits, long max_bits);

}  // namespace pgb
