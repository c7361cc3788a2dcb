// The makers of operations, one a source file; make_op tries them in turn.
#pragma once

#include <memory>
#include <string>

#include "pgb/model/op.h"

namespace pgb {

// Each returns null when the node names no operation of its own.
using OpMaker = std::unique_ptr<Op>(const io::NodeSpec& node, const io::Tensors& tensors,
                                    const std::string& where);
OpMaker make_linear_op;
OpMaker make_conv_op;
OpMaker make_pool_op;           // avg_pool2d, max_pool2d, global_avg_pool2d
OpMaker make_normalization_op;  // batch_norm, rescale
OpMaker make_combining_op;      // add, mul, concat
OpMaker make_shape_op;          // flatten, reshape, permute, identity
OpMaker make_piecewise_op;      // relu, elu, …
OpMaker make_smooth_op;         // tanh, gelu, …

}  // namespace pgb
