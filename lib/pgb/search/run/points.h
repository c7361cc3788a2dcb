// Which ends of runs are the same.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/search/local/ending.h"
#include "pgb/search/local/layered.h"
#include "pgb/search/run/store.h"

namespace pgb::search {

// The distinct points of one problem, in the order in which they were found.
class DistinctPoints {
 public:
  // Of a chain of affine maps and activations the symmetries are known: units renumbered, signs turned. Of
  // any other model two points with the same outputs are taken for the same where the sorted magnitudes of
  // their parameters agree.
  explicit DistinctPoints(const Problem& problem);

  // Index of the point that `ending` is, if it is one of them.
  std::optional<std::size_t> find(const Ending& ending) const;
  void add(const StoredPoint& point);

  std::vector<StoredPoint>& points() { return points_; }

 private:
  bool same(const Ending& a, const Ending& b) const;
  bool same_parameters(const std::vector<double>& a, const std::vector<double>& b) const;
  std::optional<Layered> net_;
  std::size_t shifted_ = 0;  // cross-entropy: outputs of a sample, which one number may be added to
  std::vector<StoredPoint> points_;
  std::multimap<double, std::size_t> by_loss_;                              // critical ones
  std::map<std::pair<EndKind, std::string>, std::size_t> by_rounded_loss_;  // the others
};

}  // namespace pgb::search
