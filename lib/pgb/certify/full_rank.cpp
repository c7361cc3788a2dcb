#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "pgb/certify/distinct_inputs.h"
#include "pgb/certify/interpolation.h"
#include "pgb/linalg/verified_inverse.h"

namespace pgb {

using namespace interpolation_detail;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// J_S over boxes around one centre, with one approximate inverse.
class FullRank {
 public:
  FullRank(const Problem& problem, const Vector<Real>& center, const InterpolationOptions& options,
           const char* caller)
      : data_(problem, center, caller), options_(options) {
    proof_.rank = data_.equations();
    if (options_.progress) options_.progress("choosing coordinates", -1);
    proof_.coordinates = data_.choose_coordinates(options_.max_memory);
    if (proof_.coordinates.size() < proof_.rank) {
      proof_.failure = data_.why_too_few(proof_.coordinates.size());
      return;
    }
    Vector<double> z;
    for (const Ball& x : data_.z()) z.push_back(x.midpoint());
    inverse_ = approx_inverse(data_.jacobian<double>(z, proof_.coordinates, options_.max_memory));
    if (!inverse_) proof_.failure = "J_S has no approximate inverse at the centre";
  }

  // |I - Y J_S| over the box of this radius, infinite with the reason in proof().failure where it holds a
  // kink.
  ResidualNorm test(double radius) {
    constexpr ResidualNorm kUnknown{kInfinity, kInfinity, kInfinity};
    if (!inverse_) return kUnknown;
    if (options_.stop != nullptr && options_.stop->load()) {
      proof_.failure = "stopped";
      return kUnknown;
    }
    if (options_.progress) options_.progress("gradient basis over a box of radius " + brief(radius), -1);
    const long wanted = radius > 0 ? 40 - static_cast<long>(std::log2(radius)) : 192;
    const long least = std::min(64L, options_.max_precision_bits);
    const PrecisionScope scope(precise_ ? std::min(256L, options_.max_precision_bits)
                                        : std::clamp(wanted, least, options_.max_precision_bits));
    proof_.precision_bits = working_precision();
    Vector<Ball> box;
    for (const Ball& x : data_.z()) box.push_back(Ball::with_radius(x, radius));
    const std::vector<Kink> kinks = data_.kinks(box);
    if (!kinks.empty()) {
      proof_.failure = "the box of radius " + brief(radius) + " holds a kink: node " + kinks.front().node +
                       ", unit " + std::to_string(kinks.front().unit) + ", sample " +
                       std::to_string(kinks.front().sample);
      return kUnknown;
    }
    const Matrix<Ball> j = data_.jacobian<Ball>(box, proof_.coordinates, options_.max_memory);
    if (precise_) return judged(verified_residual(*precise_, j), radius);
    const ResidualNorm norm = verified_residual(*inverse_, to_interval(j));
    if (norm.approx_floor() < 0.5 || proof_.rank > kLargestInBalls) return judged(norm, radius);
    {
      const PrecisionScope more(std::min(256L, options_.max_precision_bits));
      precise_ = approx_inverse(data_.jacobian<Ball>(data_.z(), proof_.coordinates, options_.max_memory));
    }
    return precise_ ? test(radius) : judged(norm, radius);
  }

  // Tests and keeps what is proven; a box smaller than one proven before changes nothing.
  bool proven(double radius) {
    const ResidualNorm norm = test(radius);
    last_ = norm;
    if (!norm.nonsingular()) return false;
    if (!proof_.full_rank || radius > proof_.radius) {
      proof_.full_rank = true;
      proof_.radius = radius;
      proof_.contraction = norm.total;
    }
    return true;
  }

  const ResidualNorm& last() const { return last_; }
  FullRankProof result() {
    if (proof_.full_rank) proof_.failure.clear();
    return std::move(proof_);
  }

 private:
  ResidualNorm judged(const ResidualNorm& norm, double radius) {
    if (!norm.nonsingular()) {
      proof_.failure = "|I - Y J_S| = " + brief(norm.total) + " on radius " + brief(radius) + ", needs < 1" +
                       (norm.approx_floor() >= 0.5 ? ": J_S is numerically singular at the centre"
                                                   : ": try a smaller box");
      if (!proof_.full_rank) proof_.contraction = norm.total;
    }
    return norm;
  }

  DistinctInputs data_;
  const InterpolationOptions& options_;
  std::optional<Matrix<double>> inverse_;
  std::optional<Matrix<Ball>> precise_;
  ResidualNorm last_;
  FullRankProof proof_;
};

}  // namespace

FullRankProof certify_full_rank(const Problem& problem, const Vector<Real>& center, double radius,
                                const InterpolationOptions& options) {
  if (!(radius >= 0) || !std::isfinite(radius)) {
    throw std::invalid_argument("certify_full_rank: expected a finite radius >= 0");
  }
  FullRank rank(problem, center, options, "certify_full_rank");
  rank.proven(radius);
  return rank.result();
}

FullRankProof largest_full_rank_box(const Problem& problem, const Vector<Real>& center,
                                    const InterpolationOptions& options) {
  constexpr int kSteps = 40;
  constexpr double kSmallest = 0x1p-200;
  FullRank rank(problem, center, options, "largest_full_rank_box");
  if (!rank.proven(0)) return rank.result();
  // The figure grows about linearly with the radius, faster on wide boxes.
  double good = 0, bad = kInfinity, next = std::min(0x1p-20, options.largest_radius);
  for (int k = 0; k < kSteps && next > kSmallest; ++k) {
    if (rank.proven(next)) {
      good = next;
      const ResidualNorm& norm = rank.last();
      next = norm.total > 0 ? next * norm.approx_factor_to(0.97) : options.largest_radius;
    } else {
      if (options.stop != nullptr && options.stop->load()) break;
      bad = next;
      next = good > 0 ? good : next / 1024;
    }
    if (good >= options.largest_radius) break;
    if (good > 0) {
      if (bad < 1.1 * good) break;
      if (next >= bad || next < 1.05 * good)
        next = bad < kInfinity ? std::sqrt(good) * std::sqrt(bad) : 1.5 * good;
    }
    next = std::min(next, options.largest_radius);
  }
  return rank.result();
}

}  // namespace pgb
