// Cells: the parts of parameter space in which no argument of a piecewise activation is 0 on any sample.
#pragma once

#include "pgb/derivatives/objective.h"
#include "pgb/flat/family.h"

namespace pgb {

// Whether some activation is piecewise.
bool has_cells(const Problem& problem);

// True: proven that no piecewise activation has an argument 0 on the closed segment from z to the flat point
// with these coordinates, so that the model is analytic near it. False: not proven. `family` is straight.
bool in_one_cell(const Objective<Ball>& objective, const FlatFamily& family, const Vector<Ball>& z,
                 const Vector<double>& coordinates);

}  // namespace pgb
