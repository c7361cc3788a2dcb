// A verdict as JSON, schema "pgb-verdict/1".
#pragma once

#include <string>
#include <vector>

#include "pgb/certify/verdict.h"

namespace pgb {

// One object, indented by two spaces, without a line break at the end. Fields come in a fixed order; reals
// are strings with every digit, counts are numbers, what is absent is null. Text that is not UTF-8 gets
// U+FFFD where it is not.
std::string verdict_json(const Verdict& verdict);

// An array of them.
std::string verdicts_json(const std::vector<Verdict>& verdicts);

}  // namespace pgb
