// Many minimisations of one layered problem at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "pgb/search/local/ending.h"
#include "pgb/search/local/layered.h"

namespace pgb::search {

// From each of `starts` (n numbers each) the method of Levenberg and Marquardt, with second derivatives once
// progress is slow (or after 30 steps): step d = -(A + mu I)^-1 grad Q, A = J^T L'' J at first, then Hess Q,
// mu raised until A + mu I is positive definite and Q falls. Eight starts go abreast, and a lane whose start
// is done takes the next. An ending depends on its start alone, not on what ran beside it. Reference: J.
// Nocedal and S. J. Wright, "Numerical Optimization", 2nd edition, 2006, sections 10.3 and 4.3.
std::vector<Ending> solve_batch(const Layered& net, const std::vector<std::vector<double>>& starts,
                                const SolverOptions& options = {});

}  // namespace pgb::search
