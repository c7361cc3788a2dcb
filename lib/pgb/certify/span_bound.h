// Upper bounds of the perturbed gradient span that are known by structure, and exact orthogonality to them.
#pragma once

#include <optional>

#include "pgb/model/problem.h"

namespace pgb {

// Spaces U with T(z) inside U.
enum class SpanBound {
  functions_of_x,   // every function of x: always
  model_functions,  // what the model can be, for all parameters: combinations of fixed functions of x
  affine_in_x,      // … which are the inputs and 1
  linear_in_x,      // … or the inputs alone
  functions_near,   // the same for parameters near z, where piecewise linear units stay on one piece
  affine_near
};

// Whether U holds the outputs for parameters near z only: orthogonality makes z a local minimum, otherwise a
// global one.
inline bool is_local(SpanBound bound) { return bound >= SpanBound::functions_near; }

// A space U that holds T(z), and Phi at all (near) parameters, and to which g is exactly orthogonal at the
// problem's parameters, shown in exact arithmetic: for functions of x the residuals' sums over equal inputs
// are 0, otherwise sum_i g_i f(x_i) = 0 for functions f that span U. All penalised parameters have to be
// exactly 0. Then J(z + v)^T g = 0 and grad R = 0 at every flat point, so PGB is satisfied; and by convexity
// of the loss no (near) parameters have a smaller one. Nothing: not proven. All numbers are rational, or sums
// of rational multiples of numbers that are not computed, such as tanh(1/3).
std::optional<SpanBound> certify_orthogonal(const Problem& problem);

}  // namespace pgb
