// Where a box is cut for which no reason was found.
#include <algorithm>
#include <cmath>

#include "pgb/certify/boxes/examine.h"

namespace pgb::boxes {
namespace {

// Ratio of relative widths at which the widest side is cut, whatever matters.
constexpr double kUneven = 64;

}  // namespace

bool Examiner::can_cut(const Box& box, std::size_t k) const {
  const double c = Interval(box.low[k], box.high[k]).middle();
  return box.low[k] < c && c < box.high[k] && box.width(k) > options_.min_width * whole_.width(k);
}

// A box that holds a known point and is not inside its uniqueness box is cut along the faces of that.
std::optional<Verdict> Examiner::cut_around_point(const Box& box) const {
  for (const IsolatedPoint& p : points_) {
    const Box safe = safe_box(p);
    Verdict best;
    double most = 0;
    for (std::size_t k = 0; k < box.low.size(); ++k) {
      for (const double at : {safe.low[k], safe.high[k]}) {
        const double out = at < p.center[k] ? at - box.low[k] : box.high[k] - at;
        if (out <= most) continue;
        most = out;
        best.kind = Verdict::Kind::cut;
        best.side = k;
        best.at = at;
      }
    }
    if (holds(box, p.center) && most > 0) return best;
  }
  return std::nullopt;
}

// In the middle of the side that matters most: by the Hessian, the one that contributes most to the widths of
// the gradient's components, each relative to its own.
Verdict Examiner::cut(const Box& box, const IntervalSquare* h) const {
  const std::size_t n = box.low.size();
  Vector<double> weight(n);
  double widest = 0;
  std::size_t widest_side = n;
  for (std::size_t k = 0; k < n; ++k) {
    if (!can_cut(box, k)) continue;
    const double relative = box.width(k) / whole_.width(k);
    if (relative > widest) widest = relative, widest_side = k;
    weight[k] = h == nullptr ? std::abs(influence_[k]) * box.width(k) + 1e-6 * relative : 1e-6 * relative;
  }
  Verdict v;
  if (widest_side == n) return v;
  for (std::size_t r = 0; h != nullptr && r < n; ++r) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += (*h)(r, k).magnitude() * box.width(k);
    if (!(sum > 0 && sum < Interval::inf())) continue;
    for (std::size_t k = 0; k < n; ++k)
      weight[k] += weight[k] == 0 ? 0 : (*h)(r, k).magnitude() * box.width(k) / sum;
  }
  std::size_t side =
      static_cast<std::size_t>(std::max_element(weight.begin(), weight.end()) - weight.begin());
  if (h != nullptr && box.width(side) / whole_.width(side) * kUneven < widest) side = widest_side;
  v.kind = Verdict::Kind::cut;
  v.side = side;
  v.at = Interval(box.low[side], box.high[side]).middle();
  return v;
}

}  // namespace pgb::boxes
