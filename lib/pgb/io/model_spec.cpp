#include "pgb/io/model_spec.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/io/checked.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

enum class Need { none, optional, required };

struct SizeRule {
  std::size_t count;  // integers in the list; 0: from 1 to 8
  std::size_t least;
  Need need = Need::optional;
  std::size_t other_count = 0;  // also allowed, where not 0
  bool flag = false;            // true or false, kept as 1 or 0
};

struct WordRule {
  std::vector<std::string> values;  // empty: the name of a tensor
  Need need = Need::optional;
};

struct OpRule {
  Need weight = Need::none;
  Need bias = Need::none;
  std::vector<std::string> numbers;
  std::map<std::string, SizeRule> sizes;
  std::map<std::string, WordRule> words;
  bool many_inputs = false;
};

const std::map<std::string, OpRule>& op_rules() {
  static const std::map<std::string, OpRule> rules = [] {
    std::map<std::string, OpRule> r;
    for (const char* plain :
         {"relu", "selu", "sigmoid", "tanh", "erf", "silu", "exp", "sin", "square", "identity", "flatten"})
      r[plain] = {};
    for (const char* joining : {"add", "mul", "concat"}) r[joining].many_inputs = true;
    r["leaky_relu"].numbers = {"negative_slope"};
    r["elu"].numbers = {"alpha"};
    r["softplus"].numbers = {"beta"};
    r["gelu"].words = {{"approximate", {{"none", "tanh"}}}};
    r["linear"].weight = Need::required;
    r["linear"].bias = Need::optional;
    r["conv2d"].weight = Need::required;
    r["conv2d"].bias = Need::optional;
    const SizeRule padding{2, 0, Need::optional, 4}, flag{1, 0, Need::optional, 0, true};
    r["conv2d"].sizes = {{"stride", {2, 1}}, {"padding", padding}, {"dilation", {2, 1}}, {"groups", {1, 1}}};
    for (const char* pool : {"avg_pool2d", "max_pool2d"}) {
      r[pool].sizes = {{"kernel_size", {2, 1, Need::required}},
                       {"stride", {2, 1}},
                       {"padding", padding},
                       {"ceil_mode", flag}};
    }
    r["max_pool2d"].sizes["dilation"] = {2, 1};
    r["avg_pool2d"].sizes["count_include_pad"] = flag;
    r["global_avg_pool2d"] = {};
    r["reshape"].sizes = {{"shape", {0, 1, Need::required}}};
    r["permute"].sizes = {{"dims", {0, 0, Need::required}}};
    r["rescale"].words = {{"scale", {{}, Need::optional}}, {"shift", {{}, Need::optional}}};
    r["batch_norm"].weight = Need::optional;
    r["batch_norm"].bias = Need::optional;
    r["batch_norm"].numbers = {"eps"};
    r["batch_norm"].words = {{"running_mean", {{}, Need::required}}, {"running_var", {{}, Need::required}}};
    return r;
  }();
  return rules;
}

const OpRule& rule_for(const std::string& op, const std::string& where) {
  const auto found = op_rules().find(op);
  if (found != op_rules().end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, rule] : op_rules()) known.push_back(name);
  const std::string hint = closest_hint(op, known);
  fail(where, "unknown op " + in_quotes(op) +
                  (hint.empty() ? "; known are " + quoted_list(known, known.size()) : hint));
}

// A double: a JSON number, or an exact string that some double equals.
double as_double(const Json& value, const std::string& where) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) fail(where, "a number", described(value));
  try {
    const std::string rational = canonical_rational(value.get_ref<const std::string&>());
    if (is_double(rational)) return nearest_double(rational);
  } catch (const InputError& error) {
    fail(where, error.what());
  }
  fail(where, "a JSON number, or exact text that is a double", described(value));
}

std::vector<std::size_t> as_sizes(const Json& value, const SizeRule& rule, const std::string& where) {
  if (rule.flag) {
    if (value.is_boolean()) return {value.get<bool>() ? std::size_t{1} : 0};
    if (!value.is_array() || value.size() != 1 || as_size(value[0], 0, where) > 1)
      fail(where, "true or false", described(value));
  }
  if (!value.is_array())
    return std::vector<std::size_t>(std::max<std::size_t>(1, rule.count), as_size(value, rule.least, where));
  const bool right = rule.count == 0 ? !value.empty() && value.size() <= 8
                                     : value.size() == rule.count || value.size() == rule.other_count;
  if (!right) {
    const std::string other = rule.other_count == 0 ? "" : " or " + std::to_string(rule.other_count);
    fail(where,
         (rule.count == 0 ? "1 to 8" : std::to_string(rule.count) + other) +
             (rule.count == 1 ? " integer" : " integers"),
         std::to_string(value.size()));
  }
  std::vector<std::size_t> sizes;
  for (const Json& element : value) sizes.push_back(as_size(element, rule.least, where));
  return sizes;
}

void expect_presence(Need need, bool present, const std::string& field, const std::string& where) {
  if (need == Need::required && !present) fail(where, "missing field " + in_quotes(field));
}

void read_attributes(const Json& json, const OpRule& rule, NodeSpec& node, const std::string& where) {
  const auto tensor = [&](const char* field, Need need) {
    const Json* value = find_field(json, field);
    expect_presence(need, value != nullptr, field, where);
    return value == nullptr ? std::string() : as_word(*value, field_place(where, field));
  };
  node.weight = tensor("weight", rule.weight);
  node.bias = tensor("bias", rule.bias);
  for (const std::string& field : rule.numbers) {
    if (const Json* value = find_field(json, field))
      node.numbers[field] = as_double(*value, field_place(where, field));
  }
  for (const auto& [field, size] : rule.sizes) {
    const Json* value = find_field(json, field);
    expect_presence(size.need, value != nullptr, field, where);
    if (value != nullptr) node.sizes[field] = as_sizes(*value, size, field_place(where, field));
  }
  for (const auto& [field, word] : rule.words) {
    const Json* value = find_field(json, field);
    expect_presence(word.need, value != nullptr, field, where);
    if (value == nullptr) continue;
    const std::string text = as_word(*value, field_place(where, field));
    if (!word.values.empty() &&
        std::find(word.values.begin(), word.values.end(), text) == word.values.end()) {
      fail(field_place(where, field), "one of " + quoted_list(word.values), in_quotes(text));
    }
    node.words[field] = text;
  }
}

std::vector<std::string> fields_of(const OpRule& rule) {
  std::vector<std::string> fields{"op", "name", "inputs"};
  if (rule.weight != Need::none) fields.push_back("weight");
  if (rule.bias != Need::none) fields.push_back("bias");
  fields.insert(fields.end(), rule.numbers.begin(), rule.numbers.end());
  for (const auto& [name, size] : rule.sizes) fields.push_back(name);
  for (const auto& [name, word] : rule.words) fields.push_back(name);
  return fields;
}

class ModelReader {
 public:
  explicit ModelReader(const std::string& where) : where_(where) {}

  ModelSpec read(const Json& json) {
    expect_object(json, where_);
    refuse_unknown_fields(json, {"input", "nodes", "output"}, where_);
    model_.input = read_input(required_field(json, "input", where_));
    const Json& nodes = required_field(json, "nodes", where_);
    if (!nodes.is_array() || nodes.empty())
      fail(field_place(where_, "nodes"), "an array of at least one node", described(nodes));
    for (const Json& node : nodes) later_.push_back(name_of(node, later_.size()));
    for (const Json& node : nodes) add_node(node);
    model_.output = model_.nodes.back().name;
    if (const Json* output = find_field(json, "output")) {
      model_.output = as_word(*output, field_place(where_, "output"));
      if (position_.count(model_.output) == 0) {
        fail(field_place(where_, "output"), "the name of a node",
             in_quotes(model_.output) + closest_hint(model_.output, known_names()));
      }
    }
    return std::move(model_);
  }

 private:
  std::vector<std::size_t> read_input(const Json& json) const {
    const std::string where = field_place(where_, "input");
    if (!json.is_array()) return {as_size(json, 1, where)};
    if (json.empty() || json.size() > 8) fail(where, "1 to 8 extents", std::to_string(json.size()));
    std::vector<std::size_t> shape;
    for (const Json& extent : json) shape.push_back(as_size(extent, 1, where));
    checked_count(shape, where);
    return shape;
  }

  std::string name_of(const Json& json, std::size_t index) const {
    const std::string where = where_ + ": node " + std::to_string(index);
    expect_object(json, where);
    const Json* name = find_field(json, "name");
    return name == nullptr ? std::to_string(index) : as_word(*name, field_place(where, "name"));
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> names{"x"};
    for (const NodeSpec& node : model_.nodes) names.push_back(node.name);
    return names;
  }

  void add_node(const Json& json) {
    NodeSpec node;
    node.name = later_[model_.nodes.size()];
    const std::string where = where_ + ": node " + in_quotes(node.name);
    if (node.name == "x") fail(where, "a name other than \"x\", which is the model's input", "\"x\"");
    if (position_.count(node.name) != 0) fail(where, "two nodes have this name");
    node.op = as_word(required_field(json, "op", where), field_place(where, "op"));
    const OpRule& rule = rule_for(node.op, where);
    refuse_unknown_fields(json, fields_of(rule), where + " (" + node.op + ")");
    read_inputs(json, rule, node, where);
    read_attributes(json, rule, node, where);
    position_.emplace(node.name, model_.nodes.size());
    model_.nodes.push_back(std::move(node));
  }

  void read_inputs(const Json& json, const OpRule& rule, NodeSpec& node, const std::string& where) const {
    const Json* inputs = find_field(json, "inputs");
    const std::string place = field_place(where, "inputs");
    if (inputs == nullptr) {
      node.inputs = {model_.nodes.empty() ? "x" : model_.nodes.back().name};
    } else {
      if (!inputs->is_array()) fail(place, "an array of names", described(*inputs));
      for (const Json& input : *inputs) node.inputs.push_back(as_word(input, place));
    }
    for (const std::string& input : node.inputs) {
      if (input == "x" || position_.count(input) != 0) continue;
      if (input == node.name) fail(place, "nodes before this one", "the node itself");
      const bool comes_later = std::find(later_.begin(), later_.end(), input) != later_.end();
      if (comes_later) fail(place, "nodes before this one", in_quotes(input) + ", which comes later");
      fail(place, "\"x\" or the name of a node", in_quotes(input) + closest_hint(input, known_names()));
    }
    const bool right = rule.many_inputs ? node.inputs.size() >= 2 : node.inputs.size() == 1;
    if (!right)
      fail(where, rule.many_inputs ? "two inputs or more" : "one input", std::to_string(node.inputs.size()));
  }

  const std::string& where_;
  ModelSpec model_;
  std::vector<std::string> later_;               // names of all nodes
  std::map<std::string, std::size_t> position_;  // of the nodes read so far
};

}  // namespace

ModelSpec read_model(const Json& model, const std::string& where) { return ModelReader(where).read(model); }

std::vector<std::string> tensor_names(const NodeSpec& node) {
  std::vector<std::string> names;
  for (const std::string& name : {node.weight, node.bias}) {
    if (!name.empty()) names.push_back(name);
  }
  for (const char* field : {"running_mean", "running_var", "scale", "shift"}) {
    const auto found = node.words.find(field);
    if (found != node.words.end()) names.push_back(found->second);
  }
  return names;
}

const std::vector<std::string>& known_losses() {
  static const std::vector<std::string> losses{
      "squared", "mse", "cross_entropy", "logistic", "polynomial_hinge", "absolute_cubed"};
  return losses;
}

}  // namespace pgb::io
