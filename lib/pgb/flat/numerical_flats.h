// Flat points that no exact family gives, found numerically: evidence, never part of a proof.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pgb/flat/family.h"

namespace pgb {

// A point z + v with Phi(z + v) = Phi(z) and R(z + v) = R(z) to the residual given.
struct NumericalFlat {
  Vector<Quad> point;   // z + v
  double distance = 0;  // |v|, largest entry
  double residual = 0;  // largest |Phi(z + v) - Phi(z)| and |R(z + v) - R(z)|, computed in 113 bits
};

struct NumericalFlats {
  // n - rank [J; grad R^T] - (dimension of the families' tangents): null directions that no family explains,
  // in double.
  std::size_t dimension = 0;
  std::vector<NumericalFlat> flats;  // fewer than `dimension` where the correction to the fibre fails
  std::optional<Skipped> skipped;
};

struct NumericalFlatOptions {
  std::size_t max_memory = std::size_t{4} << 30;  // bytes
  std::uint64_t seed = 1;
};

// Directions of null J (with grad R^T below J) orthogonal to the tangents of `families`, corrected back to
// the fibre { Phi = Phi(z), R = R(z) } by Gauss-Newton steps: factored in double, residuals in 113 bits.
// Curves that are flat to first order only are not: there the correction goes back to z, or nowhere, and
// nothing is returned. Samples with equal inputs may be left out of the problem. Where the rank of J does not
// change near z the fibre is a manifold (constant rank theorem), but the span is range J all along it; so
// these points matter where the rank does change.
NumericalFlats approx_numerical_flats(const Problem& problem, const std::vector<FlatFamily>& families,
                                      const NumericalFlatOptions& options = {});

}  // namespace pgb
