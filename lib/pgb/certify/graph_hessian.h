// The Hessian of Q over a box for models that are graphs of affine maps and activations, many columns at a
// time in double. Not for users of the library: see box_hessian.h.
#pragma once

#include <optional>
#include <vector>

#include "pgb/certify/box_hessian.h"

namespace pgb {

// Encloses rows and columns S of Hess Q(z) for every z in the box as box_hessian does; nothing when the model
// has operations that are not covered. Values, loss derivatives and slopes are enclosed once in balls at the
// working precision; what depends on the column (tangents of values and of cotangents, a forward and a
// reverse sweep) in double with rigorous error bounds, of about 1e-16 times the number of samples relative to
// the size of the terms.
std::optional<IntervalMatrix> graph_hessian(const Problem& problem, const Vector<Ball>& z,
                                            const std::vector<std::size_t>& s,
                                            const BoxHessianOptions& options);

}  // namespace pgb
