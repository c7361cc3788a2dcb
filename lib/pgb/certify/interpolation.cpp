#include "pgb/certify/interpolation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pgb/certify/distinct_inputs.h"
#include "pgb/linalg/verified_zero.h"

namespace pgb {

using namespace interpolation_detail;

namespace {

// The best output for every distinct input, d_y x groups, at the working precision; the reason in `failure`
// where the loss has none.
std::optional<Matrix<Ball>> best_outputs(const Problem& problem, const InputGroups& groups,
                                         std::string& failure) {
  const std::size_t d = problem.model->outputs();
  const Vector<Ball> y = to_scalars<Ball>(problem.y);
  Matrix<Ball> best(d, groups.count);
  Vector<int> count(groups.count, 0);
  std::vector<std::size_t> first(groups.count);
  const auto same = [&](std::size_t a, std::size_t b) {
    const auto ea = problem.y.exact.find(a), eb = problem.y.exact.find(b), end = problem.y.exact.end();
    if ((ea == end) != (eb == end)) return false;
    return ea == end ? problem.y.values[a] == problem.y.values[b] : ea->second == eb->second;
  };
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    const std::size_t g = groups.group[i];
    if (count[g]++ == 0) first[g] = i;
    for (std::size_t k = 0; k < d; ++k) {
      best(k, g) += y[i * d + k];
      if (!problem.loss.least_squares() && !same(i * d + k, first[g] * d + k)) {
        failure = "samples " + std::to_string(first[g]) + " and " + std::to_string(i) +
                  " have equal inputs and different targets";
        return std::nullopt;
      }
    }
  }
  for (std::size_t g = 0; g < groups.count; ++g) {
    for (std::size_t k = 0; k < d; ++k) {
      if (problem.loss.least_squares()) {
        best(k, g) /= Ball(count[g]);
      } else {
        best(k, g) = y[first[g] * d + k];
      }
    }
  }
  return best;
}

Vector<Ball> embedded(const Vector<Ball>& z, const std::vector<std::size_t>& s, const Vector<Ball>& u) {
  Vector<Ball> moved = z;
  for (std::size_t i = 0; i < s.size(); ++i) moved[s[i]] = u[i];
  return moved;
}

io::Tensor exact_tensor(const Vector<Ball>& z) {
  Vector<Real> reals;
  for (const Ball& x : z) reals.push_back(to_real(x));
  return to_tensor(reals);
}

std::string explain(const ZeroProof& zero, double largest_radius) {
  const std::string contraction =
      "|I - Y J_S| = " + brief(zero.contraction.total) + " on radius " + brief(zero.tried_radius);
  switch (zero.status) {
    case ZeroStatus::stopped:
      return "stopped";
    case ZeroStatus::too_far:
      return "Newton's method leaves the largest radius allowed, " + brief(largest_radius) +
             ": no interpolating point was found near the centre; a larger radius may help";
    case ZeroStatus::precision:
      return "|Y F(centre)| = " + brief(zero.newton_step) + " is rounding error at " +
             std::to_string(zero.precision_bits) + " bits, the most allowed: raise max_precision_bits";
    case ZeroStatus::singular:
      return "Krawczyk: " + contraction +
             ", needs < 1; the gradient basis is numerically rank-deficient: a wider network, or another "
             "point, may help";
    case ZeroStatus::no_contraction:
      return "Krawczyk: |Y (Phi - target)| = " + brief(zero.newton_step) + " and " + contraction +
             ", needs |Y F| + |I - Y J_S| r < r: the outputs are not near enough to the targets, train "
             "further";
    case ZeroStatus::obstacle:
      return zero.obstacle;
    case ZeroStatus::proven:
      break;
  }
  return "";
}

}  // namespace

InterpolationProof certify_interpolation(const Problem& problem, const Vector<Real>& center,
                                         const InterpolationOptions& options) {
  DistinctInputs data(problem, center, "certify_interpolation");
  InterpolationProof proof;
  const auto failed = [&](std::string reason) {
    proof.failure = std::move(reason);
    return proof;
  };
  for (const QuadraticTerm& term : problem.regularizer) {
    if (!term.lambda.empty() && term.lambda[0] == '-') return failed("the regulariser has a negative factor");
  }
  for (const std::size_t k : data.regularized()) {
    if (data.z()[k].is_exactly_zero()) continue;
    return failed("the regularised parameter " + std::to_string(k) + " is " + brief(data.z()[k].midpoint()) +
                  ", not exactly 0, so R > 0: an interpolating point need not be a global minimum");
  }
  if (!problem.loss.zero_is_reached()) {
    return failed("the loss " + problem.loss.name() + " reaches its infimum at no finite output");
  }
  const long start_bits = std::min(192L, options.max_precision_bits);
  {
    const PrecisionScope scope(start_bits);
    proof.precision_bits = start_bits;
    const Matrix<Ball> phi = data.outputs(data.z());
    bool reached = true;
    if (problem.loss.kind() == Loss::Kind::polynomial_hinge) {
      const Vector<Ball> y = to_scalars<Ball>(problem.y);
      for (std::size_t i = 0; i < problem.samples() && reached; ++i) {
        for (std::size_t k = 0; k < phi.rows; ++k) {
          const Ball margin = y[i * phi.rows + k] * phi(k, data.groups().group[i]) - Ball(1);
          if (margin.certainly_nonnegative()) continue;
          reached = false;
          proof.failure = "sample " + std::to_string(i) +
                          ": y phi is not shown to be at least 1 (y phi - 1 about " +
                          brief(margin.midpoint()) + ")";
        }
      }
      if (!reached) return proof;
    } else {
      const std::optional<Matrix<Ball>> best = best_outputs(problem, data.groups(), proof.failure);
      if (!best) return proof;
      for (std::size_t t = 0; t < phi.data.size() && reached; ++t) {
        reached = (phi.data[t] - best->data[t]).is_exactly_zero();
      }
    }
    if (reached) {
      proof.exists = true;
      proof.center = exact_tensor(data.z());
      return proof;
    }
  }

  if (options.progress) options.progress("choosing coordinates", -1);
  const std::vector<std::size_t> s = data.choose_coordinates(options.max_memory);
  if (s.size() < data.equations()) return failed(data.why_too_few(s.size()));
  SquareSystem system;
  system.size = s.size();
  system.value = [&](const Vector<Ball>& u) {
    Matrix<Ball> f = data.outputs(embedded(data.z(), s, u));
    std::string unused;
    const Matrix<Ball> best = *best_outputs(problem, data.groups(), unused);
    for (std::size_t t = 0; t < f.data.size(); ++t) f.data[t] -= best.data[t];
    return f.data;
  };
  system.approx_slope = [&](const Vector<double>& u) {
    Vector<double> z;
    for (const Ball& x : data.z()) z.push_back(x.midpoint());
    for (std::size_t i = 0; i < s.size(); ++i) z[s[i]] = u[i];
    return data.jacobian<double>(z, s, options.max_memory);
  };
  system.slope_balls = [&](const Vector<Ball>& u) {
    return data.jacobian<Ball>(embedded(data.z(), s, u), s, options.max_memory);
  };
  system.slope = [&](const Vector<Ball>& u) { return to_interval(system.slope_balls(u)); };
  ZeroOptions zero_options;
  zero_options.start_bits = start_bits;
  zero_options.max_bits = options.max_precision_bits;
  zero_options.largest_radius = options.largest_radius;
  zero_options.growth_steps = 8;
  zero_options.largest_ball_size = kLargestInBalls;
  zero_options.stop = options.stop;
  zero_options.progress = options.progress;
  Vector<Ball> start;
  for (const std::size_t k : s) start.push_back(data.z()[k]);
  const ZeroProof zero = verified_zero(system, start, zero_options);
  proof.precision_bits = zero.precision_bits;
  proof.contraction = zero.contraction.total;
  if (zero.status != ZeroStatus::proven) return failed(explain(zero, options.largest_radius));
  proof.exists = true;
  proof.radius = zero.existence_radius;
  proof.uniqueness_radius = zero.uniqueness_radius;
  proof.coordinates = s;
  const PrecisionScope scope(zero.precision_bits);
  proof.center = exact_tensor(embedded(data.z(), s, zero.center));
  return proof;
}

}  // namespace pgb
