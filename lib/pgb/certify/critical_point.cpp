#include "pgb/certify/critical_point.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <utility>

#include "pgb/certify/box_hessian.h"
#include "pgb/certify/jacobian_rank.h"
#include "pgb/certify/pins.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/linalg/verified_zero.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

// Boxes on which second derivatives are enclosed are not single points, so that kinks of them show.
constexpr double kLeast = 1e-290;
constexpr double kMostElimination = 2e11;  // operations spent on choosing pinned coordinates

std::string text(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2g", x);
  return buffer;
}

class CriticalPoint {
 public:
  CriticalPoint(const Problem& problem, const Vector<Real>& center, const std::vector<FlatFamily>& families,
                const CriticalPointOptions& options)
      : problem_(problem), families_(families), options_(options) {
    const std::size_t n = problem.model->parameters();
    if (center.size() != n) {
      throw std::invalid_argument("certify_critical_point: expected a centre of " + std::to_string(n) +
                                  " entries, found " + std::to_string(center.size()));
    }
    for (const Real& x : center) z_.push_back(to_ball(x));
  }

  CriticalPointProof run() {
    Vector<double> z;
    for (const Ball& x : z_) z.push_back(x.midpoint());
    std::size_t tangents = 0;
    for (const FlatFamily& family : families_)
      tangents += is_symmetry_of_objective(family) ? family.dimension : 0;
    const double work =
        static_cast<double>(tangents) * static_cast<double>(tangents) * static_cast<double>(z.size());
    if (work > kMostElimination) {
      proof_.failure = std::to_string(tangents) + " symmetry tangents of " + std::to_string(z.size()) +
                       " parameters are too many for elimination";
      return proof_;
    }
    const Pins pins = choose_pins(families_, z, options_.held);
    proof_.symmetries = pins.uses;
    proof_.pinned = pins.coordinates;
    std::sort(proof_.pinned.begin(), proof_.pinned.end());
    for (std::size_t k = 0; k < z_.size(); ++k) {
      const bool pinned = std::binary_search(proof_.pinned.begin(), proof_.pinned.end(), k);
      const auto& held = options_.held;
      if (!pinned && std::find(held.begin(), held.end(), k) == held.end()) free_.push_back(k);
    }
    const double n = static_cast<double>(free_.size()), bytes = 100 * n * n;
    if (options_.max_memory > 0 && bytes > static_cast<double>(options_.max_memory)) {
      proof_.failure = "the Hessian of " + std::to_string(free_.size()) + " parameters needs about " +
                       text(bytes / 1e9) + " GB, more than the memory allowed";
      return proof_;
    }
    find_zero();
    if (proof_.exists) decide_kind();
    if (proof_.exists && options_.held.empty()) decide_regular();
    return proof_;
  }

 private:
  // z with the free coordinates replaced by u.
  Vector<Ball> embedded(const Vector<Ball>& u) const {
    Vector<Ball> z = z_;
    for (std::size_t i = 0; i < free_.size(); ++i) z[free_[i]] = u[i];
    return z;
  }

  Vector<Ball> free_part(const Vector<Ball>& z) const {
    Vector<Ball> u;
    for (const std::size_t k : free_) u.push_back(z[k]);
    return u;
  }

  Vector<Ball> box(double radius) const {
    Vector<Ball> z = z_;
    for (const std::size_t k : free_) z[k] = Ball::with_radius(z[k], radius);
    return z;
  }

  BoxHessianOptions hessian_options() const {
    BoxHessianOptions options;
    options.threads = options_.threads;
    options.stop = options_.stop;
    if (options_.progress) {
      options.progress = [this](double fraction) { options_.progress("second derivatives", fraction); };
    }
    return options;
  }

  SquareSystem equations() const {
    SquareSystem system;
    system.size = free_.size();
    system.value = [this](const Vector<Ball>& u) {
      return free_part(Objective<Ball>(problem_).value_gradient(embedded(u)).gradient);
    };
    system.approx_slope = [this](const Vector<double>& u) {
      Vector<double> z;
      for (const Ball& x : z_) z.push_back(x.midpoint());
      for (std::size_t i = 0; i < free_.size(); ++i) z[free_[i]] = u[i];
      return approx_hessian(problem_, z, free_, hessian_options());
    };
    system.slope = [this](const Vector<Ball>& u) {
      return box_hessian(problem_, embedded(u), free_, hessian_options());
    };
    system.slope_balls = [this](const Vector<Ball>& u) {
      return box_hessian_balls(problem_, embedded(u), free_, hessian_options());
    };
    system.obstacle = [this](const Vector<Ball>& u) {
      const std::vector<Kink> kinks = Objective<Ball>(problem_).kinks(embedded(u));
      if (kinks.empty()) return std::string();
      const Kink& kink = kinks.front();
      return "node " + kink.node + ", unit " + std::to_string(kink.unit) + ", sample " +
             std::to_string(kink.sample) +
             (kinks.size() > 1 ? " and " + std::to_string(kinks.size() - 1) + " more" : "");
    };
    return system;
  }

  void find_zero() {
    ZeroOptions zero_options;
    zero_options.max_bits = options_.max_precision_bits;
    zero_options.start_bits = std::min(192L, options_.max_precision_bits);
    zero_options.largest_radius = options_.largest_radius;
    zero_options.growth_steps = free_.size() <= 100 ? 8 : 3;
    zero_options.stop = options_.stop;
    zero_options.progress = options_.progress;
    if (free_.empty()) {
      proof_.failure = "every parameter is pinned by a symmetry";
      return;
    }
    ZeroProof zero = verified_zero(equations(), free_part(z_), zero_options);
    proof_.precision_bits = zero.precision_bits;
    proof_.contraction = zero.contraction.total;
    if (zero.status != ZeroStatus::proven) {
      proof_.failure = explain(zero);
      return;
    }
    z_ = embedded(zero.center);
    hessian_ = std::move(zero.slope);
    hessian_radius_ = zero.slope_radius;
    const PrecisionScope scope(zero.precision_bits);
    proof_.existence_radius = zero.existence_radius;
    proof_.uniqueness_radius = zero.uniqueness_radius;
    proof_.failure = check_symmetries();
    proof_.exists = proof_.failure.empty();
    proof_.center = exact_center();
  }

  // Z^T grad Q = 0 on the box and Z_P nonsingular there, without which grad_S Q = 0 proves nothing; empty
  // when proven.
  std::string check_symmetries() const {
    const std::size_t s = proof_.symmetries.size();
    if (s == 0) return "";
    const Vector<Ball> z = box(proof_.existence_radius);
    const Vector<Ball> gradient = Objective<Ball>(problem_).value_gradient(z).gradient;
    Matrix<Ball> z_p(s, s);
    for (std::size_t f = 0; f < families_.size(); ++f) {
      const auto uses_f = [&](const SymmetryUse& use) { return use.family == f; };
      if (std::none_of(proof_.symmetries.begin(), proof_.symmetries.end(), uses_f)) continue;
      const std::vector<Vector<Ball>> tangents = flat_tangents<Ball>(families_[f], z);
      for (std::size_t t = 0; t < s; ++t) {
        if (!uses_f(proof_.symmetries[t])) continue;
        const Vector<Ball>& tangent = tangents[proof_.symmetries[t].tangent];
        for (std::size_t p = 0; p < s; ++p) z_p(t, p) = tangent[proof_.pinned[p]];
        // Dead units are a symmetry only while they are dead: there every term of their gradient is exactly
        // 0.
        const Ball slope = dot<Ball>(z.size(), tangent.data(), 1, gradient.data(), 1);
        const bool dead = families_[f].kind == FlatFamily::Kind::dead_unit;
        if (dead ? !slope.is_exactly_zero() : !slope.contains_zero()) {
          return "the tangent of \"" + std::string(kind_name(families_[f].kind)) + "\" (" +
                 families_[f].where +
                 ") does not annihilate grad Q at the refined point: find the symmetries there anew";
        }
      }
    }
    if (!dead_units_are_dead()) {
      return "a unit that is dead at the problem's parameters is not known to be dead at the refined point: "
             "find the "
             "symmetries there anew";
    }
    const ResidualNorm norm = verified_nonsingular(to_interval(z_p));
    if (norm.nonsingular()) return "";
    return "symmetries: |I - R Z_P| = " + text(norm.total) + " for the pinned coordinates, needs < 1";
  }

  // Whether the dead units used are dead at the centre as well; on the box, which holds no kink, they are
  // then too.
  bool dead_units_are_dead() const {
    std::vector<std::size_t> used;
    for (const SymmetryUse& use : proof_.symmetries) {
      const FlatFamily& family = families_[use.family];
      if (family.kind == FlatFamily::Kind::dead_unit)
        used.push_back(family.basis[use.tangent].front().parameter);
    }
    if (used.empty()) return true;
    Problem at_center = problem_;
    at_center.parameters = exact_center();
    std::vector<bool> dead(z_.size(), false);
    for (const FlatFamily& family : flat_families(at_center)) {
      if (family.kind != FlatFamily::Kind::dead_unit) continue;
      for (const SparseVector& v : family.basis) dead[v.front().parameter] = true;
    }
    return std::all_of(used.begin(), used.end(), [&](std::size_t k) { return dead[k]; });
  }

  io::Tensor exact_center() const {
    Vector<Real> center;
    for (const Ball& x : z_) center.push_back(to_real(x));
    return to_tensor(center);
  }

  // The smallest magnitude of an eigenvalue of the Hessian at the centre, about; nothing where it costs too
  // much.
  std::optional<double> approx_smallest_curvature(const ZeroProof& zero) const {
    constexpr std::size_t kLargest = 600;
    if (free_.size() > kLargest) return std::nullopt;
    Vector<double> z;
    for (const Ball& x : embedded(zero.center)) z.push_back(x.midpoint());
    const Matrix<double> h = approx_hessian(problem_, z, free_);
    for (const double x : h.data) {
      if (!std::isfinite(x)) return std::nullopt;
    }
    double smallest = std::numeric_limits<double>::infinity();
    for (const double x : approx_symmetric_eigen(h).values) smallest = std::min(smallest, std::abs(x));
    return smallest;
  }

  std::string explain(const ZeroProof& zero) const {
    const auto smallest = [&] {
      const std::optional<double> value = approx_smallest_curvature(zero);
      return value ? " (smallest eigenvalue of H about " + text(*value) + " in magnitude)" : std::string();
    };
    switch (zero.status) {
      case ZeroStatus::stopped:
        return "stopped";
      case ZeroStatus::too_far:
        return "Newton's method leaves the largest radius allowed, " + text(options_.largest_radius) +
               ": no critical point was found near the centre; a larger radius, or further training, may "
               "help";
      case ZeroStatus::obstacle:
        return "not shown to be differentiable near the centre: " + zero.obstacle +
               "; ask about a point off the kink";
      case ZeroStatus::precision:
        return "|Y F(centre)| = " + text(zero.newton_step) + " is rounding error at " +
               std::to_string(zero.precision_bits) + " bits, the most allowed: raise max_precision_bits";
      case ZeroStatus::singular:
        return (zero.tried_radius > 0
                    ? "Krawczyk: |I - Y H| = " + text(zero.contraction.total) + " on radius " +
                          text(zero.tried_radius) + ", needs < 1; the Hessian is"
                    : std::string("The Hessian is")) +
               " numerically singular" + smallest() +
               ": a degenerate point, or a symmetry that is not known; added neurons, or the question "
               "whether a region "
               "holds a minimum, do not need a regular Hessian";
      case ZeroStatus::no_contraction:
        return (zero.tried_radius > 0
                    ? "Krawczyk: |Y F(centre)| = " + text(zero.newton_step) +
                          " and |I - Y H| = " + text(zero.contraction.total) + " on radius " +
                          text(zero.tried_radius) + ", needs |Y F| + |I - Y H| r < r"
                    : "Newton's method does not converge, its last step is " + text(zero.newton_step)) +
               smallest() +
               ": a degenerate point, or not near enough to a critical one; parameters with more digits may "
               "help";
      case ZeroStatus::proven:
        break;
    }
    return "";
  }

  // H_SS over the box with small enough a radius for definiteness to show.
  IntervalMatrix hessian_on(double radius) const {
    const PrecisionScope scope(std::max(64L, std::min(proof_.precision_bits, 192L)));
    return box_hessian(problem_, box(radius), free_, hessian_options());
  }

  void decide_kind() {
    DefiniteProof definite = verified_positive_definite(hessian_, true);
    if (!definite.positive_definite && find_saddle()) return;
    if (!definite.positive_definite && hessian_radius_ > 16 * proof_.existence_radius) {
      hessian_ = hessian_on(std::max(proof_.existence_radius, kLeast));
      definite = verified_positive_definite(hessian_, true);
    }
    if (!definite.positive_definite && free_.size() <= 400) {
      const PrecisionScope scope(proof_.precision_bits);
      definite = verified_positive_definite(box_hessian_balls(
          problem_, box(std::max(proof_.existence_radius, kLeast)), free_, hessian_options()));
    }
    if (definite.positive_definite) {
      proof_.strict_minimum = true;
      proof_.curvature_bound = definite.eigenvalue_bound;
      return;
    }
    proof_.failure =
        "a critical point, but neither H proven positive definite (its smallest eigenvalue would have to "
        "be above " +
        text(definite.resolution) +
        ") nor a direction of negative curvature: its smallest eigenvalue is too near to 0";
  }

  // rank J <= n - s near z* by the symmetries; a minor of n - s columns shows that it is that.
  void decide_regular() {
    const std::size_t ambient = problem_.ambient();
    const double bytes = 60.0 * static_cast<double>(ambient) * static_cast<double>(z_.size());
    if (ambient < free_.size() ||
        (options_.max_memory > 0 && bytes > static_cast<double>(options_.max_memory)))
      return;
    const PrecisionScope scope(std::max(64L, std::min(proof_.precision_bits, 192L)));
    RankBound bound = rank_on_box(problem_, box(std::max(proof_.existence_radius, kLeast)), free_);
    if (bound.at_least < free_.size()) return;
    proof_.regular = true;
    proof_.regular_rows = std::move(bound.rows);
  }

  // The eigenvector of the most negative eigenvalue in double, scaled to largest entry 1, and d^T H d over
  // the box.
  bool find_saddle() {
    const Vector<double> v = approx_most_negative(hessian_.mid);
    double largest = 0;
    for (const double x : v) largest = std::max(largest, std::abs(x));
    if (!(largest > 0)) return false;
    Vector<double> direction(z_.size(), 0.0);
    Vector<Ball> d(z_.size(), Ball(0));
    for (std::size_t i = 0; i < free_.size(); ++i) {
      direction[free_[i]] = v[i] / largest;
      d[free_[i]] = Ball(direction[free_[i]]);
    }
    const PrecisionScope scope(proof_.precision_bits);
    const Vector<Ball> z = box(std::max(proof_.existence_radius, kLeast));
    const Vector<Ball> product = HessianOperator<Ball>(problem_, z)(d);
    const Ball curvature = dot<Ball>(d.size(), d.data(), 1, product.data(), 1);
    if (!curvature.certainly_negative()) return false;
    proof_.saddle = true;
    proof_.negative_direction = std::move(direction);
    proof_.curvature_bound = (curvature / dot<Ball>(d.size(), d.data(), 1, d.data(), 1)).upper();
    return true;
  }

  const Problem& problem_;
  const std::vector<FlatFamily>& families_;
  const CriticalPointOptions& options_;
  Vector<Ball> z_;                 // the centre, exact
  std::vector<std::size_t> free_;  // S, ascending
  IntervalMatrix hessian_;         // H_SS over the box of hessian_radius_
  double hessian_radius_ = 0;
  CriticalPointProof proof_;
};

}  // namespace

CriticalPointProof certify_critical_point(const Problem& problem, const Vector<Real>& center,
                                          const std::vector<FlatFamily>& symmetries,
                                          const CriticalPointOptions& options) {
  return CriticalPoint(problem, center, symmetries, options).run();
}

}  // namespace pgb
