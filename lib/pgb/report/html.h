// Verdicts as one page for the browser, complete in one file: no network, no script.
#pragma once

#include <string>
#include <vector>

#include "pgb/certify/verdict.h"

namespace pgb {

struct HtmlOptions {
  std::string title;         // "": a question
  std::string command_line;  // how the page was made, shown for those who want to repeat it; may be ""
};

// Well-formed HTML (every element closed). Follows the reader's light or dark scheme, fits wide and narrow
// screens, and prints. All text of the verdicts is escaped.
std::string verdict_html(const std::vector<Verdict>& verdicts, const HtmlOptions& options = {});

}  // namespace pgb
