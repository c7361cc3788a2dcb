#include "pgb/search/run/points.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pgb/search/local/symmetry.h"

namespace pgb::search {
namespace {

constexpr double kOutputs = 1e-6;     // agreement of outputs, relative to 1 + their size
constexpr double kParameters = 1e-5;  // of parameters
constexpr double kNothing = 1e-9;     // losses below count as 0

std::string rounded_loss(double loss) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", std::abs(loss) < kNothing ? 0.0 : loss);
  return text;
}

}  // namespace

bool DistinctPoints::same(const Ending& a, const Ending& b) const {
  if (a.outputs.size() != b.outputs.size() || a.z.size() != b.z.size()) return false;
  double size = 1;
  for (const double q : a.outputs) size = std::max(size, std::abs(q));
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    if (!(std::abs(a.outputs[i] - b.outputs[i]) <= kOutputs * size)) return false;
  }
  if (a.regular != b.regular) return false;
  if (!a.regular) return true;
  if (net_) return same_up_to_symmetry(*net_, a.z, b.z, kParameters);
  // Units and coordinates may be renumbered: the sorted numbers are the same then.
  std::vector<double> za = a.z, zb = b.z;
  if (renumbered_) {
    std::sort(za.begin(), za.end());
    std::sort(zb.begin(), zb.end());
  }
  size = 1;
  for (const double z : za) size = std::max(size, std::abs(z));
  for (std::size_t k = 0; k < za.size(); ++k) {
    if (!(std::abs(za[k] - zb[k]) <= kParameters * size)) return false;
  }
  return true;
}

std::optional<std::size_t> DistinctPoints::find(const Ending& ending) const {
  if (ending.kind != EndKind::critical) {
    const auto found = by_rounded_loss_.find({ending.kind, rounded_loss(ending.loss)});
    if (found == by_rounded_loss_.end()) return std::nullopt;
    return found->second;
  }
  const double width = 1e-5 * (std::abs(ending.loss) + kNothing);
  std::optional<std::size_t> first;
  for (auto at = by_loss_.lower_bound(ending.loss - width);
       at != by_loss_.end() && at->first <= ending.loss + width; ++at) {
    if ((!first || at->second < *first) && same(points_[at->second].ending, ending)) first = at->second;
  }
  return first;
}

void DistinctPoints::add(const StoredPoint& point) {
  if (point.ending.kind == EndKind::critical) {
    by_loss_.emplace(point.ending.loss, points_.size());
  } else {
    by_rounded_loss_.emplace(std::make_pair(point.ending.kind, rounded_loss(point.ending.loss)),
                             points_.size());
  }
  points_.push_back(point);
}

}  // namespace pgb::search
