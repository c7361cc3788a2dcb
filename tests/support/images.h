// Networks on small images drawn at random, and their values by plain loops.
#pragma once

#include <vector>

#include "pgb/model/op.h"
#include "support/networks.h"

namespace pgb::test {

// conv2d and then, at random, activations, pooling, batch_norm, rescale, permute, reshape, another conv2d and
// a sum, on images of a few cells a side; the output is flat. `smooth`: without relu and max_pool2d.
Network random_image_network(Random& random, bool smooth, std::string& output);

// The result of one operation on images for one sample, by loops over signed positions. Adds no tolerance:
// the arithmetic is that of Real.
std::vector<Real> naive_image_op(const io::NodeSpec& node, const io::Tensors& tensors, const Shape& in,
                                 const Shape& out, const std::vector<Real>& x);

}  // namespace pgb::test
