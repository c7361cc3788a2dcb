// Which ends of runs are the same.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/search/local/ending.h"
#include "pgb/search/local/layered.h"
#include "pgb/search/run/store.h"

namespace pgb::search {

// The distinct points of one problem, in the order in which they were found.
class DistinctPoints {
 public:
  // net: nothing where the model is not layered; no symmetry is known then. renumbered: a population loss,
  // points of which are taken for the same where the sorted lists of their numbers agree.
  DistinctPoints(std::optional<Layered> net, bool renumbered)
      : net_(std::move(net)), renumbered_(renumbered) {}

  // Index of the point that `ending` is, if it is one of them.
  std::optional<std::size_t> find(const Ending& ending) const;
  void add(const StoredPoint& point);

  std::vector<StoredPoint>& points() { return points_; }

 private:
  bool same(const Ending& a, const Ending& b) const;
  std::optional<Layered> net_;
  bool renumbered_ = false;
  std::vector<StoredPoint> points_;
  std::multimap<double, std::size_t> by_loss_;                              // critical ones
  std::map<std::pair<EndKind, std::string>, std::size_t> by_rounded_loss_;  // the others
};

}  // namespace pgb::search
