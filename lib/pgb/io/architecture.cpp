#include "pgb/io/architecture.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_layers = 1000;
constexpr std::size_t max_parts = 10000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Parts between dashes that are not in parentheses.
std::vector<std::string> parts_of(const std::string& text, const std::string& where) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == '-' && depth == 0) {
      if (parts.size() == max_parts) fail(where, "at most 10000 widths and activations", "more");
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return parts;
}

// "relu" or "leaky_relu(0.1)" as the fields of a node.
Json operation(const std::string& part, const std::string& where) {
  static const std::map<std::string, std::string> attributes{
      {"leaky_relu", "negative_slope"}, {"elu", "alpha"}, {"softplus", "beta"}, {"gelu", "approximate"}};
  const std::size_t open = part.find('(');
  Json node{{"op", part.substr(0, open)}};
  static const std::set<std::string> of_layers{"linear", "conv2d", "batch_norm", "add", "mul", "concat"};
  if (of_layers.count(node["op"]) != 0)
    fail(where, "widths and activations such as \"784-128-relu-10\"", in_quotes(part));
  if (open == std::string::npos) return node;
  const auto found = attributes.find(part.substr(0, open));
  if (part.back() != ')' || found == attributes.end())
    fail(where, "a number in parentheses only for leaky_relu, elu and softplus, a word for gelu",
         in_quotes(part));
  node[found->second] = part.substr(open + 1, part.size() - open - 2);
  return node;
}

// A name with each number in it replaced by one sign, and the numbers.
std::pair<std::string, std::vector<std::size_t>> numbers_apart(const std::string& name) {
  std::pair<std::string, std::vector<std::size_t>> split;
  for (std::size_t k = 0; k < name.size();) {
    if (!is_digit(name[k])) {
      split.first += name[k++];
      continue;
    }
    std::size_t number = 0;
    for (; k < name.size() && is_digit(name[k]); ++k)
      number = number * 10 % 1000000007 + static_cast<std::size_t>(name[k] - '0');
    split.first += '#';
    split.second.push_back(number);
  }
  return split;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.rfind(from);
  return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

class ArchitectureReader {
 public:
  ArchitectureReader(const Tensors& tensors, const std::string& where) : tensors_(tensors), where_(where) {}

  ModelSpec read(const std::string& text) {
    Json nodes = Json::array();
    std::size_t width = 0, before = 0;
    for (const std::string& part : parts_of(text, where_)) {
      if (part.empty()) fail(where_, "widths and activations such as \"784-128-relu-10\"", in_quotes(text));
      if (!is_digit(part[0])) {
        if (width == 0)
          fail(where_, "the width of the input first, as in \"784-128-relu-10\"", in_quotes(text));
        nodes.push_back(operation(part, where_));
        continue;
      }
      before = width;
      width = width_of(part);
      if (before == 0) {
        input_ = width;
        continue;
      }
      layers_.push_back({width, before});
      nodes.push_back({{"op", "linear"}});
    }
    if (layers_.empty()) fail(where_, "two widths or more, as in \"784-128-relu-10\"", in_quotes(text));
    if (layers_.size() > max_layers) fail(where_, "at most 1000 layers", std::to_string(layers_.size()));
    assign_weights();
    name_nodes(nodes);
    refuse_others();
    return read_model({{"input", input_}, {"nodes", std::move(nodes)}}, where_);
  }

 private:
  using Shape = std::vector<std::size_t>;

  std::size_t width_of(const std::string& part) const {
    if (part.size() > 9 || !std::all_of(part.begin(), part.end(), is_digit) || std::stoul(part) == 0)
      fail(where_, "a width from 1 to 999999999", in_quotes(part));
    return std::stoul(part);
  }

  // Names of the weights of this shape, numbers in them in order.
  std::vector<std::string> candidates(const Shape& shape) const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors_) {
      if (tensor.shape == shape && name.rfind("aug.", 0) != 0) names.push_back(name);
    }
    std::sort(names.begin(), names.end(),
              [](const std::string& a, const std::string& b) { return numbers_apart(a) < numbers_apart(b); });
    return names;
  }

  void assign_weights() {
    weights_.resize(layers_.size());
    for (std::size_t first = 0; first < layers_.size(); ++first) {
      if (weights_[first].empty()) assign_alike(first);
    }
  }

  // The weights of the layer and of all further ones of its shape.
  void assign_alike(std::size_t first) {
    const Shape& shape = layers_[first];
    const std::vector<std::string> names = candidates(shape);
    const auto layers = static_cast<std::size_t>(std::count(layers_.begin(), layers_.end(), shape));
    if (names.size() < layers) missing(shape, first);
    const bool told_apart = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return numbers_apart(name).first == numbers_apart(names.front()).first;
    });
    if (names.size() > layers || (names.size() > 1 && !told_apart)) {
      fail(where_, "tensors of shape " + shape_text(shape) + " whose names tell the layer",
           quoted_list(names) + "; describe the model in a file");
    }
    auto name = names.begin();
    for (std::size_t k = first; k < layers_.size(); ++k) {
      if (layers_[k] == shape) weights_[k] = *name++;
    }
  }

  [[noreturn]] void missing(const Shape& shape, std::size_t layer) const {
    std::vector<std::string> present;
    for (const auto& [name, tensor] : tensors_) {
      if (tensor.shape == Shape{shape[1], shape[0]} && shape[0] != shape[1]) {
        fail(where_,
             "a weight of shape " + shape_text(shape) + " ([out, in], as in PyTorch) for layer " +
                 std::to_string(layer + 1),
             in_quotes(name) + ' ' + shape_text(tensor.shape) + ", which is transposed");
      }
      present.push_back(name + ' ' + shape_text(tensor.shape));
    }
    fail(where_, "a weight of shape " + shape_text(shape) + " for layer " + std::to_string(layer + 1),
         quoted_list(present));
  }

  // The tensor with the weight's name but "bias", or ""; it is there to be used.
  std::string bias_of(std::size_t layer) {
    static const std::pair<const char*, const char*> pairs[] = {
        {"weight", "bias"}, {"kernel", "bias"}, {"W", "b"}, {"w", "b"}};
    for (const auto& [from, to] : pairs) {
      const std::string name = replaced(weights_[layer], from, to);
      const auto found = tensors_.find(name);
      if (name.empty() || found == tensors_.end()) continue;
      if (found->second.shape != Shape{layers_[layer][0]}) {
        fail(where_ + ": tensor " + in_quotes(name), "shape [" + std::to_string(layers_[layer][0]) + "]",
             shape_text(found->second.shape));
      }
      return name;
    }
    return "";
  }

  void name_nodes(Json& nodes) {
    std::size_t layer = 0;
    std::set<std::string> taken{"x"};
    const auto unused = [&](std::string name) {
      while (!taken.insert(name).second) name += '_';
      return name;
    };
    for (Json& node : nodes) {
      if (node["op"] != "linear") {
        node["name"] = unused(node["op"].get<std::string>() + '_' + std::to_string(layer));
        continue;
      }
      const std::string& weight = weights_[layer];
      node["weight"] = weight;
      const std::string bias = bias_of(layer++);
      if (!bias.empty()) node["bias"] = bias;
      used_.insert({weight, bias});
      const std::string prefix = replaced(weight, ".weight", "");
      node["name"] = unused(prefix.empty() ? weight : prefix);
    }
  }

  void refuse_others() const {
    std::vector<std::string> others;
    for (const auto& [name, tensor] : tensors_) {
      if (used_.count(name) == 0 && name.rfind("aug.", 0) != 0) others.push_back(name);
    }
    if (!others.empty())
      fail(where_, "a network that uses every tensor",
           quoted_list(others) + " left over; describe the model in a file");
  }

  const Tensors& tensors_;
  const std::string& where_;
  std::size_t input_ = 0;
  std::vector<Shape> layers_;  // [out, in]
  std::vector<std::string> weights_;
  std::set<std::string> used_;
};

}  // namespace

ModelSpec read_architecture(const std::string& text, const Tensors& tensors, const std::string& where) {
  return ArchitectureReader(tensors, where).read(text);
}

}  // namespace pgb::io
