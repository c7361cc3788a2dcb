// Proof that a whole box holds no local minimum because one direction has negative curvature everywhere in
// it.
#pragma once

#include <optional>

#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// d^T Hess Q(z) d < 0 for every z within `radius` (sup-norm) of the parameters, and the box holds no kink: by
// the second-order necessary condition none of these z is a local minimum.
struct NegativeCurvature {
  Vector<double> direction;  // d, exact, largest entry between 1/2 and 1
  Ball enclosure;            // of d^T Hess Q d
  double radius = 0;
  long precision_bits = 0;
};

// Nothing: not proven. `direction` is rounded to a few bits first.
std::optional<NegativeCurvature> certify_negative_curvature(const Problem& problem, double radius,
                                                            const Vector<double>& direction);

// The largest radius of the form start / 4^j, not below `least`, for which it is proven.
std::optional<NegativeCurvature> largest_region_of_negative_curvature(const Problem& problem,
                                                                      const Vector<double>& direction,
                                                                      double start, double least);

}  // namespace pgb
