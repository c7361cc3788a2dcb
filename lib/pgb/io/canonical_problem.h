// The canonical text of a problem, seen as a problem file.
#pragma once

#include <string>

#include "pgb/io/json_text.h"

namespace pgb::io {

// The problem file that says the same as `canonical` (see canonical_json), everything inline: it names no
// other file. Throws InputError (message starting with `where`) for missing and unknown fields, and for
// tensors whose values do not fill their shape; the rest is for the reader of problem files to check.
Json as_problem_file(const Json& canonical, const std::string& where);

}  // namespace pgb::io
