// Proofs that rest on the gradient basis J having full row rank: interpolating global minima, and boxes
// without suboptimal local minima.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/io/tensor.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct InterpolationOptions {
  long max_precision_bits = 4096;
  std::size_t max_memory = 0;  // bytes; 0: no limit
  double largest_radius =
      1;  // neither the refined centre nor any box goes further than this from the given centre
  const std::atomic<bool>* stop = nullptr;  // set it to end early, with nothing proven
  std::function<void(const std::string& stage, double fraction)>
      progress;  // fraction 0..1, negative: unknown
};

struct InterpolationProof {
  // Proven: a global minimum of Q lies within `radius` of `center` (sup-norm, only `coordinates` differ from
  // center): at it R = 0 and each distinct input's output is the best there is for its samples. No other
  // point with the same other coordinates has these outputs within uniqueness_radius. false: not proven, see
  // `failure`.
  bool exists = false;
  double radius = 0, uniqueness_radius = 0;
  io::Tensor center;  // [n], exact dyadic
  std::vector<std::size_t>
      coordinates;         // that move, ascending; none where the centre itself is shown to be the minimum
  double contraction = 0;  // proven: |I - Y J_S| <= contraction < 1 on the uniqueness box
  long precision_bits = 0;
  std::string failure;  // which inequality failed, by how much, and what would help
};

// Solves phi(x) = best output for every distinct input x of the data, N_eff = distinct inputs * d_y
// equations, in N_eff coordinates found by pivoted elimination of J, none of them regularised; regularised
// parameters have to be exactly 0. Krawczyk's test as in certify_critical_point. Best outputs: targets; for
// squared and mse the exact mean of the targets of equal inputs; absolute_cubed needs equal targets for equal
// inputs; polynomial_hinge needs no equations, only y phi >= 1, which is tested at the centre. The other
// losses have no finite minimum and fail. Throws std::invalid_argument when center has not n finite entries.
InterpolationProof certify_interpolation(const Problem& problem, const Vector<Real>& center,
                                         const InterpolationOptions& options = {});

struct FullRankProof {
  // Proven: at every z with |z - center| <= radius (sup-norm, all coordinates) the columns `coordinates` of
  // the rows of J(z) that belong to distinct inputs form a nonsingular matrix. As none of these coordinates
  // is regularised, every critical point of Q in the box has group sums of g that are 0: for convex losses it
  // minimises the training loss over all functions of x. false: not proven, see `failure`.
  bool full_rank = false;
  double radius = 0;
  std::size_t rank = 0;                  // N_eff; N where no inputs are equal
  std::vector<std::size_t> coordinates;  // N_eff of them, ascending, none regularised
  double contraction = 0;                // proven: |I - Y J_S| <= contraction < 1 on the box
  long precision_bits = 0;
  std::string failure;  // which inequality failed, by how much, and what would help
};

// Tests the box of this radius. Boxes that hold a kink fail. Throws std::invalid_argument when center has not
// n finite entries or the radius is negative or not finite.
FullRankProof certify_full_rank(const Problem& problem, const Vector<Real>& center, double radius,
                                const InterpolationOptions& options = {});

// The largest radius (to within a tenth, not above options.largest_radius) for which certify_full_rank
// succeeds.
FullRankProof largest_full_rank_box(const Problem& problem, const Vector<Real>& center,
                                    const InterpolationOptions& options = {});

}  // namespace pgb
