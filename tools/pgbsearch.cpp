// pgbsearch: looks for suboptimal local minima in families of problems, and proves what it finds.
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

#include "common.h"
#include "pgb/io/errors.h"
#include "pgb/search/run/export.h"
#include "pgb/search/run/store.h"
#include "pgb/search/run/summary.h"
#include "search_arguments.h"
#include "search_session.h"

namespace {

using pgb::search::Store;

constexpr int bad_input = 2, internal_error = 4;

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
    if (!a.shown_ids.empty()) return 0;
    return store.meta("prove") ? pgb::tools::report_proof(a, store)
                               : pgb::tools::report_search(a, summarise(store), store);
  }
  if (a.family.empty())
    throw pgb::InputError("expected a FAMILY file, or show STORE, or export STORE DIRECTORY");
  pgb::search::MpiSession mpi(argc, argv);
  try {
    return pgb::tools::run_search_session(a, mpi);
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
