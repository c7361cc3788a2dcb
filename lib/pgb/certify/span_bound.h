// Upper bounds of the perturbed gradient span that are known by structure, and exact orthogonality to them.
#pragma once

#include <optional>

#include "pgb/model/problem.h"

namespace pgb {

// Spaces U with T(z) inside U, one copy of the space for each output.
enum class SpanBound {
  functions_of_x,  // every function of x: always
  affine_in_x,     // the model is affine in x for all parameters
  linear_in_x      // … and has no biases
};

// The smallest of these spaces for the problem's model.
SpanBound structural_bound(const Problem& problem);

// A space U that holds T(z) and to which g is exactly orthogonal at the problem's parameters, shown in exact
// arithmetic: for functions of x the residuals' sums over equal inputs are 0, for affine ones sum_i g_i (x_i, 1) = 0.
// All penalised parameters have to be exactly 0, so that R has no part in it. Then J(z + v)^T g = 0 and grad R = 0 at
// every flat point: PGB is satisfied; with functions_of_x z is a global minimum. Nothing: not proven (numbers that are
// not dyadic, or a model whose outputs are irrational, cannot be).
std::optional<SpanBound> certify_orthogonal(const Problem& problem);

}  // namespace pgb
