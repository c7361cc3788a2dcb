// What the tests of the flat families share.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <vector>

#include "pgb/flat/family.h"
#include "pgb/model/problem.h"
#include "support/random.h"

namespace pgb::test {

using Kind = FlatFamily::Kind;

// Total dimension of the families of every kind that was found.
std::map<Kind, std::size_t> dimensions(const std::vector<FlatFamily>& families);
inline std::map<Kind, std::size_t> dimensions(const Problem& problem) {
  return dimensions(flat_families(problem));
}

// The only family of a kind; fails the test, with an empty family, when there is none or there are several.
FlatFamily only(const std::vector<FlatFamily>& families, Kind kind);

// Random coordinates for flat_point: multiples of 1/64 for straight families and scalings; small ones for
// linear maps, and for dead units so small that they stay dead at the problem's parameters.
Vector<double> random_coordinates(const Problem& problem, const FlatFamily& family, Random& random);

// Everything that a family promises, at random coordinates: outputs in balls of 256 bits and in Quad to
// 1e-30, the regularizer, tangents against differences of flat_point, independence of a straight basis,
// parameters of the regularizer left alone.
::testing::AssertionResult keeps_its_promises(const Problem& problem, const FlatFamily& family,
                                              Random& random);

// The parameters that a family moves, ascending.
std::vector<std::size_t> moved_parameters(const FlatFamily& family, std::size_t n);

// The symmetry tangents at the problem's parameters as columns, in Real at the working precision.
Matrix<Real> symmetry_tangents(const Problem& problem, const std::vector<FlatFamily>& families);

}  // namespace pgb::test
