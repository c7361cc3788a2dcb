// Critical points whose parameters are rational numbers.
#pragma once

#include <optional>

#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// Whether grad Q is exactly 0 at the problem's parameters, in exact terms (flat/exact_point.h), and no
// activation is at its kink. False: not shown; so for networks of many samples and features, and for models
// that are no graphs or have added neurons.
bool certify_critical(const Problem& problem);

// A point at which certify_critical holds for the problem with these parameters: each entry of z replaced by
// the simplest rational number within 1e-24 (relative to 1 and |z_k|) where its denominator is below 10^6.
// Nothing where that is none.
std::optional<io::Tensor> exact_critical_point_near(const Problem& problem, const Vector<Real>& z);

}  // namespace pgb
