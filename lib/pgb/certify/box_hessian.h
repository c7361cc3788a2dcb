// Rigorous enclosures of the Hessian of Q over a box of parameters.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include "pgb/linalg/verified_interval.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct BoxHessianOptions {
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;        // when set the rest of the matrix has infinite radius
  std::function<void(double fraction)> progress;  // called from the calling thread
};

// Encloses rows and columns S (|S| x |S|, symmetric) of Hess Q(z) for every z in the box, one reverse pass
// with a tangent a column, at the working precision. Where Q has a continuous gradient but no second
// derivative, every element of its generalised Hessian is enclosed, provided that the box holds no kink of
// the model.
IntervalMatrix box_hessian(const Problem& problem, const Vector<Ball>& z, const std::vector<std::size_t>& s,
                           const BoxHessianOptions& options = {});

// The same as balls.
Matrix<Ball> box_hessian_balls(const Problem& problem, const Vector<Ball>& z,
                               const std::vector<std::size_t>& s, const BoxHessianOptions& options = {});

// In double, without a bound.
Matrix<double> approx_hessian(const Problem& problem, const Vector<double>& z,
                              const std::vector<std::size_t>& s, const BoxHessianOptions& options = {});

}  // namespace pgb
