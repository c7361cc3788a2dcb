#include "pgb/span/span.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/flat/cells.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/rank.h"
#include "pgb/model/graph.h"
#include "pgb/scalar/product.h"
#include "pgb/scalar/random.h"
#include "pgb/span/exponentials.h"
#include "pgb/span/flat_steps.h"
#include "pgb/span/matrix_free.h"
#include "pgb/span/orthonormal.h"
#include "pgb/span/value.h"

namespace pgb {
namespace {

constexpr std::size_t kEliminated = 160;  // largest number of outputs for which ball elimination is tried
constexpr double kWork = 4e12;            // most floating-point operations of one dense factorisation
constexpr double kSeparate = 1e-10;       // eigenvalue, relative to the largest, that is told from 0
constexpr long kStartBits = 128;
constexpr long kBasisBits = 4096;  // most precision at which a basis is orthonormalised

std::string in_gibibytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g GiB", bytes / (1U << 30));
  return text;
}

std::string operations(double work) {
  char text[96];
  std::snprintf(text, sizeof text, "about %.2g operations, more than the %.2g tried", work, kWork);
  return text;
}

Spectrum spectrum_of(const std::string& label, const Vector<double>& values, long bits) {
  Spectrum spectrum{label, {}, bits};
  for (const double v : values) {
    if (v > 0) spectrum.magnitudes.push_back(std::log10(v));
  }
  return spectrum;
}

}  // namespace

template <class S>
Matrix<S> gradient_basis(const Problem& problem) {
  return Objective<S>(problem).jacobian(to_scalars<S>(problem.parameters));
}

#define PGB_INSTANTIATE(S) template Matrix<S> gradient_basis<S>(const Problem&);
PGB_FOR_BASE_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

bool added_neurons_span_everything(const Problem& problem, const std::vector<FlatFamily>& families) {
  const std::size_t d_x = problem.model->inputs(), d_y = problem.model->outputs();
  return std::any_of(families.begin(), families.end(), [&](const FlatFamily& f) {
    return f.kind == FlatFamily::Kind::added_neurons && f.keeps_regularizer && f.dimension == d_y * (1 + d_x);
  });
}

std::optional<bool> PerturbedSpan::approx_contains(const Vector<double>& v, double relative) const {
  if (!basis_ && !everything_) return std::nullopt;
  // Equal inputs have equal entries in T: v must have them too.
  Vector<double> mean(groups_.count * outputs_, 0), size(groups_.count, 0);
  for (std::size_t i = 0; i < groups_.group.size(); ++i) {
    size[groups_.group[i]] += 1;
    for (std::size_t k = 0; k < outputs_; ++k) mean[groups_.group[i] * outputs_ + k] += v[i * outputs_ + k];
  }
  for (std::size_t e = 0; e < mean.size(); ++e) mean[e] /= size[e / outputs_];
  Vector<double> projected = mean;
  if (!everything_) {
    const Vector<double> c = multiply_tn<double>(*basis_, {mean.data(), mean.size(), 1}).data;
    projected = multiply<double>(*basis_, {c.data(), c.size(), 1}).data;
  }
  double off = 0, norm = 0;
  for (std::size_t e = 0; e < v.size(); ++e) {
    const double p = projected[groups_.group[e / outputs_] * outputs_ + e % outputs_];
    off += (v[e] - p) * (v[e] - p);
    norm += v[e] * v[e];
  }
  return off <= relative * relative * norm;
}

// Fills a PerturbedSpan step by step.
class SpanBuilder {
 public:
  SpanBuilder(const Problem& problem, const std::vector<FlatFamily>& families, const SpanOptions& options)
      : problem_(problem), families_(families), options_(options), random_(options.seed) {
    span_.ambient_ = problem.ambient();
    span_.outputs_ = problem.model->outputs();
    span_.groups_ = equal_input_groups(problem);
    span_.upper_bound_ = span_.groups_.count * span_.outputs_;
    distinct_ = distinct_inputs(problem, span_.groups_);
  }

  PerturbedSpan build() {
    for (const FlatFamily& family : families_) {
      if (family.straight && !family.symmetry && family.keeps_regularizer) enlarging_.push_back(&family);
    }
    unperturbed();
    if (added_neurons_span_everything(problem_, families_)) {
      from_added_neurons();
    } else if (enlarging_.empty() ||
               (span_.unperturbed_rank_ && *span_.unperturbed_rank_ == span_.upper_bound_)) {
      span_.rank_ = span_.unperturbed_rank_;
      span_.rank_certified_ = span_.unperturbed_rank_certified_ && *span_.rank_ == span_.upper_bound_;
      if (!span_.rank_reason_.empty()) span_.rank_reason_ += "; ";
      span_.rank_reason_ += enlarging_.empty() ? "no flat family was found that could enlarge it"
                                               : "the gradient basis already spans every function of x";
    } else {
      from_flat_points();
    }
    from_numerical_flats();
    if (span_.rank_ && *span_.rank_ == span_.upper_bound_) span_.everything_ = true;
    if (span_.everything_) {
      span_.value_ = approx_value_over_functions(problem_, span_.groups_);
    } else if (span_.basis_) {
      span_.value_ = approx_value_over_basis(problem_, span_.groups_, *span_.basis_);
    }
    return std::move(span_);
  }

 private:
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }
  void show(const std::string& stage, double fraction = -1) const {
    if (options_.progress) options_.progress(stage, fraction);
  }

  // Whether a rows x cols matrix and its factorisation fit; otherwise a note of what was skipped.
  bool fits(const std::string& what, std::size_t rows, std::size_t cols) {
    const double small = static_cast<double>(std::min(rows, cols)),
                 large = static_cast<double>(std::max(rows, cols));
    const double bytes = 8 * (2 * small * large + 4 * small * small);
    if (bytes > static_cast<double>(options_.max_memory)) {
      span_.skipped_.push_back({what, "a " + std::to_string(rows) + " x " + std::to_string(cols) +
                                          " matrix needs " + in_gibibytes(bytes) + "; --max-memory is " +
                                          in_gibibytes(static_cast<double>(options_.max_memory))});
      return false;
    }
    const double work = 4 * small * small * large;
    if (work > kWork) {
      span_.skipped_.push_back({what, "a " + std::to_string(rows) + " x " + std::to_string(cols) +
                                          " matrix would be factored; that is " + operations(work)});
      return false;
    }
    return true;
  }

  void unperturbed() {
    const std::size_t rows = span_.upper_bound_, n = problem_.model->parameters();
    if (!fits("rank of the gradient basis", rows, n)) {
      matrix_free_rank();
      return;
    }
    show("rank of the gradient basis");
    jacobian_ = gradient_basis<double>(distinct_);
    const ApproxRank found = approx_rank(*jacobian_);
    span_.unperturbed_rank_ = found.rank;
    span_.spectra_.push_back(spectrum_of("before perturbation", found.singular_values, 53));
    const bool last = enlarging_.empty();
    if (last && found.rank < rows) span_.basis_ = approx_range(*jacobian_);
    if (!options_.exact_point || rows > kEliminated || rows * n > 40'000 || !stays_in_cell({})) return;
    const auto in_balls = [this] { return gradient_basis<Ball>(distinct_); };
    const AdaptiveRank proven =
        adaptive_rank(in_balls, std::min(rows, n), kStartBits, std::min(options_.max_precision_bits, 2048L));
    if (proven.bound.at_least < found.rank && !settled(proven)) return;
    span_.unperturbed_rank_ = proven.bound.at_least;
    span_.unperturbed_rank_certified_ = proven.bound.exact || proven.bound.at_least == std::min(rows, n);
    span_.precision_bits_ = proven.precision_bits;
    if (last) replace_basis(proven, [this] { return gradient_basis<Real>(distinct_); });
  }

  // Whether the rank that elimination found can be trusted over one found in double.
  static bool settled(const AdaptiveRank& rank) { return rank.stable || rank.bound.exact; }

  // A basis in double that has another dimension than elimination found is made anew, at its precision.
  void replace_basis(const AdaptiveRank& proven, const std::function<Matrix<Real>()>& matrix) {
    const std::size_t columns = span_.basis_ ? span_.basis_->cols : span_.upper_bound_;
    if (columns == proven.bound.at_least) return;
    span_.basis_.reset();
    if (proven.precision_bits > kBasisBits || proven.bound.at_least == span_.upper_bound_) return;
    show("basis of the span");
    const PrecisionScope scope(proven.precision_bits);
    span_.basis_ = approx_orthonormal(matrix(), proven.bound.columns);
  }

  // Too large to form: whether the rank is full, from the smallest eigenvalue of J J^T (or J^T J) by Lanczos.
  void matrix_free_rank() {
    const std::size_t rows = span_.upper_bound_, n = problem_.model->parameters();
    const Vector<double> z = to_scalars<double>(problem_.parameters);
    const auto smallest = relative_smallest_eigenvalue("rank of the gradient basis", {z}, rows <= n);
    if (!smallest || !(*smallest > kSeparate)) return;
    span_.unperturbed_rank_ = std::min(rows, n);
    span_.rank_reason_ = full_rank_reason(*smallest);
  }

  // The same for the sum of J J^T over z and a few flat points: T is everything where it is regular.
  void matrix_free_perturbed_rank() {
    const Vector<double> z = to_scalars<double>(problem_.parameters);
    std::vector<Vector<double>> points{z};
    const std::size_t each = span_.upper_bound_ / z.size() + 1;
    for (const FlatFamily* family : enlarging_) {
      for (std::size_t j = 0; j < each; ++j)
        points.push_back(flat_point(*family, z, flat_step(distinct_, *family, random_)));
    }
    const auto smallest = relative_smallest_eigenvalue("rank of the perturbed gradient span", points, true);
    if (!smallest || !(*smallest > kSeparate)) return;
    span_.rank_ = span_.upper_bound_;
    span_.rank_reason_ =
        full_rank_reason(*smallest) + ", over " + std::to_string(points.size()) + " flat points";
  }

  static std::string full_rank_reason(double smallest) {
    return "full rank: the smallest eigenvalue of the Gram operator, found without forming the gradient "
           "basis, is " +
           to_text(smallest) + " of the largest";
  }

  // From J J^T where that may be formed, otherwise by Lanczos. Nothing, and a note, where that takes too
  // long; nothing where Lanczos does not converge.
  std::optional<double> relative_smallest_eigenvalue(const std::string& what,
                                                     const std::vector<Vector<double>>& points,
                                                     bool of_rows) {
    if (of_rows && bytes_with_gram(distinct_) <= static_cast<double>(options_.max_memory) &&
        work_with_gram(distinct_, points.size()) <= kWork) {
      show(what + ", from its Gram matrix");
      return approx_relative_smallest_of_gram(distinct_, points, options_.max_memory);
    }
    const double work = matrix_free_work(distinct_, points.size());
    if (work > kWork) {
      span_.skipped_.push_back({what + " without forming the matrix", operations(work)});
      return std::nullopt;
    }
    show(what + ", matrix-free");
    return approx_relative_smallest_eigenvalue(distinct_, points, of_rows);
  }

  // T holds a_k exp(w.x + b) e_k for all w, b near, hence all functions of x, by separation.
  void from_added_neurons() {
    span_.rank_ = span_.upper_bound_;
    span_.rank_certified_ = true;
    span_.rank_reason_ =
        "the added neurons are off and free: their gradients exp(w.x + b) span every function of x "
        "(separation of the distinct inputs)";
    const std::size_t d = span_.groups_.count;
    if (d > kEliminated || stopped()) return;
    show("spectrum of the perturbed span");
    const AdaptiveRank found = exponential_rank(distinct_, random_, options_.max_precision_bits);
    span_.precision_bits_ = std::max(span_.precision_bits_, found.precision_bits);
    span_.spectra_.push_back(
        {"after perturbation (one output)", found.bound.log10_pivots, found.precision_bits});
    if (found.bound.at_least == d) span_.rank_reason_ += ", confirmed by elimination in ball arithmetic";
  }

  struct Generator {
    const FlatFamily* family;  // null: at z itself
    Vector<double> coordinates, direction;
  };

  // Where gradients at these points enlarge the span that the exact families give, they are let in.
  void from_numerical_flats() {
    const std::size_t points = options_.numerical_flats.size();
    if (points == 0 || stopped() || !span_.rank_ || *span_.rank_ == span_.upper_bound_) return;
    const std::size_t each = span_.upper_bound_ - span_.unperturbed_rank_.value_or(0) + 4;
    const std::vector<Generator> list = generators();
    if (!fits("span with numerical flats", span_.upper_bound_, list.size() + points * each)) return;
    Matrix<double> t = generated<double>(list);
    const Objective<double> objective(distinct_);
    for (const Vector<double>& z : options_.numerical_flats) {
      for (std::size_t j = 0; j < each; ++j) {
        const Vector<double> column = objective.forward_product(z, random_.vector(z.size())).data;
        t.data.insert(t.data.end(), column.begin(), column.end());
        ++t.cols;
      }
    }
    const ApproxRank found = approx_rank(t);
    if (found.rank <= *span_.rank_) return;
    span_.rank_ = found.rank;
    span_.rank_certified_ = false;
    span_.rank_reason_ +=
        "; with gradients at " + std::to_string(points) + " numerical flats, which prove nothing";
    span_.spectra_.push_back(spectrum_of("with numerical flats", found.singular_values, 53));
    span_.basis_.reset();
    if (found.rank < span_.upper_bound_) span_.basis_ = approx_range(t);
  }

  std::vector<Generator> generators() {
    const std::size_t n = problem_.model->parameters();
    std::vector<Generator> list;
    const std::size_t before = span_.unperturbed_rank_.value_or(std::min(span_.upper_bound_, n));
    for (std::size_t j = 0; j < before + 2; ++j) list.push_back({nullptr, {}, random_.vector(n)});
    const std::size_t wanted = span_.upper_bound_ - std::min(before, span_.upper_bound_) + 4;
    for (const FlatFamily* family : enlarging_) {
      for (std::size_t j = 0; j < wanted; ++j) {
        list.push_back({family, flat_step(distinct_, *family, random_), random_.vector(n)});
      }
    }
    return list;
  }

  // Proven: no kink at z, nor on the way to these flat points. Then the rank found there is that of small
  // steps too, but for isolated ones, since minors are analytic along the lines; without it gradients are
  // one-sided, or of another cell.
  bool stays_in_cell(const std::vector<Generator>& list) const {
    if (!has_cells(problem_)) return true;
    const PrecisionScope scope(kStartBits);
    const Objective<Ball> objective(distinct_);
    const Vector<Ball> z = to_scalars<Ball>(problem_.parameters);
    return objective.kinks(z).empty() && std::all_of(list.begin(), list.end(), [&](const Generator& g) {
             return g.family == nullptr || in_one_cell(objective, *g.family, z, g.coordinates);
           });
  }

  template <class S>
  Matrix<S> generated(const std::vector<Generator>& list) const {
    const Objective<S> objective(distinct_);
    const Vector<S> z = to_scalars<S>(problem_.parameters);
    Matrix<S> t(span_.upper_bound_, list.size());
    for (std::size_t j = 0; j < list.size(); ++j) {
      const Generator& g = list[j];
      const Vector<S> at = g.family == nullptr ? z : flat_point(*g.family, z, g.coordinates);
      const Vector<S> direction(g.direction.begin(), g.direction.end());
      const Matrix<S> column = objective.forward_product(at, direction);
      std::copy(column.data.begin(), column.data.end(), t.column(j));
      if (j % 64 == 0)
        show("perturbed gradient span", static_cast<double>(j) / static_cast<double>(list.size()));
    }
    return t;
  }

  void from_flat_points() {
    const std::size_t columns = span_.unperturbed_rank_.value_or(span_.upper_bound_) + 2 +
                                enlarging_.size() * (span_.upper_bound_ + 4);
    if (!fits("rank of the perturbed gradient span", span_.upper_bound_, columns)) {
      matrix_free_perturbed_rank();
      return;
    }
    const std::vector<Generator> list = generators();
    const Matrix<double> t = generated<double>(list);
    const ApproxRank found = approx_rank(t);
    span_.rank_ = std::max(found.rank, span_.unperturbed_rank_.value_or(0));
    span_.rank_reason_ =
        "gradients at " + std::to_string(list.size()) + " random points of the flat families";
    span_.spectra_.push_back(spectrum_of("after perturbation", found.singular_values, 53));
    if (*span_.rank_ < span_.upper_bound_) span_.basis_ = approx_range(t);
    if (!options_.exact_point || span_.upper_bound_ > kEliminated || stopped()) return;
    const auto in_balls = [&] { return generated<Ball>(list); };
    const AdaptiveRank proven =
        adaptive_rank(in_balls, span_.upper_bound_, kStartBits, options_.max_precision_bits);
    span_.precision_bits_ = std::max(span_.precision_bits_, proven.precision_bits);
    if (proven.bound.at_least < *span_.rank_ && !settled(proven)) return;
    span_.rank_ = proven.bound.at_least;
    std::vector<Generator> used;
    for (const std::size_t column : proven.bound.columns) used.push_back(list[column]);
    span_.rank_certified_ = *span_.rank_ == span_.upper_bound_ && stays_in_cell(used);
    if (span_.rank_certified_) span_.rank_reason_ += ", proven by elimination in ball arithmetic";
    replace_basis(proven, [&] { return generated<Real>(list); });
    span_.spectra_.back() = {"after perturbation", proven.bound.log10_pivots, proven.precision_bits};
  }

  const Problem& problem_;
  const std::vector<FlatFamily>& families_;
  const SpanOptions& options_;
  DyadicRandom random_;
  Problem distinct_;
  PerturbedSpan span_;
  std::vector<const FlatFamily*> enlarging_;
  std::optional<Matrix<double>> jacobian_;
};

PerturbedSpan perturbed_gradient_span(const Problem& problem, const std::vector<FlatFamily>& families,
                                      const SpanOptions& options) {
  return SpanBuilder(problem, families, options).build();
}

}  // namespace pgb
