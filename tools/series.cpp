#include "series.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/model/problem.h"
#include "pgb/report/series.h"
#include "pgb/search/checkpoints/run.h"

namespace pgb::tools {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What a verdict depends on besides the problem.
std::string settings_of(const CheckArguments& a) {
  std::ostringstream out;
  out.precision(17);
  out << "at=" << a.at << " radius=" << a.options.radius << " region=" << a.region
      << " seed=" << a.options.seed << " max-precision=" << a.options.max_precision_bits
      << " max-memory=" << a.max_memory;
  return out.str();
}

Problem load(const CheckArguments& a, const std::string& file) {
  io::ProblemOverrides overrides = a.overrides;
  overrides.parameters = file;
  try {
    return load_problem(a.problems.front(), overrides);
  } catch (const InputError& error) {
    const std::string message = error.what();
    throw InputError(message.find(file) == std::string::npos ? file + ": " + message : message);
  }
}

// What is read by the processes of the series, so that no output replaces it.
void note_inputs(const CheckArguments& a, const std::vector<Checkpoint>& checkpoints) {
  for (const Checkpoint& checkpoint : checkpoints) io::regular_file_size(checkpoint.file);
  try {
    load(a, checkpoints.front().file);
  } catch (const InputError&) {
    // The row of that checkpoint says so.
  }
}

}  // namespace

bool names_series(const CheckArguments& a) {
  if (!a.overrides.parameters) return false;
  struct stat info {};
  const std::string& pattern = *a.overrides.parameters;
  return pattern.find_first_of("*?[") != std::string::npos && ::stat(pattern.c_str(), &info) != 0;
}

int check_series(const CheckArguments& a, const std::string& command) {
  if (!a.certificate.empty())
    throw InputError("--certificate: expected one set of --parameters, found a pattern");
  if (!a.compare.empty()) throw InputError("--compare: expected one set of --parameters, found a pattern");
  const std::vector<Checkpoint> checkpoints = matching_checkpoints(*a.overrides.parameters);
  // Rows are kept as lines of JSON; a table in CSV is made of them, with the lines beside it.
  const bool csv = ends_with(a.series, ".csv");
  const std::string lines = a.series.empty() ? "" : csv ? a.series + ".jsonl" : a.series;
  const bool json_on_stdout = a.json == "-";
  note_inputs(a, checkpoints);
  for (const std::string& path : {a.series, lines, a.report, json_on_stdout ? std::string() : a.json}) {
    if (!path.empty()) expect_writable(path);
  }
  Progress progress(!a.quiet);
  CheckpointOptions options;
  options.check = a.options;
  options.check.stop = &stop_flag();
  options.settings = settings_of(a);
  if (!lines.empty()) options.known = read_series_file(lines);
  options.progress = [&](std::size_t done, std::size_t of) {
    progress.show(std::to_string(done) + " of " + std::to_string(of) + " checkpoints",
                  static_cast<double>(done) / static_cast<double>(of));
  };
  options.save = [&](const std::vector<SeriesRow>& rows) {
    if (!lines.empty()) write_file(lines, series_lines(rows));
  };
  const auto [rows, kept, refused, complete] = check_checkpoints(
      checkpoints, [&](const std::string& file) { return load(a, file); }, options);
  progress.clear();

  if (!lines.empty()) write_file(lines, series_lines(rows));
  if (csv) write_file(a.series, series_csv(rows));
  if (!a.report.empty()) write_file(a.report, series_html(rows, {"", command}));
  if (json_on_stdout) print(STDOUT_FILENO, series_lines(rows));
  if (!a.json.empty() && !json_on_stdout) write_file(a.json, series_lines(rows));
  if (!a.quiet) print(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, series_text(rows));
  if (kept > 0) complain("pgbcheck", std::to_string(kept) + " of them known from " + lines);
  for (const std::string& message : refused) complain("pgbcheck", message);
  if (!complete && refused.empty()) {
    complain("pgbcheck", "checkpoints not checked: " + std::to_string(checkpoints.size() - rows.size()));
  }
  if (!refused.empty()) return 2;
  const auto any = [&rows = rows](Answer answer) {
    return std::any_of(rows.begin(), rows.end(), [&](const SeriesRow& row) { return row.answer == answer; });
  };
  return any(Answer::violated) ? 1 : any(Answer::undecided) || !complete ? 3 : 0;
}

}  // namespace pgb::tools
