// pgbcheck along training: --parameters with a pattern, such as 'run/step*.safetensors'.
#pragma once

#include <string>

#include "check_arguments.h"

namespace pgb::tools {

// Whether --parameters is a pattern (with * ? or [) rather than the name of a file.
bool names_series(const CheckArguments& arguments);

// Checks every checkpoint, several at a time, each in a process of its own; prints a table and writes
// --series, --json and --report. Rows already in --series are kept where they belong to the same problem and
// settings. Returns the exit status. Throws InputError.
int check_series(const CheckArguments& arguments, const std::string& command);

}  // namespace pgb::tools
