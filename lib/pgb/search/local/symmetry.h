// When two points are the same up to the symmetries of a layered network.
#pragma once

#include <vector>

#include "pgb/search/local/layered.h"

namespace pgb::search {

// Hidden units may be permuted; under odd activations their signs may be flipped; under the sigmoid too, for
// sigmoid(-p) = 1 - sigmoid(p), where the next layer has a bias to take up the constant and nothing is
// regularised. true: some such transformation takes b to within `tolerance` (sup-norm, relative to 1 + |a|)
// of a. false: units were matched layer by layer, nearest incoming weights first, and a match may have been
// missed where two units of one layer have almost equal incoming weights.
bool same_up_to_symmetry(const Layered& net, const std::vector<double>& a, const std::vector<double>& b,
                         double tolerance);

}  // namespace pgb::search
