#include "pgb/linalg/verified_definite.h"

#include <arb_mat.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/scalar/ball_product.h"
#include "pgb/scalar/kernels.h"

namespace pgb {

using namespace verified_detail;

namespace {

// sum_k a[k] b[k] in four partial sums; the error bounds hold for every order of summation.
double plain_dot(const double* a, const double* b, std::size_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  std::size_t k = 0;
  for (; k + 4 <= n; k += 4) {
    s0 += a[k] * b[k];
    s1 += a[k + 1] * b[k + 1];
    s2 += a[k + 2] * b[k + 2];
    s3 += a[k + 3] * b[k + 3];
  }
  for (; k < n; ++k) s0 += a[k] * b[k];
  return (s0 + s1) + (s2 + s3);
}

// What a completed factorisation of B = fl(mid - c I) leaves of c: lambda_min(A) > c - loss, for every c >=
// 0.
double loss_of(const IntervalMatrix& a, double norm_of_radius) {
  const std::size_t n = a.rows();
  const double g = gamma(n + 3), count = static_cast<double>(n);
  double trace = 0, largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = std::max(a.mid(i, i), 0.0);  // >= B_ii when that is positive
    trace = add_up(trace, d);
    largest = std::max(largest, d);
  }
  const double alpha = divide_up(g, subtract_down(1, g));
  const double underflow = count * (2 * count + 4 + largest) * 4 * kTiny;
  double loss = add_up(multiply_up(alpha, trace), multiply_up(2 * kUnit, largest));
  loss = add_up(loss, underflow);
  return add_up(loss, norm_of_radius);
}

// The lower triangle of fl(mid - c I), and above it what there is.
Matrix<double> shifted(const IntervalMatrix& a, double c) {
  Matrix<double> b = a.mid;
  for (std::size_t j = 0; j < b.rows; ++j) b(j, j) -= c;
  return b;
}

bool cholesky(Matrix<double>& b) { return kernels().cholesky(b.rows, b.data.data()); }

// The smallest eigenvalue of L L^T, about, by inverse iteration.
double approx_smallest(const Matrix<double>& l) {
  const std::size_t n = l.rows;
  Vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = 1 + 0.5 * std::sin(static_cast<double>(3 * i + 1));
  double growth = 1;
  for (int round = 0; round < 30; ++round) {
    double norm = 0;
    for (const double x : v) norm = std::hypot(norm, x);
    for (double& x : v) x /= norm;
    for (std::size_t j = 0; j < n; ++j) {
      v[j] /= l(j, j);
      for (std::size_t i = j + 1; i < n; ++i) v[i] -= l(i, j) * v[j];
    }
    for (std::size_t j = n; j-- > 0;)
      v[j] = (v[j] - plain_dot(l.column(j) + j + 1, v.data() + j + 1, n - j - 1)) / l(j, j);
    growth = 0;
    for (const double x : v) growth = std::hypot(growth, x);
    if (!(growth > 0 && growth < kInfinity)) return 0;
  }
  return 1 / growth;
}

DefiniteProof by_one_cholesky(const IntervalMatrix& a, double norm_of_radius, bool sharpen) {
  DefiniteProof proof;
  const double loss = loss_of(a, norm_of_radius);
  proof.resolution = 2 * loss;
  if (!(loss < kInfinity)) return proof;
  double shift = loss;
  Matrix<double> b = shifted(a, shift);
  if (!cholesky(b)) return proof;
  proof.positive_definite = true;
  proof.rung = DefiniteRung::in_double;
  if (!sharpen) return proof;
  const double smallest = approx_smallest(b);
  for (const double part : {0.95, 0.5, 0.1, 0.01}) {
    shift = loss + part * smallest;
    b = shifted(a, shift);
    if (!cholesky(b)) continue;
    proof.eigenvalue_bound = std::max(0.0, subtract_down(shift, loss));
    break;
  }
  return proof;
}

// D A D with D_ii = 2^e_i.
IntervalMatrix scaled(const IntervalMatrix& a, const std::vector<int>& e) {
  IntervalMatrix s(a.rows(), a.cols());
  for (std::size_t j = 0; j < a.cols(); ++j) {
    for (std::size_t i = j; i < a.rows(); ++i) {
      double middle = std::ldexp(a.mid(i, j), e[i] + e[j]), radius = std::ldexp(a.radius(i, j), e[i] + e[j]);
      if (a.radius(i, j) != 0 && radius < kTiny) radius = kTiny;
      if (a.mid(i, j) != 0 && std::abs(middle) < kTiny) {
        middle = 0;
        radius = add_up(radius, kTiny);
      }
      s.mid(i, j) = s.mid(j, i) = middle;
      s.radius(i, j) = s.radius(j, i) = radius;
    }
  }
  return s;
}

DefiniteProof by_scaled_cholesky(const IntervalMatrix& a, bool sharpen) {
  std::vector<int> e(a.rows());
  int largest = -1000;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    if (!(a.mid(i, i) > 0)) return {};
    e[i] = -std::ilogb(a.mid(i, i)) / 2;
    if (std::abs(e[i]) > 400) return {};
    largest = std::max(largest, e[i]);
  }
  const IntervalMatrix s = scaled(a, e);
  for (const double x : s.mid.data) {
    if (!std::isfinite(x)) return {};
  }
  DefiniteProof proof = by_one_cholesky(s, verified_symmetric_norm(s.radius), sharpen);
  // x^T A x = y^T D A D y with y = D^-1 x, |y|^2 >= |x|^2 / max D_ii^2
  proof.eigenvalue_bound = std::ldexp(proof.eigenvalue_bound, -2 * largest);
  if (proof.eigenvalue_bound < kTiny) proof.eigenvalue_bound = 0;
  return proof;
}

Matrix<double> symmetric_from_lower(const Matrix<double>& a) {
  Matrix<double> s = a;
  for (std::size_t j = 0; j < a.cols; ++j) {
    for (std::size_t i = 0; i < j; ++i) s(i, j) = a(j, i);
  }
  return s;
}

}  // namespace

DefiniteProof verified_positive_definite(const IntervalMatrix& a, bool sharpen) {
  if (a.rows() != a.cols())
    throw std::invalid_argument("verified_positive_definite: the matrix is not square");
  require_size(a.rows());
  const double norm_of_radius = verified_symmetric_norm(symmetric_from_lower(a.radius));
  const DefiniteProof plain = by_one_cholesky(a, norm_of_radius, sharpen);
  if (plain.positive_definite) return plain;
  DefiniteProof proof = by_scaled_cholesky(a, sharpen);
  proof.resolution = plain.resolution;
  return proof;
}

namespace {

// Whether X A X^T is proven positive definite, X about the inverse of a Cholesky factor of A + c I.
bool by_preconditioning(const Matrix<Ball>& a, const IntervalMatrix& rounded, int threads) {
  const std::size_t n = a.rows;
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i) trace += std::abs(rounded.mid(i, i));
  std::optional<Matrix<double>> x;
  for (double c = static_cast<double>(n) * 4 * kUnit * trace; !x && c <= 1e-6 * trace; c *= 100) {
    Matrix<double> factor = shifted(rounded, -c);
    if (!cholesky(factor)) continue;
    for (std::size_t j = 0; j < n; ++j) std::fill(factor.column(j), factor.column(j) + j, 0.0);
    x = approx_inverse(factor);
    if (!x) return false;
  }
  if (!x) return false;
  Matrix<Ball> exact(n, n), whole(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      exact(i, j) = Ball((*x)(i, j));
      whole(i, j) = a(std::max(i, j), std::min(i, j));
    }
  }
  const Matrix<Ball> left = multiply_by_residues(Form::nn, exact, whole, threads);
  return verified_positive_definite(to_interval(multiply_by_residues(Form::nt, left, exact, threads)))
      .positive_definite;
}

bool by_balls(const Matrix<Ball>& a) {
  const std::size_t n = a.rows;
  arb_mat_t from, factor;
  arb_mat_init(from, static_cast<slong>(n), static_cast<slong>(n));
  arb_mat_init(factor, static_cast<slong>(n), static_cast<slong>(n));
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      arb_set(arb_mat_entry(from, static_cast<slong>(i), static_cast<slong>(j)),
              a(std::max(i, j), std::min(i, j)).get());
    }
  }
  const bool completed = arb_mat_cho(factor, from, working_precision()) != 0;
  arb_mat_clear(from);
  arb_mat_clear(factor);
  return completed;
}

}  // namespace

DefiniteProof verified_positive_definite(const Matrix<Ball>& a, bool sharpen, int threads) {
  constexpr std::size_t kSmall = 60, kLargestInBalls = 1000;
  const IntervalMatrix rounded = to_interval(a);
  DefiniteProof proof = verified_positive_definite(rounded, sharpen);
  if (proof.positive_definite) return proof;
  const bool finite = std::all_of(rounded.radius.data.begin(), rounded.radius.data.end(),
                                  [](double r) { return r < kInfinity; });
  if (!finite) return proof;
  if (a.rows > kSmall && by_preconditioning(a, rounded, threads)) {
    proof.rung = DefiniteRung::preconditioned;
  } else if (a.rows <= kLargestInBalls && by_balls(a)) {
    proof.rung = DefiniteRung::in_balls;
  }
  proof.positive_definite = proof.rung != DefiniteRung::none;
  return proof;
}

}  // namespace pgb
