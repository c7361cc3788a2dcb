// The claims, one function for each, defined in the file of that name.
#pragma once

#include <vector>

#include "claims/claim.h"

namespace pgb::claims {

// In the order in which they are run and shown.
const std::vector<Claim>& all_claims();

// Those with this name, or of this group; empty where there is none.
std::vector<const Claim*> claims_named(const std::string& name);

Claim companions();
Claim elimination();
Claim equivalence();
Claim failure_digits();
Claim failure_equal_inputs();
Claim failure_one_sample();
Claim failure_suboptimal();
Claim failure_transformations();
Claim failure_two_inputs();
Claim failure_two_outputs();
Claim fixed_theta();
Claim hypotheses();
Claim moments();
Claim pgb_theorem();
Claim population_loss();
Claim separation();
Claim suboptimal_points();
Claim vacuity();
Claim vanishing_identity();

}  // namespace pgb::claims
