#include "pgb/certify/polish.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/flat/family.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/scalar/rounded.h"
#include "pgb/span/span.h"

namespace pgb {
namespace {

constexpr long kExactBits = 384;  // for parameters given with more digits than a double holds

// Infinite where a component is not a number: such a point is never taken for a better one.
template <class S>
double sup_norm(const Vector<S>& v) {
  double largest = 0;
  for (const S& x : v) {
    const double size = std::abs(to_double(x));
    if (std::isnan(size)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, size);
  }
  return largest;
}

template <class S>
double sup_distance(const Vector<S>& a, const Vector<S>& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(to_double(S(a[k] - b[k]))));
  return largest;
}

template <class S>
double euclidean_norm(const Vector<S>& v) {
  const double scale = sup_norm(v);
  if (scale == 0 || !std::isfinite(scale)) return scale;
  double sum = 0;
  for (const S& x : v) sum += std::pow(to_double(S(x / S(scale))), 2);
  return scale * std::sqrt(sum);
}

template <class S>
class Polisher {
 public:
  Polisher(const Problem& problem, const std::vector<bool>& frozen, const PolishOptions& options)
      : problem_(problem), options_(options), objective_(problem), start_(to_scalars<S>(problem.parameters)) {
    for (std::size_t k = 0; k < frozen.size(); ++k) {
      if (!frozen[k]) moving_.push_back(k);
    }
  }

  PolishedPoint run() {
    if (auto found = interpolate()) return std::move(*found);
    return newton();
  }

 private:
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }
  void show(const std::string& stage) const {
    if (options_.progress) options_.progress(stage, -1);
  }

  PolishedPoint ended(bool converged, const Vector<S>& z, int steps, const std::string& failure) const {
    PolishedPoint point;
    point.converged = converged;
    for (const S& x : z) point.z.push_back(to_real(x));
    const Vector<S> gradient = objective_.value_gradient(z).gradient;
    point.gradient_norm = euclidean_norm(gradient);
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (!std::binary_search(moving_.begin(), moving_.end(), k)) {
        point.held_gradient = std::max(point.held_gradient, std::abs(to_double(gradient[k])));
      }
    }
    point.distance = sup_distance(z, start_);
    point.precision_bits = static_cast<long>(std::lround(-std::log2(unit_roundoff<S>())));
    point.steps = steps;
    point.failure = failure;
    return point;
  }

  // Phi = targets on the distinct inputs (group means where inputs are equal) by Gauss-Newton with
  // minimum-norm steps; nothing where that is not to be expected.
  std::optional<PolishedPoint> interpolate() const {
    if (!problem_.loss.least_squares()) return std::nullopt;
    for (const QuadraticTerm& term : problem_.regularizer) {
      for (std::size_t k = term.begin; k < term.end && term.lambda != "0"; ++k) {
        if (sign_of(start_[k]) != Sign::zero || std::binary_search(moving_.begin(), moving_.end(), k)) {
          return std::nullopt;
        }
      }
    }
    const InputGroups groups = equal_input_groups(problem_);
    const std::size_t d_y = problem_.model->outputs(), rows = groups.count * d_y;
    const double bytes = 32.0 * static_cast<double>(rows) * static_cast<double>(start_.size());
    if (rows > moving_.size() || bytes > static_cast<double>(options_.max_memory)) return std::nullopt;

    const Problem distinct = distinct_inputs(problem_, groups);
    const Objective<S> outputs(distinct);
    const Matrix<S> targets = group_means(groups);
    Vector<S> z = start_;
    Vector<double> residual = difference(outputs.outputs(z), targets);
    const double scale = std::max(sup_norm(targets.data), 1e-300), first = sup_norm(residual);
    if (first > 0.1 * scale) return std::nullopt;
    show("Gauss-Newton");
    const ApproxLeastSquares factor(moving_columns(distinct));
    if (factor.rank() < rows) return std::nullopt;
    double last = first;
    int steps = 0;
    for (; steps < 60 && !stopped() && last > 0; ++steps) {
      const Vector<double> step = factor.solve(residual);
      Vector<S> next = z;
      for (std::size_t j = 0; j < moving_.size(); ++j) next[moving_[j]] -= S(step[j]);
      const Vector<double> next_residual = difference(outputs.outputs(next), targets);
      const double now = sup_norm(next_residual);
      if (!(now < last) || sup_distance(next, start_) > options_.radius) break;
      z = next;
      residual = next_residual;
      last = now;
    }
    if (last > 1e4 * unit_roundoff<S>() * scale) return std::nullopt;
    PolishedPoint point = ended(true, z, steps, "");
    point.interpolates = true;
    return point;
  }

  Matrix<S> group_means(const InputGroups& groups) const {
    const std::size_t d_y = problem_.model->outputs();
    Matrix<S> means(d_y, groups.count);
    Vector<S> sizes(groups.count, S(0));
    for (std::size_t i = 0; i < groups.group.size(); ++i) {
      sizes[groups.group[i]] += S(1);
      for (std::size_t k = 0; k < d_y; ++k) means(k, groups.group[i]) += objective_.y()(k, i);
    }
    for (std::size_t e = 0; e < means.data.size(); ++e) means.data[e] /= sizes[e / d_y];
    return means;
  }

  static Vector<double> difference(const Matrix<S>& a, const Matrix<S>& b) {
    Vector<double> d(a.data.size());
    for (std::size_t e = 0; e < d.size(); ++e) d[e] = to_double(S(a.data[e] - b.data[e]));
    return d;
  }

  Matrix<double> moving_columns(const Problem& distinct) const {
    const Matrix<double> j = gradient_basis<double>(distinct);
    Matrix<double> part(j.rows, moving_.size());
    for (std::size_t c = 0; c < moving_.size(); ++c) {
      std::copy(j.column(moving_[c]), j.column(moving_[c]) + j.rows, part.column(c));
    }
    return part;
  }

  Matrix<double> moving_hessian(const Vector<S>& z) const {
    const Vector<double> at = rounded(z);
    const HessianOperator<double> hessian(problem_, at);
    const std::size_t q = moving_.size();
    Matrix<double> h(q, q);
    for (std::size_t c = 0; c < q && !stopped(); ++c) {
      Vector<double> unit(at.size(), 0);
      unit[moving_[c]] = 1;
      const Vector<double> column = hessian(unit);
      for (std::size_t r = 0; r < q; ++r) h(r, c) = column[moving_[r]];
      if (c % 32 == 0 && options_.progress) {
        options_.progress("Hessian", static_cast<double>(c) / static_cast<double>(q));
      }
    }
    for (std::size_t c = 0; c < q; ++c) {
      for (std::size_t r = 0; r < c; ++r) h(r, c) = h(c, r) = (h(r, c) + h(c, r)) / 2;
    }
    return h;
  }

  Vector<S> moving_gradient(const Vector<S>& z) const {
    const Vector<S> all = objective_.value_gradient(z).gradient;
    Vector<S> g;
    for (const std::size_t k : moving_) g.push_back(all[k]);
    return g;
  }

  // One run of refinement steps with one factored Hessian and one cutoff of its spectrum.
  struct Run {
    Vector<S> z, moving_gradient;
    double gradient;
    int steps;
  };
  Run refine(const ApproxEigen& eigen, double cutoff, Run at) const {
    for (int i = 0; i < 12 && at.gradient > 0 && !stopped(); ++i) {
      const Vector<double> solution = approx_pseudo_solve(eigen, rounded(at.moving_gradient), cutoff);
      Vector<double> step(at.z.size(), 0);
      for (std::size_t j = 0; j < moving_.size(); ++j) step[moving_[j]] = solution[j];
      tie(step);
      Vector<S> next = at.z;
      for (std::size_t k = 0; k < next.size(); ++k) next[k] -= S(step[k]);
      if (!(sup_distance(next, start_) <= options_.radius)) break;
      Vector<S> next_g = moving_gradient(next);
      const double size = sup_norm(next_g);
      if (!(size < 0.7 * at.gradient)) break;
      at = {std::move(next), std::move(next_g), size, at.steps + 1};
    }
    return at;
  }

  // Each tied group moves by its mean.
  void tie(Vector<double>& step) const {
    for (const std::vector<std::size_t>& group : options_.tied) {
      double mean = 0;
      for (const std::size_t k : group) mean += step[k] / static_cast<double>(group.size());
      for (const std::size_t k : group) step[k] = mean;
    }
  }

  PolishedPoint newton() const {
    const std::size_t q = moving_.size();
    const double bytes = 24.0 * static_cast<double>(q) * static_cast<double>(q);
    if (q == 0) return ended(false, start_, 0, "no parameter is left to move");
    if (q > options_.largest_hessian || bytes > static_cast<double>(options_.max_memory)) {
      return ended(false, start_, 0, "the Hessian of " + std::to_string(q) + " parameters was not formed");
    }
    Run best{start_, moving_gradient(start_), 0, 0};
    best.gradient = sup_norm(best.moving_gradient);
    const double scale = std::max(sup_norm(start_), 1e-300);
    double tolerance = 0;
    for (int refresh = 0; refresh < 6 && !stopped(); ++refresh) {
      show("Newton's method");
      const ApproxEigen eigen = approx_symmetric_eigen(moving_hessian(best.z));
      const double largest = std::max(std::abs(eigen.values.front()), std::abs(eigen.values.back()));
      if (!(largest > 0) || !std::isfinite(largest)) break;
      tolerance = 1e6 * unit_roundoff<S>() * largest * scale;
      Run next = best;
      for (const double relative : {1e-13, 1e-11, 1e-9, 1e-7}) {
        const Run candidate = refine(eigen, relative * largest, best);
        if (candidate.gradient < next.gradient) next = candidate;
        if (next.gradient <= tolerance) break;
      }
      const bool gained = next.gradient < 0.1 * best.gradient;
      best = std::move(next);
      if (best.gradient <= tolerance) return ended(true, best.z, best.steps, "");
      if (!gained) break;
    }
    if (best.gradient == 0) return ended(true, best.z, best.steps, "");
    return ended(false, best.z, best.steps,
                 stopped() ? "stopped" : "Newton's method found no critical point within the radius");
  }

  const Problem& problem_;
  const PolishOptions& options_;
  Objective<S> objective_;
  Vector<S> start_;
  std::vector<std::size_t> moving_;
};

}  // namespace

PolishedPoint polish(const Problem& problem, const std::vector<bool>& frozen, const PolishOptions& options) {
  constexpr long kQuadBits = 113;
  if (!problem.parameters.exact.empty()) {
    const PrecisionScope scope(std::max(kExactBits, options.precision_bits));
    return Polisher<Real>(problem, frozen, options).run();
  }
  PolishedPoint near = Polisher<Quad>(problem, frozen, options).run();
  if (!near.converged || options.precision_bits <= kQuadBits) return near;
  const PrecisionScope scope(options.precision_bits);
  Problem from = problem;
  from.parameters = to_tensor(near.z);
  PolishOptions rest = options;
  rest.radius = std::max(options.radius - near.distance, 0.0);
  PolishedPoint found = Polisher<Real>(from, frozen, rest).run();
  if (!found.converged) return near;
  found.steps += near.steps;
  found.distance = sup_distance(found.z, to_scalars<Real>(problem.parameters));
  return found;
}

std::vector<std::vector<std::size_t>> tied_structure(const Problem& problem) {
  std::vector<std::vector<std::size_t>> groups;
  for (const FlatFamily& family : flat_families(problem)) {
    groups.insert(groups.end(), family.tied.begin(), family.tied.end());
  }
  return groups;
}

std::vector<bool> frozen_structure(const Problem& problem) {
  std::vector<bool> frozen(problem.model->parameters(), false);
  const auto is_zero = [&](std::size_t k) {
    return problem.parameters.values[k] == 0 && problem.parameters.exact.count(k) == 0;
  };
  if (const AddedNeurons* added = problem.model->added()) {
    const std::size_t d_x = problem.model->inputs(), d_y = problem.model->outputs();
    for (std::size_t k = 0; k < d_y; ++k) {
      if (!is_zero(added->a + k)) continue;
      frozen[added->a + k] = frozen[added->b + k] = true;
      for (std::size_t j = 0; j < d_x; ++j) frozen[added->w + k * d_x + j] = true;
    }
  }
  return frozen;
}

}  // namespace pgb
