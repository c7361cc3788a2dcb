// What the detectors of flat families share: the problem's graph with its connections, its exact numbers, and
// what is known of its features on the data.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgb/flat/family.h"
#include "pgb/model/graph.h"

namespace pgb::flat_detail {

// What holds of one feature on all samples.
struct FeatureFacts {
  bool negative = true;              // certainly < 0
  bool constant = true;              // one exact value
  std::optional<std::string> value;  // that value as exact rational text, where constant
};

struct Setting {
  explicit Setting(const Problem& problem);

  const Problem& problem;
  const Graph& graph;
  std::vector<bool> regularized;                // [n]
  std::vector<std::vector<std::size_t>> users;  // value -> nodes that read it
  std::vector<std::size_t> uses_of_block;       // number of nodes that use a parameter block

  bool is_zero(std::size_t k) const {
    return problem.parameters.values[k] == 0 && problem.parameters.exact.count(k) == 0;
  }
  // Parameter k as a number that is equal to another's exactly when the text is; negated with `negative`.
  std::string exact_text(std::size_t k, bool negative = false) const;

  bool is_affine(std::size_t node) const { return graph.nodes()[node].op->kind() == OpKind::affine; }
  // An affine node whose weight and bias no other node uses.
  bool is_free_affine(std::size_t node) const;
  std::size_t rows(std::size_t node) const { return element_count(graph.nodes()[node].shape); }
  std::size_t columns(std::size_t node) const { return element_count(graph.nodes()[node].input_shapes[0]); }
  std::size_t weight(std::size_t node, std::size_t row, std::size_t column) const {
    return graph.blocks()[graph.nodes()[node].weight].begin + row * columns(node) + column;
  }
  // kNone where the node has none.
  std::size_t bias(std::size_t node, std::size_t row) const {
    const std::size_t block = graph.nodes()[node].bias;
    return block == kNone ? kNone : graph.blocks()[block].begin + row;
  }

  // Row `unit` of an affine node: its weights, and its bias where there is one.
  std::vector<std::size_t> incoming(std::size_t node, std::size_t unit) const;
  // The weights of affine nodes that read unit `unit` of their input, reader by reader.
  std::vector<std::size_t> outgoing(const std::vector<std::size_t>& readers, std::size_t unit) const;

  // The affine nodes that read value v, through renamings; nothing when something else reads it or it is the
  // output.
  std::optional<std::vector<std::size_t>> affine_readers(std::size_t value) const;
  // The affine nodes among the readers of value v, through renamings.
  std::vector<std::size_t> some_affine_readers(std::size_t value) const;
  // v before the renamings that led to it.
  std::size_t before_renaming(std::size_t value) const;

  // The first sample of every distinct input.
  std::vector<std::size_t> samples() const;
  // Calls visit(i, values, column) for each of these until it returns false: column `column` of values[node]
  // encloses that node's result at sample i.
  void for_each_sample(const std::function<bool(std::size_t i, const std::vector<Matrix<Ball>>& values,
                                                std::size_t column)>& visit) const;

  // Facts of every feature of every node's result: facts[node][feature].
  const std::vector<std::vector<FeatureFacts>>& facts() const;

 private:
  mutable std::vector<std::vector<FeatureFacts>> facts_;
};

// The detectors; each adds what it finds. The last one knows the dead units of the ones before.
void find_free_parameters(const Setting& setting, FlatSet& found);
void find_feature_relations(const Setting& setting, FlatSet& found);
void find_symmetries(const Setting& setting, FlatSet& found);

// Whether feature (node, unit) is 0 because a unit is dead: 0 on a neighbourhood of z, not only at z.
bool is_dead(const Setting& setting, std::size_t node, std::size_t unit);

// A family of straight directions with R's part settled: directions that move a regularised parameter are
// left out when `drop_regularized`, otherwise the family is marked. Not added when empty.
void add_straight(const Setting& setting, FlatFamily family, bool drop_regularized, FlatSet& found);

// "unit 3", "units 0, 2 and 5 others"
std::string list_units(const std::vector<std::size_t>& units);

// A basis of { delta : sum_j delta_j h_j = 0 } over the rational numbers, h_j the rows of H (features x
// samples, exact rational text), each as sparse (index, rational) entries with a 1 at an index of its own.
// Nothing when the matrix has more than `limit` entries and no full rank modulo a prime.
std::optional<std::vector<SparseVector>> exact_relations(const std::vector<std::vector<std::string>>& h,
                                                         std::size_t limit);

}  // namespace pgb::flat_detail
