#include "pgb/search/run/points.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pgb/search/local/symmetry.h"

namespace pgb::search {
namespace {

constexpr double kOutputs = 1e-6;     // agreement of outputs, relative to 1 + their size (of the first point)
constexpr double kParameters = 1e-5;  // of parameters
constexpr double kNothing = 1e-9;     // losses below count as 0

std::string rounded_loss(double loss) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", std::abs(loss) < kNothing ? 0.0 : loss);
  return text;
}

// HUGE_VAL where a number is none.
double sup_norm(const std::vector<double>& v) {
  double largest = 0;
  for (const double x : v) largest = std::isnan(x) ? HUGE_VAL : std::max(largest, std::abs(x));
  return largest;
}

}  // namespace

DistinctPoints::DistinctPoints(const Problem& problem)
    : net_(chain(problem)),
      shifted_(problem.loss.kind() == Loss::Kind::cross_entropy ? problem.model->outputs() : 0) {}

bool DistinctPoints::same(const Ending& a, const Ending& b) const {
  if (a.outputs.size() != b.outputs.size() || a.z.size() != b.z.size() || a.curvature != b.curvature)
    return false;
  std::vector<double> difference;
  for (std::size_t i = 0; i < a.outputs.size(); ++i) difference.push_back(a.outputs[i] - b.outputs[i]);
  for (std::size_t i = 0; shifted_ > 0 && i + shifted_ <= difference.size(); i += shifted_) {
    const auto first = difference.begin() + static_cast<std::ptrdiff_t>(i),
               last = first + static_cast<std::ptrdiff_t>(shifted_);
    const auto [least, most] = std::minmax_element(first, last);
    const double middle = (*least + *most) / 2;
    for (auto at = first; at != last; ++at) *at -= middle;
  }
  const double size = 1 + sup_norm(a.outputs);
  if (!(sup_norm(difference) <= kOutputs * size)) return false;
  return a.curvature != Curvature::positive || same_parameters(a.z, b.z);
}

bool DistinctPoints::same_parameters(const std::vector<double>& a, const std::vector<double>& b) const {
  if (net_) return same_up_to_symmetry(*net_, a, b, kParameters);
  const auto sorted = [](std::vector<double> z) {
    for (double& x : z) x = std::abs(x);
    std::sort(z.begin(), z.end());
    return z;
  };
  const std::vector<double> za = sorted(a), zb = sorted(b);
  const double size = std::max(1.0, sup_norm(a));
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
