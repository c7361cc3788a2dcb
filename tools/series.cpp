#include "series.h"

#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/model/problem.h"
#include "pgb/report/series.h"

namespace pgb::tools {
namespace {

struct Checkpoint {
  std::string file;
  double step = 0;
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The last number in the file's name: 1200 in "run3/step001200.pt".
std::optional<double> step_of(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  const std::string stem = name.substr(0, name.find_last_of('.'));
  const std::size_t last = stem.find_last_of("0123456789");
  if (last == std::string::npos) return std::nullopt;
  const std::size_t before = stem.find_last_not_of("0123456789", last);
  const std::size_t first = before == std::string::npos ? 0 : before + 1;
  return std::stod(stem.substr(first, std::min<std::size_t>(last - first + 1, 15)));
}

std::vector<Checkpoint> matching(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<Checkpoint> all;
  bool numbered = true;
  for (std::size_t k = 0; status == 0 && k < found.gl_pathc; ++k) {
    const std::optional<double> step = step_of(found.gl_pathv[k]);
    numbered = numbered && step.has_value();
    all.push_back({found.gl_pathv[k], step.value_or(0)});
  }
  ::globfree(&found);
  if (all.empty()) io::fail("--parameters", "files that match " + io::in_quotes(pattern), "none");
  for (std::size_t k = 0; k < all.size() && !numbered; ++k) all[k].step = static_cast<double>(k);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return all;
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

// A process that checks one checkpoint and writes its row, or "!" and a message, into a pipe.
struct Worker {
  pid_t process = -1;
  int pipe = -1;
  std::string answer;
};

[[noreturn]] void work(const CheckArguments& a, const Checkpoint& checkpoint, const std::string& settings,
                       int out) {
  std::string answer;
  try {
    CheckOptions options = a.options;
    options.threads = 1;
    options.stop = &stop_flag();
    const Verdict verdict = check(load(a, checkpoint.file), options);
    SeriesRow row = series_row(verdict, checkpoint.file, checkpoint.step);
    row.settings = settings;
    if (!*options.stop) answer = series_json(row);
  } catch (const InputError& error) {
    answer = std::string("!") + error.what();
  } catch (const std::exception& error) {
    answer = checkpoint.file + ": internal error: " + error.what();
    answer.insert(0, "!");
  }
  for (std::size_t sent = 0; sent < answer.size();) {
    const ssize_t n = ::write(out, answer.data() + sent, answer.size() - sent);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  ::_exit(0);
}

Worker start(const CheckArguments& a, const Checkpoint& checkpoint, const std::string& settings) {
  int ends[2];
  if (::pipe(ends) != 0) throw InputError("too many open files to check several checkpoints at a time");
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    work(a, checkpoint, settings, ends[1]);
  }
  ::close(ends[1]);
  if (process < 0) throw InputError("no process could be started to check " + checkpoint.file);
  return {process, ends[0], ""};
}

// Reads what the workers write until one of them has ended, and returns its number; its answer is complete
// then.
std::size_t next_finished(std::map<std::size_t, Worker>& running) {
  for (;;) {
    std::vector<pollfd> pipes;
    for (const auto& [k, worker] : running) pipes.push_back({worker.pipe, POLLIN, 0});
    if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;  // interrupted
    auto ready = pipes.begin();
    for (auto& [k, worker] : running) {
      if ((ready++)->revents == 0) continue;
      char buffer[4096];
      const ssize_t n = ::read(worker.pipe, buffer, sizeof buffer);
      if (n > 0) worker.answer.append(buffer, static_cast<std::size_t>(n));
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      ::close(worker.pipe);
      while (::waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) {
      }
      return k;
    }
  }
}

// The rows of an earlier run; what a kill left half written at the end is dropped.
std::vector<SeriesRow> earlier_rows(const std::string& path) {
  struct stat info {};
  if (path.empty() || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  const std::string text = io::read_file(path);
  std::vector<SeriesRow> rows;
  std::size_t from = 0, number = 1;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from), ++number) {
    rows.push_back(read_series_row(text.substr(from, end - from), path + ", line " + std::to_string(number)));
    from = end + 1;
  }
  return rows;
}

std::string lines_of(const std::vector<SeriesRow>& rows) {
  std::string out;
  for (const SeriesRow& row : rows) out += series_json(row) + '\n';
  return out;
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
  const std::vector<Checkpoint> checkpoints = matching(*a.overrides.parameters);
  // Rows are kept as lines of JSON; a table in CSV is made of them, with the lines beside it.
  const bool csv = ends_with(a.series, ".csv");
  const std::string lines = a.series.empty() ? "" : csv ? a.series + ".jsonl" : a.series;
  for (const std::string& path : {a.series, lines, a.report, a.json == "-" ? std::string() : a.json}) {
    if (!path.empty()) expect_writable(path);
  }
  const std::string settings = settings_of(a);
  std::map<std::string, SeriesRow> known;
  for (SeriesRow& row : earlier_rows(lines)) {
    if (row.settings == settings) known[row.file] = std::move(row);
  }

  // Every file is read before anything is checked or written.
  std::vector<std::optional<SeriesRow>> found(checkpoints.size());
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < checkpoints.size(); ++k) {
    const std::string digest = load(a, checkpoints[k].file).sha256;
    const auto old = known.find(checkpoints[k].file);
    if (old != known.end() && old->second.problem_sha256 == digest) {
      found[k] = old->second;
      found[k]->step = checkpoints[k].step;
    } else {
      open.push_back(k);
    }
  }
  const std::size_t kept = checkpoints.size() - open.size();
  const auto rows_so_far = [&] {
    std::vector<SeriesRow> rows;
    for (const auto& row : found) {
      if (row) rows.push_back(*row);
    }
    return rows;
  };

  Progress progress(!a.quiet);
  std::vector<std::string> refused;
  std::map<std::size_t, Worker> running;
  std::size_t next = 0, done = 0;
  for (;;) {
    while (next < open.size() && running.size() < static_cast<std::size_t>(a.options.threads) &&
           !stop_flag()) {
      running[open[next]] = start(a, checkpoints[open[next]], settings);
      ++next;
    }
    if (running.empty()) break;
    progress.show(std::to_string(done) + " of " + std::to_string(open.size()) + " checkpoints",
                  static_cast<double>(done) / static_cast<double>(open.size()));
    const std::size_t k = next_finished(running);
    const std::string answer = std::move(running[k].answer);
    running.erase(k);
    ++done;
    if (!answer.empty() && answer[0] == '!') {
      refused.push_back(answer.substr(1));
    } else if (!answer.empty()) {
      found[k] = read_series_row(answer, checkpoints[k].file);
      if (!lines.empty()) write_file(lines, lines_of(rows_so_far()));
    }
  }
  progress.clear();

  const std::vector<SeriesRow> rows = rows_so_far();
  const bool complete = rows.size() == checkpoints.size();
  if (!lines.empty()) write_file(lines, lines_of(rows));
  if (csv) write_file(a.series, series_csv(rows));
  if (!a.report.empty()) write_file(a.report, series_html(rows, {"", command}));
  const bool json_on_stdout = a.json == "-";
  if (json_on_stdout) print(STDOUT_FILENO, lines_of(rows));
  if (!a.json.empty() && !json_on_stdout) write_file(a.json, lines_of(rows));
  if (!a.quiet) print(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, series_text(rows));
  if (kept > 0) complain("pgbcheck", std::to_string(kept) + " of them known from " + lines);
  for (const std::string& message : refused) complain("pgbcheck", message);
  if (!complete && refused.empty()) {
    complain("pgbcheck", "checkpoints not checked: " + std::to_string(checkpoints.size() - rows.size()));
  }
  const auto any = [&](Answer answer) {
    return std::any_of(rows.begin(), rows.end(), [&](const SeriesRow& row) { return row.answer == answer; });
  };
  if (!refused.empty()) return 2;
  return any(Answer::violated) ? 1 : any(Answer::undecided) || !complete ? 3 : 0;
}

}  // namespace pgb::tools
