// Problems whose model is a chain of affine maps and activations, as plain numbers for fast evaluation in
// double.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/search/local/activation.h"

namespace pgb::search {

struct AffineLayer {
  std::size_t in = 0, out = 0;
  std::size_t begin = 0;  // of its weights [out, in] in z; the bias follows them
  bool bias = true;
  Activation activation;  // of its results

  std::size_t weight(std::size_t j, std::size_t i) const { return begin + j * in + i; }
  std::size_t bias_of(std::size_t j) const { return begin + in * out + j; }
  std::size_t end() const { return begin + in * out + (bias ? out : 0); }
};

// Q(z) = (1/m) sum_ik l(q_k(x_i; z), y_ik) + sum_k lambda_k z_k^2, q the last layer's results plus a_k
// exp(w_k . x + b_k) where there are added neurons.
struct Layered {
  std::vector<AffineLayer> layers;
  std::size_t d_x = 0, d_y = 0, m = 0, n = 0;
  std::vector<double> x, y;  // m rows each
  Loss loss;
  double weight = 1;           // of l: 1 / (m), and 1 / (m d_y) for mse
  std::vector<double> lambda;  // n
  std::optional<AddedNeurons> added;
  bool regularized = false;
};

// Nothing where the model has other operations or shares tensors.
std::optional<Layered> chain(const Problem& problem);

// Nothing where chain() is, or the loss is not a sum over outputs, or there are more than 400 parameters.
std::optional<Layered> layered(const Problem& problem);

// A loss that is a sum over outputs: l, l', l'' for one output.
struct LossValues {
  double value, slope, curvature;
};
LossValues loss_values(const Loss& loss, double q, double y);

}  // namespace pgb::search
