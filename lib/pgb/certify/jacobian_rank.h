// Proofs of lower bounds of rank J.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/linalg/rank.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// rank J(z) >= at_least for every z of the box, at the working precision. `columns` are parameters, all of
// them where none are given; rows are numbered sample by sample. at_least is 0 where the box is not known to
// be free of kinks, or J is not finite. `prime` is 0, or the minor's entries are exact and it is not 0 modulo
// that prime.
RankBound rank_on_box(const Problem& problem, const Vector<Ball>& box, std::vector<std::size_t> columns = {});

// The same at the problem's parameters. Where J is exact at `exact_bits` (networks without other operations
// than sums, products and piecewise linear ones, at binary numbers) it is eliminated modulo primes, otherwise
// enclosed in double.
RankBound rank_at_point(const Problem& problem, long exact_bits = 1024);

}  // namespace pgb
