// Steps along a flat family that stay in the cell of piecewise operations in which they begin.
#pragma once

#include "pgb/flat/family.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/random.h"

namespace pgb {

// Random coordinates of a flat step, halved until the model has no kink on the way (looked for in double, at
// the problem's inputs and the step's end).
Vector<double> flat_step(const Problem& problem, const FlatFamily& family, DyadicRandom& random);

}  // namespace pgb
