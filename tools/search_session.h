// One session of a search: the store, the workers, what is printed.
#pragma once

#include "pgb/search/run/store.h"
#include "pgb/search/run/summary.h"
#include "pgb/search/run/workers.h"
#include "search_arguments.h"

namespace pgb::tools {

// Everything but show and export; on ranks above 0 it does what rank 0 asks for. The exit status.
int run_search_session(const SearchArguments& a, search::MpiSession& mpi);

// Prints the summary and writes the JSON that was asked for. The exit status.
int report_search(const SearchArguments& a, const search::Summary& summary, const search::Store& store);

// The same of what --prove has proved.
int report_proof(const SearchArguments& a, const search::Store& store);

}  // namespace pgb::tools
