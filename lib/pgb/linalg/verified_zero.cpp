#include "pgb/linalg/verified_zero.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/scalar/product.h"

namespace pgb {

using namespace verified_detail;

namespace {

Vector<Ball> box_around(const Vector<Ball>& u, double radius) {
  Vector<Ball> box;
  box.reserve(u.size());
  for (const Ball& x : u) box.push_back(Ball::with_radius(x, radius));
  return box;
}

double largest_magnitude(const Vector<Ball>& v) {
  double largest = 0;
  for (const Ball& x : v) {
    if (!x.is_finite()) return kInfinity;
    largest = std::max(largest, x.magnitude());
  }
  return largest;
}

double largest_radius_of(const Vector<Ball>& v) {
  double largest = 0;
  for (const Ball& x : v) largest = std::max(largest, x.radius());
  return largest;
}

// log2 of the largest row sum, about.
double log2_row_sum(const Matrix<Ball>& a) {
  double largest = 0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < a.cols; ++j) sum += a(i, j).magnitude();
    largest = std::max(largest, sum);
  }
  return std::log2(largest);
}

// Y, in double or in balls of radius 0.
struct ApproximateInverse {
  std::optional<Matrix<double>> fast;
  std::optional<Matrix<Ball>> precise;

  bool exists() const { return fast || precise; }

  Vector<Ball> apply(const Vector<Ball>& f) const {
    const std::size_t n = f.size();
    Vector<Ball> product;
    product.reserve(n);
    Vector<Ball> row(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < n; ++k) row[k] = fast ? Ball((*fast)(i, k)) : (*precise)(i, k);
      product.push_back(dot<Ball>(n, row.data(), 1, f.data(), 1));
    }
    return product;
  }
};

class ZeroSearch {
 public:
  ZeroSearch(const SquareSystem& system, const Vector<Ball>& start, const ZeroOptions& options)
      : system_(system), options_(options), start_(start), u_(start) {}

  ZeroProof run() {
    bool first = true;
    for (long bits = options_.start_bits;; bits *= 2) {
      if (bits > options_.max_bits) {
        if (first) throw std::invalid_argument("verified_zero: max_bits is less than start_bits");
        proof_.status = ZeroStatus::precision;
        break;
      }
      const PrecisionScope scope(bits);
      proof_.precision_bits = bits;
      proof_.status = attempt(first);
      if (proof_.status != ZeroStatus::precision) break;
      first = false;
    }
    proof_.center = u_;
    if (inverse_.fast) proof_.inverse = std::move(*inverse_.fast);
    return std::move(proof_);
  }

 private:
  enum class Box { contracts, too_wide, bad_inverse, stopped };

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  void report(const std::string& stage) const {
    if (options_.progress) options_.progress(stage, -1);
  }

  ZeroStatus attempt(bool first) {
    if (stopped()) return ZeroStatus::stopped;
    if (first || inverse_.precise) {
      const bool found = renew_inverse();
      if (stopped()) return ZeroStatus::stopped;
      if (!found || numerically_singular()) return ZeroStatus::singular;
    }
    for (;;) {
      ZeroStatus status = improve();
      if (status == ZeroStatus::proven) status = prove();
      if (!inverse_may_be_to_blame(status)) return status;
      // From the start again: without an inverse Newton's method went anywhere.
      if (status != ZeroStatus::singular) u_ = start_;
      inverse_.fast.reset();
      inverse_.precise = approx_inverse(system_.slope_balls(u_));
      if (stopped()) return ZeroStatus::stopped;
      if (!inverse_.precise || numerically_singular()) return ZeroStatus::singular;
    }
  }

  // Whether the inverse in double is none, and one in balls can be had.
  bool inverse_may_be_to_blame(ZeroStatus status) {
    if (inverse_.precise || system_.size > options_.largest_ball_size) return false;
    if (status == ZeroStatus::singular) return true;
    if (status != ZeroStatus::too_far && status != ZeroStatus::no_contraction) return false;
    return verified_residual(*inverse_.fast, system_.slope(u_)).approx_floor() > 0.5;
  }

  bool renew_inverse() {
    if (inverse_.precise) {
      inverse_.precise = approx_inverse(system_.slope_balls(u_));
    } else {
      Vector<double> u;
      for (const Ball& x : u_) u.push_back(x.midpoint());
      const Matrix<double> slope = system_.approx_slope(u);
      const bool finite =
          std::all_of(slope.data.begin(), slope.data.end(), [](double x) { return std::isfinite(x); });
      inverse_.fast = finite ? approx_inverse(slope) : std::nullopt;
    }
    return inverse_.exists();
  }

  Vector<Ball> newton_step(const Vector<Ball>& u) const { return inverse_.apply(system_.value(u)); }

  Vector<Ball> moved(const Vector<Ball>& step) const {
    Vector<Ball> v;
    v.reserve(u_.size());
    for (std::size_t i = 0; i < u_.size(); ++i) v.push_back((u_[i] - step[i]).exact_midpoint());
    return v;
  }

  bool too_far(const Vector<Ball>& v) const {
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (!((v[i] - start_[i]).magnitude() <= options_.largest_radius)) return true;
    }
    return false;
  }

  // Newton's method with the inverse at hand, as long as each step is at most a quarter of the one before,
  // and with a new one where that fails.
  ZeroStatus improve() {
    constexpr int kSteps = 200, kInverses = 10;
    int inverses = 0;
    Vector<Ball> step = newton_step(u_);
    double size = largest_magnitude(step);
    for (int k = 0; k < kSteps && size > 0 && size < kInfinity; ++k) {
      if (stopped()) return ZeroStatus::stopped;
      if (largest_radius_of(step) > size / 16) break;
      Vector<Ball> v = moved(step);
      if (too_far(v)) return ZeroStatus::too_far;
      Vector<Ball> next = newton_step(v);
      double next_size = largest_magnitude(next);
      if (!(next_size <= size / 4) && largest_radius_of(next) < next_size / 16) {
        if (++inverses > kInverses) break;
        ApproximateInverse old = inverse_;
        std::swap(u_, v);
        if (!renew_inverse()) {
          std::swap(u_, v);
          inverse_ = std::move(old);
          break;
        }
        next = newton_step(u_);
        next_size = largest_magnitude(next);
        if (!(next_size < size)) {
          std::swap(u_, v);
          inverse_ = std::move(old);
          break;
        }
      } else {
        if (!(next_size < size)) break;
        u_ = std::move(v);
      }
      step = std::move(next);
      size = next_size;
    }
    proof_.newton_step = size;
    limited_by_rounding_ = largest_radius_of(step) > size / 16;
    return size < kInfinity ? ZeroStatus::proven : ZeroStatus::no_contraction;
  }

  std::string obstacle(double radius) const {
    return system_.obstacle ? system_.obstacle(box_around(u_, radius)) : std::string();
  }

  // |I - Y F'| over the box of this radius.
  Box test(double radius) {
    if (stopped()) return Box::stopped;
    char brief[16];
    std::snprintf(brief, sizeof brief, "%.1e", radius);
    report(std::string("derivatives over a box of radius ") + brief);
    const long wanted = 40 - static_cast<long>(std::log2(radius));
    const PrecisionScope scope(inverse_.fast ? std::clamp(wanted, 64L, std::max(64L, proof_.precision_bits))
                                             : proof_.precision_bits);
    const Vector<Ball> box = box_around(u_, radius);
    if (inverse_.fast) {
      slope_ = system_.slope(box);
      tried_ = verified_residual(*inverse_.fast, slope_);
    } else {
      const Matrix<Ball> slope = system_.slope_balls(box);
      tried_ = verified_residual(*inverse_.precise, slope);
      slope_ = to_interval(slope);
    }
    if (stopped()) return Box::stopped;
    proof_.tried_radius = radius;
    if (tried_.total < 1) return Box::contracts;
    return tried_.approx_floor() > 0.5 ? Box::bad_inverse : Box::too_wide;
  }

  bool accept(double radius) {
    const double kappa = tried_.total, beta = proof_.newton_step;
    double s = beta == 0 ? 0 : std::max(multiply_up(2, divide_up(beta, subtract_down(1, kappa))), 1e-300);
    if (s > 0 && !(add_up(beta, multiply_up(kappa, s)) < s)) return false;
    if (s > radius) return false;
    if (proof_.uniqueness_radius == 0) {
      proof_.existence_radius = s;
      proof_.slope = std::move(slope_);
      proof_.slope_radius = radius;
    }
    proof_.uniqueness_radius = radius;
    proof_.contraction = tried_;
    return true;
  }

  ZeroStatus prove() {
    constexpr int kShrinkings = 40;
    const double beta = proof_.newton_step, least = std::max(4 * beta, 1e-290);
    if (!(least <= options_.largest_radius)) return ZeroStatus::no_contraction;
    // A large system hardly contracts on a box that wide, and trying costs.
    if (system_.size > 100 && beta > 0x1p-16) return ZeroStatus::no_contraction;
    // Nearer to a zero than its rounding error, the centre says nothing about what is nearer still.
    const bool blurred = limited_by_rounding_ && beta > 0;
    proof_.obstacle = obstacle(least);
    if (!proof_.obstacle.empty()) return blurred ? ZeroStatus::precision : ZeroStatus::obstacle;
    double radius =
        std::clamp(0x1p-30, std::min(64 * beta, options_.largest_radius), options_.largest_radius);
    double last_total = kInfinity;
    for (int k = 0; k < kShrinkings; ++k) {
      while (radius > least && !obstacle(radius).empty()) radius = std::max(radius / 1024, least);
      const Box box = test(radius);
      proof_.contraction = tried_;
      if (box == Box::stopped) return ZeroStatus::stopped;
      if (box == Box::contracts && accept(radius)) {
        grow();
        return ZeroStatus::proven;
      }
      const bool does_not_shrink = tried_.total < kInfinity && tried_.total > 0.5 * last_total;
      if (box == Box::bad_inverse || does_not_shrink) return unusable_inverse();
      if (box == Box::contracts || radius <= least) {
        return blurred ? ZeroStatus::precision : ZeroStatus::no_contraction;
      }
      last_total = tried_.total;
      const double factor = std::min(0.25, tried_.approx_factor_to(0.25));
      radius = std::max(radius * std::max(factor, 0x1p-60), least);
    }
    return ZeroStatus::no_contraction;
  }

  // In balls more bits help where the inverse is not as large as rounding alone would make it.
  ZeroStatus unusable_inverse() const {
    return inverse_.precise && !numerically_singular() ? ZeroStatus::precision : ZeroStatus::singular;
  }

  bool numerically_singular() const {
    if (!inverse_.precise) return false;
    const double condition = log2_row_sum(*inverse_.precise) + log2_row_sum(system_.slope_balls(u_));
    return condition > 0.4 * static_cast<double>(proof_.precision_bits);
  }

  // The largest box that the steps allowed can find. |I - Y F'| grows about linearly with the radius.
  void grow() {
    double failed = options_.largest_radius * 2;
    for (std::size_t k = 0; k < options_.growth_steps; ++k) {
      const double radius = proof_.uniqueness_radius;
      const ResidualNorm& at = proof_.contraction;
      double next = at.total > 0 ? radius * at.approx_factor_to(0.7) : options_.largest_radius;
      next = std::min({next, options_.largest_radius,
                       failed < options_.largest_radius ? std::sqrt(radius) * std::sqrt(failed) : kInfinity});
      while (next > 1.5 * radius && !obstacle(next).empty()) {
        failed = next;
        next /= 4;
      }
      if (!(next > 1.5 * radius)) return;
      const Box box = test(next);
      if (box == Box::stopped) return;
      if (!(box == Box::contracts && accept(next))) failed = next;
    }
  }

  const SquareSystem& system_;
  const ZeroOptions& options_;
  const Vector<Ball>& start_;
  Vector<Ball> u_;
  ApproximateInverse inverse_;
  ZeroProof proof_;
  ResidualNorm tried_;
  IntervalMatrix slope_;
  bool limited_by_rounding_ = false;
};

}  // namespace

ZeroProof verified_zero(const SquareSystem& system, const Vector<Ball>& start, const ZeroOptions& options) {
  if (start.size() != system.size) {
    throw std::invalid_argument("verified_zero: expected a start of " + std::to_string(system.size) +
                                " entries, found " + std::to_string(start.size()));
  }
  return ZeroSearch(system, start, options).run();
}

}  // namespace pgb
