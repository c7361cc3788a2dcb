// One session of a search: the store, the workers, what is printed.
#include "search_session.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "common.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/report/numbers.h"
#include "pgb/search/family/family.h"
#include "pgb/search/run/data_search.h"
#include "pgb/search/run/failure.h"
#include "pgb/search/run/multistart.h"
#include "pgb/search/run/prove.h"

namespace pgb::tools {
namespace {

using search::Family;
using search::Store;
using search::Summary;

std::string progress_text(const search::SearchProgress& p) {
  using report::count_text;
  std::string text = count_text(p.starts_done) + " starts, " + count_text(p.points) + " points, " +
                     count_text(p.minima) + " certified minima, " +
                     count_text(static_cast<std::size_t>(p.rate)) + "/s";
  if (!p.best.empty()) text += ", best counterexample " + p.best;
  if (p.seconds_left >= 0) text += ", " + report::duration_text(p.seconds_left) + " left";
  return text;
}

void show(const SearchArguments& a, const std::string& text, const std::string& json) {
  const bool on_stdout = a.json == "-";
  if (!a.quiet) print(on_stdout ? STDERR_FILENO : STDOUT_FILENO, text);
  if (on_stdout) print(STDOUT_FILENO, json + '\n');
  if (!a.json.empty() && !on_stdout) write_file(a.json, json + '\n');
}

}  // namespace

int report_search(const SearchArguments& a, const Summary& summary, const Store& store) {
  show(a, summary_text(summary, store), summary_json(summary, store));
  return summary.exit_status();
}

int report_proof(const SearchArguments& a, const Store& store) {
  show(a, prove_text(store), prove_json(store));
  return prove_status(store);
}

namespace {

std::string store_name(const SearchArguments& a) {
  if (a.store == "none") return ":memory:";
  return a.store.empty() ? std::filesystem::path(a.family).stem().string() + ".sqlite" : a.store;
}

// The store to work with, begun; not begun once *stop is set.
Store store_for(const SearchArguments& a, const Family& family, const std::atomic<bool>* stop) {
  const std::string path = store_name(a);
  Store store = a.resume && path != ":memory:" ? Store::resume(path) : Store::create(path);
  if (!store.meta("next_chunk")) {
    begin_search(store, family, stop);
  } else {
    expect_same(store, family);
  }
  return store;
}

int stopped_early() {
  complain("pgbsearch", "stopped before anything was run");
  return 3;
}

// --prove
int prove(const SearchArguments& a, const Family& family, const std::atomic<bool>* stop) {
  Store store = store_for(a, family, stop);
  if (!store.meta("next_chunk")) return stopped_early();
  Progress progress(!a.quiet);
  search::ProveOptions options;
  options.box = a.box;
  options.critical_points = a.critical_points;
  options.max_boxes = a.max_boxes;
  options.threads = a.threads;
  options.stop = stop;
  options.progress = [&](std::size_t p, std::size_t problems, std::size_t boxes, double decided) {
    progress.show("problem " + std::to_string(p + 1) + " of " + std::to_string(problems) + ", " +
                      report::count_text(boxes) + " boxes, decided",
                  decided);
  };
  prove_family(store, family, options);
  progress.clear();
  return report_proof(a, store);
}

}  // namespace

int run_search_session(const SearchArguments& a, search::MpiSession& mpi) {
  Family family = search::read_family(a.family);
  if (a.seed) family.seed = *a.seed;
  if (a.starts) family.starts = *a.starts;
  if (a.explain) {
    if (mpi.rank() == 0) print(STDOUT_FILENO, explanation(family));
    return 0;
  }
  if (!a.json.empty() && a.json != "-") {
    std::error_code apart;  // where one of them is not there
    if (a.json == store_name(a) || std::filesystem::equivalent(a.json, store_name(a), apart))
      io::fail(io::shown_path(a.json), "a file to write to", "the store");
    expect_writable(a.json);
  }
  search::Deadline deadline(&stop_flag(), a.time);
  const std::atomic<bool>* stop = deadline.flag();
  if (a.prove) return mpi.rank() > 0 ? 0 : prove(a, family, stop);
  const search::Labour labour(family, stop);
  if (mpi.rank() > 0) {
    mpi.serve(labour, a.threads, deadline);
    return 0;
  }
  const auto workers = mpi.workers(labour, a.threads, deadline);
  const search::EndOfSession end(deadline);
  Store store = store_for(a, family, stop);
  if (!store.meta("next_chunk")) return stopped_early();
  Progress progress(!a.quiet);
  search::SearchOptions options;
  options.time = a.time;
  options.stop = stop;
  options.progress = [&](const search::SearchProgress& p) {
    const double share =
        static_cast<double>(p.starts_done) / static_cast<double>(std::max<std::size_t>(p.starts_total, 1));
    progress.show(progress_text(p), share);
  };
  search::DataSearchOptions data_options;
  data_options.stop = stop;
  data_options.progress = [&](std::size_t done, std::size_t total, double best) {
    progress.show(report::count_text(done) + " data sets, best value " + report::rounded(best),
                  static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(total, 1)));
  };
  search::SearchResult result;
  if (search_data(store, family, *workers, data_options))
    result = run_search(store, family, *workers, options);
  if (result.complete && a.failure_modes) follow_failure_modes(store, a.lambda, stop);
  progress.clear();
  Summary summary = summarise(store);
  summary.seconds = result.seconds;
  const int status = report_search(a, summary, store);
  // The store is as sound as after a kill; waiting for what is given up anyway would take too long.
  if (result.left_behind && mpi.ranks() == 1 && !workers->idle()) std::_Exit(status);
  return status;
}

}  // namespace pgb::tools
