// What a store holds, for people and for programs.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "pgb/search/run/store.h"

namespace pgb::search {

// How one kind of end is distributed over one value of the loss.
struct LossCount {
  std::string loss;  // three digits
  PointKind kind = PointKind::stalled;
  bool certified = false;
  bool judged = true;
  std::size_t points = 0, starts = 0;
};

struct Summary {
  std::string family, about;
  std::size_t problems = 0, starts_total = 0, starts_done = 0;
  std::size_t points = 0, unjudged = 0;
  std::map<PointKind, std::pair<std::size_t, std::size_t>> kinds;  // points, starts
  std::vector<LossCount> losses;                                   // of all problems together, ascending
  std::vector<StoredPoint> counterexamples;  // certified local minima that are proven suboptimal
  std::vector<StoredPoint> suspects;  // degenerate critical points with a proven lower value elsewhere: no
                                      // proof of a minimum, none of the contrary
  bool complete = false;
  double seconds = -1;  // negative: no session

  // 1 a counterexample, 3 not complete or suspects, else 0.
  int exit_status() const;
};

Summary summarise(const Store& store);
std::string summary_text(const Summary& summary, const Store& store);
std::string summary_json(const Summary& summary, const Store& store);  // schema "pgb-search/1"

// One point in full.
std::string point_text(const StoredPoint& point, const Store& store);

}  // namespace pgb::search
