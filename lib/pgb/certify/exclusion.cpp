#include "pgb/certify/exclusion.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/flat/cells.h"
#include "pgb/model/graph.h"
#include "pgb/scalar/random.h"
#include "pgb/scalar/rounded.h"
#include "pgb/span/span.h"

namespace pgb {
namespace {

constexpr long kFirstBits = 128;
constexpr double kSmallestStep = 1e-12;  // along a flat direction
constexpr int kDirections = 6;           // random directions tried in each family
constexpr double kQuadNoise = 1e-29;     // |grad Q| below which no proof is tried

// The entry that lies farthest from 0; nothing when every one holds 0.
std::optional<std::size_t> farthest_from_zero(const Vector<Ball>& v) {
  std::optional<std::size_t> best;
  double largest = -1;
  for (std::size_t k = 0; k < v.size(); ++k) {
    if (!v[k].is_finite() || v[k].contains_zero()) continue;
    const double size = v[k].mignitude();
    if (size > largest) {
      largest = size;
      best = k;
    }
  }
  return best;
}

template <class S>
std::size_t largest_component(const Vector<S>& v, std::size_t first, std::size_t last) {
  std::size_t best = first;
  for (std::size_t k = first + 1; k < last; ++k) {
    if (std::abs(to_double(v[k])) > std::abs(to_double(v[best]))) best = k;
  }
  return best;
}

bool may_move(const FlatFamily& family) {
  return family.straight && !family.symmetry && family.keeps_regularizer;
}

Vector<double> scaled(Vector<double> v, double factor) {
  for (double& entry : v) entry *= factor;
  return v;
}

}  // namespace

Vector<Ball> parameter_box(const Problem& problem, double radius) {
  Vector<Ball> box = to_scalars<Ball>(problem.parameters);
  if (radius > 0) {
    for (Ball& z : box) z = Ball::with_radius(z, radius);
  }
  return box;
}

bool ExactGradient::certainly_zero() const {
  return std::all_of(gradient.begin(), gradient.end(), [](const Ball& g) { return g.is_exactly_zero(); });
}

std::optional<std::size_t> ExactGradient::certainly_nonzero() const { return farthest_from_zero(gradient); }

ExactGradient exact_gradient(const Problem& problem, long max_bits) {
  ExactGradient result;
  for (long bits = kFirstBits;; bits *= 4) {
    bits = std::min(bits, max_bits);
    const PrecisionScope scope(bits);
    const Objective<Ball> objective(problem);
    const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
    auto at = objective.value_gradient(z);
    result = {std::move(at.value), std::move(at.gradient), objective.kinks(z), bits};
    const bool undecided =
        std::any_of(result.kinks.begin(), result.kinks.end(), [](const Kink& k) { return !k.exact; });
    const bool decided = result.certainly_zero() || result.certainly_nonzero();
    if ((decided && !undecided) || bits == max_bits) return result;
  }
}

std::optional<NotCritical> certify_not_critical(const Problem& problem, double radius, long precision_bits) {
  const PrecisionScope scope(precision_bits);
  const Objective<Ball> objective(problem);
  const Vector<Ball> gradient = objective.value_gradient(parameter_box(problem, radius)).gradient;
  const auto component = farthest_from_zero(gradient);
  if (!component) return std::nullopt;
  return NotCritical{*component, gradient[*component], radius, precision_bits};
}

std::optional<FlatViolation> certify_flat_violation(const Problem& problem,
                                                    const std::vector<FlatFamily>& families,
                                                    std::uint64_t seed) {
  DyadicRandom random(seed);
  const bool cells = has_cells(problem);
  const Objective<Quad> trial(problem);
  const Vector<Quad> z_trial = to_scalars<Quad>(problem.parameters);
  const PrecisionScope scope(2 * kFirstBits);
  const Objective<Ball> objective(problem);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (!may_move(families[f])) continue;
    // d Q / d a_k is analytic in (b, W) whatever the rest of the model is; other components need an analytic
    // model.
    const bool added = families[f].kind == FlatFamily::Kind::added_neurons;
    if (!added && !problem.model->piecewise_analytic()) continue;
    const std::size_t first = added ? problem.model->added()->a : 0;
    const std::size_t last = added ? problem.model->added()->b : z.size();
    for (int direction = 0; direction < kDirections; ++direction) {
      const Vector<double> v = random.vector(families[f].dimension);
      for (double epsilon = 1; epsilon > kSmallestStep; epsilon /= 4) {
        const Vector<double> c = scaled(v, epsilon);
        const Vector<Quad> g = trial.value_gradient(flat_point(families[f], z_trial, c)).gradient;
        const std::size_t k = largest_component(g, first, last);
        if (!(std::abs(to_double(g[k])) > kQuadNoise)) break;
        if (cells && !added && !in_one_cell(objective, families[f], z, c)) continue;
        Ball enclosure = objective.value_gradient(flat_point(families[f], z, c)).gradient[k];
        if (!enclosure.is_finite() || enclosure.contains_zero()) continue;
        return FlatViolation{f, c, epsilon, k, std::move(enclosure), 2 * kFirstBits};
      }
    }
  }
  return std::nullopt;
}

std::vector<FlatTrial> approx_flat_gradients(const Problem& problem, const std::vector<FlatFamily>& families,
                                             std::uint64_t seed) {
  DyadicRandom random(seed);
  const Objective<Quad> objective(problem);
  const Vector<Quad> z = to_scalars<Quad>(problem.parameters);
  const bool cells = has_cells(problem);
  std::vector<FlatTrial> trials(families.size());
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (!may_move(families[f])) continue;
    for (int direction = 0; direction < kDirections; ++direction) {
      // Small where the model is piecewise, so that it mostly stays in its cell.
      const Vector<double> c = scaled(random.vector(families[f].dimension), cells ? 0x1p-20 : 0x1p-10);
      const Vector<Quad> at = flat_point(families[f], z, c);
      const Vector<Quad> g = objective.value_gradient(at).gradient;
      const double largest = std::abs(to_double(g[largest_component(g, 0, g.size())]));
      const double scale = approx_gradient_scale(problem, rounded(at), seed);
      trials[f].largest = std::max(trials[f].largest, largest);
      if (largest > 0) trials[f].relative = std::max(trials[f].relative, scale > 0 ? largest / scale : 1);
      ++trials[f].points;
    }
  }
  return trials;
}

double approx_gradient_scale(const Problem& problem, const Vector<double>& z, std::uint64_t seed) {
  const Objective<double> objective(problem);
  const Matrix<double> g = objective.output_gradient(objective.outputs(z));
  DyadicRandom random(seed);
  double scale = 0;
  for (int draw = 0; draw < 3; ++draw) {
    Matrix<double> parts = g;
    for (double& part : parts.data) part = random() < 0 ? -part : part;
    for (const double k : objective.pull_back(z, parts)) scale = std::max(scale, std::abs(k));
  }
  for (const double k : objective.regularizer_gradient(z)) scale = std::max(scale, std::abs(k));
  return scale;
}

std::optional<NoLocalMinimum> certify_no_local_minimum(const Problem& problem, double radius,
                                                       long precision_bits) {
  const AddedNeurons* added = problem.model->added();
  if (added == nullptr) return std::nullopt;
  const std::size_t d_y = problem.model->outputs();
  std::vector<bool> penalised(d_y, false);
  for (const QuadraticTerm& term : problem.regularizer) {
    if (term.lambda == "0") continue;
    if (term.end > added->b) return std::nullopt;  // (b, W) must be free
    for (std::size_t k = 0; k < d_y; ++k) {
      if (term.begin <= added->a + k && added->a + k < term.end) penalised[k] = true;
    }
  }
  // An unpenalised a_k need not be 0 at a critical point.
  if (!std::all_of(penalised.begin(), penalised.end(), [](bool p) { return p; })) return std::nullopt;
  const PrecisionScope scope(precision_bits);
  const Objective<Ball> objective(problem);
  Vector<Ball> z = parameter_box(problem, radius);
  for (std::size_t k = added->a; k < z.size(); ++k) z[k] = Ball(0);  // a = 0; b and W then do not matter
  const Matrix<Ball> residuals = objective.output_gradient(objective.outputs(z));
  const InputGroups groups = equal_input_groups(problem);
  Vector<Ball> sums(groups.count * d_y);
  std::vector<std::size_t> first(groups.count, problem.samples());
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    const std::size_t g = groups.group[i];
    first[g] = std::min(first[g], i);
    for (std::size_t k = 0; k < d_y; ++k) sums[g * d_y + k] += residuals(k, i);
  }
  const auto found = farthest_from_zero(sums);
  if (!found) return std::nullopt;
  return NoLocalMinimum{*found % d_y, first[*found / d_y], sums[*found], radius, precision_bits};
}

std::optional<NoLocalMinimum> largest_region_without_minimum(const Problem& problem, double start) {
  for (double radius = start; radius > start * 1e-12 && radius > 0; radius /= 4) {
    if (auto proof = certify_no_local_minimum(problem, radius)) return proof;
  }
  return certify_no_local_minimum(problem, 0, 2 * kFirstBits);
}

}  // namespace pgb
