#include "claims/registry.h"

namespace pgb::claims {

const std::vector<Claim>& all_claims() {
  static const std::vector<Claim> list{
      // Theorems
      pgb_theorem(),
      equivalence(),
      vanishing_identity(),
      moments(),
      separation(),
      elimination(),
      vacuity(),
      fixed_theta(),
      companions(),
      // Hypotheses
      hypotheses(),
      // Failure modes
      failure_one_sample(),
      failure_two_inputs(),
      failure_equal_inputs(),
      failure_two_outputs(),
      failure_suboptimal(),
      failure_transformations(),
      failure_digits(),
      // Zoo
      suboptimal_points(),
      population_loss(),
  };
  return list;
}

std::vector<const Claim*> claims_named(const std::string& name) {
  std::vector<const Claim*> found;
  for (const Claim& claim : all_claims()) {
    if (claim.name == name || claim.group == name) found.push_back(&claim);
  }
  return found;
}

}  // namespace pgb::claims
