// Proof that a square system of equations has one and only one zero in a box (Krawczyk's test).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "pgb/linalg/verified_interval.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// F: R^n -> R^n near a point. Every function is called under a PrecisionScope and must give enclosures at
// that precision.
struct SquareSystem {
  std::size_t size = 0;
  std::function<Vector<Ball>(const Vector<Ball>& u)> value;             // F over u (a point or a box)
  std::function<Matrix<double>(const Vector<double>& u)> approx_slope;  // F'(u), about
  std::function<IntervalMatrix(const Vector<Ball>& box)> slope;         // encloses F' over the box
  std::function<Matrix<Ball>(const Vector<Ball>& box)> slope_balls;     // the same in balls
  // Why F is not known to be differentiable on the box; empty where it is. May be null.
  std::function<std::string(const Vector<Ball>& box)> obstacle;
};

struct ZeroOptions {
  long start_bits = 192, max_bits = 4096;
  double largest_radius = 1;            // see CriticalPointOptions
  std::size_t growth_steps = 3;         // slope enclosures spent on a larger uniqueness box
  std::size_t largest_ball_size = 300;  // n up to which Y and I - Y F' may be computed in balls
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string& stage, double fraction)> progress;
};

enum class ZeroStatus {
  proven,
  singular,        // no approximate inverse, or |I - Y F'(centre)| >= 1
  no_contraction,  // the box that |Y F(centre)| asks for is too wide: not near enough to a zero, or a
                   // degenerate one
  too_far,         // Newton's method leaves largest_radius
  obstacle,        // F is not known to be differentiable near the centre
  precision,       // max_bits reached
  stopped
};

struct ZeroProof {
  ZeroStatus status = ZeroStatus::singular;
  // Proven (status proven): one zero of F within existence_radius of centre (sup-norm), no other within
  // uniqueness_radius.
  double existence_radius = 0, uniqueness_radius = 0;
  Vector<Ball> center;       // exact
  Matrix<double> inverse;    // Y, where double precision sufficed; otherwise empty
  double newton_step = 0;    // upper bound of |Y F(centre)|
  ResidualNorm contraction;  // |I - Y F'| on the uniqueness box; where not proven: on the last box tried
  IntervalMatrix
      slope;  // F' over the smallest box that was needed, of radius slope_radius >= existence_radius
  double slope_radius = 0;
  double tried_radius = 0;  // of the last box tried
  long precision_bits = 0;
  std::string obstacle;
};

// For an approximate inverse Y of F'(centre), beta >= |Y F(centre)| and kappa >= |I - Y F'(box)| < 1 over the
// box |u - centre| <= r, u -> u - Y F(u) contracts by kappa and maps |u - centre| <= s into its interior for
// every s <= r with beta + kappa s < s. The centre is improved by Newton's method first. Precision grows only
// when beta is rounding error. Reference: R. Krawczyk, Computing 4, 1969; S. M. Rump, "Verification methods",
// Acta Numerica 19, 2010. The entries of `start` have to be exact.
ZeroProof verified_zero(const SquareSystem& system, const Vector<Ball>& start,
                        const ZeroOptions& options = {});

}  // namespace pgb
