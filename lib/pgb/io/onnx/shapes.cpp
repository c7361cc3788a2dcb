// Operators that only move data, and those that end a model.
#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io::onnx_detail {
namespace {

// An axis of a tensor of `rank` axes from 0; throws where there is none.
std::size_t axis_of(const Call& call, long long axis, std::size_t rank) {
  const long long positive = axis < 0 ? axis + static_cast<long long>(rank) : axis;
  if (positive < 0 || positive >= static_cast<long long>(rank))
    call.refuse("has no axis " + std::to_string(axis));
  return static_cast<std::size_t>(positive);
}

// Of Squeeze, Unsqueeze, ReduceMean: an attribute before opset 13 (18), then an input.
std::vector<long long> axes_of(const Call& call) {
  return call.has(1) ? call.integers(1) : call.integers("axes");
}

}  // namespace

// The shape of a sample after Reshape: the first number stands for the samples.
Shape Translator::target_shape(const Call& call, const Shape& from) const {
  const Tensor& wanted = *call.constant(1).tensor;
  const std::vector<long long> sizes = call.integers(1, true);
  const std::size_t count = count_of(from);
  if (sizes.size() < 2) call.refuse("to one axis mixes samples");
  Shape shape;
  std::size_t product = 1, open = sizes.size();
  for (std::size_t k = 1; k < sizes.size(); ++k) {
    const bool copy = sizes[k] == 0 && k <= from.size();
    if (std::isnan(wanted.values[k]) || (sizes[k] < 1 && sizes[k] != -1 && !copy))
      call.refuse("to this shape mixes samples or is not supported");
    if (sizes[k] == -1) open = k;
    shape.push_back(sizes[k] == -1 ? 1 : copy ? from[k - 1] : static_cast<std::size_t>(sizes[k]));
    product = product > count ? product : product * shape.back();
  }
  const bool fixed_samples =
      sizes[0] > 0 && (sizes[0] == samples_ || (open == sizes.size() && product == count));
  if (!fixed_samples && sizes[0] != 0 && sizes[0] != -1) call.refuse("mixes samples");
  const bool resolvable = std::isnan(wanted.values[0]) || sizes[0] != -1;
  if (open < sizes.size() && product > 0 && count % product == 0 && resolvable)
    shape[open - 1] = count / product;
  if (count_of(shape) != count)
    call.refuse("of samples " + shape_text(from) + " to " + shape_text(shape) + " mixes samples");
  return shape;
}

// Concat along an axis of the samples: that axis comes first while they are joined.
Value Translator::joined(const Call& call) {
  call.allow({"axis"});
  std::vector<Value> parts;
  for (std::size_t k = 0; k < call.inputs.size(); ++k) parts.push_back(call.data(k));
  if (parts.empty()) call.refuse("has no inputs");
  const std::size_t rank = parts[0].shape.size(), axis = axis_of(call, call.integer("axis", 1), rank + 1);
  if (axis == 0) call.refuse("of samples is not supported");
  Shape shape = parts[0].shape, order{axis - 1};
  shape[axis - 1] = 0;
  for (const Value& part : parts) {
    Shape rest = part.shape, expected = parts[0].shape;
    if (rest.size() != rank) call.refuse("of different numbers of axes");
    shape[axis - 1] += rest[axis - 1];
    rest[axis - 1] = expected[axis - 1] = 0;
    if (rest != expected)
      call.refuse("of samples " + shape_text(parts[0].shape) + " and " + shape_text(part.shape) +
                  " does not fit");
  }
  if (parts.size() == 1) return parts[0];
  if (axis == 1) return add(call, "concat", parts, shape);
  for (std::size_t d = 0; d < rank; ++d) {
    if (d != axis - 1) order.push_back(d);
  }
  const auto permuted = [&](const Value& value, const Shape& dims) {
    NodeSpec spec;
    spec.op = "permute";
    spec.inputs = {applied(value, call)};
    spec.sizes["dims"] = dims;
    Shape moved;
    for (const std::size_t d : dims) moved.push_back(value.shape[d]);
    return add(call, std::move(spec), moved);
  };
  for (Value& part : parts) part = permuted(part, order);
  Shape first;
  for (const std::size_t d : order) first.push_back(shape[d]);
  Shape back(rank);
  for (std::size_t d = 0; d < rank; ++d) back[order[d]] = d;
  return permuted(add(call, "concat", parts, first), back);
}

// Zeros around images, for the convolution or pooling that comes next.
Value Translator::padded(const Call& call) {
  call.allow({"mode", "pads", "value"});
  if (call.word("mode", "constant") != "constant")
    call.refuse("in another mode than constant is not supported");
  const bool zero =
      call.has(2) ? call.constant(2).tensor->values == std::vector<double>{0} : call.number("value", 0) == 0;
  if (!zero) call.refuse("with another value than 0 is not supported");
  const Value& x = call.data(0);
  const std::vector<long long> pads = call.has(1) ? call.integers(1) : call.integers("pads");
  const bool images =
      x.shape.size() == 3 && pads.size() == 8 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0;
  if (!images ||
      std::any_of(pads.begin(), pads.end(), [](long long side) { return side < 0 || side > 1000000; }))
    call.refuse("is supported around height and width of images");
  Value result;
  result.node = applied(x, call);
  result.shape = x.shape;
  for (std::size_t side = 0; side < 4; ++side)
    result.padding[side] = static_cast<std::size_t>(pads[side < 2 ? side + 2 : side + 4]);
  return result;
}

bool Translator::shapes(const Call& call, Results& results) {
  const std::string& op = call.op();
  const auto reshape = [&](const Value& x, const Shape& shape) {
    if (shape == x.shape) return x;
    NodeSpec spec;
    spec.op = shape.size() == 1 ? "flatten" : "reshape";
    if (shape.size() > 1) spec.sizes["shape"] = shape;
    if (shape.size() > 8) call.refuse("to more than 8 axes");
    spec.inputs = {applied(x, call)};
    return add(call, std::move(spec), shape);
  };
  if (op == "Identity" || op == "Cast" || op == "Dropout") {
    if (op == "Cast") {
      call.allow({"to"});
      const long long to = call.integer("to", 0);
      using Type = onnx::TensorProto;
      if (to != Type::FLOAT && to != Type::DOUBLE)
        call.refuse("of data is supported only to float and double");
    }
    if (op == "Dropout") {
      call.allow({"ratio", "seed"});
      if (call.has(2) && call.constant(2).tensor->values != std::vector<double>{0})
        call.refuse("in training mode is not supported");
    }
    results = {call.data(0)};
  } else if (op == "Flatten") {
    call.allow({"axis"});
    const Value& x = call.data(0);
    const long long axis = call.integer("axis", 1);
    const long long rank = static_cast<long long>(x.shape.size()) + 1;
    if (axis != 1 && axis != 1 - rank) call.refuse("with axis " + std::to_string(axis) + " mixes samples");
    results = {reshape(x, {count_of(x.shape)})};
  } else if (op == "Reshape") {
    call.allow({"allowzero"});
    if (call.integer("allowzero", 0) != 0) call.refuse("with allowzero is not supported");
    const Value& x = call.data(0);
    results = {reshape(x, target_shape(call, x.shape))};
  } else if (op == "Squeeze" || op == "Unsqueeze") {
    call.allow({"axes"});
    const Value& x = call.data(0);
    std::vector<long long> axes = axes_of(call);
    std::vector<std::size_t> chosen;
    const std::size_t rank = x.shape.size() + 1 + (op == "Unsqueeze" ? axes.size() : 0);
    for (const long long axis : axes) chosen.push_back(axis_of(call, axis, rank));
    std::sort(chosen.begin(), chosen.end());
    if (chosen.empty()) call.refuse("without axes is not supported");
    if (chosen[0] == 0 || std::adjacent_find(chosen.begin(), chosen.end()) != chosen.end())
      call.refuse("of the axis of the samples is not supported");
    Shape shape = x.shape;
    if (op == "Unsqueeze") {
      for (const std::size_t axis : chosen)
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis - 1), 1);
    } else {
      for (std::size_t k = chosen.size(); k-- > 0;) {
        if (shape[chosen[k] - 1] != 1) call.refuse("of an axis of " + std::to_string(shape[chosen[k] - 1]));
        shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(chosen[k] - 1));
      }
      if (shape.empty()) call.refuse("leaves no features");
    }
    results = {reshape(x, shape)};
  } else if (op == "Transpose") {
    call.allow({"perm"});
    const Value& x = call.data(0);
    const std::vector<long long> perm = call.integers("perm");
    NodeSpec spec;
    spec.op = "permute";
    Shape shape;
    if (perm.size() != x.shape.size() + 1 || perm[0] != 0)
      call.refuse("that moves the axis of the samples is not supported");
    std::vector<bool> taken(perm.size(), false);
    for (std::size_t d = 1; d < perm.size(); ++d) {
      const std::size_t from = axis_of(call, perm[d], perm.size());
      if (from == 0 || taken[from]) call.refuse("needs each axis once");
      taken[from] = true;
      spec.sizes["dims"].push_back(from - 1);
      shape.push_back(x.shape[from - 1]);
    }
    spec.inputs = {applied(x, call)};
    results = {add(call, std::move(spec), shape)};
  } else if (op == "Pad") {
    results = {padded(call)};
  } else if (op == "Concat") {
    results = {joined(call)};
  } else if (op == "ReduceMean") {
    call.allow({"axes", "keepdims", "noop_with_empty_axes"});
    const Value& x = call.data(0);
    std::vector<std::size_t> chosen;
    for (const long long axis : axes_of(call)) chosen.push_back(axis_of(call, axis, x.shape.size() + 1));
    std::sort(chosen.begin(), chosen.end());
    if (x.shape.size() != 3 || chosen != std::vector<std::size_t>{2, 3})
      call.refuse("is supported over height and width of images");
    const Value mean = add(call, "global_avg_pool2d", {x}, {x.shape[0], 1, 1});
    results = {call.integer("keepdims", 1) != 0 ? mean : reshape(mean, {x.shape[0]})};
  } else if (op == "Softmax" || op == "LogSoftmax") {
    call.allow({"axis"});
    Value x = call.data(0);
    const long long axis = call.integer("axis", -1);
    if (x.shape.size() != 1 || (axis != 1 && axis != -1))
      call.refuse("is supported over the features of one dimension");
    x.ending = op == "Softmax" ? "softmax" : "log_softmax";
    results = {x};
  } else {
    return false;
  }
  return true;
}

}  // namespace pgb::io::onnx_detail
