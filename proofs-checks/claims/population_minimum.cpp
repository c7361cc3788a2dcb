#include "claims/population_minimum.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/linalg/verified_zero.h"
#include "pgb/model/gaussian_relu.h"

namespace pgb::claims {
namespace {

constexpr long bits = 192;

using Integers = std::vector<int>;  // a k x k matrix, row-major

// entry(i, j) for all i, j.
template <class Entry>
Integers matrix_of(std::size_t k, Entry entry) {
  Integers a;
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < k; ++j) a.push_back(entry(i, j));
  }
  return a;
}

// The five equivariant maps of a vector u of length k - 1 to k x k matrices: on the diagonal, along rows,
// along columns, in the last column and in the last row. With u = (1, ..., 1) the first, second, fourth and
// fifth give the fixed space but for the corner.
std::vector<Integers> copies_of(const std::vector<int>& u, std::size_t k) {
  const std::size_t last = k - 1;
  const auto inside = [&](std::size_t i, std::size_t j) { return i < last && j < last; };
  return {matrix_of(k, [&](auto i, auto j) { return inside(i, j) && i == j ? u[i] : 0; }),
          matrix_of(k, [&](auto i, auto j) { return inside(i, j) && i != j ? u[i] : 0; }),
          matrix_of(k, [&](auto i, auto j) { return inside(i, j) && i != j ? u[j] : 0; }),
          matrix_of(k, [&](auto i, auto j) { return i < last && j == last ? u[i] : 0; }),
          matrix_of(k, [&](auto i, auto j) { return i == last && j < last ? u[j] : 0; })};
}

std::vector<Integers> fixed_space(std::size_t k) {
  std::vector<Integers> t = copies_of(std::vector<int>(k - 1, 1), k);
  t[2] = t[3];
  t[3] = t[4];
  t[4] = matrix_of(k, [&](auto i, auto j) { return i == k - 1 && j == k - 1 ? 1 : 0; });
  return t;
}

std::vector<Integers> standard_copies(std::size_t k) {
  std::vector<int> u(k - 1, 0);
  u[0] = 1;
  u[1] = -1;
  return copies_of(u, k);
}

// e_0 ^ e_1 + e_1 ^ e_2 + e_2 ^ e_0: the rows add up to 0.
Integers antisymmetric(std::size_t k) {
  return matrix_of(
      k, [](auto i, auto j) { return i < 3 && j < 3 && i != j ? ((j + 3 - i) % 3 == 1 ? 1 : -1) : 0; });
}

// (e_0 - e_1)(e_2 - e_3)^T and its transpose.
Integers symmetric(std::size_t k) {
  return matrix_of(k, [](auto i, auto j) {
    const auto sign = [](std::size_t a) { return a % 2 == 0 ? 1 : -1; };
    return (i < 2 && j >= 2 && j < 4) || (j < 2 && i >= 2 && i < 4) ? sign(i) * sign(j) : 0;
  });
}

template <class S>
Vector<S> scalars(const Integers& a) {
  return Vector<S>(a.begin(), a.end());
}

template <class S>
Vector<S> weights(std::size_t k, const Vector<S>& z) {
  const std::vector<Integers> t = fixed_space(k);
  Vector<S> w(k * k, S(0));
  for (std::size_t c = 0; c < t.size(); ++c) {
    for (std::size_t i = 0; i < w.size(); ++i) {
      if (t[c][i] != 0) w[i] = z[c];  // the five have no entry in common
    }
  }
  return w;
}

template <class S>
S inner(const Integers& a, const Vector<S>& b) {
  S sum(0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != 0) sum += S(a[i]) * b[i];
  }
  return sum;
}

// <a_i, H a_j>, H the Hessian of Q at w.
template <class S>
Matrix<S> form(const Problem& problem, const Vector<S>& w, const std::vector<Integers>& a) {
  const HessianOperator<S> hessian(problem, w);
  Matrix<S> m(a.size(), a.size());
  for (std::size_t j = 0; j < a.size(); ++j) {
    const Vector<S> product = hessian(scalars<S>(a[j]));
    for (std::size_t i = 0; i < a.size(); ++i) m(i, j) = inner(a[i], product);
  }
  return m;
}

SquareSystem equations(const Problem& problem, std::size_t k) {
  const std::vector<Integers> t = fixed_space(k);
  SquareSystem system;
  system.size = t.size();
  system.value = [&problem, t, k](const Vector<Ball>& z) {
    const Vector<Ball> gradient = Objective<Ball>(problem).value_gradient(weights(k, z)).gradient;
    Vector<Ball> f;
    for (const Integers& a : t) f.push_back(inner(a, gradient));
    return f;
  };
  system.approx_slope = [&problem, t, k](const Vector<double>& z) { return form(problem, weights(k, z), t); };
  system.slope_balls = [&problem, t, k](const Vector<Ball>& z) { return form(problem, weights(k, z), t); };
  system.slope = [balls = system.slope_balls](const Vector<Ball>& z) { return to_interval(balls(z)); };
  return system;
}

// The Hessian on the copies of one representation: its form, and that of the identity.
struct Block {
  Matrix<Ball> form, lengths;

  Block(const Problem& problem, const Vector<Ball>& w, const std::vector<Integers>& a)
      : form(claims::form(problem, w, a)), lengths(a.size(), a.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < a.size(); ++j) lengths(i, j) = inner(a[i], scalars<Ball>(a[j]));
    }
  }

  // Proven: every eigenvalue is above the bound.
  bool above(double bound) const {
    Matrix<Ball> shifted = form;
    for (std::size_t i = 0; i < shifted.data.size(); ++i) shifted.data[i] -= Ball(bound) * lengths.data[i];
    return verified_positive_definite(shifted).positive_definite;
  }

  // An upper bound of the smallest eigenvalue: a Rayleigh quotient at the lowest eigenvector of the form,
  // about.
  Ball quotient() const {
    Matrix<double> middle(form.rows, form.cols);
    for (std::size_t i = 0; i < middle.data.size(); ++i) middle.data[i] = form.data[i].midpoint();
    const ApproxEigen eigen = approx_symmetric_eigen(middle);
    Ball numerator(0), denominator(0);
    for (std::size_t i = 0; i < form.rows; ++i) {
      for (std::size_t j = 0; j < form.cols; ++j) {
        const Ball both = Ball(eigen.vectors(i, 0)) * Ball(eigen.vectors(j, 0));
        numerator += both * form(i, j);
        denominator += both * lengths(i, j);
      }
    }
    return numerator / denominator;
  }
};

void decide_kind(const Problem& problem, const Vector<Ball>& w, PopulationPoint& point) {
  const std::size_t k = point.units;
  std::vector<Block> blocks;
  for (const auto& a : {fixed_space(k), standard_copies(k), {antisymmetric(k)}, {symmetric(k)}})
    blocks.emplace_back(problem, w, a);
  double high = blocks[0].quotient().upper();
  for (const Block& block : blocks) {
    const Ball quotient = block.quotient();
    high = std::min(high, quotient.upper());
    if (quotient.certainly_negative()) point.saddle = true;
  }
  point.curvature_bound = high;
  if (point.saddle) return;
  const auto all_above = [&](double bound) {
    return std::all_of(blocks.begin(), blocks.end(), [&](const Block& block) { return block.above(bound); });
  };
  point.strict_minimum = all_above(0);
  point.curvature_bound = 0;
  if (!point.strict_minimum) {
    point.failure = "the Hessian is neither proven positive definite nor indefinite";
    return;
  }
  for (int step = 0; step < 20; ++step) {
    const double middle = (point.curvature_bound + high) / 2;
    (all_above(middle) ? point.curvature_bound : high) = middle;
  }
}

// The largest radius 4^-j with Q(centre) - sum_i |d_i Q| radius > 0, the derivatives over the box.
double radius_of_positive_loss(const Problem& problem, const Vector<Ball>& w) {
  const Objective<Ball> objective(problem);
  for (double radius = 0.0625; radius > 1e-12; radius /= 4) {
    Vector<Ball> box;
    for (const Ball& x : w) box.push_back(Ball::with_radius(x, radius));
    Ball sum(0);
    for (const Ball& g : objective.value_gradient(box).gradient) sum += abs(g);
    if ((objective.value(w) - sum * Ball(radius)).certainly_positive()) return radius;
  }
  return 0;
}

}  // namespace

Problem population_problem(std::size_t units, const Vector<double>& z) {
  return make_problem(make_gaussian_relu_model(units, units), weights(units, z), {0}, {0}, "value");
}

PopulationPoint certify_population_point(std::size_t units, const Vector<double>& start) {
  if (units < 5 || start.size() != 5)
    throw std::invalid_argument("certify_population_point: expected 5 or more units and 5 numbers");
  const PrecisionScope scope(bits);
  const Problem problem = population_problem(units, start);
  PopulationPoint point;
  point.units = units;
  ZeroOptions options;
  options.start_bits = bits;
  const ZeroProof zero =
      verified_zero(equations(problem, units), Vector<Ball>(start.begin(), start.end()), options);
  if (zero.status != ZeroStatus::proven) {
    point.failure = "no critical point of this form was proven to lie near the start";
    return point;
  }
  point.exists = true;
  for (const Ball& x : zero.center) point.z.push_back(Ball::with_radius(x, zero.existence_radius));
  const Vector<Ball> w = weights(units, point.z);
  point.loss = Objective<Ball>(problem).value(w);
  decide_kind(problem, w, point);
  point.positive_radius = radius_of_positive_loss(problem, w);
  return point;
}

std::vector<PopulationPoint> spurious_population_minima(std::size_t last) {
  Vector<double> z{0.986703818888576842, -0.050413403216808737, 0.308010991479068746, 0.224515807599477889,
                   -0.601511923561093710};
  std::vector<PopulationPoint> points;
  for (std::size_t k = 6; k <= last; ++k) {
    points.push_back(certify_population_point(k, z));
    if (!points.back().exists) break;
    for (std::size_t c = 0; c < z.size(); ++c) z[c] = points.back().z[c].midpoint();
  }
  return points;
}

}  // namespace pgb::claims
