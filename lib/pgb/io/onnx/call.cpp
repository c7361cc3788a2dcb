#include <algorithm>
#include <cmath>

#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io::onnx_detail {

void Call::refuse(const std::string& what) const { fail(where, "operator " + shown(op()) + ' ' + what); }

const Value& Call::data(std::size_t k) const {
  if (!has(k)) refuse("has no input " + std::to_string(k));
  if (inputs[k].constant) refuse("of a constant as input " + std::to_string(k) + " is not supported");
  return inputs[k];
}

const Value& Call::constant(std::size_t k) const {
  if (!has(k)) refuse("has no input " + std::to_string(k));
  if (!inputs[k].constant) refuse("is supported only with a constant as input " + std::to_string(k));
  return inputs[k];
}

std::vector<long long> Call::integers(std::size_t k, bool with_samples) const {
  std::vector<long long> found;
  const Tensor& tensor = *constant(k).tensor;
  if (tensor.size() > 64) refuse("has too many numbers as input " + std::to_string(k));
  for (const double value : tensor.values) {
    const bool whole =
        (with_samples && std::isnan(value)) || (value == std::floor(value) && std::fabs(value) < 9e15);
    if (!whole) refuse("needs whole numbers as input " + std::to_string(k));
    found.push_back(std::isnan(value) ? -1 : static_cast<long long>(value));
  }
  return found;
}

const onnx::AttributeProto* Call::find(const std::string& name) const {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

long long Call::integer(const std::string& name, long long otherwise) const {
  const onnx::AttributeProto* found = find(name);
  return found == nullptr ? otherwise : found->i();
}

std::vector<long long> Call::integers(const std::string& name) const {
  const onnx::AttributeProto* found = find(name);
  return found == nullptr ? std::vector<long long>()
                          : std::vector<long long>(found->ints().begin(), found->ints().end());
}

double Call::number(const std::string& name, double otherwise) const {
  const onnx::AttributeProto* found = find(name);
  if (found == nullptr) return otherwise;
  if (!std::isfinite(found->f())) refuse("needs a finite attribute " + name);
  return decimal_value(found->f());
}

std::string Call::word(const std::string& name, const std::string& otherwise) const {
  const onnx::AttributeProto* found = find(name);
  return found == nullptr ? otherwise : found->s();
}

void Call::allow(std::initializer_list<const char*> attributes) const {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    const bool known = std::any_of(attributes.begin(), attributes.end(),
                                   [&](const char* name) { return attribute.name() == name; });
    if (!known) refuse("with the attribute " + in_quotes(attribute.name()) + " is not supported");
  }
}

}  // namespace pgb::io::onnx_detail
