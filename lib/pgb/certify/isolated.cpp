#include "pgb/certify/isolated.h"

#include <algorithm>
#include <cmath>

#include "pgb/certify/box_hessian.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr double kMostWork = 2e8;  // ball products for J^T J

double largest_entry(const Matrix<double>& a) {
  double largest = 0;
  for (const double x : a.data) largest = std::max(largest, std::abs(x));
  return largest;
}

Matrix<double> midpoints(const Matrix<Ball>& a) {
  Matrix<double> middle(a.rows, a.cols);
  for (std::size_t k = 0; k < a.data.size(); ++k) middle.data[k] = a.data[k].midpoint();
  return middle;
}

}  // namespace

IsolationProof certify_isolated(const Problem& problem, const Vector<Ball>& box,
                                const std::vector<std::size_t>& across) {
  IsolationProof proof;
  const std::size_t n = across.size(), rows = problem.ambient();
  if (n == 0 || static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(rows) > kMostWork)
    return proof;
  const Objective<Ball> objective(problem);
  if (!objective.kinks(box).empty()) return proof;
  const Matrix<Ball> h = box_hessian_balls(problem, box, across), all = objective.jacobian(box);
  Matrix<Ball> j(rows, n);
  for (std::size_t c = 0; c < n; ++c) std::copy_n(all.column(across[c]), rows, j.column(c));
  const Matrix<Ball> gram = multiply_tn<Ball>(j, j);
  const Matrix<double> h_middle = midpoints(h), gram_middle = midpoints(gram);
  // J may be about 0.
  const double ratio = largest_entry(h_middle) / largest_entry(gram_middle);
  const int exponent = ratio > 0x1p-200 && ratio < 0x1p200 ? std::ilogb(ratio) : 0;
  // Of all pairs the one with the best condition, in double.
  double best = 1e-12;
  for (const double tau : {1.0, -1.0}) {
    for (int k = 0; k <= 40; k += 4) {
      const double c = std::ldexp(1.0, exponent + k);
      Matrix<double> sum(n, n);
      for (std::size_t e = 0; e < sum.data.size(); ++e)
        sum.data[e] = tau * h_middle.data[e] + c * gram_middle.data[e];
      const Vector<double> values = approx_symmetric_eigenvalues(sum);
      if (values.empty() || !(values.front() > best * values.back())) continue;
      best = values.front() / values.back();
      proof.tau = tau;
      proof.c = c;
    }
  }
  if (proof.tau == 0) return proof;
  Matrix<Ball> sum(n, n);
  for (std::size_t e = 0; e < sum.data.size(); ++e)
    sum.data[e] = Ball(proof.tau) * h.data[e] + Ball(proof.c) * gram.data[e];
  proof.proven = verified_positive_definite(sum).positive_definite;
  return proof;
}

}  // namespace pgb
