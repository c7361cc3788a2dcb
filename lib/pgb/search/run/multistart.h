// Many starts in every problem of a family; what they reach is told apart, judged and stored.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/search/family/family.h"
#include "pgb/search/run/store.h"
#include "pgb/search/run/workers.h"

namespace pgb::search {

struct SearchProgress {
  std::size_t starts_done = 0, starts_total = 0;
  std::size_t points = 0, judged = 0;
  std::size_t minima = 0;  // certified
  std::string
      best;  // the counterexample with the highest loss so far: "#17, loss 0.25"; "" while there is none
  double rate = 0;                        // starts a second in this session
  double seconds = 0, seconds_left = -1;  // negative: unknown
};

struct SearchOptions {
  double time = 0;  // seconds after which *stop will be set, for the progress; 0: not known
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const SearchProgress&)> progress;
};

struct SearchResult {
  bool complete = false;  // every start was run and every end judged
  // Half a second after *stop was set something was still in hand, which is waited for no longer: see
  // Workers::idle.
  bool left_behind = false;
  std::size_t starts_done = 0;
  double seconds = 0;  // of this session
};

// Puts the family and its problems into an empty store; nothing, and false, where *stop is set and there are
// many.
bool begin_search(Store& store, const Family& family, const std::atomic<bool>* stop);
// Its problem p, with the data chosen for it.
void put_problem(Store& store, const Family& family, std::size_t p);
// Throws InputError where the store was begun with another family, seed or number of starts, or with other
// data, or where what it counts does not fit together.
void expect_same(const Store& store, const Family& family);

// Goes on with the store where it stands. Chunks of starts are applied in their order whoever did them first,
// so that the store depends on the family alone; each chunk and each judgement is one transaction. Two
// critical ends are one point when their outputs and the signs of their curvatures agree and, where both
// Hessians are positive definite, the parameters up to symmetry (otherwise they lie on one set of critical
// points, or cannot be told from it). Other ends are one point when their kinds agree and their losses to
// three digits.
SearchResult run_search(Store& store, const Family& family, Workers& workers, const SearchOptions& options);

}  // namespace pgb::search
