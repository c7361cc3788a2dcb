// The population loss of two-layer ReLU networks under Gaussian inputs, in closed form.
#pragma once

#include <cstddef>
#include <memory>

#include "pgb/model/model.h"

namespace pgb {

// With x standard Gaussian in R^d, a teacher of d units whose weights are the unit vectors e_1, ..., e_d, and
// n units w_1, ..., w_n:
//
//   Q(w) = 1/2 E ( sum_i max(0, w_i . x) - sum_j max(0, x_j) )^2
//        = 1/2 sum_{i,j} K(w_i, w_j) - sum_{i,j} K(w_i, e_j) + 1/2 sum_{i,j} K(e_i, e_j),
//   K(u, v) = E max(0, u . x) max(0, v . x) = (|u| |v| sin t + (pi - t) u . v) / (2 pi),     t the angle of u
//   and v.
//
// Any d orthonormal teachers give the same function up to a rotation of the w_i. Q has continuous second
// derivatives where no w_i is 0 and none is opposite to another or to a teacher; those computed here are
// finite where besides no two of these vectors have the same direction. The model has one output, Q(w), and
// takes no notice of its input: use it with the loss "value", and as parameters z the rows of w (n x d,
// row-major). A gradient costs n (n + d) d operations. References: Y. Cho and L. K. Saul, "Kernel Methods for
// Deep Learning", NeurIPS 2009, for K; I. Safran and O. Shamir, "Spurious Local Minima are Common in
// Two-Layer ReLU Neural Networks", ICML 2018, for Q and its local minima.
//
// Example, at the teacher itself, where Q = 0:
//   const auto model = pgb::make_gaussian_relu_model(/*units=*/2, /*teachers=*/2);
//   const pgb::Problem problem = pgb::make_problem(model, {1, 0, 0, 1}, {0}, {0}, "value");
//
// Throws std::invalid_argument when a number is 0 or more than 1000.
std::shared_ptr<const Model> make_gaussian_relu_model(std::size_t units, std::size_t teachers);

}  // namespace pgb
