// What kind of end a run came to, from second derivatives.
#pragma once

#include <vector>

#include "pgb/search/local/ending.h"

namespace pgb::search {

// Fills kind, curvature, gradient and step of `ending`, whose loss and z are set, from grad Q (n) and Hess Q
// there (packed lower triangle by rows), both in double.
void judge_end(const std::vector<double>& gradient, const std::vector<double>& hessian,
               const SolverOptions& options, Ending& ending);

}  // namespace pgb::search
