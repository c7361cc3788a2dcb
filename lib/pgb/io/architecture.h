// A fully connected network written as "784-128-relu-10", found in the tensors of a state dict.
#pragma once

#include <string>

#include "pgb/io/problem_file.h"

namespace pgb::io {

// Numbers are widths, words the operations between them: the first number is the input, each further one a
// linear layer, and a word applies to what comes before it. Words are those of the model's elementwise
// operations, in either case, with their one attribute in parentheses: "2-16-leaky_relu(0.1)-16-tanh-1".
//
// The tensors of a layer are told by their shapes: a weight [out, in], and a bias of the same name with
// "bias" for "weight", where there is one. Layers of one shape take the names in their order if these differ
// in a number alone ("0.weight", "2.weight"). A layer's node is called as its tensors are ("fc1"), an
// operation by its name and the number of layers before it ("relu_1"). Throws InputError (message starting
// with `where`) for anything else in the text; where no tensor fits or it is not clear which does; and for
// tensors that are left over, since then the network is another one.
ModelSpec read_architecture(const std::string& text, const Tensors& tensors, const std::string& where);

}  // namespace pgb::io
