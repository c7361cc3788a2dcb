// Data at which a bad minimum is deep, frequent or wide.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "pgb/search/family/family.h"
#include "pgb/search/run/store.h"
#include "pgb/search/run/workers.h"

namespace pgb::search {

struct DataSearchOptions {
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::size_t done, std::size_t total, double best)> progress;
};

// For every problem of the family that asks for it: NLopt's controlled random search (GN_CRS2_LM; P. Kaelo
// and M. M. Ali, "Some variants of the controlled random search algorithm for global optimization", JOTA 130,
// 2006) over the numbers of its data, within their range. A data set's value is found by `starts` runs. Bad
// ends are those with a positive definite Hessian and a loss above the least one that was reached:
//   deep      the largest (loss - least loss) / variance of the targets
//   frequent  the share of starts that end badly
//   wide      of the most frequent bad end: the share of as many starts, each moved from it by a draw of the
//   family's, that return
// Every value is stored as it is found. Going on after a stop replays the stored ones through the same
// optimiser, so the outcome is that of an undisturbed search. The data chosen are put into family.chosen and
// the store. false: stopped before the end.
bool search_data(Store& store, Family& family, Workers& workers, const DataSearchOptions& options);

}  // namespace pgb::search
