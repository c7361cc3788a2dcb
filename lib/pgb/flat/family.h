// Exact flat families: sets of parameters around z on which the outputs Phi do not change.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/model/problem.h"

namespace pgb {

// One entry of a sparse direction. `exact` is the rational value as text; empty where `value` is exact.
struct SparseEntry {
  std::size_t parameter = 0;
  double value = 0;
  std::string exact = {};
};
using SparseVector = std::vector<SparseEntry>;

// A family of flat curves through z. Straight ones: z + sum_j c_j basis_j is flat for every c (dead units:
// for every c for which they stay dead). Curved ones are orbits of a symmetry of the model; see flat_point.
struct FlatFamily {
  enum class Kind {
    added_neurons,          // a_k = 0: b_k and W_k are free
    zero_outgoing_weights,  // behind weights held at 0, or weights of features that these keep at 0
    equal_features,         // outgoing weights split between equal (or opposite) features
    constant_features,      // outgoing weights of features that are 0, or one constant that the bias takes up
    feature_relation,       // outgoing weights moved along any other exact linear relation between features
    dead_unit,              // a unit that is 0 on all samples, on a neighbourhood
    orthogonal_inputs,      // first-layer weights moved orthogonally to all (x_i, 1)
    scaling,                // positively homogeneous unit: incoming times s, outgoing divided by s
    linear_maps             // consecutive affine maps: A W_1, A b_1 and W_2 A^-1
  };

  Kind kind = Kind::added_neurons;
  std::string where;  // which units, in words
  // The affine node whose weights move (equal_features, constant_features, feature_relation), or come in
  // (orthogonal_inputs, scaling, linear_maps), with the unit of a scaling and the second node of linear maps.
  std::string node = {}, second = {};
  std::size_t unit = 0;
  // equal_features: groups of parameters that are equal because the features are.
  std::vector<std::vector<std::size_t>> tied = {};
  std::string why_exact;  // one sentence
  std::size_t dimension = 0;
  bool straight = true;
  bool symmetry = false;            // an orbit for all parameters near z: it cannot enlarge the span
  bool keeps_regularizer = true;    // false: R changes along it, only Phi does not
  std::vector<SparseVector> basis;  // straight families: linearly independent, exact

  // scaling
  std::vector<std::size_t> incoming, outgoing;
  // linear_maps: W_1 p x q at w1, b_1 at b1 (kAbsent: none), W_2 r x p at w2, b_2 at b2
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  std::size_t w1 = 0, b1 = kAbsent, w2 = 0, b2 = kAbsent, p = 0, q = 0, r = 0;
};

const char* kind_name(FlatFamily::Kind kind);  // "added neurons", …

// Work that was not done, and what it would have taken.
struct Skipped {
  std::string what;  // "rank of the perturbed gradient span"
  std::string why;   // "needs 12.4 GiB; --max-memory is 8.0 GiB"
};

// The families found at the problem's parameters, by the structure of its graph and its exact numbers, and
// what was not looked for, for its size.
struct FlatSet {
  std::vector<FlatFamily> families;
  std::vector<Skipped> skipped;
};
FlatSet flat_set(const Problem& problem);
std::vector<FlatFamily> flat_families(const Problem& problem);  // those of flat_set

// The flat point with coordinates c (length `dimension`): z + sum_j c_j basis_j for straight families; for
// scaling, incoming * (1 + c), outgoing / (1 + c); for linear maps A = I + C (C row-major p x p, then the
// shift of b_1 where there is one). Exact coordinates give an exact point in a Ball. Throws
// std::invalid_argument for c <= -1 in a scaling, and for a singular A.
template <class S>
Vector<S> flat_point(const FlatFamily& family, const Vector<S>& z, const Vector<double>& c);

// The derivatives of flat_point with respect to c at c = 0: `dimension` vectors of length n.
template <class S>
std::vector<Vector<S>> flat_tangents(const FlatFamily& family, const Vector<S>& z);

#define PGB_DECLARE_FLAT(S)                                                                            \
  extern template Vector<S> flat_point<S>(const FlatFamily&, const Vector<S>&, const Vector<double>&); \
  extern template std::vector<Vector<S>> flat_tangents<S>(const FlatFamily&, const Vector<S>&);
PGB_FOR_BASE_SCALARS(PGB_DECLARE_FLAT)
#undef PGB_DECLARE_FLAT

}  // namespace pgb
