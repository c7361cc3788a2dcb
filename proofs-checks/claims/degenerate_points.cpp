#include "claims/degenerate_points.h"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <utility>

#include "pgb/certify/box_hessian.h"
#include "pgb/certify/critical_point.h"
#include "pgb/certify/exclusion.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/model/callable.h"
#include "pgb/scalar/functions.h"

namespace pgb::claims {
namespace {

constexpr long bits = 256;
using Rational = boost::multiprecision::cpp_rational;

PointProof refused(std::string why) {
  PointProof proof;
  proof.shown = std::move(why);
  return proof;
}

// A problem that is not of the form the argument is made for.
bool has_sizes(const Problem& problem, std::size_t inputs, std::size_t samples, std::size_t parameters) {
  return problem.model->inputs() == inputs && problem.model->outputs() == 1 && problem.samples() == samples &&
         problem.model->parameters() == parameters && problem.loss.name() == "squared" &&
         problem.regularizer.empty();
}

// The first and second derivative of tanh.
Ball tanh_slope(const Ball& x) { return Ball(1) - square(tanh(x)); }
Ball tanh_curvature(const Ball& x) { return Ball(-2) * tanh(x) * tanh_slope(x); }

struct SingleUnit {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    return {z[0] * tanh(S(z[1] * x[0]))};
  }
};

// The critical point (a*, w*) of a tanh(w x) near (v_1 + v_2, w_1), enclosed; empty where none is proven.
Vector<Ball> single_unit(const Problem& problem) {
  const Vector<double> z = to_scalars<double>(problem.parameters);
  const Problem small = make_problem(make_callable_model(SingleUnit{}, 1, 1, 2), {z[2] + z[3], z[0]},
                                     to_scalars<double>(problem.x), to_scalars<double>(problem.y));
  const Vector<Real> center = to_scalars<Real>(small.parameters);
  const CriticalPointProof proof = certify_critical_point(small, center, {});
  if (!proof.exists) return {};
  Vector<Ball> at;
  for (const Real& x : to_scalars<Real>(proof.center))
    at.push_back(Ball::with_radius(to_ball(x), proof.existence_radius));
  return at;
}

// Whether the split points with shares from `from` to `to` are all minima, or all saddles; unit = (a*, w*).
bool holds_on_segment(const Problem& problem, const Vector<Ball>& unit, double from, double to, bool minima) {
  const Ball share = Ball::hull(Ball(from), Ball(to)), v1 = share * unit[0], v2 = (Ball(1) - share) * unit[0];
  const Matrix<Ball> h = box_hessian_balls(problem, {unit[1], unit[1], v1, v2}, {0, 1, 3});
  bool holds = false;
  if (minima) {
    holds = verified_positive_definite(h).positive_definite;
  } else {
    const Ball k[] = {v2.exact_midpoint(), -v1.exact_midpoint()};
    Ball curvature(0);
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t j = 0; j < 2; ++j) curvature += k[i] * h(i, j) * k[j];
    }
    holds = curvature.certainly_negative();
  }
  const double middle = (from + to) / 2;
  return holds || (to - from > 0x1p-16 && holds_on_segment(problem, unit, from, middle, minima) &&
                   holds_on_segment(problem, unit, middle, to, minima));
}

Rational rational(const io::Tensor& tensor, std::size_t k) {
  const auto exact = tensor.exact.find(k);
  return exact == tensor.exact.end() ? Rational(tensor.values[k]) : Rational(exact->second);
}

}  // namespace

PointProof certify_valley(const Problem& problem, const std::vector<std::size_t>& across,
                          const std::function<Vector<Ball>(const Vector<Ball>& z)>& bottom) {
  const PrecisionScope scope(bits);
  const Vector<Ball> saved = parameter_box(problem, 0);
  // The points (p, s*(p)) for all p within `room` of the saved ones.
  const auto along = [&](double room) {
    Vector<Ball> z = parameter_box(problem, room);
    const Vector<Ball> s = bottom(z);
    for (std::size_t i = 0; i < across.size(); ++i) z[across[i]] = s[i];
    return z;
  };
  PointProof proof;
  const Vector<Ball> nearest = along(0);
  for (const Ball& slope : Objective<Ball>(problem).value_gradient(nearest).gradient) {
    if (!slope.contains_zero()) return refused("the points named are not critical");
  }
  for (const std::size_t k : across)
    proof.distance = std::max(proof.distance, abs(nearest[k] - saved[k]).upper());
  for (proof.radius = 0.0625; proof.radius > 1e-9; proof.radius /= 2) {
    const IntervalMatrix h = box_hessian(problem, parameter_box(problem, proof.radius), across);
    const DefiniteProof definite = verified_positive_definite(h, true);
    if (!definite.positive_definite) continue;
    // Some neighbourhood of the saved p has its bottom inside the box.
    const Vector<Ball> line = along(proof.radius * 0x1p-10);
    const bool inside = std::all_of(across.begin(), across.end(), [&](std::size_t k) {
      return (Ball(proof.radius) - abs(line[k] - saved[k])).certainly_positive();
    });
    if (!inside) continue;
    proof.curvature = definite.eigenvalue_bound;
    proof.proven = true;
    proof.shown =
        "local minimum, so the condition holds: the bottom of a valley with positive curvature across it";
    return proof;
  }
  return refused("the Hessian across the level set is not proven positive definite");
}

PointProof certify_three_samples(const Problem& problem, const std::string& activation) {
  const PrecisionScope scope(bits);
  if (!has_sizes(problem, 2, 3, 6)) return refused("not a 2-2-1 network without biases on three samples");
  const Vector<Ball> x = to_scalars<Ball>(problem.x), y = to_scalars<Ball>(problem.y);
  const int direction[] = {1, 1, -2};  // 3 r
  for (std::size_t i = 0; i < 3; ++i) {
    const bool sums = (x[2 * i] + x[2 * i + 1] - Ball(1)).is_exactly_zero();
    if (!sums || !(Ball(1) - Ball(3) * y[i] - Ball(direction[i])).is_exactly_zero()) {
      return refused("the data are not those of the argument");
    }
  }
  for (std::size_t c = 0; c < 2; ++c) {
    Ball sum(0);
    for (std::size_t i = 0; i < 3; ++i) sum += Ball(direction[i]) * x[2 * i + c];
    if (!sum.is_exactly_zero()) return refused("the residuals are not orthogonal to the inputs");
  }
  // z = w_11, w_12, w_21, w_22, v_1, v_2.
  return certify_valley(problem, {1, 3, 5}, [&](const Vector<Ball>& z) {
    const auto s = [&](const Ball& t) { return activation == "sigmoid" ? sigmoid(t) : tanh(t); };
    return Vector<Ball>{z[0], z[2], (Ball(1) / Ball(3) - z[4] * s(z[0])) / s(z[2])};
  });
}

PointProof certify_split(const Problem& problem) {
  const PrecisionScope scope(bits);
  if (!has_sizes(problem, 1, 3, 4)) return refused("not a 1-2-1 network without biases on three samples");
  const Vector<Ball> unit = single_unit(problem);
  if (unit.empty()) return refused("no critical point of the smaller network was proven");
  return certify_valley(problem, {0, 1, 3}, [&](const Vector<Ball>& z) {
    return Vector<Ball>{unit[1], unit[1], unit[0] - z[2]};
  });
}

PointProof certify_isolated_segment(const Problem& problem) {
  const PrecisionScope scope(bits);
  if (!has_sizes(problem, 1, 3, 4)) return refused("not a 1-2-1 network without biases on three samples");
  const Vector<Ball> unit = single_unit(problem);
  if (unit.empty()) return refused("no critical point of the smaller network was proven");
  const Vector<Ball> saved = parameter_box(problem, 0), x = to_scalars<Ball>(problem.x),
                     y = to_scalars<Ball>(problem.y);
  const Ball &a = unit[0], &w = unit[1], &v1 = saved[2];
  const Ball v2 = a - v1;
  Ball h(0);
  for (std::size_t i = 0; i < 3; ++i) {
    const Ball g = Ball(2) * (a * tanh(w * x[i]) - y[i]) / Ball(3);
    h += g * tanh_curvature(w * x[i]) * square(x[i]);
  }
  h *= v1 * v2 * a;
  const Ball minor =
      tanh(w * x[0]) * x[1] * tanh_slope(w * x[1]) - tanh(w * x[1]) * x[0] * tanh_slope(w * x[0]);
  if (minor.contains_zero()) return refused("the two columns are not proven independent");
  if (h.contains_zero())
    return refused("the curvature that would end the segment of equal outputs is not proven to be nonzero");
  PointProof proof;
  proof.proven = true;
  const Vector<Ball> at{w, w, v1, v2};
  for (std::size_t k = 0; k < 4; ++k)
    proof.distance = std::max(proof.distance, abs(at[k] - saved[k]).upper());
  proof.shown =
      "satisfies the condition: nearby, the same outputs are found on a segment of critical points only";
  return proof;
}

PointProof certify_segment(const Problem& problem, double from, double to, bool minima) {
  const PrecisionScope scope(bits);
  if (!has_sizes(problem, 1, 3, 4)) return refused("not a 1-2-1 network without biases on three samples");
  const Vector<Ball> unit = single_unit(problem);
  if (unit.empty()) return refused("no critical point of the smaller network was proven");
  if (!holds_on_segment(problem, unit, from, to, minima)) return refused("not proven on the whole segment");
  PointProof proof;
  proof.proven = true;
  proof.shown = minima ? "every point of it is a local minimum, so the condition holds"
                       : "no point of it is a local minimum";
  return proof;
}

PointProof certify_affine_region(const Problem& problem) {
  const std::size_t n = problem.model->parameters(), m = problem.samples(), units = (n - 1) / 3;
  if (!has_sizes(problem, 1, m, 3 * units + 1))
    return refused("not a network of one hidden layer with biases on one input");
  const auto z = [&](std::size_t k) { return rational(problem.parameters, k); };
  Rational radius(1), sum(0), moment(0);
  for (std::size_t i = 0; i < m; ++i) {
    const Rational x = rational(problem.x, i);
    Rational output = z(3 * units);
    for (std::size_t j = 0; j < units; ++j) {
      const Rational argument = z(j) * x + z(units + j);
      const bool active = argument > 0, first = z(j) * rational(problem.x, 0) + z(units + j) > 0;
      if (active != first) return refused("a unit is active on some samples and not on others");
      // Within r the argument changes by at most r (|x| + 1).
      radius = std::min(radius, Rational(abs(argument) / (abs(x) + 1)));
      if (active) output += z(2 * units + j) * argument;
    }
    const Rational residual = output - rational(problem.y, i);
    sum += residual;
    moment += residual * x;
  }
  if (sum != 0 || moment != 0)
    return refused("the residuals are not orthogonal to the affine functions of x");
  PointProof proof;
  proof.radius = std::nextafter(radius.convert_to<double>(), 0.0) / 2;
  if (!(proof.radius > 0)) return refused("a unit has its kink at a sample");
  proof.proven = true;
  proof.shown =
      "local minimum, so the condition holds: nearby the network can only be an affine function of x, and it "
      "is the best "
      "one";
  return proof;
}

}  // namespace pgb::claims
