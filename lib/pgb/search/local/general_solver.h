// Minimisation of any problem, one start at a time.
#pragma once

#include <vector>

#include "pgb/model/problem.h"
#include "pgb/search/local/ending.h"

namespace pgb::search {

// L-BFGS (NLopt) with gradients of the library until it stops, then Newton's method with the eigenvalues of
// the Hessian replaced by their magnitudes, so that it descends, for at most 400 parameters.
Ending solve_general(const Problem& problem, const std::vector<double>& start,
                     const SolverOptions& options = {});

}  // namespace pgb::search
