#include "search_arguments.h"

#include <cmath>

#include "pgb/version.h"

namespace pgb::tools {
namespace {

const char* const footer = R"(
Exit status: 0 nothing found; 1 a counterexample: a certified local minimum that is proven not to be
global; 3 undecided, or stopped before the end; 2 bad usage or bad input; 4 internal error.

Examples:
  pgbsearch examples/families/xor.json
  pgbsearch family.json --starts 100000 --time 3600 --store big.sqlite; pgbsearch family.json --store big.sqlite --resume
  mpirun -n 8 pgbsearch family.json
  pgbsearch show xor.sqlite 3; pgbcheck xor.sqlite#3; pgbsearch export xor.sqlite folder)";

}  // namespace

void describe(CLI::App& app, SearchArguments& a) {
  app.set_version_flag("--version", "pgbsearch " PGB_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.footer(footer);
  app.get_formatter()->column_width(26);
  app.add_option("FAMILY", a.family, "Family file (docs/families.md)")->option_text(" ");
  const auto option = [&](const char* flag, const char* kind, auto& value, const char* words) {
    return app.add_option(flag, value, words)->option_text(kind);
  };
  app.add_flag("--explain", a.explain, "Print what would be run, and its size; run nothing");
  option("--starts", "N", a.starts, "Starts of each problem, instead of the family's")
      ->check(CLI::Range(1L, 1L << 40));
  option("--seed", "N", a.seed, "Instead of the family's")->check(CLI::Range(0L, (1L << 62)));
  option("--time", "SECONDS", a.time, "End after that long")->check(CLI::PositiveNumber);
  option("--store", "FILE", a.store,
         "Where findings are kept (the family's name with .sqlite; none: nowhere)");
  app.add_flag("--resume", a.resume, "Go on where the store stands");
  option("--threads", "N", a.threads, "Default: one for each processor; of each rank under mpirun")
      ->check(CLI::Range(1, 1024));
  option("--json", "FILE", a.json, "The summary for programs, - on standard output");
  app.add_flag("-q,--quiet", a.quiet, "No summary and no progress; the exit status tells");
  app.add_flag("--failure-modes", a.failure_modes,
               "Follow gradient flow from each counterexample after neurons were added");
  option("--lambda", "NUMBER", a.lambda, "Their weight, exact (1/10)");
  app.add_flag("--prove", a.prove, "Instead of starts: all local minima in a box, as a proof");
  option("--box", "B", a.box, "The box |z_k| <= B (5)")->check(CLI::PositiveNumber);
  app.add_flag("--critical-points", a.critical_points, "With --prove: saddles and maxima too");
  option("--max-boxes", "N", a.max_boxes, "With --prove: parts to look at in each problem (1000000)")
      ->check(CLI::Range(1L, 1L << 40));
  CLI::App* show = app.add_subcommand("show", "What a store holds, or some of its points in full");
  show->add_option("STORE", a.shown_store, "Store file")->required()->option_text(" ");
  show->add_option("ID", a.shown_ids, "Numbers of points")->option_text("...");
  CLI::App* exported = app.add_subcommand("export", "Points as problem files with their certificates");
  exported->add_option("STORE", a.exported_store, "Store file")->required()->option_text(" ");
  exported->add_option("DIRECTORY", a.directory, "Where to write; made if it is not there")
      ->required()
      ->option_text(" ");
  exported->add_option("ID", a.exported_ids, "Numbers of points (all minima)")->option_text("...");
}

}  // namespace pgb::tools
