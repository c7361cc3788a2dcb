// The objective Q(z) of a problem and its derivatives, in any scalar.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// Q(z) = (1/m) sum_i l(f(x_i; z), y_i) + R(z) with data converted to S once, at the working precision of the
// moment. Sums run over blocks of samples, so that memory does not grow with m (but for jacobian and
// outputs). The problem must outlive the objective.
template <class S>
class Objective {
 public:
  explicit Objective(const Problem& problem);

  const Problem& problem() const { return problem_; }
  std::size_t parameters() const { return problem_.model->parameters(); }
  std::size_t samples() const { return x_.cols; }

  struct ValueGradient {
    S value;
    Vector<S> gradient;  // n
  };

  S value(const Vector<S>& z) const;  // Q(z)
  // Q(z) and grad Q = J^T g + grad R, in memory for the parameters and `threads` blocks of samples; the same
  // for every number of threads. More than one only where the model may be evaluated by several at once, as
  // graphs may.
  ValueGradient value_gradient(const Vector<S>& z, int threads = 1) const;
  Matrix<S> outputs(const Vector<S>& z) const;                // Phi, d_y x m
  Matrix<S> output_gradient(const Matrix<S>& outputs) const;  // g, d_y x m: gradient of the mean loss at Phi
  S mean_loss(const Matrix<S>& outputs) const;                // (1/m) sum l(phi_i, y_i)
  Vector<S> pull_back(const Vector<S>& z, const Matrix<S>& g) const;            // J(z)^T g
  Matrix<S> forward_product(const Vector<S>& z, const Vector<S>& z_dot) const;  // J z_dot, d_y x m
  Matrix<S> jacobian(const Vector<S>& z) const;                                 // J, N x n
  std::vector<Kink> kinks(const Vector<S>& z) const;         // samples numbered over the whole data set
  S regularizer(const Vector<S>& z) const;                   // R(z)
  Vector<S> regularizer_gradient(const Vector<S>& z) const;  // grad R, n

  ConstView<S> x() const { return x_.view(); }  // d_x x m
  ConstView<S> y() const { return y_.view(); }  // d_y x m, or 1 x m class indices

 private:
  void for_each_block(const Vector<S>& z,
                      const std::function<void(const Evaluation<S>&, std::size_t first)>& visit) const;

  const Problem& problem_;
  Matrix<S> x_, y_;
  std::vector<S> lambdas_;
};

#define PGB_DECLARE_OBJECTIVE(S) extern template class Objective<S>;
PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_OBJECTIVE)
#undef PGB_DECLARE_OBJECTIVE

// H(z) v, the Hessian of Q times a vector, by one forward-mode tangent through the reverse sweep.
template <class S>
class HessianOperator {
 public:
  // Problem and z must outlive the operator.
  HessianOperator(const Problem& problem, const Vector<S>& z) : objective_(problem), z_(z) {}
  std::size_t size() const { return z_.size(); }
  Vector<S> operator()(const Vector<S>& v) const;
  Matrix<S> dense() const;  // n x n, symmetrised in floating point

 private:
  Objective<Dual<S>> objective_;
  const Vector<S>& z_;
};

#define PGB_DECLARE_HESSIAN(S) extern template class HessianOperator<S>;
PGB_FOR_BASE_SCALARS(PGB_DECLARE_HESSIAN)
#undef PGB_DECLARE_HESSIAN

}  // namespace pgb
