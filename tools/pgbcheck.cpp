// pgbcheck: does a saved network satisfy the perturbable-gradient-basis condition of local minima?
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "common.h"
#include "pgb/certify/check.h"
#include "pgb/io/errors.h"
#include "pgb/model/problem.h"
#include "pgb/report/html.h"
#include "pgb/report/json.h"
#include "pgb/report/text.h"
#include "pgb/version.h"

namespace {

constexpr int bad_input = 2, internal_error = 4;

struct Arguments {
  std::vector<std::string> problems;
  pgb::io::ProblemOverrides overrides;
  pgb::CheckOptions options;
  std::string at = "nearby", max_memory, json, report;
  bool quiet = false;
};

const char* const footer = R"(
Exit status, of several problems the first that applies: 4 internal error; 2 bad usage or bad input
(one line on standard error, no file written); 1 the condition does not hold; 3 undecided; 0 it holds.

Examples:
  pgbcheck problem.json --at saved --report verdict.html
  pgbcheck --model net.onnx --parameters net.pt --data train.npz --loss cross_entropy --json -)";

void describe(CLI::App& app, Arguments& a) {
  app.set_version_flag("--version", "pgbcheck " PGB_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.footer(footer);
  app.get_formatter()->column_width(26);
  const auto at_least_zero = [](const std::string& text) {
    double value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value >= 0;
    return good ? std::string() : "expected a number >= 0, found \"" + text + '"';
  };
  app.add_option("PROBLEM", a.problems, "Problem files, checked one after the other")->option_text("...");
  std::string group = "Fields of the problem, which win over those of the file";
  const auto option = [&](const char* flag, const char* kind, auto& value, const char* words) {
    return app.add_option(flag, value, words)->option_text(kind)->group(group);
  };
  option("--model", "FILE", a.overrides.model, "Network: .onnx or .json");
  option("--parameters", "FILE", a.overrides.parameters, "Saved: .safetensors, .npz, .pt or .json");
  option("--data", "FILE", a.overrides.data, "Training data: .npz, .json or .csv");
  option("--loss", "NAME", a.overrides.loss, "squared, mse, cross_entropy, logistic, ...");
  option("--augment", "KIND", a.overrides.augment, "Added neurons: exponential");
  option("--lambda", "NUMBER", a.overrides.lambda, "Their weight in the objective, exact: 1/10, 0.1");
  group = "What to do";
  option("--at", "WHERE", a.at, "saved: the point as it is; nearby (default): a critical point close to it")
      ->check(CLI::IsMember({"saved", "nearby"}));
  option("--radius", "NUMBER", a.options.radius,
         "How close, relative to the parameters' size (default 0.001)")
      ->check(at_least_zero);
  option("--max-memory", "SIZE", a.max_memory, "Such as 512M or 4G (default three quarters of what is free)");
  option("--max-precision", "BITS", a.options.max_precision_bits, "Most of any number (default 16384)")
      ->check(CLI::Range(53L, 1L << 20));
  option("--threads", "N", a.options.threads, "Default: one for each processor")->check(CLI::Range(1, 1024));
  option("--seed", "N", a.options.seed, "Of the perturbations tried (default 1)")->check(at_least_zero);
  group = "Output";
  option("--json", "FILE", a.json, "The verdict in full, - on standard output; several in an array");
  option("--report", "FILE", a.report, "A page for the browser, all problems on it");
  app.add_flag("-q,--quiet", a.quiet, "No summary and no progress; the exit status tells")->group(group);
}

// The empty name: every field is given by a flag.
std::string problem_of_flags(const pgb::io::ProblemOverrides& o) {
  if (o.model && o.parameters && o.data && o.loss) return "";
  throw pgb::InputError("expected a PROBLEM file, or all of --model --parameters --data --loss");
}

int run(const Arguments& a, const std::string& command) {
  pgb::CheckOptions options = a.options;
  if (!a.max_memory.empty()) options.max_memory = pgb::tools::memory_size(a.max_memory, "--max-memory");
  std::vector<pgb::Problem> problems;
  for (const std::string& path : a.problems) problems.push_back(pgb::load_problem(path, a.overrides));
  const bool json_on_stdout = a.json == "-";
  if (!a.json.empty() && !json_on_stdout) pgb::tools::expect_writable(a.json);
  if (!a.report.empty()) pgb::tools::expect_writable(a.report);
  options.at_saved = a.at == "saved";
  options.stop = &pgb::tools::stop_flag();
  const int summary = json_on_stdout ? STDERR_FILENO : STDOUT_FILENO;
  const pgb::TextStyle style{pgb::tools::wants_colour(summary)};

  std::vector<pgb::Verdict> verdicts;
  for (pgb::Problem& problem : problems) {
    if (!verdicts.empty() && *options.stop) break;
    pgb::tools::Progress progress(!a.quiet);
    options.progress = [&](const std::string& stage, double fraction) { progress.show(stage, fraction); };
    verdicts.push_back(pgb::check(std::exchange(problem, {}), options));
    progress.clear();
    const std::string text = (verdicts.size() > 1 ? "\n" : "") + pgb::verdict_text(verdicts.back(), style);
    if (!a.quiet) pgb::tools::print(summary, text);
  }

  const std::size_t unchecked = problems.size() - verdicts.size();
  if (unchecked > 0) pgb::tools::complain("pgbcheck", "problems not checked: " + std::to_string(unchecked));
  const bool one = problems.size() == 1;
  const std::string json = (one ? pgb::verdict_json(verdicts.front()) : pgb::verdicts_json(verdicts)) + '\n';
  if (!a.report.empty()) pgb::tools::write_file(a.report, pgb::verdict_html(verdicts, {"", command}));
  if (json_on_stdout) pgb::tools::print(STDOUT_FILENO, json);
  if (!a.json.empty() && !json_on_stdout) pgb::tools::write_file(a.json, json);

  const auto any = [&](int status) {
    const auto has = [status](const pgb::Verdict& verdict) { return pgb::exit_status(verdict) == status; };
    return std::any_of(verdicts.begin(), verdicts.end(), has);
  };
  return any(1) ? 1 : any(3) || unchecked > 0 ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  arguments.options.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
  CLI::App app("Does a saved network satisfy the PGB necessary condition of local minima?", "pgbcheck");
  try {
    describe(app, arguments);
    app.parse(argc, argv);
    if (arguments.problems.empty()) arguments.problems.push_back(problem_of_flags(arguments.overrides));
    return run(arguments, pgb::tools::quoted_command(std::vector<std::string>(argv, argv + argc)));
  } catch (const CLI::Success& answer) {
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    pgb::tools::complain("pgbcheck", std::string(error.what()) + " (see pgbcheck --help)");
    return bad_input;
  } catch (const pgb::InputError& error) {
    pgb::tools::complain("pgbcheck", error.what());
    return bad_input;
  } catch (const std::exception& error) {
    pgb::tools::complain("pgbcheck", std::string("internal error: ") + error.what());
    return internal_error;
  }
}
