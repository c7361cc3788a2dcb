#include "pgb/certify/level_set.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "pgb/certify/box_hessian.h"
#include "pgb/derivatives/objective.h"
#include "pgb/flat/exact_arithmetic.h"
#include "pgb/flat/exact_forward.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/linalg/verified_zero.h"

namespace pgb {
namespace {

using flat_detail::Exact;
using flat_detail::Setting;
using Rationals = std::vector<mpq_class>;

constexpr double kSame = 1e-9;     // relative difference of what units see at two samples of a class
constexpr double kMostWork = 1e6;  // entries of J

// Rows that span what `rows` do, none of them 0.
std::vector<Rationals> echelon(const std::vector<Rationals>& rows) {
  std::vector<Rationals> basis;
  for (Rationals row : rows) {
    for (const Rationals& other : basis) {
      std::size_t pivot = 0;
      while (other[pivot] == 0) ++pivot;
      const mpq_class factor = row[pivot] / other[pivot];
      for (std::size_t j = 0; j < row.size(); ++j) row[j] -= factor * other[j];
    }
    if (std::any_of(row.begin(), row.end(), [](const mpq_class& x) { return x != 0; }))
      basis.push_back(std::move(row));
  }
  return basis;
}

// The affine nodes that read x, through renamings; nothing where anything else does, or shares their weights.
std::optional<std::vector<std::size_t>> readers_of_input(const Setting& s) {
  std::vector<std::size_t> readers;
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (!s.graph.feeds_output(k + 1) || node.op->kind() == OpKind::rename) continue;
    const auto reads = [&](std::size_t v) { return s.before_renaming(v) == 0; };
    if (std::none_of(node.inputs.begin(), node.inputs.end(), reads)) continue;
    if (!s.is_free_affine(k)) return std::nullopt;
    readers.push_back(k);
  }
  return readers;
}

class LevelSet {
 public:
  LevelSet(const Problem& problem, const Vector<Real>& center, const CriticalPointOptions& options)
      : problem_(problem),
        options_(options),
        setting_(problem),
        d_x_(problem.model->inputs()),
        d_y_(problem.model->outputs()) {
    for (const Real& x : center) z_.push_back(to_ball(x));
  }

  LevelSetProof run() {
    const auto readers = readers_of_input(setting_);
    if (!readers || readers->empty() || !find_classes(*readers)) return std::move(proof_);
    if (!moments_vanish()) {
      proof_.failure = "units see the same at samples whose residuals are not orthogonal to the inputs";
      return std::move(proof_);
    }
    find_equations(*readers);
    find_zero();
    if (proof_.failure.empty()) decide_kind();
    return std::move(proof_);
  }

 private:
  // False where no two samples look the same.
  bool find_classes(const std::vector<std::size_t>& readers) {
    const std::size_t m = problem_.samples();
    const Objective<double> objective(problem_);
    const std::vector<Matrix<double>> values = setting_.graph.values<double>(middle(), objective.x());
    std::vector<std::size_t> first;
    for (std::size_t i = 0; i < m; ++i) {
      const auto same = [&](std::size_t other) {
        for (const std::size_t k : readers) {
          for (std::size_t u = 0; u < values[k].rows; ++u) {
            const double a = values[k](u, i), b = values[k](u, other);
            if (!(std::abs(a - b) <= kSame * (1 + std::abs(a)))) return false;
          }
        }
        return true;
      };
      const auto at = std::find_if(first.begin(), first.end(), same);
      proof_.classes.push_back(static_cast<std::size_t>(at - first.begin()));
      if (at == first.end()) first.push_back(i);
    }
    first_ = first;
    return first.size() < m;
  }

  // Finds the means of the classes, and whether the deviations from them are orthogonal to the inputs.
  bool moments_vanish() {
    const std::size_t m = problem_.samples();
    const Rationals y = flat_detail::numbers<Exact>(problem_.y, 0, m * d_y_);
    x_ = flat_detail::numbers<Exact>(problem_.x, 0, m * d_x_);
    means_.assign(first_.size() * d_y_, 0);
    Rationals count(first_.size()), moments(first_.size() * d_y_ * d_x_);
    for (std::size_t i = 0; i < m; ++i) {
      count[proof_.classes[i]] += 1;
      for (std::size_t k = 0; k < d_y_; ++k) means_[proof_.classes[i] * d_y_ + k] += y[i * d_y_ + k];
    }
    for (std::size_t t = 0; t < means_.size(); ++t) means_[t] /= count[t / d_y_];
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t t = 0; t < d_y_ * d_x_; ++t) {
        const std::size_t k = t / d_x_, c = proof_.classes[i];
        moments[c * d_y_ * d_x_ + t] += (means_[c * d_y_ + k] - y[i * d_y_ + k]) * x_[i * d_x_ + t % d_x_];
      }
    }
    return std::all_of(moments.begin(), moments.end(), [](const mpq_class& sum) { return sum == 0; });
  }

  void find_equations(const std::vector<std::size_t>& readers) {
    std::vector<Rationals> differences;
    for (std::size_t i = 0; i < problem_.samples(); ++i) {
      Rationals row;
      for (std::size_t j = 0; j < d_x_; ++j)
        row.push_back(x_[i * d_x_ + j] - x_[first_[proof_.classes[i]] * d_x_ + j]);
      differences.push_back(std::move(row));
    }
    for (const Rationals& row : echelon(differences)) {
      for (const std::size_t k : readers) {
        for (std::size_t u = 0; u < setting_.rows(k); ++u) {
          linear_.emplace_back();
          for (std::size_t j = 0; j < d_x_; ++j)
            if (row[j] != 0) linear_.back().emplace_back(setting_.weight(k, u, j), row[j]);
        }
      }
    }
    std::vector<std::size_t> all;
    for (std::size_t k = 0; k < z_.size(); ++k) all.push_back(k);
    const std::size_t equations = linear_.size() + means_.size();
    proof_.across = approx_independent_columns(slopes<double>(middle(), all), equations);
    std::sort(proof_.across.begin(), proof_.across.end());
    if (proof_.across.size() < equations)
      proof_.failure = "the equations of the level set are dependent there";
  }

  Vector<double> middle() const {
    Vector<double> z;
    for (const Ball& x : z_) z.push_back(x.midpoint());
    return z;
  }

  Vector<Ball> embedded(const Vector<Ball>& u) const {
    Vector<Ball> z = z_;
    for (std::size_t i = 0; i < u.size(); ++i) z[proof_.across[i]] = u[i];
    return z;
  }

  // Derivatives of the equations by the listed parameters.
  template <class S>
  Matrix<S> slopes(const Vector<S>& z, const std::vector<std::size_t>& columns) const {
    const Matrix<S> j = Objective<S>(problem_).jacobian(z);
    Matrix<S> a(linear_.size() + means_.size(), columns.size());
    for (std::size_t c = 0; c < columns.size(); ++c) {
      for (std::size_t e = 0; e < linear_.size(); ++e) {
        for (const auto& [k, factor] : linear_[e])
          if (k == columns[c]) a(e, c) = from_rational<S>(factor.get_str());
      }
      for (std::size_t t = 0; t < means_.size(); ++t)
        a(linear_.size() + t, c) = j(first_[t / d_y_] * d_y_ + t % d_y_, columns[c]);
    }
    return a;
  }

  Vector<Ball> values(const Vector<Ball>& z) const {
    Vector<Ball> f;
    for (const auto& equation : linear_) {
      Ball sum(0);
      for (const auto& [k, factor] : equation) sum += from_rational<Ball>(factor.get_str()) * z[k];
      f.push_back(sum);
    }
    const Matrix<Ball> phi = Objective<Ball>(problem_).outputs(z);
    for (std::size_t t = 0; t < means_.size(); ++t)
      f.push_back(phi(t % d_y_, first_[t / d_y_]) - from_rational<Ball>(means_[t].get_str()));
    return f;
  }

  void find_zero() {
    if (!proof_.failure.empty()) return;
    SquareSystem system;
    system.size = proof_.across.size();
    system.value = [this](const Vector<Ball>& u) { return values(embedded(u)); };
    system.approx_slope = [this](const Vector<double>& u) {
      Vector<double> z = middle();
      for (std::size_t i = 0; i < u.size(); ++i) z[proof_.across[i]] = u[i];
      return slopes<double>(z, proof_.across);
    };
    system.slope_balls = [this](const Vector<Ball>& u) { return slopes<Ball>(embedded(u), proof_.across); };
    system.slope = [this](const Vector<Ball>& u) {
      return to_interval(slopes<Ball>(embedded(u), proof_.across));
    };
    system.obstacle = [this](const Vector<Ball>& u) {
      return Objective<Ball>(problem_).kinks(embedded(u)).empty() ? "" : "a unit may be at its kink";
    };
    ZeroOptions zero_options;
    zero_options.max_bits = options_.max_precision_bits;
    zero_options.start_bits = std::min(192L, options_.max_precision_bits);
    zero_options.largest_radius = options_.largest_radius;
    zero_options.stop = options_.stop;
    Vector<Ball> start;
    for (const std::size_t k : proof_.across) start.push_back(z_[k]);
    const ZeroProof zero = verified_zero(system, start, zero_options);
    proof_.precision_bits = zero.precision_bits;
    if (zero.status != ZeroStatus::proven) {
      proof_.failure = "that its equations have a solution near was not proven";
      return;
    }
    z_ = embedded(zero.center);
    proof_.radius = zero.existence_radius;
    const PrecisionScope scope(zero.precision_bits);
    Vector<Real> reals;
    for (const Ball& x : z_) reals.push_back(to_real(x));
    proof_.center = to_tensor(reals);
  }

  void decide_kind() {
    const PrecisionScope scope(std::max(128L, proof_.precision_bits));
    Vector<Ball> box = z_;
    for (const std::size_t k : proof_.across) box[k] = Ball::with_radius(box[k], proof_.radius);
    proof_.exists =
        verified_positive_definite(box_hessian_balls(problem_, box, proof_.across)).positive_definite;
    if (!proof_.exists) proof_.failure = "the Hessian across it was not proven positive definite";
  }

  const Problem& problem_;
  const CriticalPointOptions& options_;
  Setting setting_;
  std::size_t d_x_, d_y_;
  Vector<Ball> z_;                                                      // the centre, exact
  std::vector<std::size_t> first_;                                      // sample of each class
  Rationals x_, means_;                                                 // [m d_x], [classes d_y]
  std::vector<std::vector<std::pair<std::size_t, mpq_class>>> linear_;  // sum of factor z_k is 0
  LevelSetProof proof_;
};

}  // namespace

LevelSetProof certify_level_set(const Problem& problem, const Vector<Real>& center,
                                const CriticalPointOptions& options) {
  const bool fits = problem.model->graph() != nullptr && problem.model->added() == nullptr &&
                    problem.loss.least_squares() &&
                    static_cast<double>(problem.ambient()) * static_cast<double>(center.size()) <= kMostWork;
  const bool penalised = std::any_of(problem.regularizer.begin(), problem.regularizer.end(),
                                     [](const QuadraticTerm& term) { return term.lambda != "0"; });
  if (!fits || penalised) return {};
  return LevelSet(problem, center, options).run();
}

}  // namespace pgb
