// Complete lists of the critical points of every problem of a family in a box.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/search/family/family.h"
#include "pgb/search/run/store.h"

namespace pgb::search {

struct ProveOptions {
  double box = 5;                // |z_k| <= box
  bool critical_points = false;  // not only local minima
  std::size_t max_boxes = 1'000'000;
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::size_t problem, std::size_t problems, std::size_t boxes, double decided)> progress;
};

// Runs exhaustive_search (exhaustive.h) on one problem after another. What is proved is stored, and the state
// of an unfinished search now and then, from where the next session goes on.
void prove_family(Store& store, const Family& family, const ProveOptions& options);

// 0: every problem is done, and no suboptimal local minimum is in any box; 1: one is proven; 3: something is
// undecided.
int prove_status(const Store& store);
std::string prove_text(const Store& store);
std::string prove_json(const Store& store);

}  // namespace pgb::search
