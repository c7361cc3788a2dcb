// Operators on constants, and sizes. The number of samples, which is not known, is nan in here.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io::onnx_detail {
namespace {

constexpr double kSamples = std::numeric_limits<double>::quiet_NaN();

Value constant_of(const Call& call, Tensor tensor, bool integer) {
  Value value;
  value.constant = true;
  value.name = call.node.output_size() > 0 ? call.node.output(0) : call.node.name();
  value.integer = integer;
  value.tensor = std::make_shared<Tensor>(std::move(tensor));
  return value;
}

// The same constant in another form.
Value changed(const Value& from, Tensor tensor, const std::string& form) {
  Value value = from;
  value.tensor = std::make_shared<Tensor>(std::move(tensor));
  value.form += form;
  return value;
}

std::size_t axis_of(const Call& call, long long axis, std::size_t rank) {
  const long long positive = axis < 0 ? axis + static_cast<long long>(rank) : axis;
  if (positive < 0 || positive >= static_cast<long long>(rank))
    call.refuse("has no axis " + std::to_string(axis));
  return static_cast<std::size_t>(positive);
}

Tensor list_of(std::vector<double> values) {
  const std::size_t count = values.size();
  return {{count}, std::move(values), {}};
}

Value given(const Call& call, TensorSource& source) {
  call.allow({"value", "value_float", "value_floats", "value_int", "value_ints"});
  if (call.node.attribute_size() != 1) call.refuse("needs one value");
  const onnx::AttributeProto& attribute = call.node.attribute(0);
  using Type = onnx::AttributeProto;
  switch (attribute.type()) {
    case Type::TENSOR: {
      const auto type = attribute.t().data_type();
      return constant_of(call, source.read(attribute.t(), call.where),
                         type >= onnx::TensorProto::UINT8 && type <= onnx::TensorProto::INT64);
    }
    case Type::FLOAT:
      return constant_of(call, {{}, {call.number(attribute.name(), 0)}, {}}, false);
    case Type::INT:
      return constant_of(call, {{}, {static_cast<double>(attribute.i())}, {}}, true);
    case Type::FLOATS: {
      std::vector<double> values;
      for (const float value : attribute.floats())
        values.push_back(std::isfinite(value) ? decimal_value(value) : 0);
      const bool finite = std::all_of(attribute.floats().begin(), attribute.floats().end(),
                                      [](float v) { return std::isfinite(v); });
      if (!finite) call.refuse("needs finite numbers");
      return constant_of(call, list_of(std::move(values)), false);
    }
    case Type::INTS: {
      std::vector<double> values(attribute.ints().begin(), attribute.ints().end());
      return constant_of(call, list_of(std::move(values)), true);
    }
    default:
      call.refuse("needs numbers");
  }
}

// One exact operation on each pair of entries; shapes are equal or one is a single number.
Value combined(const Call& call) {
  const Value &a = call.inputs[0], &b = call.inputs[1];
  const bool single_a = a.tensor->size() == 1, single_b = b.tensor->size() == 1;
  if (a.tensor->shape != b.tensor->shape && !single_a && !single_b)
    call.refuse("of constants " + shape_text(a.tensor->shape) + " and " + shape_text(b.tensor->shape) +
                " is not supported");
  if (call.op() == "Div" && a.integer) call.refuse("of whole constants is not supported");
  Tensor result{single_a ? b.tensor->shape : a.tensor->shape, {}, {}};
  const std::size_t count = single_a ? b.tensor->size() : a.tensor->size();
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = single_a ? 0 : k, j = single_b ? 0 : k;
    if (std::isnan(a.tensor->values[i]) || std::isnan(b.tensor->values[j]))
      call.refuse("with the number of samples is not supported");
    const std::string x = exact_entry(*a.tensor, i), y = exact_entry(*b.tensor, j);
    if (call.op() == "Div" && y == "0") call.refuse("by 0");
    const Tensor entry = scalar_tensor(call.op() == "Add"   ? exact_sum(x, y)
                                       : call.op() == "Sub" ? exact_sum(x, exact_product(y, "-1"))
                                       : call.op() == "Mul" ? exact_product(x, y)
                                                            : exact_quotient(x, y));
    if (!std::isfinite(entry.values[0])) call.refuse("of constants leaves the range of a double");
    result.values.push_back(entry.values[0]);
    if (!entry.exact.empty()) result.exact[k] = entry.exact.at(0);
  }
  Value value = changed(a.tensor->size() >= b.tensor->size() ? a : b, std::move(result), call.op());
  value.integer = a.integer && b.integer;
  return value;
}

Value gathered(const Call& call) {
  call.allow({"axis"});
  const Tensor& from = *call.constant(0).tensor;
  if (from.shape.size() != 1 || call.integer("axis", 0) != 0) call.refuse("is supported on lists of sizes");
  Tensor result{call.constant(1).tensor->shape, {}, {}};
  for (const long long index : call.integers(1))
    result.values.push_back(from.values[axis_of(call, index, from.size())]);
  return constant_of(call, std::move(result), true);
}

Value sliced(const Call& call) {
  call.allow({"starts", "ends", "axes"});
  const Tensor& from = *call.constant(0).tensor;
  const std::vector<long long> starts = call.has(1) ? call.integers(1) : call.integers("starts"),
                               ends = call.has(2) ? call.integers(2) : call.integers("ends");
  const bool simple = from.shape.size() == 1 && starts.size() == 1 && ends.size() == 1 &&
                      (!call.has(4) || call.integers(4) == std::vector<long long>{1});
  if (!simple) call.refuse("is supported on lists of sizes");
  const auto size = static_cast<long long>(from.size());
  const auto bounded = [&](long long k) { return std::clamp(k < 0 ? k + size : k, 0LL, size); };
  std::vector<double> values;
  for (long long k = bounded(starts[0]); k < bounded(ends[0]); ++k)
    values.push_back(from.values[static_cast<std::size_t>(k)]);
  return constant_of(call, list_of(std::move(values)), true);
}

// Reshape, Squeeze, Unsqueeze, Flatten of a constant.
Value reshaped(const Call& call, const Value& from, Shape shape) {
  if (count_of(shape) != from.tensor->size())
    call.refuse("of a constant " + shape_text(from.tensor->shape) + " to " + shape_text(shape) +
                " does not fit");
  Tensor tensor = *from.tensor;
  tensor.shape = std::move(shape);
  return changed(from, std::move(tensor), " reshaped");
}

Shape target_of(const Call& call, const Tensor& from) {
  if (call.op() == "Reshape") {
    Shape shape;
    std::size_t known = 1;
    const std::vector<long long> sizes = call.integers(1);
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const std::size_t size = sizes[k] == 0 && k < from.shape.size() ? from.shape[k]
                               : sizes[k] < 0                         ? 1
                                                                      : static_cast<std::size_t>(sizes[k]);
      shape.push_back(size);
      if (known <= from.size()) known *= size;
    }
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      if (sizes[k] == -1 && known > 0) shape[k] = from.size() / known;
    }
    return shape;
  }
  const std::vector<long long> axes = call.has(1) ? call.integers(1) : call.integers("axes");
  std::vector<std::size_t> chosen;
  const bool more = call.op() == "Unsqueeze";
  for (const long long axis : axes)
    chosen.push_back(axis_of(call, axis, from.shape.size() + (more ? axes.size() : 0)));
  std::sort(chosen.begin(), chosen.end());
  Shape shape = from.shape;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const std::size_t at = more ? chosen[k] : chosen[chosen.size() - 1 - k];
    if (at >= shape.size() + (more ? 1 : 0)) call.refuse("has no such axis");
    if (more) shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(at), 1);
    if (!more) shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return shape;
}

Value joined_sizes(const Call& call) {
  call.allow({"axis"});
  std::vector<double> values;
  for (std::size_t k = 0; k < call.inputs.size(); ++k) {
    const Tensor& part = *call.constant(k).tensor;
    if (part.shape.size() != 1 || !part.exact.empty())
      call.refuse("of constants is supported on lists of sizes");
    values.insert(values.end(), part.values.begin(), part.values.end());
  }
  return constant_of(call, list_of(std::move(values)), true);
}

}  // namespace

bool Translator::constants(const Call& call, Results& results) {
  const std::string& op = call.op();
  if (op == "Constant") {
    results = {given(call, source_)};
    return true;
  }
  if (op == "Shape" && call.has(0)) {
    call.allow({"start", "end"});
    const Value& of = call.inputs[0];
    std::vector<double> sizes;
    if (!of.constant) sizes.push_back(kSamples);
    for (const std::size_t extent : of.constant ? of.tensor->shape : of.shape)
      sizes.push_back(static_cast<double>(extent));
    if (call.find("start") != nullptr || call.find("end") != nullptr)
      call.refuse("with start and end is not supported");
    results = {constant_of(call, list_of(std::move(sizes)), true)};
    return true;
  }
  const bool all = !call.inputs.empty() && std::all_of(call.inputs.begin(), call.inputs.end(),
                                                       [](const Value& v) { return v.constant; });
  if (!all || !call.has(0)) return false;
  const Value& first = call.inputs[0];
  if (op == "Identity" || op == "Cast") {
    results = {first};
  } else if (op == "Transpose") {
    call.allow({"perm"});
    std::vector<std::size_t> order;
    for (const long long axis : call.integers("perm"))
      order.push_back(axis_of(call, axis, first.tensor->shape.size()));
    for (std::size_t d = first.tensor->shape.size(); order.size() < first.tensor->shape.size();)
      order.push_back(--d);
    std::vector<std::size_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    if (order.size() != first.tensor->shape.size() ||
        std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
      call.refuse("needs each axis once");
    Value value = changed(first, transposed(*first.tensor, order), order.size() == 2 ? "" : " transposed");
    if (order == std::vector<std::size_t>{1, 0}) value.form = first.form == "T" ? "" : first.form + "T";
    results = {value};
  } else if ((op == "Add" || op == "Sub" || op == "Mul" || op == "Div") && call.has(1)) {
    results = {combined(call)};
  } else if (op == "Gather") {
    results = {gathered(call)};
  } else if (op == "Slice") {
    results = {sliced(call)};
  } else if (op == "Concat") {
    results = {joined_sizes(call)};
  } else if (op == "Reshape" || op == "Squeeze" || op == "Unsqueeze") {
    results = {reshaped(call, first, target_of(call, *first.tensor))};
  } else {
    call.refuse("of constants is not supported");
  }
  return true;
}

}  // namespace pgb::io::onnx_detail
