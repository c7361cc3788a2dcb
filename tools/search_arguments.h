// The command line of pgbsearch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace pgb::tools {

struct SearchArguments {
  std::string family, store, json;
  bool explain = false, resume = false, quiet = false;
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> starts;
  double time = 0;
  bool failure_modes = false;
  std::string lambda = "1/10";  // of the neurons added for failure modes
  bool prove = false, critical_points = false;
  double box = 5;
  std::size_t max_boxes = 1'000'000;
  int threads = 1;

  // pgbsearch show STORE [ID...], pgbsearch export STORE DIRECTORY [ID...]
  std::string shown_store, exported_store, directory;
  std::vector<std::int64_t> shown_ids, exported_ids;
};

// Declares every flag and the subcommands; `a` is filled by app.parse() and must outlive it.
void describe(CLI::App& app, SearchArguments& a);

}  // namespace pgb::tools
