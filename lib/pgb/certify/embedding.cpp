#include "pgb/certify/embedding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "pgb/certify/box_hessian.h"
#include "pgb/derivatives/objective.h"
#include "pgb/flat/setting.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

using flat_detail::Setting;

constexpr std::size_t kLargestDense = 600;  // parameters up to which the kind of point is decided
constexpr double kProportional = 1e-9;      // outgoing weights that differ by more are not one share of a sum
constexpr long kStartBits = 320;            // of the merged centre

// The affine nodes that read a value through activations and renamings; nothing when something else reads it.
bool find_readers(const Setting& s, std::size_t value, std::vector<std::size_t>& readers) {
  if (value == s.graph.output_node() + 1) return false;
  for (const std::size_t k : s.users[value]) {
    if (!s.graph.feeds_output(k + 1)) continue;
    const OpKind kind = s.graph.nodes()[k].op->kind();
    if (kind == OpKind::affine && s.is_free_affine(k)) {
      readers.push_back(k);
    } else if ((kind != OpKind::elementwise && kind != OpKind::rename) || !find_readers(s, k + 1, readers)) {
      return false;
    }
  }
  return true;
}

std::vector<std::pair<std::size_t, std::size_t>> zipped(const std::vector<std::size_t>& a,
                                                        const std::vector<std::size_t>& b) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t t = 0; t < a.size(); ++t) pairs.emplace_back(a[t], b[t]);
  return pairs;
}

// Adds the splits of units that are equal, of which the last is merged first.
void add_group(const Setting& s, std::size_t node, const std::vector<std::size_t>& readers,
               const std::vector<std::size_t>& units, std::vector<UnitSplit>& splits) {
  const io::Tensor& z = s.problem.parameters;
  std::vector<UnitSplit> group;
  Vector<double> sum;
  for (const std::size_t k : s.outgoing(readers, units[0])) sum.push_back(z.values[k]);
  for (std::size_t t = units.size(); t-- > 1;) {
    UnitSplit split{s.graph.nodes()[node].name, units[0], units[t], 1, {}, {}};
    split.incoming = zipped(s.incoming(node, units[0]), s.incoming(node, units[t]));
    split.outgoing = zipped(s.outgoing(readers, units[0]), s.outgoing(readers, units[t]));
    for (const auto& pairs : {split.incoming, split.outgoing}) {
      for (const auto& [a, b] : pairs) {
        if (s.regularized[a] || s.regularized[b]) return;
      }
    }
    Vector<double> both = sum;
    std::size_t largest = 0;
    double size = 0;
    for (std::size_t r = 0; r < sum.size(); ++r) {
      both[r] += z.values[split.outgoing[r].second];
      size = std::max(size, std::max(std::abs(sum[r]), std::abs(z.values[split.outgoing[r].second])));
      if (std::abs(both[r]) > std::abs(both[largest])) largest = r;
    }
    if (!(std::abs(both[largest]) > kProportional * size)) return;
    split.share = sum[largest] / both[largest];
    for (std::size_t r = 0; r < sum.size(); ++r) {
      if (std::abs(sum[r] - split.share * both[r]) > kProportional * size) return;
    }
    group.push_back(std::move(split));
    sum = std::move(both);
  }
  splits.insert(splits.end(), group.rbegin(), group.rend());
}

// From the smaller network's point to the whole network's, in place, in any scalar.
template <class S>
void split_units(const std::vector<UnitSplit>& splits, Vector<S>& z) {
  for (const UnitSplit& split : splits) {
    const S share(split.share), rest = S(1) - share;
    for (const auto& [w, other] : split.incoming) z[other] = z[w];
    for (const auto& [w, other] : split.outgoing) {
      z[other] = rest * z[w];
      z[w] = share * z[w];
    }
  }
}

class Embedding {
 public:
  Embedding(const Problem& problem, const std::vector<UnitSplit>& splits, const CriticalPointOptions& options)
      : problem_(problem), merged_(problem), options_(options) {
    point_.splits = splits;
    for (const UnitSplit& split : splits) {
      for (const auto& pair : split.incoming) options_.held.push_back(pair.second);
      for (const auto& pair : split.outgoing) options_.held.push_back(pair.second);
    }
  }

  EmbeddedPoint run() {
    Vector<Real> center;
    {
      const PrecisionScope scope(kStartBits);
      center = to_scalars<Real>(problem_.parameters);
      for (auto split = point_.splits.rbegin(); split != point_.splits.rend(); ++split) {
        for (const auto& [w, other] : split->outgoing) {
          center[w] += center[other];
          center[other] = Real(0);
        }
      }
      merged_.parameters = to_tensor(center);
    }
    const std::vector<FlatFamily>& families = point_.families = flat_families(merged_);
    if (!point_.splits.empty()) point_.smaller = certify_critical_point(merged_, center, families, options_);
    if (!point_.smaller.exists) {
      point_.still = still_parameters();
      options_.held.insert(options_.held.end(), point_.still.begin(), point_.still.end());
      if (!point_.still.empty()) point_.smaller = certify_critical_point(merged_, center, families, options_);
    }
    if (!point_.smaller.exists) {
      point_.failure = point_.smaller.failure;
      return std::move(point_);
    }
    settle();
    if (problem_.model->parameters() <= kLargestDense) decide_kind();
    return std::move(point_);
  }

 private:
  // Parameters that are exactly 0 and have derivatives that are exactly 0 for all values near of those that
  // are not.
  std::vector<std::size_t> still_parameters() const {
    const PrecisionScope scope(kStartBits);
    Vector<Ball> z = to_scalars<Ball>(merged_.parameters);
    std::vector<bool> still;
    for (std::size_t k = 0; k < z.size(); ++k) {
      const auto is_k = [k](std::size_t held) { return held == k; };
      still.push_back(z[k].is_exactly_zero() &&
                      std::none_of(options_.held.begin(), options_.held.end(), is_k));
    }
    for (bool changed = true; changed;) {
      for (std::size_t k = 0; k < z.size(); ++k) {
        if (!still[k]) z[k] = Ball::with_radius(z[k], 0x1p-60);
      }
      const Vector<Ball> gradient = Objective<Ball>(merged_).value_gradient(z).gradient;
      changed = false;
      for (std::size_t k = 0; k < z.size(); ++k) {
        if (!still[k] || gradient[k].is_exactly_zero()) continue;
        still[k] = false;
        changed = true;
      }
    }
    std::vector<std::size_t> list;
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (still[k]) list.push_back(k);
    }
    return list;
  }

  void settle() {
    // Products of shares and numbers of the centre are exact with that many bits.
    const long bits = std::max(point_.smaller.precision_bits, kStartBits);
    const PrecisionScope scope(2 * bits + 64 * static_cast<long>(1 + point_.splits.size()));
    Vector<Real> z = to_scalars<Real>(point_.smaller.center);
    split_units(point_.splits, z);
    point_.center = to_tensor(z);
    double factor = 1;
    for (const UnitSplit& split : point_.splits) {
      factor = multiply_up(factor, std::max({1.0, std::abs(split.share), add_up(1, std::abs(split.share))}));
    }
    point_.radius = multiply_up(factor, point_.smaller.existence_radius);
  }

  // The points that may be the critical one.
  Vector<Ball> box() const {
    Vector<Ball> z = to_scalars<Ball>(point_.smaller.center);
    const auto contains = [](const std::vector<std::size_t>& list, std::size_t k) {
      return std::find(list.begin(), list.end(), k) != list.end();
    };
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (contains(options_.held, k) || contains(point_.smaller.pinned, k)) continue;
      z[k] = Ball::with_radius(z[k], std::max(point_.smaller.existence_radius, 1e-290));
    }
    split_units(point_.splits, z);
    return z;
  }

  void decide_kind() {
    const PrecisionScope scope(std::max(point_.smaller.precision_bits, 128L));
    const Vector<Ball> z = box();
    const std::optional<std::vector<std::size_t>> rest = across_line();
    if (!find_saddle(z) && !(rest && find_minimum(z, *rest)) && point_.failure.empty()) {
      point_.failure =
          "a critical point, but neither a local minimum nor a direction of negative curvature was proven";
    }
    if (rest && !point_.minimum) point_.isolation = certify_isolated(problem_, z, *rest);
  }

  bool find_saddle(const Vector<Ball>& z) {
    Vector<double> middle;
    for (const Ball& x : z) middle.push_back(x.midpoint());
    const ApproxEigen eigen = approx_symmetric_eigen(HessianOperator<double>(problem_, middle).dense());
    if (eigen.values.empty() || !(eigen.values[0] < 0)) return false;
    Vector<double> direction(eigen.vectors.column(0), eigen.vectors.column(0) + middle.size());
    double largest = 0;
    for (const double x : direction) largest = std::max(largest, std::abs(x));
    for (double& x : direction)
      x = std::ldexp(std::round(std::ldexp(x / largest, 20)), -20);  // short exact numbers
    const Vector<Ball> d(direction.begin(), direction.end());
    const Vector<Ball> product = HessianOperator<Ball>(problem_, z)(d);
    const Ball curvature = dot<Ball>(d.size(), d.data(), 1, product.data(), 1);
    if (!curvature.certainly_negative()) return false;
    point_.saddle = true;
    point_.negative_direction = std::move(direction);
    point_.curvature_bound = (curvature / dot<Ball>(d.size(), d.data(), 1, d.data(), 1)).upper();
    return true;
  }

  // Along the line of shares all points are critical, where one weight reads a unit; all parameters but that
  // weight of each twin. Nothing where it is otherwise.
  std::optional<std::vector<std::size_t>> across_line() {
    std::vector<bool> fixed(problem_.model->parameters(), false);
    if (!point_.smaller.pinned.empty()) return std::nullopt;
    for (const UnitSplit& split : point_.splits) {
      if (split.outgoing.size() != 1) {
        point_.failure =
            "several weights read a split unit: its flat perturbations leave the critical points";
        return std::nullopt;
      }
      fixed[split.outgoing[0].second] = true;
    }
    std::vector<std::size_t> rest;
    for (std::size_t k = 0; k < fixed.size(); ++k) {
      if (!fixed[k]) rest.push_back(k);
    }
    return rest;
  }

  // With one weight of each twin fixed the Hessian has to be positive definite.
  bool find_minimum(const Vector<Ball>& z, const std::vector<std::size_t>& rest) {
    if (!point_.smaller.strict_minimum) return false;
    const DefiniteProof definite = verified_positive_definite(box_hessian_balls(problem_, z, rest));
    if (!definite.positive_definite) {
      point_.failure =
          "the Hessian with the shares fixed was not proven positive definite (its smallest eigenvalue is "
          "not shown to be above 0)";
      return false;
    }
    point_.minimum = true;
    point_.curvature_bound = definite.eigenvalue_bound;
    return true;
  }

  const Problem& problem_;
  Problem merged_;
  CriticalPointOptions options_;
  EmbeddedPoint point_;
};

}  // namespace

std::vector<UnitSplit> find_splits(const Problem& problem) {
  std::vector<UnitSplit> splits;
  if (problem.model->graph() == nullptr) return splits;
  const Setting s(problem);
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    std::vector<std::size_t> readers;
    if (!s.is_free_affine(k) || !s.graph.feeds_output(k + 1) || !find_readers(s, k + 1, readers)) continue;
    if (readers.empty()) continue;
    std::map<std::vector<std::string>, std::vector<std::size_t>> groups;
    for (std::size_t u = 0; u < s.rows(k); ++u) {
      std::vector<std::string> row;
      for (const std::size_t p : s.incoming(k, u)) row.push_back(s.exact_text(p));
      groups[row].push_back(u);
    }
    for (const auto& [row, units] : groups) {
      if (units.size() > 1) add_group(s, k, readers, units, splits);
    }
  }
  return splits;
}

EmbeddedPoint certify_embedded_point(const Problem& problem, const std::vector<UnitSplit>& splits,
                                     const CriticalPointOptions& options) {
  return Embedding(problem, splits, options).run();
}

}  // namespace pgb
