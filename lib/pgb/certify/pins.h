// Which symmetry tangents to use at a point and which coordinates to pin for them. Not for users of the
// library.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/certify/critical_point.h"
#include "pgb/flat/family.h"
#include "pgb/scalar/matrix.h"

namespace pgb {

// Whether the family's tangents annihilate grad Q.
inline bool is_symmetry_of_objective(const FlatFamily& family) {
  return family.symmetry && family.keeps_regularizer;
}

// Independent tangents and as many coordinates P, in double.
struct Pins {
  std::vector<SymmetryUse> uses;
  std::vector<std::size_t> coordinates;
};

// Elimination with complete pivoting of the tangents at z of all symmetries of Q, each scaled to largest
// entry 1. Held coordinates are taken to be no parameters.
Pins choose_pins(const std::vector<FlatFamily>& families, const Vector<double>& z,
                 const std::vector<std::size_t>& held = {});

}  // namespace pgb
