// The command line of pgbcheck.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "pgb/certify/check.h"
#include "pgb/model/problem.h"

namespace pgb::tools {

struct CheckArguments {
  std::vector<std::string> problems;
  io::ProblemOverrides overrides;
  CheckOptions options;
  std::string at = "nearby", max_memory, json, report, series, certificate, region, compare;
  bool quiet = false;
};

// Declares every flag; `a` is filled by app.parse() and must outlive it.
void describe(CLI::App& app, CheckArguments& a);

// Moves into a.options what was given as text: --at, --max-memory, --region. Throws InputError.
void complete(CheckArguments& a);

}  // namespace pgb::tools
