// The makers of operations, one a source file; make_op tries them in turn.
#pragma once

#include <memory>
#include <string>

#include "pgb/model/op.h"

namespace pgb {

// Each returns null when the node names no operation of its own.
std::unique_ptr<Op> make_linear_op(const io::NodeSpec& node, const std::string& where);
std::unique_ptr<Op> make_combining_op(const io::NodeSpec& node,
                                      const std::string& where);  // add mul concat …
std::unique_ptr<Op> make_piecewise_op(const io::NodeSpec& node, const std::string& where);  // relu, elu, …
std::unique_ptr<Op> make_smooth_op(const io::NodeSpec& node, const std::string& where);     // tanh, gelu, …

}  // namespace pgb
