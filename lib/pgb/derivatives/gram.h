// The Gram matrix J J^T of the gradient basis, without the gradient basis.
#pragma once

#include <cstddef>

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct GramOptions {
  std::size_t max_memory = std::size_t{4} << 30;  // bytes
  int threads = 1;                                // the result is the same for every number of them
};

// K = J J^T, N x N, symmetric, at the problem's parameters; rows sample by sample, as those of J (N x n). In
// double, without an error bound.
//
// J is never formed. Write h_i for the input of an affine node y = W h + b at sample i, and delta_ik for the
// gradient of output k of sample i with respect to that node's result. Row (i, k) of J holds delta_ik h_i^T
// for W and delta_ik for b, so that the node's share is
//   K_(ik)(jl) += (h_i . h_j + 1) (delta_ik . delta_jl),
// without the 1 where there is no bias. Nodes a and b that share W add the cross terms
// (h^a_i . h^b_j) (delta^a_ik . delta^b_jl) and the same with a and b exchanged; those that share b the same
// without the first factor. Added neurons, E_ik = exp(w_k . x_i + b_k), have
//   K_(ik)(jk) += E_ik E_jk (1 + a_k^2 (1 + x_i . x_j)).
// Work: 2 (d_out N^2 / 2 + d_in m^2 / 2) operations for each node, instead of N^2 n.
//
// The slow way, the columns of J formed, is taken for the parameters of every other operation (convolution,
// normalisation), for a tensor that is used by both kinds or both as a weight and as a bias, and for all
// parameters of a model that is no graph.
//
// Throws std::invalid_argument where gram_bytes exceeds max_memory. Reference: the identity for layers of a
// fully connected network is that of empirical neural tangent kernels, R. Novak, J. Sohl-Dickstein and S. S.
// Schoenholz, "Fast finite width neural tangent kernel", ICML 2022.
Matrix<double> approx_gram(const Problem& problem, const GramOptions& options = {});

// The same in balls at the working precision: every entry encloses that of J J^T at the problem's parameters,
// which are taken as exact. Where Phi is not differentiable (Objective::kinks), nothing is said. The products
// are those of scalar/ball_product.h; max_memory is compared with six times gram_bytes and more.
Matrix<Ball> gram(const Problem& problem, const GramOptions& options = {});

// About what approx_gram takes, in bytes: K, the inputs and sensitivities of the nodes, products of inputs.
double gram_bytes(const Problem& problem, int threads = 1);

}  // namespace pgb
