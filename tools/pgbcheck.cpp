// pgbcheck: does a saved network satisfy the perturbable-gradient-basis condition of local minima?
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check_arguments.h"
#include "common.h"
#include "inspect.h"
#include "pgb/certificate/certificate.h"
#include "pgb/certify/check.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/model/problem.h"
#include "pgb/report/html.h"
#include "pgb/report/json.h"
#include "pgb/report/text.h"
#include "pgb/search/run/store.h"
#include "pgb/version.h"
#include "series.h"

namespace {

constexpr int bad_input = 2, internal_error = 4;

// Of the problem or parameter file to compare with.
pgb::io::Tensor parameters_of(const pgb::tools::CheckArguments& a) {
  const bool is_problem = a.compare.size() > 5 && a.compare.substr(a.compare.size() - 5) == ".json";
  if (is_problem) {
    try {
      return pgb::load_problem(a.compare).parameters;
    } catch (const pgb::InputError&) {
      // A JSON file of tensors: read below.
    }
  }
  pgb::io::ProblemOverrides overrides = a.overrides;
  overrides.parameters = a.compare;
  return pgb::load_problem(a.problems.front(), overrides).parameters;
}

// The verdict's proof in `path`, further ones beside it: path.2, path.3, ...
void write_proofs(pgb::Verdict& verdict, const std::string& path) {
  for (std::size_t k = 0; k < verdict.proofs.size(); ++k) {
    const std::string file = k == 0 ? path : path + '.' + std::to_string(k + 1);
    if (k > 0) pgb::tools::expect_writable(file);
    pgb::tools::write_file(file, pgb::certificate::write_certificate(verdict.proofs[k]));
  }
  if (verdict.proofs.empty()) {
    pgb::tools::complain("pgbcheck", "no certificate written: nothing was certified");
  } else {
    verdict.certificate = path;
  }
}

// The empty name: every field is given by a flag.
std::string problem_of_flags(const pgb::io::ProblemOverrides& o) {
  const bool onnx = o.model && pgb::io::extension_of(*o.model) == ".onnx";
  if ((onnx || ((o.model || o.architecture) && o.parameters)) && o.data && o.loss) return "";
  throw pgb::InputError("expected a PROBLEM file, or all of --model (or --arch) --parameters --data --loss");
}

// A problem file, or FILE.sqlite#17: a point that pgbsearch has stored.
pgb::Problem problem_at(const std::string& path, const pgb::io::ProblemOverrides& overrides) {
  const auto stored = pgb::search::store_reference(path);
  if (!stored || std::filesystem::exists(path)) return pgb::load_problem(path, overrides);
  const pgb::io::ProblemOverrides& o = overrides;
  if (o.model || o.parameters || o.data || o.loss || o.augment || o.lambda) {
    throw pgb::InputError(
        path + ": a stored point is taken as it is; flags for fields of the problem do not go with it");
  }
  return pgb::search::load_stored_problem(stored->first, stored->second);
}

int run(const pgb::tools::CheckArguments& a, const std::string& command) {
  pgb::CheckOptions options = a.options;
  std::vector<pgb::Problem> problems;
  for (const std::string& path : a.problems) problems.push_back(problem_at(path, a.overrides));
  const bool json_on_stdout = a.json == "-";
  if (!a.compare.empty()) options.compare = parameters_of(a);
  if (!a.json.empty() && !json_on_stdout) pgb::tools::expect_writable(a.json);
  if (!a.report.empty()) pgb::tools::expect_writable(a.report);
  if (!a.certificate.empty()) pgb::tools::expect_writable(a.certificate);
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
    if (!a.certificate.empty()) write_proofs(verdicts.back(), a.certificate);
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
  pgb::tools::CheckArguments arguments;
  arguments.options.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
  CLI::App app("Does a saved network satisfy the PGB necessary condition of local minima?", "pgbcheck");
  try {
    if (pgb::tools::asks_to_inspect(argc, argv)) return pgb::tools::inspect(argc, argv);
    pgb::tools::describe(app, arguments);
    app.parse(argc, argv);
    if (arguments.problems.empty()) arguments.problems.push_back(problem_of_flags(arguments.overrides));
    pgb::tools::complete(arguments);
    const std::string command = pgb::tools::quoted_command(std::vector<std::string>(argv, argv + argc));
    if (pgb::tools::names_series(arguments)) return pgb::tools::check_series(arguments, command);
    if (!arguments.series.empty())
      throw pgb::InputError("--series: expected a pattern for --parameters, found none");
    return run(arguments, command);
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
