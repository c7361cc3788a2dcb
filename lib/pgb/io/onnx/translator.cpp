#include "pgb/io/onnx/translator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/io/checked.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb::io::onnx_detail {
namespace {

constexpr long long oldest_opset = 7;  // before it broadcasting was another

// "/layer1/0/conv/Conv" as "layer1.0.conv": the module that the exporter wrote it for.
std::string model_name(const onnx::NodeProto& node) {
  std::string name = !node.name().empty()     ? node.name()
                     : node.output_size() > 0 ? node.output(0)
                                              : node.op_type();
  if (name.front() == '/') {
    const std::size_t last = name.rfind('/');
    name = last > 0 ? name.substr(1, last - 1) : name.substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
  }
  return name.empty() ? node.op_type() : name;
}

}  // namespace

std::size_t count_of(const Shape& shape) { return checked_count(shape, "shape"); }

Tensor scalar_tensor(const std::string& rational) {
  Tensor tensor{{}, {nearest_double(rational)}, {}};
  if (!is_double(rational)) tensor.exact[0] = rational;
  return tensor;
}

std::string exact_entry(const Tensor& tensor, std::size_t k) {
  const auto found = tensor.exact.find(k);
  return found == tensor.exact.end() ? canonical_rational(tensor.values[k]) : found->second;
}

Tensor scaled_exactly(const Tensor& tensor, const std::string& factor) {
  if (factor == "1") return tensor;
  Tensor result{tensor.shape, {}, {}};
  const bool simple = is_double(factor);
  const double f = nearest_double(factor);
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    const double product = tensor.values[k] * f;
    const bool exact = simple && tensor.exact.count(k) == 0 && std::fabs(product) > 1e-250 &&
                       std::isfinite(product) && std::fma(tensor.values[k], f, -product) == 0;
    if (exact) {
      result.values.push_back(product);
      continue;
    }
    const Tensor entry = scalar_tensor(exact_product(exact_entry(tensor, k), factor));
    if (!entry.exact.empty()) result.exact[k] = entry.exact.at(0);
    result.values.push_back(entry.values[0]);
  }
  return result;
}

Tensor transposed(const Tensor& tensor, const std::vector<std::size_t>& order) {
  Tensor result;
  for (const std::size_t d : order) result.shape.push_back(tensor.shape[d]);
  std::vector<std::size_t> strides(order.size(), 1);
  for (std::size_t d = order.size(); d-- > 1;) strides[d - 1] = strides[d] * tensor.shape[d];
  result.values.resize(tensor.size());
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    std::size_t rest = k, from = 0;
    for (std::size_t d = order.size(); d-- > 0; rest /= result.shape[d])
      from += rest % result.shape[d] * strides[order[d]];
    result.values[k] = tensor.values[from];
    const auto exact = tensor.exact.find(from);
    if (exact != tensor.exact.end()) result.exact[k] = exact->second;
  }
  return result;
}

Translator::Translator(const onnx::ModelProto& proto, const std::string& path)
    : proto_(proto), graph_(proto.graph()), file_(shown_path(path)), source_(path) {}

void Translator::read_initializers() {
  for (const onnx::TensorProto& tensor : graph_.initializer()) {
    const bool good = is_utf8(tensor.name()) && !tensor.name().empty();
    if (!good) fail(file_, "names of initializers in UTF-8", in_quotes(tensor.name()));
    if (!initializers_.emplace(tensor.name(), &tensor).second)
      fail(file_, "initializer " + in_quotes(tensor.name()) + " is there twice");
  }
  if (graph_.sparse_initializer_size() > 0) fail(file_, "dense initializers", "a sparse one");
}

void Translator::read_input() {
  const onnx::ValueInfoProto* input = nullptr;
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& info : graph_.input()) {
    if (initializers_.count(info.name()) != 0) continue;
    names.push_back(info.name());
    input = &info;
  }
  if (names.size() != 1) fail(file_, "a model of one input", quoted_list(names));
  const std::string where = file_ + ": input " + in_quotes(names[0]);
  const auto& shape = input->type().tensor_type().shape();
  using Type = onnx::TensorProto;
  const int kind = input->type().tensor_type().elem_type();
  const bool floating =
      kind == Type::FLOAT || kind == Type::DOUBLE || kind == Type::FLOAT16 || kind == Type::BFLOAT16;
  if (input->type().has_tensor_type() && !floating)
    fail(where, "floating-point numbers", "data type " + std::to_string(kind));
  if (!input->type().has_tensor_type() || shape.dim_size() < 2)
    fail(where, "a tensor [samples, features, …]", std::to_string(shape.dim_size()) + " axes");
  if (shape.dim_size() > 8) fail(where, "at most 8 axes", std::to_string(shape.dim_size()));
  samples_ = shape.dim(0).has_dim_value() ? shape.dim(0).dim_value() : 0;
  Value value;
  value.node = "x";
  for (int d = 1; d < shape.dim_size(); ++d) {
    const long long extent = shape.dim(d).has_dim_value() ? shape.dim(d).dim_value() : 0;
    if (extent <= 0 || extent > 2147483647)
      fail(where, "a known size of axis " + std::to_string(d),
           shape.dim(d).has_dim_param() ? in_quotes(shape.dim(d).dim_param()) : std::to_string(extent));
    value.shape.push_back(static_cast<std::size_t>(extent));
  }
  checked_count(value.shape, where);
  result_.model.input = value.shape;
  values_[names[0]] = std::move(value);
}

const onnx::ValueInfoProto& Translator::output() const {
  const onnx::ValueInfoProto* chosen = nullptr;
  std::vector<std::string> names;
  for (const onnx::ValueInfoProto& info : graph_.output()) {
    names.push_back(info.name());
    if (graph_.output_size() == 1 || info.name().find("probab") != std::string::npos)
      chosen = chosen == nullptr ? &info : chosen;
  }
  if (chosen == nullptr)
    fail(file_, "a model of one output, or one of them called probabilities", quoted_list(names));
  return *chosen;
}

// Names that the output depends on.
std::set<std::string> Translator::needed(const std::string& output) const {
  std::set<std::string> names{output};
  for (int k = graph_.node_size(); k-- > 0;) {
    const onnx::NodeProto& node = graph_.node(k);
    const bool used = std::any_of(node.output().begin(), node.output().end(),
                                  [&](const std::string& name) { return names.count(name) != 0; });
    if (used) names.insert(node.input().begin(), node.input().end());
  }
  return names;
}

OnnxModel Translator::run() {
  long long opset = 0;
  for (const auto& import : proto_.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
  }
  if (opset < oldest_opset) fail(file_, "operators of opset 7 or later", "opset " + std::to_string(opset));
  read_initializers();
  read_input();
  const std::string last = output().name();
  const std::set<std::string> used = needed(last);
  for (const onnx::NodeProto& node : graph_.node()) {
    for (const std::string& name : node.input()) ++uses_[name];
  }
  ++uses_[last];
  for (const onnx::NodeProto& node : graph_.node()) {
    const bool wanted = std::any_of(node.output().begin(), node.output().end(),
                                    [&](const std::string& name) { return used.count(name) != 0; });
    if (!wanted) continue;
    Results results = translate(node);
    for (int k = 0; k < node.output_size(); ++k) {
      const std::string& name = node.output(k);
      if (name.empty()) continue;
      if (static_cast<std::size_t>(k) < results.size()) {
        values_[name] = results[static_cast<std::size_t>(k)];
      } else if (used.count(name) != 0) {
        fail(file_ + ": node " + in_quotes(model_name(node)),
             "operator " + shown(node.op_type()) + " with one output",
             "its output " + in_quotes(name) + " in use");
      }
    }
  }
  const auto found = values_.find(last);
  const std::string where = file_ + ": output " + in_quotes(last);
  if (found == values_.end()) fail(where, "no node gives it");
  if (found->second.constant) fail(where, "a function of the input", "a constant");
  onnx::NodeProto end;
  end.set_name("output");
  end.set_op_type("output");
  const Call call{end, where, {}};
  Value value = found->second;
  if (value.padding != std::array<std::size_t, 4>{}) call.refuse("after a Pad is not supported");
  if (value.shape.size() > 1) value = add(call, "flatten", {value}, {count_of(value.shape)});
  result_.model.output = applied(value, call);
  if (result_.model.output == "x") result_.model.output = add(call, "identity", {value}, value.shape).node;
  result_.ending = value.ending;
  prune();
  return std::move(result_);
}

Translator::Results Translator::translate(const onnx::NodeProto& node) {
  const std::string name = model_name(node);
  if (!is_utf8(name)) fail(file_, "names of nodes in UTF-8", in_quotes(name));
  Call call{node, file_ + ": node " + in_quotes(name), {}};
  if (!node.domain().empty() && node.domain() != "ai.onnx")
    call.refuse("of domain " + in_quotes(node.domain()) + " is not supported");
  for (const std::string& input : node.input()) {
    Value value;
    value.constant = true;
    const auto found = values_.find(input);
    const auto initializer = initializers_.find(input);
    if (found != values_.end()) {
      value = found->second;
    } else if (initializer != initializers_.end()) {
      value.name = input;
      value.learnt = true;
      value.integer = initializer->second->data_type() >= onnx::TensorProto::UINT8 &&
                      initializer->second->data_type() <= onnx::TensorProto::INT64;
      value.tensor = std::make_shared<Tensor>(
          source_.read(*initializer->second, file_ + ": tensor " + in_quotes(input)));
      values_[input] = value;
    } else if (!input.empty()) {
      fail(call.where, "inputs that are given before it", in_quotes(input));
    }
    if (!value.ending.empty() && node.op_type() != "Identity")
      call.refuse("follows a Softmax, which is understood only as the last operation");
    const bool takes_padding = node.op_type() == "Conv" || node.op_type() == "AveragePool";
    if (value.padding != std::array<std::size_t, 4>{} && !takes_padding)
      call.refuse("after a Pad is not supported");
    call.inputs.push_back(std::move(value));
  }
  Results results;
  const bool known = constants(call, results) || layers(call, results) || windows(call, results) ||
                     arithmetic(call, results) || activations(call, results) || shapes(call, results);
  if (!known) call.refuse("is not supported");
  return results;
}

Value Translator::add(const Call& call, NodeSpec spec, Shape shape) {
  const std::string base = model_name(call.node);
  spec.name = base;
  for (int k = 2; !names_.insert(spec.name).second; ++k) spec.name = base + '_' + std::to_string(k);
  Value value;
  value.node = spec.name;
  value.shape = std::move(shape);
  node_index_[spec.name] = result_.model.nodes.size();
  result_.model.nodes.push_back(std::move(spec));
  return value;
}

Value Translator::add(const Call& call, const std::string& op, const std::vector<Value>& inputs,
                      Shape shape) {
  NodeSpec spec;
  spec.op = op;
  for (const Value& input : inputs) spec.inputs.push_back(applied(input, call));
  return add(call, std::move(spec), std::move(shape));
}

std::string Translator::applied(const Value& value, const Call& call) {
  if (value.scale == "1" && value.shift == "0") return value.node;
  NodeSpec spec;
  spec.op = "rescale";
  spec.inputs = {value.node};
  std::string& made = rescaled_[value.node + ' ' + value.scale + ' ' + value.shift];
  if (!made.empty()) return made;
  const auto register_scalar = [&](const char* attribute, const std::string& rational) {
    std::string name = "constant " + rational;
    while (initializers_.count(name) != 0) name += '_';
    result_.parameters[name] = scalar_tensor(rational);
    spec.words[attribute] = name;
  };
  if (value.scale != "1") register_scalar("scale", value.scale);
  if (value.shift != "0") register_scalar("shift", value.shift);
  made = add(call, std::move(spec), value.shape).node;
  return made;
}

std::string Translator::parameter(const Call& call, const Value& constant, Tensor tensor,
                                  const std::string& form) {
  const auto [known, fresh] = forms_.emplace(constant.name, form);
  if (!fresh && known->second != form)
    fail(call.where, "operator " + call.op() + " uses " + in_quotes(constant.name) +
                         " in another way than a node before it: weights tied like that are not supported");
  result_.parameters[constant.name] = std::move(tensor);
  return constant.name;
}

std::string Translator::fixed(const Call& call, const Value& constant, Tensor tensor) {
  std::string name = constant.name;
  if (!constant.form.empty() ||
      (result_.parameters.count(name) != 0 && result_.parameters[name].shape != tensor.shape)) {
    name = model_name(call.node) + '.' + name;
    while (result_.parameters.count(name) != 0) name += '_';
  }
  result_.parameters[name] = std::move(tensor);
  if (constant.learnt) {
    result_.notices.push_back("The tensor " + in_quotes(constant.name) + " of node " +
                              in_quotes(model_name(call.node)) + " (" + call.op() +
                              ") is taken as fixed, not as a parameter.");
  }
  return name;
}

// Leaves only the nodes that the output depends on, and their tensors.
void Translator::prune() {
  std::set<std::string> used{result_.model.output};
  std::vector<NodeSpec>& nodes = result_.model.nodes;
  for (std::size_t k = nodes.size(); k-- > 0;) {
    if (used.count(nodes[k].name) != 0) used.insert(nodes[k].inputs.begin(), nodes[k].inputs.end());
  }
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                             [&](const NodeSpec& node) { return used.count(node.name) == 0; }),
              nodes.end());
  std::set<std::string> tensors;
  for (const NodeSpec& node : nodes) {
    tensors.insert({node.weight, node.bias});
    for (const auto& [attribute, word] : node.words) tensors.insert(word);
  }
  for (auto at = result_.parameters.begin(); at != result_.parameters.end();)
    at = tensors.count(at->first) == 0 ? result_.parameters.erase(at) : std::next(at);
}

}  // namespace pgb::io::onnx_detail
