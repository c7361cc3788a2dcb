#include "pgb/search/local/batch_solver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "pgb/search/local/end_kind.h"
#include "pgb/search/local/lanes.h"

namespace pgb::search {
namespace {

constexpr double kSlow = 0.2;    // relative decrease of Q below which second derivatives are used
constexpr int kFirstOrder = 30;  // steps after which they are used in any case
constexpr int kNoise = 3;        // steps without progress at rounding level before a run ends
constexpr double kReach = 10;    // longest step, in sizes of the point
constexpr double kLeastDamping = 1e-16,
                 kLargestDamping = 1e16;  // of mu, relative to the largest diagonal entry

class Batch {
 public:
  Batch(const Layered& net, const std::vector<std::vector<double>>& starts, const SolverOptions& options)
      : net_(net),
        starts_(starts),
        options_(options),
        evaluator_(net),
        z_(net.n * kLanes),
        trial_(z_),
        step_(z_),
        endings_(starts.size()) {}

  std::vector<Ending> run() {
    fresh_.fill(false);
    for (std::size_t l = 0; l < kLanes; ++l) refill(l);
    evaluator_.evaluate(z_.data(), second_.data(), now_);
    for (std::size_t l = 0; l < kLanes; ++l) begin(l);
    while (busy() && !options_.stopped()) advance();
    return std::move(endings_);
  }

 private:
  static constexpr std::size_t kIdle = std::numeric_limits<std::size_t>::max();

  bool busy() const {
    return std::any_of(owner_.begin(), owner_.end(), [](std::size_t s) { return s != kIdle; });
  }

  // The lane takes the next start, whose first evaluation is still to come.
  void refill(std::size_t l) {
    owner_[l] = next_ < starts_.size() ? next_++ : kIdle;
    const std::vector<double>* start = owner_[l] == kIdle ? nullptr : &starts_[owner_[l]];
    for (std::size_t k = 0; k < net_.n; ++k) z_[k * kLanes + l] = start != nullptr ? (*start)[k] : 0;
    second_[l] = 0;
    steps_[l] = noise_[l] = 0;
    fresh_[l] = true;
  }

  void begin(std::size_t l) {
    damping_[l] = 1e-3;
    fresh_[l] = false;
  }

  double diagonal(std::size_t l) const {
    double largest = 0;
    for (std::size_t k = 0; k < net_.n; ++k) {
      largest = std::max(largest, std::abs(now_.matrix[((k + 1) * (k + 2) / 2 - 1) * kLanes + l]));
    }
    return largest;
  }

  static double sup_norm(const std::vector<double>& v, std::size_t l) {
    double largest = 0;
    for (std::size_t k = l; k < v.size(); k += kLanes) largest = std::max(largest, std::abs(v[k]));
    return largest;
  }

  static double squared_norm(const std::vector<double>& v, std::size_t l) {
    double sum = 0;
    for (std::size_t k = l; k < v.size(); k += kLanes) sum += v[k] * v[k];
    return sum;
  }

  // One damped Newton step of every lane.
  void advance() {
    std::array<double, kLanes> mu{};
    factor_ = now_.matrix;
    for (std::size_t l = 0; l < kLanes; ++l) mu[l] = damping_[l] * std::max(diagonal(l), 1e-300);
    for (std::size_t k = 0; k < net_.n; ++k) {
      for (std::size_t l = 0; l < kLanes; ++l) factor_[((k + 1) * (k + 2) / 2 - 1) * kLanes + l] += mu[l];
    }
    bool good[kLanes];
    factor_lanes(net_.n, factor_.data(), good);
    for (std::size_t k = 0; k < step_.size(); ++k) step_[k] = -now_.gradient[k];
    solve_lanes(net_.n, factor_.data(), step_.data());
    for (std::size_t l = 0; l < kLanes; ++l) {
      const bool moves = good[l] && !fresh_[l] && owner_[l] != kIdle;
      for (std::size_t k = l; k < z_.size(); k += kLanes) trial_[k] = moves ? z_[k] + step_[k] : z_[k];
    }
    evaluator_.evaluate(trial_.data(), second_.data(), then_);
    for (std::size_t l = 0; l < kLanes; ++l) {
      if (owner_[l] == kIdle) continue;
      if (fresh_[l]) {
        take(l);
        begin(l);
      } else {
        judge(l, good[l], mu[l]);
      }
    }
  }

  void take(std::size_t l) {
    now_.value[l] = then_.value[l];
    for (std::size_t k = l; k < z_.size(); k += kLanes) {
      z_[k] = trial_[k];
      now_.gradient[k] = then_.gradient[k];
    }
    for (std::size_t k = l; k < now_.matrix.size(); k += kLanes) now_.matrix[k] = then_.matrix[k];
  }

  // Accepts or refuses the lane's step, and sees whether the run is over.
  void judge(std::size_t l, bool good, double mu) {
    ++steps_[l];
    const double before = now_.value[l], after = then_.value[l], length = sup_norm(step_, l);
    const bool allowed = good && length <= kReach * (1 + sup_norm(z_, l));
    bool accepted = false;
    if (allowed && std::isfinite(after)) {
      double slope = 0, square = 0;
      for (std::size_t k = l; k < z_.size(); k += kLanes) {
        slope += now_.gradient[k] * step_[k];
        square += step_[k] * step_[k];
      }
      const double predicted = 0.5 * (mu * square - slope), ratio = (before - after) / predicted;
      const bool rounding = !(predicted > 1e-13 * std::abs(before));
      const bool smaller = squared_norm(then_.gradient, l) < squared_norm(now_.gradient, l);
      accepted = rounding ? smaller && after <= before * (1 + 1e-12) : ratio > 1e-4;
      if (rounding && !smaller) ++noise_[l];
      if (accepted) {
        if (before - after < kSlow * std::abs(before) || steps_[l] > kFirstOrder) second_[l] = 1;
        if (ratio > 0.75 || rounding) damping_[l] *= 0.1;
        if (ratio < 0.25 && !rounding) damping_[l] *= 4;
        take(l);
      }
    }
    if (!accepted) damping_[l] *= 4;
    damping_[l] = std::max(damping_[l], kLeastDamping);
    const double gradient = sup_norm(now_.gradient, l);
    const bool flat = gradient <= options_.gradient * (1 + std::abs(now_.value[l]));
    const bool still = good && length <= 1e-14 * (1 + sup_norm(z_, l));
    const bool settled = second_[l] == 1 && flat && (still || noise_[l] >= kNoise || gradient <= 1e-17);
    if (settled || (flat && second_[l] == 1 && length > 1e-3) || steps_[l] >= options_.max_steps ||
        damping_[l] > kLargestDamping || sup_norm(z_, l) > options_.far || !std::isfinite(now_.value[l])) {
      finish(l);
    }
  }

  void finish(std::size_t l) {
    Ending& e = endings_[owner_[l]];
    for (std::size_t k = l; k < z_.size(); k += kLanes) e.z.push_back(z_[k]);
    std::vector<double> gradient, matrix;
    for (std::size_t k = l; k < z_.size(); k += kLanes) gradient.push_back(now_.gradient[k]);
    for (std::size_t k = l; k < now_.matrix.size(); k += kLanes) matrix.push_back(now_.matrix[k]);
    e.steps = steps_[l];
    e.loss = now_.value[l];
    e.outputs = evaluator_.outputs(e.z);
    judge_end(gradient, matrix, options_, e);
    refill(l);
  }

  const Layered& net_;
  const std::vector<std::vector<double>>& starts_;
  const SolverOptions& options_;
  LaneEvaluator evaluator_;
  std::vector<double> z_, trial_, step_, factor_;
  LaneResult now_, then_;
  std::vector<Ending> endings_;
  std::size_t next_ = 0;
  std::array<std::size_t, kLanes> owner_{};
  std::array<bool, kLanes> fresh_{};
  std::array<double, kLanes> second_{}, damping_{};
  std::array<int, kLanes> steps_{}, noise_{};
};

}  // namespace

std::vector<Ending> solve_batch(const Layered& net, const std::vector<std::vector<double>>& starts,
                                const SolverOptions& options) {
  if (starts.empty()) return {};
  return Batch(net, starts, options).run();
}

}  // namespace pgb::search
