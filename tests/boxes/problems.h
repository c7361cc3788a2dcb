// Small problems whose critical points are known, and what the checker says of a search's certificate.
#pragma once

#include <string>
#include <vector>

#include "pgb/certify/boxes/search.h"
#include "pgb/model/problem.h"
#include "verifier/verify.h"

namespace pgb::test {

// E(w) = (sigmoid(16 w) - 3/4)^2 + (sigmoid(w) - 3/4)^2, as a mean.
Problem logistic_weight();
// The same error in each of two weights: w_1 x on (16, 0), (1, 0), w_2 on (0, 16), (0, 1).
Problem two_logistic_weights();
// a tanh(w x) on x = 1, 2, 3, y = 1, 3, 1; with a bias inside, or outside, and y = 1, 3, 2.
enum class Bias { none, hidden, output };
Problem tanh_unit(Bias bias);

// Added neurons on tanh(w x): one sample (1, 2), out of reach; two samples (1, 1/2), (2, 3/2), the second out
// of reach.
Problem augmented_samples(std::size_t samples);

// The parameters 0.
io::Tensor origin(const Problem& problem);

verifier::Outcome checked(const Problem& problem, const boxes::SearchResult& result);

}  // namespace pgb::test
