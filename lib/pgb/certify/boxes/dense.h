// Small matrices of intervals. Not for users of the library.
#pragma once

#include "pgb/certify/boxes/network.h"
#include "pgb/linalg/verified_interval.h"

namespace pgb::boxes {

// Middles and radii that enclose the entries.
IntervalMatrix to_matrix(const IntervalSquare& a);

// d^T A d
Interval curvature(const IntervalSquare& a, const Vector<double>& d);

}  // namespace pgb::boxes
