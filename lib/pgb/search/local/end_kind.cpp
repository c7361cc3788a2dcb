#include "pgb/search/local/end_kind.h"

#include <algorithm>
#include <cmath>

namespace pgb::search {
namespace {

constexpr double kSingular = 1e-10;  // of the largest diagonal entry: eigenvalues below are not told from 0
constexpr double kFlat = 1e-13;      // damping of the step that tells a flat set from a way to infinity
constexpr double kLong = 1e-2;       // a step that goes on at a point where the gradient is rounding error
constexpr double kGrown = 6;         // parameters at which saturated units are to be expected

double sup_norm(const std::vector<double>& v) {
  double largest = 0;
  for (const double x : v) largest = std::max(largest, std::abs(x));
  return largest;
}

// Cholesky factor of matrix + shift I; empty where a pivot is not positive.
std::vector<double> factor(std::vector<double> matrix, std::size_t n, double shift) {
  for (std::size_t r = 0; r < n; ++r) {
    double* row = &matrix[r * (r + 1) / 2];
    row[r] += shift;
    for (std::size_t c = 0; c <= r; ++c) {
      const double* other = &matrix[c * (c + 1) / 2];
      double sum = row[c];
      for (std::size_t k = 0; k < c; ++k) sum -= row[k] * other[k];
      if (c == r && !(sum > 0)) return {};
      row[c] = c < r ? sum / other[c] : std::sqrt(sum);
    }
  }
  return matrix;
}

std::vector<double> solve(const std::vector<double>& lower, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t r = 0; r < n; ++r) {
    const double* row = &lower[r * (r + 1) / 2];
    for (std::size_t c = 0; c < r; ++c) b[r] -= row[c] * b[c];
    b[r] /= row[r];
  }
  for (std::size_t r = n; r-- > 0;) {
    const double* row = &lower[r * (r + 1) / 2];
    b[r] /= row[r];
    for (std::size_t c = 0; c < r; ++c) b[c] -= row[c] * b[r];
  }
  return b;
}

}  // namespace

const char* end_kind_name(EndKind kind) {
  switch (kind) {
    case EndKind::critical:
      return "critical";
    case EndKind::at_infinity:
      return "at infinity";
    case EndKind::stalled:
      return "stalled";
    case EndKind::not_finite:
      break;
  }
  return "not finite";
}

void judge_end(const std::vector<double>& gradient, const std::vector<double>& hessian,
               const SolverOptions& options, Ending& ending) {
  const std::size_t n = gradient.size();
  const double size = sup_norm(ending.z);
  ending.gradient = sup_norm(gradient);
  if (!std::isfinite(ending.loss) || !std::isfinite(size) || !std::isfinite(ending.gradient)) {
    ending.kind = EndKind::not_finite;
    return;
  }
  if (size > options.far) {
    ending.kind = EndKind::at_infinity;
    return;
  }
  double diagonal = 1e-300;
  for (std::size_t k = 0; k < n; ++k)
    diagonal = std::max(diagonal, std::abs(hessian[(k + 1) * (k + 2) / 2 - 1]));
  const bool regular = !factor(hessian, n, -kSingular * diagonal).empty();
  const std::vector<double> damped = factor(hessian, n, kFlat * diagonal);
  std::vector<double> step;
  if (!damped.empty()) step = solve(damped, gradient);
  ending.step = sup_norm(step);
  const bool rounding = ending.gradient <= 1e3 * options.gradient * (1 + ending.loss);
  // On the way to infinity second derivatives die out with the gradient: the step stays long, or the Hessian
  // is noise.
  const bool fading = damped.empty() || ending.step > kLong;
  if (regular && rounding && ending.step <= 1e-6 * (1 + size)) {
    ending.kind = EndKind::critical;
  } else if ((size > kGrown && rounding && fading) || (size > 10 * kGrown && !regular)) {
    ending.kind = EndKind::at_infinity;
  } else {
    ending.kind = rounding ? EndKind::critical : EndKind::stalled;
  }
  ending.curvature = Curvature::singular;
  if (ending.kind != EndKind::critical) return;
  if (regular) {
    ending.curvature = Curvature::positive;
  } else if (factor(hessian, n, kSingular * diagonal).empty()) {
    ending.curvature = Curvature::negative;
  }
}

}  // namespace pgb::search
