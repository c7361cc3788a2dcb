// Sums, products and activations.
#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io::onnx_detail {
namespace {

constexpr double kRootHalf = 0.70710678118654752;  // 1 / sqrt 2
constexpr double kSingle = 1e-6;                   // what a constant rounded to float32 may be off

bool plain(const Value& value) { return value.scale == "1" && value.shift == "0"; }

// scale * value + shift, kept apart.
Value times(Value value, const std::string& factor) {
  value.scale = exact_product(value.scale, factor);
  value.shift = exact_product(value.shift, factor);
  return value;
}
Value plus(Value value, const std::string& term) {
  value.shift = exact_sum(value.shift, term);
  return value;
}

}  // namespace

// The Add after a linear map or convolution without bias, with one number for each output or channel.
bool Translator::absorbs_bias(const Call& call, const Value& data, const Value& constant, Value& result) {
  const auto at = node_index_.find(data.node);
  if (at == node_index_.end() || !plain(data)) return false;
  NodeSpec& spec = result_.model.nodes[at->second];
  const bool conv = spec.op == "conv2d";
  if ((spec.op != "linear" && !conv) || !spec.bias.empty()) return false;
  for (const std::string& input : call.node.input()) {
    const auto found = values_.find(input);
    if (found != values_.end() && !found->second.constant && uses_[input] != 1) return false;
  }
  Shape expected = conv ? Shape{data.shape[0], 1, 1} : data.shape, shape = constant.tensor->shape;
  if (shape.size() == expected.size() + 1 && shape[0] == 1) shape.erase(shape.begin());
  if (shape != expected) return false;
  Tensor bias = *constant.tensor;
  bias.shape = {data.shape[0]};
  spec.bias = parameter(call, constant, std::move(bias), "vector");
  result = data;
  return true;
}

// data op constant; a constant of several numbers is a fixed tensor of a rescale node.
Value Translator::with_constant(const Call& call, const Value& data, const Value& constant,
                                const std::string& op) {
  const Tensor& tensor = *constant.tensor;
  if (std::any_of(tensor.values.begin(), tensor.values.end(), [](double v) { return std::isnan(v); }))
    call.refuse("with the number of samples is not supported");
  Shape shape = tensor.shape;
  if (shape.size() == data.shape.size() + 1 && shape[0] == 1) shape.erase(shape.begin());
  bool fits = shape.size() <= data.shape.size();
  for (std::size_t d = 0; fits && d < shape.size(); ++d)
    fits = shape[d] == 1 || shape[d] == data.shape[data.shape.size() - shape.size() + d];
  if (!fits)
    call.refuse("of samples " + shape_text(data.shape) + " and a constant " + shape_text(tensor.shape) +
                " is not supported");
  const bool sum = op == "Add" || op == "Sub";
  Value biased;
  if (op == "Add" && absorbs_bias(call, data, constant, biased)) return biased;
  if (tensor.size() == 1) {
    std::string number = exact_entry(tensor, 0);
    if (op == "Sub") number = exact_product(number, "-1");
    if (op == "Div" && number == "0") call.refuse("by 0");
    if (op == "Div") number = exact_quotient("1", number);
    if (constant.learnt) {
      result_.notices.push_back("The number " + in_quotes(constant.name) + " (" + op +
                                ") is taken as fixed, not as a parameter.");
    }
    return sum ? plus(data, number) : times(data, number);
  }
  Value changed = constant;
  Tensor numbers = tensor;
  numbers.shape = shape;
  if (op == "Sub") numbers = scaled_exactly(numbers, "-1");
  if (op == "Div") {
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      if (tensor.values[k] == 0) call.refuse("by 0");
      const Tensor inverse = scalar_tensor(exact_quotient("1", exact_entry(tensor, k)));
      numbers.values[k] = inverse.values[0];
      numbers.exact.erase(k);
      if (!inverse.exact.empty()) numbers.exact[k] = inverse.exact.at(0);
    }
  }
  if (op == "Sub" || op == "Div") changed.form += op;
  NodeSpec spec;
  spec.op = "rescale";
  spec.inputs = {applied(data, call)};
  spec.words[sum ? "shift" : "scale"] = fixed(call, changed, std::move(numbers));
  return add(call, std::move(spec), data.shape);
}

// Products that are an activation: x sigmoid(x), and c x (erf(x / sqrt 2) + 1).
bool Translator::gated(const Call& call, const Value& a, const Value& b, Value& result) {
  const auto at = node_index_.find(b.node);
  if (at == node_index_.end() || a.shift != "0" || a.shape != b.shape) return false;
  const NodeSpec gate = result_.model.nodes[at->second];
  if (gate.op == "sigmoid" && plain(b) && gate.inputs[0] == a.node) {
    NodeSpec spec;
    spec.op = "silu";
    spec.inputs = {a.node};
    result = times(add(call, std::move(spec), a.shape), a.scale);
    return true;
  }
  if (gate.op != "erf" || b.scale != b.shift) return false;
  const Value& inner = erf_inputs_.at(b.node);
  if (inner.node != a.node || inner.shift != "0" ||
      std::fabs(nearest_double(inner.scale) - kRootHalf) > kSingle)
    return false;
  NodeSpec spec;
  spec.op = "gelu";
  spec.inputs = {a.node};
  result = times(add(call, std::move(spec), a.shape), exact_product(exact_product(a.scale, b.scale), "2"));
  result_.notices.push_back("x (1 + erf(x / sqrt 2)) / 2 before node " + in_quotes(result.node) +
                            " is taken as gelu, with 1 / sqrt 2 unrounded.");
  return true;
}

bool Translator::arithmetic(const Call& call, Results& results) {
  const std::string& op = call.op();
  if (op == "Neg") {
    call.allow({});
    results = {times(call.data(0), "-1")};
    return true;
  }
  if (op == "Pow") {
    call.allow({});
    const Tensor& power = *call.constant(1).tensor;
    if (power.size() != 1 || (power.values[0] != 2 && power.values[0] != 3 && power.values[0] != 1))
      call.refuse("is supported with the exponents 1, 2 and 3");
    const Value& x = call.data(0);
    results = {power.values[0] == 1   ? x
               : power.values[0] == 2 ? add(call, "square", {x}, x.shape)
                                      : add(call, "mul", {x, x, x}, x.shape)};
    return true;
  }
  if (op == "Sum") {
    call.allow({});
    if (call.inputs.empty()) call.refuse("has no inputs");
    Value sum = call.inputs[0];
    for (std::size_t k = 1; k < call.inputs.size(); ++k) {
      const Call next{call.node, call.where, {sum, call.inputs[k]}};
      if (sum.constant && call.inputs[k].constant) call.refuse("of several constants is not supported");
      sum = sum.constant              ? with_constant(next, call.inputs[k], sum, "Add")
            : call.inputs[k].constant ? with_constant(next, sum, call.inputs[k], "Add")
                                      : add(next, "add", {next.data(0), next.data(1)}, sum.shape);
    }
    results = {sum.constant ? call.data(0) : sum};
    return true;
  }
  if (op != "Add" && op != "Sub" && op != "Mul" && op != "Div") return false;
  call.allow({});
  if (!call.has(0) || !call.has(1)) call.refuse("needs two inputs");
  Value a = call.inputs[0], b = call.inputs[1];
  if (b.constant) {
    results = {with_constant(call, a, b, op)};
    return true;
  }
  if (a.constant) {
    if (op == "Div") call.refuse("of a constant by data is not supported");
    results = {with_constant(call, op == "Sub" ? times(b, "-1") : b, a, op == "Mul" ? "Mul" : "Add")};
    return true;
  }
  if (op == "Div") call.refuse("is supported only by constants");
  if (a.shape != b.shape)
    call.refuse("of samples " + shape_text(a.shape) + " and " + shape_text(b.shape) + " is not supported");
  if (op == "Mul") {
    Value product;
    if (gated(call, a, b, product) || gated(call, b, a, product)) {
      results = {product};
      return true;
    }
    // Common factors are kept apart as long as nothing is added.
    const bool factors = a.shift == "0" && b.shift == "0";
    const std::string scale = factors ? exact_product(a.scale, b.scale) : "1";
    if (factors) a.scale = b.scale = "1";
    results = {times(add(call, "mul", {a, b}, a.shape), scale)};
    return true;
  }
  results = {add(call, "add", {a, op == "Sub" ? times(b, "-1") : b}, a.shape)};
  return true;
}

bool Translator::activations(const Call& call, Results& results) {
  static const std::map<std::string, const char*> plain_ones{
      {"Relu", "relu"}, {"Sigmoid", "sigmoid"}, {"Tanh", "tanh"},        {"Erf", "erf"},
      {"Exp", "exp"},   {"Sin", "sin"},         {"Softplus", "softplus"}};
  const std::string& op = call.op();
  const auto found = plain_ones.find(op);
  if (found != plain_ones.end()) {
    call.allow({});
    const Value& x = call.data(0);
    results = {add(call, found->second, {x}, x.shape)};
    if (op == "Erf") erf_inputs_[results[0].node] = x;
    return true;
  }
  NodeSpec spec;
  std::string factor = "1";
  if (op == "LeakyRelu") {
    call.allow({"alpha"});
    spec.op = "leaky_relu";
    spec.numbers["negative_slope"] = call.number("alpha", 0.01);
  } else if (op == "Elu") {
    call.allow({"alpha"});
    spec.op = "elu";
    spec.numbers["alpha"] = call.number("alpha", 1);
  } else if (op == "Selu") {
    call.allow({"alpha", "gamma"});
    const double alpha = call.number("alpha", 1.6732632423543772),
                 gamma = call.number("gamma", 1.0507009873554805);
    const bool usual =
        std::fabs(alpha - 1.6732632423543772) < kSingle && std::fabs(gamma - 1.0507009873554805) < kSingle;
    spec.op = usual ? "selu" : "elu";
    if (!usual) spec.numbers["alpha"] = alpha;
    if (!usual) factor = canonical_rational(gamma);
  } else if (op == "Gelu") {
    call.allow({"approximate"});
    spec.op = "gelu";
    spec.words["approximate"] = call.word("approximate", "none");
    if (spec.words["approximate"] != "none" && spec.words["approximate"] != "tanh")
      call.refuse("with approximate " + in_quotes(spec.words["approximate"]) + " is not supported");
  } else {
    return false;
  }
  for (const auto& [name, value] : spec.numbers) {
    if (!(value >= 0) || (value == 0 && spec.op == "elu"))
      call.refuse("with " + name + " = " + canonical_rational(value) + " is not supported");
  }
  const Value& x = call.data(0);
  spec.inputs = {applied(x, call)};
  results = {times(add(call, std::move(spec), x.shape), factor)};
  return true;
}

}  // namespace pgb::io::onnx_detail
