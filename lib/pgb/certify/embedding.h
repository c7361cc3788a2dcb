// Critical points at which parameters are degenerate because the network holds a smaller one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/certify/critical_point.h"
#include "pgb/certify/isolated.h"
#include "pgb/model/problem.h"

namespace pgb {

// Two units of an affine node that compute the same and are read in the same way: at z the incoming
// parameters are equal pairwise, and each weight that reads `unit` is `share` of the sum with the one that
// reads `other`.
struct UnitSplit {
  std::string node;
  std::size_t unit = 0, other = 0;
  double share = 1;
  std::vector<std::pair<std::size_t, std::size_t>> incoming, outgoing;  // parameters of unit and other
};

// The splits at the problem's parameters, in the order in which they lead from the smaller network to the
// whole one; shares are rounded. Units whose outgoing weights are not proportional, sum to 0 or are
// regularised are none.
std::vector<UnitSplit> find_splits(const Problem& problem);

struct EmbeddedPoint {
  // A critical point of Q as a function of the smaller network's parameters, the others held: exists, radii
  // and strict_minimum are about that function. Its center is the merged one.
  CriticalPointProof smaller;
  std::vector<UnitSplit> splits;
  std::vector<FlatFamily> families;  // at the merged center, to which smaller.symmetries refers
  std::vector<std::size_t> still;    // held at exactly 0, where their derivatives vanish exactly
  // Where smaller.exists: a critical point of Q lies near `center`, at what the splits make of the smaller
  // network's: within smaller.existence_radius times the largest of 1, |share| and |1 - share|; and for other
  // shares as well.
  io::Tensor center;
  double radius = 0;
  // Proven: a local minimum of Q, strict up to the shares.
  bool minimum = false;
  // Proven: no local minimum, d^T Hess Q d < 0 there for d = negative_direction.
  bool saddle = false;
  Vector<double> negative_direction;
  // Near it the same outputs are found only on the line of its shares: PGB holds.
  IsolationProof isolation;
  double curvature_bound = 0;  // as in CriticalPointProof
  std::string failure;         // why neither, or why nothing was proven
};

// With w, w' the incoming parameters of a unit of a smaller network and its twin and a, a' what reads them:
// if (w, a) is part of a critical point, so is (w, w' = w, share a, a' = (1 - share) a) of the larger
// network, for derivatives by w and w' are share and 1 - share times those by w, and those by a and a' are
// equal. Existence is therefore proven for the smaller network. Reference: K. Fukumizu and S. Amari, "Local
// minima and plateaus in hierarchical structures of multilayer perceptrons", Neural Networks 13, 2000.
// Parameters that are exactly 0 may be held there as well where their derivatives vanish in ball arithmetic,
// whatever the others are.
EmbeddedPoint certify_embedded_point(const Problem& problem, const std::vector<UnitSplit>& splits,
                                     const CriticalPointOptions& options);

}  // namespace pgb
