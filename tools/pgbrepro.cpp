// pgbrepro: the claims of the paper, checked on instances.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "claims/registry.h"
#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/version.h"
#include "report/outcomes.h"
#include "report/page.h"

namespace {

using pgb::claims::Claim;
using pgb::claims::Outcome;

constexpr int bad_input = 2, internal_error = 4;
constexpr std::size_t most_listed = 40;  // instances of a claim that was named

struct Arguments {
  std::vector<std::string> names;
  std::string json, output;
  bool list = false, quiet = false;
  pgb::claims::ClaimOptions options;
};

const char* const footer = R"(
Without CLAIM everything is run; of claims that are named the instances are listed, if they are at most 40.
A claim passes when it holds on every instance, and its checks refuse every deliberately wrong variant of it
(the controls). Certified means proved on that instance, in ball or exact arithmetic.

Exit status: 0 everything passed; 1 something failed; 2 bad usage; 3 stopped before the end; 4 internal error.

Examples:
  pgbrepro --list
  pgbrepro vanishing-identity zoo --instances 100)";

void describe(CLI::App& app, Arguments& a) {
  app.set_version_flag("--version", "pgbrepro " PGB_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.footer(footer);
  app.get_formatter()->column_width(26);
  app.add_option("CLAIM", a.names, "Names of claims or of groups of claims, see --list")->option_text(" ");
  app.add_flag("--list", a.list, "Print names and statements of all claims and exit");
  app.add_option("--instances", a.options.instances,
                 "Random instances of each kind [each claim's own number]")
      ->option_text("K")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--seed", a.options.seed, "Of the random instances [1]")->option_text("S");
  app.add_option("--threads", a.options.threads, "[as many as the machine has]")
      ->option_text("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("--examples", a.options.examples, "Folder with the shipped problem files")
      ->option_text("DIR");
  app.add_option("--json", a.json, "Every instance, - on standard output")->option_text("FILE");
  app.add_option("--output", a.output, "Folder for figures and a page")->option_text("DIR");
  app.add_flag("-q,--quiet", a.quiet, "Print nothing; the exit status tells");
}

// The claims that were named, in their order; all when none was.
std::vector<const Claim*> chosen(const Arguments& a) {
  std::set<const Claim*> named;
  for (const std::string& name : a.names) {
    const auto found = pgb::claims::claims_named(name);
    if (found.empty()) pgb::io::fail("CLAIM", "a name that pgbrepro --list prints", pgb::io::in_quotes(name));
    named.insert(found.begin(), found.end());
  }
  std::vector<const Claim*> claims;
  for (const Claim& claim : pgb::claims::all_claims()) {
    if (a.names.empty() || named.count(&claim) > 0) claims.push_back(&claim);
  }
  return claims;
}

// Fails before the work starts where the results could not be written after it.
void expect_outputs(const Arguments& a) {
  if (!a.json.empty() && a.json != "-") pgb::tools::expect_writable(a.json);
  if (a.output.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(a.output, error);
  if (error) pgb::io::fail(pgb::io::shown_path(a.output), "cannot be made: " + error.message());
  pgb::tools::expect_writable(a.output + "/index.html");
}

int run(Arguments& a, const std::string& command) {
  if (a.list) return pgb::tools::print(STDOUT_FILENO, list_text(pgb::claims::all_claims())), 0;
  const std::vector<const Claim*> claims = chosen(a);
  expect_outputs(a);
  pgb::tools::Progress progress(!a.quiet);
  a.options.stop = &pgb::tools::stop_flag();
  a.options.progress = [&](const std::string& stage, double part) { progress.show(stage, part); };
  const std::vector<Outcome> outcomes = run_claims(claims, a.options);
  progress.clear();
  const bool json_on_stdout = a.json == "-";
  std::string text = outcomes_text(outcomes);
  for (auto o = outcomes.rbegin(); o != outcomes.rend() && !a.names.empty(); ++o) {
    if (o->result.instances.size() <= most_listed) text.insert(0, instances_text(*o));
  }
  if (!a.quiet) pgb::tools::print(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, text);
  const std::string json = outcomes_json(outcomes, a.options) + '\n';
  if (json_on_stdout) pgb::tools::print(STDOUT_FILENO, json);
  if (!a.json.empty() && !json_on_stdout) pgb::tools::write_file(a.json, json);
  if (!a.output.empty()) {
    for (const auto& [name, svg] : figure_files(outcomes)) pgb::tools::write_file(a.output + '/' + name, svg);
    pgb::tools::write_file(a.output + "/index.html", outcomes_html(outcomes, command));
  }
  for (const Outcome& outcome : outcomes) {
    if (outcome.finished && !outcome.passed()) return 1;
  }
  return *a.options.stop ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  arguments.options.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
  arguments.options.examples = pgb::tools::examples_folder(PGB_EXAMPLES_DIR);
  CLI::App app("The claims of the paper on eliminating bad local minima, checked on instances.", "pgbrepro");
  try {
    describe(app, arguments);
    app.parse(argc, argv);
    return run(arguments, pgb::tools::quoted_command(std::vector<std::string>(argv, argv + argc)));
  } catch (const CLI::Success& answer) {
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    pgb::tools::complain("pgbrepro", pgb::io::shown(error.what(), 1000) + " (see pgbrepro --help)");
    return bad_input;
  } catch (const pgb::InputError& error) {
    pgb::tools::complain("pgbrepro", error.what());
    return bad_input;
  } catch (const std::exception& error) {
    pgb::tools::complain("pgbrepro", std::string("internal error: ") + error.what());
    return internal_error;
  }
}
