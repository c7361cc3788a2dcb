// pgbsearch: looks for suboptimal local minima in families of problems, and proves what it finds.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/report/numbers.h"
#include "pgb/search/family/family.h"
#include "pgb/search/run/data_search.h"
#include "pgb/search/run/export.h"
#include "pgb/search/run/multistart.h"
#include "pgb/search/run/store.h"
#include "pgb/search/run/summary.h"
#include "search_arguments.h"

namespace {

using pgb::search::Family;
using pgb::search::Store;
using pgb::search::Summary;

constexpr int bad_input = 2, internal_error = 4;

std::string progress_text(const pgb::search::SearchProgress& p) {
  using pgb::report::count_text;
  std::string text = count_text(p.starts_done) + " starts, " + count_text(p.points) + " points, " +
                     count_text(p.minima) + " certified minima, " +
                     count_text(static_cast<std::size_t>(p.rate)) + "/s";
  if (!p.best.empty()) text += ", best counterexample " + p.best;
  if (p.seconds_left >= 0) text += ", " + pgb::report::duration_text(p.seconds_left) + " left";
  return text;
}

int report(const pgb::tools::SearchArguments& a, const Summary& summary, const Store& store) {
  const bool on_stdout = a.json == "-";
  if (!a.quiet) pgb::tools::print(on_stdout ? STDERR_FILENO : STDOUT_FILENO, summary_text(summary, store));
  const std::string json = summary_json(summary, store) + '\n';
  if (on_stdout) pgb::tools::print(STDOUT_FILENO, json);
  if (!a.json.empty() && !on_stdout) pgb::tools::write_file(a.json, json);
  return summary.exit_status();
}

// The store to work with, begun.
Store store_for(const pgb::tools::SearchArguments& a, const Family& family) {
  std::string path = a.store;
  if (path.empty()) path = std::filesystem::path(a.family).stem().string() + ".sqlite";
  if (path == "none") path = ":memory:";
  Store store = a.resume && path != ":memory:" ? Store::resume(path) : Store::create(path);
  if (!store.meta("next_chunk")) {
    begin_search(store, family);
  } else {
    expect_same(store, family);
  }
  return store;
}

int search(const pgb::tools::SearchArguments& a, pgb::search::MpiSession& mpi) {
  Family family = pgb::search::read_family(a.family);
  if (a.seed) family.seed = *a.seed;
  if (a.starts) family.starts = *a.starts;
  if (a.explain) {
    if (mpi.rank() == 0) pgb::tools::print(STDOUT_FILENO, explanation(family));
    return 0;
  }
  if (!a.json.empty() && a.json != "-") pgb::tools::expect_writable(a.json);
  const std::atomic<bool>* stop = &pgb::tools::stop_flag();
  const pgb::search::Labour labour(family, stop);
  if (mpi.rank() > 0) {
    mpi.serve(labour, a.threads);
    return 0;
  }
  const auto workers = mpi.workers(labour, a.threads);
  Store store = store_for(a, family);
  pgb::tools::Progress progress(!a.quiet);
  pgb::search::SearchOptions options;
  options.time = a.time;
  options.stop = stop;
  options.progress = [&](const pgb::search::SearchProgress& p) {
    const double share =
        static_cast<double>(p.starts_done) / static_cast<double>(std::max<std::size_t>(p.starts_total, 1));
    progress.show(progress_text(p), share);
  };
  pgb::search::DataSearchOptions data_options;
  data_options.time = a.time;
  data_options.stop = stop;
  data_options.progress = [&](std::size_t done, std::size_t total, double best) {
    progress.show(pgb::report::count_text(done) + " data sets, best value " + pgb::report::rounded(best),
                  static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(total, 1)));
  };
  pgb::search::SearchResult result;
  if (search_data(store, family, *workers, data_options))
    result = run_search(store, family, *workers, options);
  progress.clear();
  Summary summary = summarise(store);
  summary.seconds = result.seconds;
  return report(a, summary, store);
}

int run(const pgb::tools::SearchArguments& a, int argc, char** argv) {
  if (!a.exported_store.empty()) {
    const Store store = Store::open(a.exported_store, false);
    const std::size_t count = export_points(store, a.exported_ids, a.directory, pgb::tools::write_file);
    if (!a.quiet)
      pgb::tools::print(STDOUT_FILENO, std::to_string(count) + " points written to " + a.directory + '\n');
    return 0;
  }
  if (!a.shown_store.empty()) {
    const Store store = Store::open(a.shown_store, false);
    for (const std::int64_t id : a.shown_ids)
      pgb::tools::print(STDOUT_FILENO, point_text(expect_point(store, id), store));
    return a.shown_ids.empty() ? report(a, summarise(store), store) : 0;
  }
  if (a.family.empty())
    throw pgb::InputError("expected a FAMILY file, or show STORE, or export STORE DIRECTORY");
  pgb::search::MpiSession mpi(argc, argv);
  try {
    return search(a, mpi);
  } catch (const pgb::InputError&) {
    if (mpi.rank() == 0) throw;
    return bad_input;  // rank 0 says it
  }
}

}  // namespace

int main(int argc, char** argv) {
  pgb::tools::SearchArguments arguments;
  arguments.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
  CLI::App app("Looks for suboptimal local minima in families of problems, and proves what it finds",
               "pgbsearch");
  try {
    pgb::tools::describe(app, arguments);
    app.parse(argc, argv);
    return run(arguments, argc, argv);
  } catch (const CLI::Success& answer) {
    return app.exit(answer);
  } catch (const CLI::ParseError& error) {
    pgb::tools::complain("pgbsearch", std::string(error.what()) + " (see pgbsearch --help)");
    return bad_input;
  } catch (const pgb::InputError& error) {
    pgb::tools::complain("pgbsearch", error.what());
    return bad_input;
  } catch (const std::exception& error) {
    pgb::tools::complain("pgbsearch", std::string("internal error: ") + error.what());
    return internal_error;
  }
}
