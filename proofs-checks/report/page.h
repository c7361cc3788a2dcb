// Outcomes of claims as figures and a page for the browser.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "claims/claim.h"

namespace pgb::claims {

// A page, complete in one file: every claim with its hypotheses, controls, figures and instances.
std::string outcomes_html(const std::vector<Outcome>& outcomes, const std::string& command_line);

// Names ("span-spectrum.svg") and contents of the figures as files of their own.
std::vector<std::pair<std::string, std::string>> figure_files(const std::vector<Outcome>& outcomes);

}  // namespace pgb::claims
