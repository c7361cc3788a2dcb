// Outcomes of claims for the terminal and for programs.
#pragma once

#include <string>
#include <vector>

#include "claims/claim.h"

namespace pgb::claims {

// One line each: claim, instances, certified, supported, failed, time, result; below it what failed, and the
// total.
std::string outcomes_text(const std::vector<Outcome>& outcomes);

// Every instance of one claim: what it is, what was shown, and its numbers.
std::string instances_text(const Outcome& outcome);

// Schema pgb-reproduction/1; see docs/formats.md.
std::string outcomes_json(const std::vector<Outcome>& outcomes, const ClaimOptions& options);

// Names and statements.
std::string list_text(const std::vector<Claim>& claims);

}  // namespace pgb::claims
