#include "pgb/search/checkpoints/run.h"

#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb {
namespace {

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

// A process that checks one checkpoint and writes its row, or "!" and a message, into a pipe.
struct Worker {
  pid_t process = -1;
  int pipe = -1;
  std::string answer;
};

[[noreturn]] void work(const Problem& problem, const Checkpoint& checkpoint, const CheckpointOptions& o,
                       int out) {
  std::string answer;
  try {
    CheckOptions options = o.check;
    options.threads = 1;
    const Verdict verdict = check(problem, options);
    SeriesRow row = series_row(verdict, checkpoint.file, checkpoint.step);
    row.settings = o.settings;
    if (options.stop == nullptr || !*options.stop) answer = series_json(row);
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

Worker start(const Problem& problem, const Checkpoint& checkpoint, const CheckpointOptions& options) {
  int ends[2];
  if (::pipe(ends) != 0) throw InputError("too many open files to check several checkpoints at a time");
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    work(problem, checkpoint, options, ends[1]);
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

}  // namespace

std::vector<Checkpoint> matching_checkpoints(const std::string& pattern) {
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

CheckpointResult check_checkpoints(const std::vector<Checkpoint>& checkpoints,
                                   const std::function<Problem(const std::string& file)>& load,
                                   const CheckpointOptions& options) {
  std::map<std::string, const SeriesRow*> known;
  for (const SeriesRow& row : options.known) {
    if (row.settings == options.settings) known[row.file] = &row;
  }
  std::vector<std::optional<SeriesRow>> found(checkpoints.size());
  std::vector<std::size_t> open;
  for (std::size_t k = 0; k < checkpoints.size(); ++k) {
    const std::string digest = load(checkpoints[k].file).sha256;
    const auto old = known.find(checkpoints[k].file);
    if (old != known.end() && old->second->problem_sha256 == digest) {
      found[k] = *old->second;
      found[k]->step = checkpoints[k].step;
    } else {
      open.push_back(k);
    }
  }
  CheckpointResult result;
  result.kept = checkpoints.size() - open.size();
  const auto rows_so_far = [&] {
    std::vector<SeriesRow> rows;
    for (const auto& row : found) {
      if (row) rows.push_back(*row);
    }
    return rows;
  };

  const auto stopped = [&] { return options.check.stop != nullptr && *options.check.stop; };
  std::map<std::size_t, Worker> running;
  std::size_t next = 0, done = 0;
  for (;;) {
    while (next < open.size() && running.size() < static_cast<std::size_t>(options.check.threads) &&
           !stopped()) {
      const Checkpoint& checkpoint = checkpoints[open[next]];
      running[open[next]] = start(load(checkpoint.file), checkpoint, options);
      ++next;
    }
    if (running.empty()) break;
    if (options.progress) options.progress(done, open.size());
    const std::size_t k = next_finished(running);
    const std::string answer = std::move(running[k].answer);
    running.erase(k);
    ++done;
    if (!answer.empty() && answer[0] == '!') {
      result.refused.push_back(answer.substr(1));
    } else if (!answer.empty()) {
      found[k] = read_series_row(answer, checkpoints[k].file);
      if (options.save) options.save(rows_so_far());
    }
  }
  result.rows = rows_so_far();
  result.complete = result.rows.size() == checkpoints.size();
  return result;
}

// The rows of an earlier run; what a kill left half written at the end is dropped.
std::vector<SeriesRow> read_series_file(const std::string& path) {
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

std::string series_lines(const std::vector<SeriesRow>& rows) {
  std::string out;
  for (const SeriesRow& row : rows) out += series_json(row) + '\n';
  return out;
}

}  // namespace pgb
