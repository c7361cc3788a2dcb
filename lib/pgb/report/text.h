// A verdict as a summary for the terminal.
#pragma once

#include <cstddef>
#include <string>

#include "pgb/certify/verdict.h"

namespace pgb {

struct TextStyle {
  bool colour = false;      // ANSI escapes
  std::size_t width = 100;  // of a line in code points; at least 90 is used
};

// Lines with a line break each: what was checked, the evidence, and the answer last. UTF-8; numbers are
// rounded for people, every digit is in verdict_json. Control characters in names are not passed on.
std::string verdict_text(const Verdict& verdict, const TextStyle& style = {});

}  // namespace pgb
