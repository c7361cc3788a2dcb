// Operators with weights, and windows.
#include <algorithm>
#include <utility>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io::onnx_detail {
namespace {

// Entries of a constant that broadcasts to [1, count] as one for each feature; empty where it does not.
Shape vector_shape(const Tensor& tensor) {
  Shape shape = tensor.shape;
  while (shape.size() > 1 && shape.front() == 1) shape.erase(shape.begin());
  return shape;
}

Tensor reshaped(Tensor tensor, Shape shape) {
  tensor.shape = std::move(shape);
  return tensor;
}

struct Axis {
  std::size_t before = 0, after = 0, stride = 1, dilation = 1, kernel = 1;
};

// Strides, paddings and so on of a node with windows of this kernel over images of this shape.
std::vector<Axis> axes_of(const Call& call, const Value& x, const Shape& kernel) {
  const Shape& images = x.shape;
  const bool padded = x.padding != std::array<std::size_t, 4>{};
  const auto list = [&](const std::string& name, std::size_t count, long long least, long long otherwise) {
    std::vector<long long> found = call.integers(name);
    if (found.empty()) found.assign(count, otherwise);
    const bool good = found.size() == count && std::all_of(found.begin(), found.end(), [&](long long v) {
                        return v >= least && v < (1LL << 31);
                      });
    if (!good)
      call.refuse("needs " + std::to_string(count) + " numbers >= " + std::to_string(least) + " as " + name);
    return found;
  };
  const auto strides = list("strides", 2, 1, 1), dilations = list("dilations", 2, 1, 1),
             pads = list("pads", 4, 0, 0);
  const std::string padding = call.word("auto_pad", "NOTSET");
  const bool lower = padding == "SAME_LOWER";
  if (!lower && padding != "SAME_UPPER" && padding != "VALID" && padding != "NOTSET")
    call.refuse("with auto_pad " + in_quotes(padding) + " is not supported");
  if (padded && padding != "NOTSET" && padding != "VALID")
    call.refuse("with auto_pad after a Pad is not supported");
  std::vector<Axis> axes(2);
  for (std::size_t d = 0; d < 2; ++d) {
    Axis& axis = axes[d];
    axis = {0, 0, static_cast<std::size_t>(strides[d]), static_cast<std::size_t>(dilations[d]), kernel[d]};
    if (padding == "NOTSET") {
      axis.before = static_cast<std::size_t>(pads[d]);
      axis.after = static_cast<std::size_t>(pads[d + 2]);
    } else if (padding != "VALID") {
      const std::size_t size = images[d + 1], count = (size + axis.stride - 1) / axis.stride;
      const std::size_t span = (count - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
      const std::size_t total = span > size ? span - size : 0;
      axis.before = lower ? total - total / 2 : total / 2;
      axis.after = total - axis.before;
    }
    axis.before += x.padding[d];
    axis.after += x.padding[d + 2];
  }
  return axes;
}

// Writes them into the node; returns the shape of a channel of the result.
Shape set_axes(const Call& call, const std::vector<Axis>& axes, const Shape& images, bool ceil_mode,
               NodeSpec& spec) {
  spec.sizes["stride"] = {axes[0].stride, axes[1].stride};
  const Shape padding{axes[0].before, axes[1].before, axes[0].after, axes[1].after};
  const bool even = padding[0] == padding[2] && padding[1] == padding[3];
  if (padding != Shape{0, 0, 0, 0}) spec.sizes["padding"] = even ? Shape{padding[0], padding[1]} : padding;
  if (axes[0].dilation != 1 || axes[1].dilation != 1)
    spec.sizes["dilation"] = {axes[0].dilation, axes[1].dilation};
  if (ceil_mode) spec.sizes["ceil_mode"] = {1};
  Shape plane;
  for (std::size_t d = 0; d < 2; ++d) {
    const Axis& axis = axes[d];
    const std::size_t size = images[d + 1], padded = axis.before + size + axis.after,
                      span = (axis.kernel - 1) * axis.dilation + 1;
    if (span > padded) call.refuse("has a kernel beyond its images " + shape_text(images));
    const std::size_t count = (padded - span) / axis.stride + 1;
    const bool more =
        ceil_mode && (padded - span) % axis.stride != 0 && count * axis.stride < axis.before + size;
    plane.push_back(count + (more ? 1 : 0));
  }
  return plane;
}

void expect_images(const Call& call, const Shape& shape) {
  if (shape.size() != 3)
    call.refuse("is supported on images [channels, height, width], found samples " + shape_text(shape));
}

}  // namespace

bool Translator::layers(const Call& call, Results& results) {
  if (call.op() == "Gemm") {
    results = {gemm(call)};
  } else if (call.op() == "MatMul") {
    results = {matmul(call)};
  } else if (call.op() == "Conv") {
    results = {convolution(call)};
  } else if (call.op() == "BatchNormalization") {
    results = {batch_norm(call)};
  } else {
    return false;
  }
  return true;
}

// alpha A B + beta C, A the data: W = alpha B^T, and the bias beta C.
Value Translator::gemm(const Call& call) {
  call.allow({"alpha", "beta", "transA", "transB"});
  if (call.integer("transA", 0) != 0 && call.has(0) && !call.inputs[0].constant)
    call.refuse("with transA needs samples along the second axis");
  const Value& x = call.data(0);
  const Value& b = call.constant(1);
  const bool transposed_b = call.integer("transB", 0) != 0;
  if (b.tensor->shape.size() != 2 || x.shape.size() != 1 ||
      b.tensor->shape[transposed_b ? 1 : 0] != x.shape[0])
    call.refuse("of samples " + shape_text(x.shape) + " and a matrix " + shape_text(b.tensor->shape) +
                " does not fit");
  const std::string alpha = canonical_rational(call.number("alpha", 1)),
                    beta = canonical_rational(call.number("beta", 1));
  const auto folded = [&](const Value& constant, const std::string& factor, const char* name) {
    if (factor != "1") {
      result_.notices.push_back(std::string("The factor ") + name + " = " + factor + " of node " +
                                in_quotes(call.node.name()) + " is contained in the parameter " +
                                in_quotes(constant.name) + '.');
    }
  };
  NodeSpec spec;
  spec.op = "linear";
  spec.inputs = {applied(x, call)};
  Tensor weight = scaled_exactly(transposed_b ? *b.tensor : transposed(*b.tensor, {1, 0}), alpha);
  const std::size_t out = weight.shape[0];
  spec.weight = parameter(call, b, std::move(weight),
                          b.form + (transposed_b ? "" : "T") + (alpha == "1" ? "" : " times " + alpha));
  folded(b, alpha, "alpha");
  if (!call.has(2) || beta == "0") return add(call, std::move(spec), {out});
  const Value& c = call.constant(2);
  if (vector_shape(*c.tensor) == Shape{out} && c.tensor->size() == out) {
    spec.bias = parameter(call, c, reshaped(scaled_exactly(*c.tensor, beta), {out}),
                          "vector" + (beta == "1" ? "" : " times " + beta));
    folded(c, beta, "beta");
    return add(call, std::move(spec), {out});
  }
  Value scaled = c;
  scaled.tensor = std::make_shared<Tensor>(scaled_exactly(*c.tensor, beta));
  if (beta != "1") scaled.form += " times " + beta;
  return with_constant(call, add(call, std::move(spec), {out}), scaled, "Add");
}

Value Translator::matmul(const Call& call) {
  call.allow({});
  const Value& x = call.data(0);
  const Value& w = call.constant(1);
  if (x.shape.size() != 1)
    call.refuse("is supported on features in one dimension, found samples " + shape_text(x.shape));
  if (w.tensor->shape.size() != 2 || w.tensor->shape[0] != x.shape[0])
    call.refuse("of samples " + shape_text(x.shape) + " and a matrix " + shape_text(w.tensor->shape) +
                " does not fit");
  NodeSpec spec;
  spec.op = "linear";
  spec.inputs = {applied(x, call)};
  const std::string form = w.form == "T" ? "" : w.form + "T";
  spec.weight = parameter(call, w, transposed(*w.tensor, {1, 0}), form);
  return add(call, std::move(spec), {w.tensor->shape[1]});
}

Value Translator::convolution(const Call& call) {
  call.allow({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
  const Value& x = call.data(0);
  const Value& w = call.constant(1);
  expect_images(call, x.shape);
  const Shape& weight = w.tensor->shape;
  const long long groups = call.integer("group", 1);
  if (weight.size() != 4 || groups < 1 || weight[1] * static_cast<std::size_t>(groups) != x.shape[0] ||
      weight[0] % static_cast<std::size_t>(groups) != 0)
    call.refuse("of samples " + shape_text(x.shape) + " and a weight " + shape_text(weight) +
                " does not fit");
  NodeSpec spec;
  spec.op = "conv2d";
  if (groups != 1) spec.sizes["groups"] = {static_cast<std::size_t>(groups)};
  const Shape plane = set_axes(call, axes_of(call, x, {weight[2], weight[3]}), x.shape, false, spec);
  if (plane.empty()) call.refuse("has no windows");
  spec.inputs = {applied(x, call)};
  spec.weight = parameter(call, w, *w.tensor, w.form);
  if (call.has(2)) {
    const Value& b = call.constant(2);
    if (b.tensor->shape != Shape{weight[0]})
      call.refuse("needs a bias [" + std::to_string(weight[0]) + "], found " + shape_text(b.tensor->shape));
    spec.bias = parameter(call, b, *b.tensor, "vector");
  }
  return add(call, std::move(spec), {weight[0], plane[0], plane[1]});
}

Value Translator::batch_norm(const Call& call) {
  call.allow({"epsilon", "momentum", "training_mode", "spatial"});
  if (call.integer("training_mode", 0) != 0)
    call.refuse("in training mode is not supported; export the model in evaluation mode");
  if (call.integer("spatial", 1) != 1) call.refuse("with spatial = 0 is not supported");
  const Value& x = call.data(0);
  NodeSpec spec;
  spec.op = "batch_norm";
  spec.numbers["eps"] = call.number("epsilon", 1e-5);
  const auto vector = [&](std::size_t k) {
    const Tensor& tensor = *call.constant(k).tensor;
    if (tensor.shape != Shape{x.shape[0]})
      call.refuse("needs " + std::to_string(x.shape[0]) + " numbers as input " + std::to_string(k) +
                  ", found " + shape_text(tensor.shape));
    return tensor;
  };
  spec.inputs = {applied(x, call)};
  spec.weight = parameter(call, call.constant(1), vector(1), "vector");
  spec.bias = parameter(call, call.constant(2), vector(2), "vector");
  Value mean = call.constant(3), variance = call.constant(4);
  mean.learnt = variance.learnt = false;  // statistics: nobody takes them for parameters
  spec.words["running_mean"] = fixed(call, mean, vector(3));
  spec.words["running_var"] = fixed(call, variance, vector(4));
  return add(call, std::move(spec), x.shape);
}

bool Translator::windows(const Call& call, Results& results) {
  const std::string& op = call.op();
  const bool global = op == "GlobalAveragePool" || op == "GlobalMaxPool";
  if (!global && op != "MaxPool" && op != "AveragePool") return false;
  call.allow({"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads",
              "storage_order", "strides"});
  if (call.integer("storage_order", 0) != 0) call.refuse("with storage_order is not supported");
  const Value& x = call.data(0);
  expect_images(call, x.shape);
  const bool largest = op == "MaxPool" || op == "GlobalMaxPool";
  if (op == "GlobalAveragePool") {
    results = {add(call, "global_avg_pool2d", {x}, {x.shape[0], 1, 1})};
    return true;
  }
  Shape kernel{x.shape[1], x.shape[2]};
  if (!global) {
    const std::vector<long long> sides = call.integers("kernel_shape");
    if (sides.size() != 2 || sides[0] < 1 || sides[1] < 1) call.refuse("needs a kernel_shape of two sizes");
    kernel = {static_cast<std::size_t>(sides[0]), static_cast<std::size_t>(sides[1])};
  }
  NodeSpec spec;
  spec.op = largest ? "max_pool2d" : "avg_pool2d";
  spec.sizes["kernel_size"] = kernel;
  // Zeros of a Pad count; padding of the node's own beside them would have to count too.
  const bool padded = x.padding != std::array<std::size_t, 4>{},
             counts = call.integer("count_include_pad", 0) != 0;
  const std::vector<long long> own = call.integers("pads");
  const bool own_padding = std::any_of(own.begin(), own.end(), [](long long side) { return side != 0; });
  if (padded && ((own_padding && !counts) || call.integer("ceil_mode", 0) != 0))
    call.refuse("after a Pad is not supported");
  if (!largest && !counts && !padded) spec.sizes["count_include_pad"] = {0};
  const Shape plane =
      set_axes(call, axes_of(call, x, kernel), x.shape, call.integer("ceil_mode", 0) != 0, spec);
  if (!largest && spec.sizes.count("dilation") != 0) call.refuse("with dilations is not supported");
  spec.inputs = {applied(x, call)};
  results = {add(call, std::move(spec), {x.shape[0], plane[0], plane[1]})};
  return true;
}

}  // namespace pgb::io::onnx_detail
