#include "pgb/model/graph.h"

#include <algorithm>
#include <map>

#include "pgb/io/errors.h"

namespace pgb {
namespace {

constexpr std::size_t kMostFeatures = std::size_t{1} << 28;  // of one sample after one operation

}  // namespace

std::size_t Graph::add_block(const std::string& tensor, const io::Tensors& tensors,
                             const std::string& where) {
  if (tensor.empty()) return kNone;
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    if (blocks_[k].name == tensor) return k;
  }
  const auto found = tensors.find(tensor);
  if (found == tensors.end()) {
    std::string present;
    for (const auto& entry : tensors) present += (present.empty() ? "" : ", ") + entry.first;
    if (present.size() > 200) present = present.substr(0, 200) + "…";
    throw InputError(where + ": tensor \"" + tensor + "\" is not among the parameters (" + present + ")");
  }
  const std::size_t begin = parameters();
  blocks_.push_back({tensor, found->second.shape, begin, begin + found->second.size()});
  return blocks_.size() - 1;
}

Graph::Graph(const io::ModelSpec& spec, const io::Tensors& tensors, const std::string& source)
    : spec_(spec), input_shape_(spec.input) {
  if (input_shape_.empty() || element_count(input_shape_) == 0) {
    throw InputError(source + ": \"input\": expected the positive number of features of a sample");
  }
  std::map<std::string, std::size_t> value_of{{"x", 0}};
  std::vector<const Shape*> shapes{&input_shape_};
  depends_.push_back(false);
  nodes_.reserve(spec.nodes.size());
  for (const io::NodeSpec& node : spec.nodes) {
    const std::string where = source + ": node \"" + node.name + "\"";
    GraphNode built;
    built.name = node.name;
    built.op_name = node.op;
    built.op = make_op(node, tensors, where);
    bool depends = false;
    for (const std::string& input : node.inputs) {
      const auto found = value_of.find(input);
      if (found == value_of.end()) throw InputError(where + ": unknown input \"" + input + "\"");
      built.inputs.push_back(found->second);
      built.input_shapes.push_back(*shapes[found->second]);
      depends = depends || depends_[found->second];
    }
    built.weight = add_block(node.weight, tensors, where);
    built.bias = add_block(node.bias, tensors, where);
    const Shape* weight = built.weight == kNone ? nullptr : &blocks_[built.weight].shape;
    const Shape* bias = built.bias == kNone ? nullptr : &blocks_[built.bias].shape;
    built.shape = built.op->infer(built.input_shapes, weight, bias, where);
    if (element_count(built.shape) > kMostFeatures)
      throw InputError(where + ": a result of more than 2^28 features");
    nodes_.push_back(std::move(built));
    value_of[node.name] = nodes_.size();
    shapes.push_back(&nodes_.back().shape);
    depends_.push_back(depends || weight != nullptr || bias != nullptr);
  }
  const auto out = value_of.find(spec.output);
  if (out == value_of.end() || out->second == 0) {
    throw InputError(source + ": \"output\": no node is called \"" + spec.output + "\"");
  }
  output_ = out->second - 1;
  if (nodes_[output_].shape.size() != 1) {
    throw InputError(source + ": output node \"" + spec.output +
                     "\": expected features in one dimension; put a flatten after it");
  }
  for (const GraphNode& node : nodes_) {
    for (const std::string& name : node.op->buffers()) {
      const bool moves = std::any_of(blocks_.begin(), blocks_.end(),
                                     [&](const ParameterBlock& b) { return b.name == name; });
      if (moves)
        throw InputError(source + ": node \"" + node.name + "\": tensor \"" + name +
                         "\" is fixed here and a parameter elsewhere");
    }
  }
  feeds_output_.assign(nodes_.size() + 1, false);
  feeds_output_[output_ + 1] = true;
  for (std::size_t value = output_ + 1; value > 0; --value) {
    if (!feeds_output_[value]) continue;
    for (const std::size_t input : nodes_[value - 1].inputs) feeds_output_[input] = true;
  }
}

// Phi = J h with h = the entries of z in `blocks`, when the value is homogeneous of degree one in them and
// they act nowhere else: an affine op in its own parameters; sums, concatenations and renamings of such;
// positively homogeneous activations of such (at differentiable points); a product with exactly one such
// factor.
bool Graph::homogeneous(std::size_t value, std::vector<std::size_t>& blocks) const {
  if (value == 0) return false;
  const GraphNode& node = nodes_[value - 1];
  switch (node.op->kind()) {
    case OpKind::affine:
      if (node.weight != kNone) blocks.push_back(node.weight);
      if (node.bias != kNone) blocks.push_back(node.bias);
      return true;
    case OpKind::sum:
    case OpKind::concatenation:
    case OpKind::rename:
      return std::all_of(node.inputs.begin(), node.inputs.end(),
                         [&](std::size_t input) { return homogeneous(input, blocks); });
    case OpKind::elementwise:
      return node.op->positively_homogeneous() && homogeneous(node.inputs[0], blocks);
    case OpKind::product:
      return homogeneous(node.inputs[0], blocks);
    case OpKind::other:
      return false;
  }
  return false;
}

std::optional<std::vector<std::size_t>> Graph::homogeneous_parameters() const {
  std::vector<std::size_t> blocks;
  if (!homogeneous(output_ + 1, blocks)) return std::nullopt;
  std::sort(blocks.begin(), blocks.end());
  // Every use of a block of h must be one of the uses counted above, and each node must be reached once:
  // otherwise the value is of another degree in it.
  if (std::adjacent_find(blocks.begin(), blocks.end()) != blocks.end()) return std::nullopt;
  std::size_t uses = 0;
  for (std::size_t value = 1; value <= nodes_.size(); ++value) {
    if (!feeds_output_[value]) continue;
    const GraphNode& node = nodes_[value - 1];
    for (const std::size_t block : {node.weight, node.bias}) {
      if (block != kNone && std::binary_search(blocks.begin(), blocks.end(), block)) ++uses;
    }
  }
  if (uses != blocks.size()) return std::nullopt;
  // A node of h must not feed anything but the path to the output that was counted.
  std::vector<bool> counted(nodes_.size() + 1, false);
  std::vector<std::size_t> open{output_ + 1};
  while (!open.empty()) {
    const std::size_t value = open.back();
    open.pop_back();
    if (value == 0 || counted[value]) continue;
    counted[value] = true;
    const GraphNode& node = nodes_[value - 1];
    if (node.op->kind() == OpKind::affine) continue;
    const bool all = node.op->kind() != OpKind::product;
    for (std::size_t k = 0; k < (all ? node.inputs.size() : 1); ++k) open.push_back(node.inputs[k]);
  }
  for (std::size_t value = 1; value <= nodes_.size(); ++value) {
    if (!feeds_output_[value]) continue;
    const GraphNode& node = nodes_[value - 1];
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const bool on_path = counted[value] && node.op->kind() != OpKind::affine &&
                           (node.op->kind() != OpKind::product || k == 0);
      if (counted[node.inputs[k]] && !on_path) return std::nullopt;
    }
  }
  std::vector<std::size_t> entries;
  for (const std::size_t block : blocks) {
    for (std::size_t k = blocks_[block].begin; k < blocks_[block].end; ++k) entries.push_back(k);
  }
  return entries;
}

}  // namespace pgb
