// Proof that a critical point of Q exists near a given point, and what kind of point it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/flat/family.h"
#include "pgb/io/tensor.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct CriticalPointOptions {
  long max_precision_bits = 4096;
  int threads = 1;
  std::size_t max_memory = 0;  // bytes; 0: no limit
  // Parameters that stay at the centre though no symmetry says that their derivatives vanish with the others:
  // the critical point is one of Q as a function of the rest. See embedding.h.
  std::vector<std::size_t> held = {};
  double largest_radius =
      1;  // neither the refined centre nor any box goes further than this from the given centre
  const std::atomic<bool>* stop = nullptr;  // set it to end early, with exists = false
  std::function<void(const std::string& stage, double fraction)>
      progress;  // fraction 0..1, negative: unknown
};

// Tangent number `tangent` of the flat family number `family` of the list that was given.
struct SymmetryUse {
  std::size_t family = 0, tangent = 0;
};

struct CriticalPointProof {
  // Proven: a point z* with grad Q(z*) = 0 lies within existence_radius of `center` (sup-norm), z*_k =
  // center_k for the pinned k, and no other critical point with these pinned coordinates lies within
  // uniqueness_radius. false: not proven, see `failure`; the other fields then mean nothing.
  bool exists = false;
  double existence_radius = 0, uniqueness_radius = 0;
  io::Tensor center;                // [n], exact dyadic
  std::vector<std::size_t> pinned;  // P, ascending: as many as there are independent symmetry tangents
  std::vector<SymmetryUse>
      symmetries;  // the tangents, of which Z_P is certified nonsingular on the existence box

  // Proven: z* is a strict local minimum of Q with the pinned coordinates held fixed, hence a local minimum
  // of Q, strict modulo the symmetries used.
  bool strict_minimum = false;
  // Proven: z* is not a local minimum: d^T Hess Q d < 0 on the existence box for d = negative_direction.
  bool saddle = false;
  Vector<double> negative_direction;  // [n], 0 at the pinned; empty unless saddle
  // Proven: z* is a regular point, rank J = n - s on the existence box, s the number of pinned coordinates.
  // Shown by a nonzero minor of these rows (sample by sample) and the columns that are not pinned.
  bool regular = false;
  std::vector<std::size_t> regular_rows;
  // Strict minimum: a lower bound (> 0) of the smallest eigenvalue of H_SS(z*). Saddle: an upper bound (< 0)
  // of d^T H d / d^T d. Otherwise 0.
  double curvature_bound = 0;

  long precision_bits = 0;  // of the balls in which grad Q was enclosed at the centre
  double contraction = 0;   // proven: |I - Y H_SS| <= contraction < 1 on the uniqueness box
  std::string
      failure;  // which inequality failed, by how much, and what would help; also why neither kind was proven
};

// The tangents Z(z) of the symmetries of Q annihilate grad Q. With s independent ones, pin s coordinates P in
// which Z_P is nonsingular, S the others: then F(u) = grad_S Q(center + E_S u) = 0 implies grad Q = 0.
// Krawczyk: for an approximate inverse Y of H_SS and the box |u| <= r,
//   |Y F(0)| + |I - Y H_SS(box)| r < r
// proves one and only one zero of F in it. `center` is first improved by Newton's method. Of `symmetries`
// those are used that have symmetry and keeps_regularizer set; tangents of units that are dead at the
// problem's parameters count only where they are dead on the whole box. Points on, or not separable from, a
// kink fail. Reference: R. Krawczyk, "Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken",
// Computing 4, 1969.
//
// Throws std::invalid_argument when center has not n finite entries.
CriticalPointProof certify_critical_point(const Problem& problem, const Vector<Real>& center,
                                          const std::vector<FlatFamily>& symmetries,
                                          const CriticalPointOptions& options = {});

}  // namespace pgb
