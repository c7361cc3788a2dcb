#include "pgb/certify/evidence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "pgb/certify/describe.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr double kLanczosWork = 2e11;     // parameters x samples x products beyond which none is
constexpr double kLargestTangents = 4e6;  // entries of the tangent matrix whose rank is computed
constexpr double kZeroCurvature = 1e-10;  // relative to the largest: counted as zero

double norm(const Vector<double>& v) { return std::sqrt(dot(v.size(), v.data(), 1, v.data(), 1)); }

bool regularizer_is_off(const Problem& subject) {
  for (const QuadraticTerm& term : subject.regularizer) {
    for (std::size_t k = term.begin; k < term.end && term.lambda != "0"; ++k) {
      if (subject.parameters.values[k] != 0 || subject.parameters.exact.count(k) > 0) return false;
    }
  }
  return true;
}

}  // namespace

std::size_t default_memory() {
  std::ifstream info("/proc/meminfo");
  std::string name, unit;
  double kibibytes = 0;
  while (info >> name >> kibibytes >> unit) {
    if (name == "MemAvailable:") return static_cast<std::size_t>(0.75 * 1024 * kibibytes);
  }
  return std::size_t{4} << 30;
}

CheckOptions completed(CheckOptions options) {
  if (options.max_memory == 0) options.max_memory = default_memory();
  return options;
}

void add_gradient_basis(const Problem& subject, const CheckOptions& options, Verdict& v) {
  if (const auto h = subject.model->homogeneous_parameters()) {
    v.basis_holds = v.basis_certified = true;
    const Model& model = *subject.model;
    v.basis_reason = "the output is linear in " + std::to_string(h->size()) + " of the parameters" +
                     (h->empty() ? "" : ", from " + parameter_name(model, h->front())) +
                     ": h holds these and is 0 elsewhere";
    return;
  }
  const double bytes = 16.0 * static_cast<double>(subject.ambient()) * static_cast<double>(v.parameters);
  if (bytes > static_cast<double>(options.max_memory) || bytes > 1e9) {
    v.basis_reason =
        "no linear last layer; the test whether Phi(z) lies in range J(z) was not made, for its size";
    return;
  }
  const Matrix<double> j = gradient_basis<double>(subject);
  const Vector<double> phi = Objective<double>(subject).outputs(to_scalars<double>(subject.parameters)).data;
  const Vector<double> h = ApproxLeastSquares(j).solve(phi);
  Vector<double> rest = multiply<double>(j, {h.data(), h.size(), 1}).data;
  for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= phi[i];
  const double relative = norm(rest) / std::max(norm(phi), 1e-300);
  v.basis_holds = relative < 1e-10;
  char text[160];
  std::snprintf(text, sizeof text,
                "no linear last layer; Phi(z) %s range J(z), relative distance %.2g in double",
                v.basis_holds ? "lies in" : "is not in", relative);
  v.basis_reason = text;
}

std::size_t symmetry_dimension(const Problem& subject, const std::vector<FlatFamily>& families,
                               const CheckOptions& options) {
  const Vector<double> z = to_scalars<double>(subject.parameters);
  std::vector<Vector<double>> tangents;
  std::size_t kinds = 0, total = 0;
  bool curved = false;
  for (const FlatFamily& family : families) {
    if (!family.symmetry || !family.keeps_regularizer) continue;
    ++kinds;
    total += family.dimension;
    curved = curved || !family.straight;
  }
  const double entries = static_cast<double>(total) * static_cast<double>(z.size());
  if (kinds <= 1 && !curved) return total;  // a basis
  if (entries > kLargestTangents || 8 * entries > static_cast<double>(options.max_memory)) return total;
  for (const FlatFamily& family : families) {
    if (!family.symmetry || !family.keeps_regularizer) continue;
    for (Vector<double>& t : flat_tangents(family, z)) tangents.push_back(std::move(t));
  }
  Matrix<double> all(z.size(), tangents.size());
  for (std::size_t c = 0; c < tangents.size(); ++c) {
    const double length = norm(tangents[c]);
    for (std::size_t k = 0; k < z.size() && length > 0; ++k) all(k, c) = tangents[c][k] / length;
  }
  return approx_rank(all).rank;
}

void add_span(const Problem& subject, const std::vector<FlatFamily>& families,
              const std::vector<Vector<double>>& numerical_flats, const CheckOptions& options, Verdict& v) {
  SpanOptions span_options;
  span_options.max_memory = options.max_memory;
  span_options.seed = options.seed;
  span_options.exact_point = !v.subject.polished;
  span_options.max_precision_bits = options.max_precision_bits;
  span_options.numerical_flats = numerical_flats;
  span_options.progress = options.progress;
  span_options.stop = options.stop;
  const PerturbedSpan span = perturbed_gradient_span(subject, families, span_options);
  v.unperturbed_rank = span.unperturbed_rank();
  v.rank = span.rank();
  v.unperturbed_rank_certified = span.unperturbed_rank_certified();
  v.rank_certified = span.rank_certified();
  v.rank_reason = span.rank_reason();
  v.precision_bits = std::max(v.precision_bits, span.precision_bits());
  v.spectra = span.spectra();
  v.skipped.insert(v.skipped.end(), span.skipped().begin(), span.skipped().end());
  if (!v.basis_holds || !regularizer_is_off(subject) || !span.approx_value()) return;
  const double value = *span.approx_value(), loss = std::strtod(v.loss.c_str(), nullptr);
  if (!std::isfinite(loss)) return;  // beyond double, in which the value is computed
  v.pgb_value = std::isinf(value) ? "-inf" : to_text(value);
  v.gap = std::isinf(value) ? "inf" : to_text(std::max(0.0, loss - value));
}

Vector<double> add_curvature(const Problem& subject, std::size_t symmetries, const CheckOptions& options,
                             Verdict& v) {
  const Vector<double> z = to_scalars<double>(subject.parameters);
  const std::size_t n = z.size();
  const HessianOperator<double> hessian(subject, z);
  if (options.progress) options.progress("curvature", -1);
  if (n <= kDenseHessian) {
    const ApproxEigen eigen = approx_symmetric_eigen(hessian.dense());
    const double scale = std::max(std::abs(eigen.values.front()), std::abs(eigen.values.back()));
    if (!std::isfinite(scale)) return {};
    // The orbit's own zeros: as many of the smallest magnitudes as its dimension.
    std::vector<std::size_t> order(n);
    for (std::size_t k = 0; k < n; ++k) order[k] = k;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::abs(eigen.values[a]) < std::abs(eigen.values[b]);
    });
    order.erase(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(symmetries, n)));
    if (order.empty()) return {};
    const std::size_t least =
        *std::min_element(order.begin(), order.end(),
                          [&](std::size_t a, std::size_t b) { return eigen.values[a] < eigen.values[b]; });
    v.smallest_curvature = to_text(eigen.values[least]);
    v.negative_curvatures = v.zero_curvatures = 0;
    for (const std::size_t k : order) {
      if (std::abs(eigen.values[k]) <= kZeroCurvature * scale) {
        ++*v.zero_curvatures;
      } else if (eigen.values[k] < 0) {
        ++*v.negative_curvatures;
      }
    }
    return Vector<double>(eigen.vectors.column(least), eigen.vectors.column(least) + n);
  }
  const double work = static_cast<double>(n) * static_cast<double>(subject.samples()) * 200;
  if (work > kLanczosWork) {
    char text[96];
    std::snprintf(text, sizeof text, "about %.1g operations, more than the %.1g tried", work, kLanczosWork);
    v.skipped.push_back({"smallest curvature", text});
    return {};
  }
  const Vector<double> smallest = approx_smallest_eigenvalues(hessian, n, 1);
  if (!smallest.empty()) v.smallest_curvature = to_text(smallest[0]);
  if (smallest.empty())
    v.notes.push_back("The Lanczos iteration for the smallest curvature did not converge.");
  return {};
}

void add_slice(const Problem& subject, const std::string& label, const Vector<double>& direction,
               double length, Verdict& v) {
  const double size = norm(direction);
  if (!(size > 0) || !std::isfinite(size)) return;
  const Vector<double> z = to_scalars<double>(subject.parameters);
  const Objective<double> objective(subject);
  Verdict::Slice slice{label, {}};
  constexpr int half = 20;
  for (int i = -half; i <= half; ++i) {
    const double t = length * i / half;
    Vector<double> at = z;
    for (std::size_t k = 0; k < z.size(); ++k) at[k] += t / size * direction[k];
    const double value = objective.value(at);
    if (std::isfinite(value)) slice.points.emplace_back(t, value);
  }
  v.slices.push_back(std::move(slice));
}

}  // namespace pgb
