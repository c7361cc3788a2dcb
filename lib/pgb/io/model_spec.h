// The model of a problem file: JSON to ModelSpec.
#pragma once

#include <string>
#include <vector>

#include "pgb/io/json_text.h"
#include "pgb/io/problem_file.h"

namespace pgb::io {

// Reads {"input": 2 | [1, 28, 28], "nodes": [ … ], "output": "name"}.
//
// Attributes, beside op, name, inputs, weight and bias (default values are the business of the model code):
//   leaky_relu   numbers negative_slope          elu         numbers alpha       softplus    numbers beta
//   gelu         words approximate: none, tanh   conv2d      sizes stride, padding, dilation [2], groups [1]
//   avg_pool2d, max_pool2d                       sizes kernel_size (required), stride, padding [2], flag
//   ceil_mode avg_pool2d   flag count_include_pad          max_pool2d  sizes dilation [2] reshape      sizes
//   shape (required)          permute     sizes dims (required) batch_norm   words running_mean, running_var
//   (required: names of tensors), numbers eps rescale      words scale, shift (names of tensors)
// padding is [height, width] or [top, left, bottom, right]; a flag is true or false, kept as the size 1 or 0.
// An integer given for a pair counts for both: "stride": 2 is [2, 2]. linear and conv2d require weight and
// may have bias, batch_norm may have both, other ops neither. add, mul and concat take two inputs or more,
// all others one.
//
// Throws InputError (message starting with `where`), naming the node, for unknown ops, attributes and inputs
// (with the closest known one), inputs that are not nodes before it (so there is no cycle), repeated names, a
// node called "x", wrong numbers of inputs, values of the wrong kind, a missing field, a model without nodes,
// and an input shape with a zero or too many elements.
ModelSpec read_model(const Json& model, const std::string& where);

// The names of the tensors that a node uses: weight, bias and fixed ones, as far as it has them.
std::vector<std::string> tensor_names(const NodeSpec& node);

// The losses of problem files.
const std::vector<std::string>& known_losses();

}  // namespace pgb::io
