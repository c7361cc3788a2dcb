// Isolated critical points: existence, uniqueness and kind.
#include <algorithm>
#include <cmath>

#include "pgb/certify/box_hessian.h"
#include "pgb/certify/boxes/dense.h"
#include "pgb/certify/boxes/examine.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/linalg/verified_inverse.h"

namespace pgb::boxes {
namespace {

using Kind = IsolatedPoint::Kind;

constexpr long kBits = 128;
constexpr double kContraction =
    0.5;  // |I - Y H|, well below the 1 that is needed: a checker encloses in its own way

// d^T H d for every H enclosed.
Ball curvature_of(const Matrix<Ball>& h, const Vector<double>& d) {
  Ball sum(0);
  for (std::size_t i = 0; i < h.rows; ++i) {
    for (std::size_t j = 0; j < h.cols; ++j) sum += Ball(d[i]) * Ball(d[j]) * h(i, j);
  }
  return sum;
}

Matrix<Ball> negative(Matrix<Ball> h) {
  for (Ball& entry : h.data) entry = -entry;
  return h;
}

// The kind shown by every Hessian enclosed; for a saddle also the direction of negative curvature.
Kind kind_of(const Matrix<Ball>& h, Vector<double>& direction) {
  if (verified_positive_definite(to_interval(h)).positive_definite) return Kind::minimum;
  if (verified_positive_definite(to_interval(negative(h))).positive_definite) return Kind::maximum;
  Matrix<double> middle(h.rows, h.cols);
  for (std::size_t i = 0; i < h.data.size(); ++i) middle.data[i] = h.data[i].midpoint();
  const ApproxEigen eigen = approx_symmetric_eigen(middle);
  direction.assign(eigen.vectors.column(0), eigen.vectors.column(1));
  for (double& d : direction) d = static_cast<float>(d);
  return curvature_of(h, direction).certainly_negative() ? Kind::saddle : Kind::unclassified;
}

}  // namespace

// The limit of Newton's steps from z, where they converge to a point in or just outside the box; else empty.
Vector<double> Examiner::newton(Vector<double> z, const Box& box) const {
  constexpr int kSteps = 30;
  const std::size_t n = z.size();
  for (int i = 0; i < kSteps; ++i) {
    const Intervals at(z.begin(), z.end());
    const Intervals g = net_.gradient(at);
    const std::optional<IntervalSquare> h = net_.hessian(at);
    if (!h) return {};
    const std::optional<Matrix<double>> inverse = approx_inverse(to_matrix(*h).mid);
    if (!inverse) return {};
    double moved = 0;
    for (std::size_t k = 0; k < n; ++k) {
      double step = 0;
      for (std::size_t j = 0; j < n; ++j) step -= (*inverse)(k, j) * g[j].middle();
      z[k] += step;
      moved = std::max(moved, std::abs(step) / std::max(std::abs(z[k]), box.width(k)));
      const double slack = box.width(k) / 2;
      if (!(z[k] > box.low[k] - slack && z[k] < box.high[k] + slack)) return {};
    }
    if (moved < 1e-15) return z;
  }
  return z;
}

std::optional<IsolatedPoint> Examiner::certify(const Vector<double>& z) const {
  constexpr double kSmallest = 1e-9;  // of uniqueness boxes, relative to the whole
  const std::size_t n = z.size();
  const auto known = [&z](const IsolatedPoint& p) { return holds(safe_box(p), z); };
  if (std::any_of(points_.begin(), points_.end(), known)) return std::nullopt;
  const PrecisionScope scope(kBits);
  Vector<Ball> center;
  for (const double x : z) center.emplace_back(x);
  std::vector<std::size_t> all(n);
  for (std::size_t k = 0; k < n; ++k) all[k] = k;
  double widest = 0;
  for (std::size_t k = 0; k < n; ++k) widest = std::max(widest, whole_.width(k));
  IsolatedPoint point;
  point.center = z;
  double q = 1;
  std::optional<Matrix<double>> y;
  for (double r = std::ldexp(1.0, std::ilogb(widest)); r > kSmallest * widest; r /= 2) {
    Vector<Ball> box;
    for (const Ball& x : center) box.push_back(Ball::with_radius(x, r));
    const Matrix<Ball> h = box_hessian_balls(problem_, box, all);
    const IntervalMatrix matrix = to_interval(h);
    y = approx_inverse(matrix.mid);
    if (!y) continue;
    q = verified_residual(*y, matrix).total;
    if (!(q <= kContraction)) continue;
    Vector<double> direction;
    const Kind kind = kind_of(h, direction);
    if (kind == Kind::unclassified && r > 1e-3 * widest) continue;
    point.kind = kind;
    point.direction = std::move(direction);
    point.uniqueness_radius = r / 2;
    break;
  }
  if (point.uniqueness_radius == 0) return std::nullopt;
  const Vector<Ball> f = Objective<Ball>(problem_).value_gradient(center).gradient;
  double step = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Ball sum(0);
    for (std::size_t j = 0; j < n; ++j) sum += Ball((*y)(i, j)) * f[j];
    step = std::max(step, sum.magnitude());
  }
  // |Y f| + q r <= r with room to spare.
  point.radius = step == 0 ? 0 : std::ldexp(1.0, std::ilogb(4 * step / (1 - q)) + 1);
  if (!(point.radius <= point.uniqueness_radius)) return std::nullopt;
  for (std::size_t k = 0; k < n; ++k) {
    const Interval reach = Interval(z[k]) + Interval(-point.radius, point.radius);
    if (reach.low < whole_.low[k] || reach.high > whole_.high[k]) return std::nullopt;
  }
  return point;
}

}  // namespace pgb::boxes
