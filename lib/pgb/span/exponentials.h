// The gradients of an added neuron that is off, at random weights near 0.
#pragma once

#include "pgb/linalg/rank.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/random.h"

namespace pgb {

// Rank and pivots of [exp(w_j . x_i)], as many w_j with entries of at most 1/8 as there are samples, by
// elimination in ball arithmetic. By separation the rank is full when the inputs are distinct; the pivots
// show how it falls off.
AdaptiveRank exponential_rank(const Problem& distinct, DyadicRandom& random, long max_bits);

}  // namespace pgb
