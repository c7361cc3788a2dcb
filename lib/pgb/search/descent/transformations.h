// Transformations of an objective that were proposed to remove its bad local minima, behind one interface.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pgb/model/problem.h"

namespace pgb::search {

// For a problem L(theta) = (1/m) sum_i l(f(x_i; theta), y_i), f with d_y outputs:
//
// added_neurons   (1/m) sum_i l(f(x_i) + g(x_i), y_i) + lambda |a|^2, g_k = a_k exp(w_k . x + b_k).
//   K. Kawaguchi, L. P. Kaelbling, "Elimination of all bad local minima in deep learning", AISTATS 2020.
// single_neuron   the same with one output, y = -1 or 1, the smooth hinge max(0, 1 - y q)^p, p >= 3, and the
// weight
//   lambda / 2. S. Liang, R. Sun, J. D. Lee, R. Srikant, "Adding one neuron can eliminate all bad local
//   minima", NeurIPS 2018: if some theta classifies every sample correctly, every local minimum has a = 0 and
//   theta a global minimum of L.
// scaled_loss     L(theta) (1 + (a exp(b) - 1)^2) + lambda a^2.
//   J. Sohl-Dickstein, K. Kawaguchi, arXiv 1901.03909, 2019: if min L = 0, all its local minima are global
//   ones.
// coercive        added_neurons plus sum_j mu_j z_j^2 over all parameters, mu_j drawn at random from [1,
// 2)/1024.
//   After S. Liang, R. Sun, R. Srikant, "Revisiting landscape analysis in deep neural networks: eliminating
//   decreasing paths to infinity", SIAM J. Optim. 32 (2022), which proves that wide networks with
//   regularisers outside a set of measure 0 have neither bad local minima nor decreasing paths to infinity.
//   The regulariser here has the two properties the abstract of that paper names, generic weights and no
//   decreasing path to infinity (it is coercive); it is not the one of that paper, and the networks here are
//   not wide.
enum class Transformation { added_neurons, single_neuron, scaled_loss, coercive };

const char* transformation_name(Transformation transformation);  // "added neurons", …

struct Transformed {
  Problem problem;                       // at the start of the given problem, a = b = W = 0
  std::vector<std::size_t> logarithmic;  // the parameters a
  std::vector<std::size_t> exponents;    // the parameters b
};

// Throws std::invalid_argument where a transformation is not meant for the problem.
Transformed transform(const Problem& problem, Transformation transformation, const std::string& lambda,
                      std::uint64_t seed = 1);

}  // namespace pgb::search
