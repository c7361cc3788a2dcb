// Parameters that reach the outputs only through weights that are exactly 0, by one sweep from the outputs back.
#include <set>

#include "pgb/flat/setting.h"

namespace pgb::flat_detail {
namespace {

// relevant[v][j]: whether some path from feature j of value v to an output avoids every weight that is 0.
std::vector<std::vector<bool>> relevant_features(const Setting& s) {
  std::vector<std::vector<bool>> relevant(s.graph.nodes().size() + 1);
  relevant[0].resize(s.graph.inputs(), false);
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) relevant[k + 1].resize(s.rows(k), false);
  relevant[s.graph.output_node() + 1].assign(s.graph.outputs(), true);

  for (std::size_t k = s.graph.nodes().size(); k-- > 0;) {
    const GraphNode& node = s.graph.nodes()[k];
    const std::vector<bool>& out = relevant[k + 1];
    switch (node.op->kind()) {
      case OpKind::affine:
        for (std::size_t r = 0; r < out.size(); ++r) {
          for (std::size_t j = 0; out[r] && j < s.columns(k); ++j) {
            if (!s.is_zero(s.weight(k, r, j))) relevant[node.inputs[0]][j] = true;
          }
        }
        break;
      case OpKind::elementwise:
      case OpKind::sum:
      case OpKind::product:
      case OpKind::rename:
        for (const std::size_t v : node.inputs) {
          for (std::size_t j = 0; j < out.size(); ++j) {
            if (out[j]) relevant[v][j] = true;
          }
        }
        break;
      case OpKind::concatenation: {
        std::size_t at = 0;
        for (const std::size_t v : node.inputs) {
          for (std::size_t j = 0; j < relevant[v].size(); ++j, ++at) {
            if (out[at]) relevant[v][j] = true;
          }
        }
        break;
      }
      case OpKind::other:
        for (const bool any : out) {
          if (!any) continue;
          for (const std::size_t v : node.inputs) relevant[v].assign(relevant[v].size(), true);
          break;
        }
        break;
    }
  }
  return relevant;
}

}  // namespace

void find_free_parameters(const Setting& s, std::vector<FlatFamily>& families) {
  const auto relevant = relevant_features(s);
  // A tied tensor is free where every node that uses it leaves it free.
  std::set<std::size_t> needed, seen;
  std::string where;
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (!s.is_affine(k)) {
      for (const std::size_t block : {node.weight, node.bias}) {
        if (block == kNone) continue;
        for (std::size_t p = s.graph.blocks()[block].begin; p < s.graph.blocks()[block].end; ++p) needed.insert(p);
      }
      continue;
    }
    std::vector<std::size_t> units;
    for (std::size_t r = 0; r < s.rows(k); ++r) {
      auto& target = relevant[k + 1][r] ? needed : seen;
      if (!relevant[k + 1][r]) units.push_back(r);
      if (node.weight != kNone) {
        for (std::size_t j = 0; j < s.columns(k); ++j) target.insert(s.weight(k, r, j));
      }
      if (s.bias(k, r) != kNone) target.insert(s.bias(k, r));
    }
    if (!units.empty()) where += (where.empty() ? "" : "; ") + node.name + ": " + list_units(units);
  }
  FlatFamily family;
  family.kind = FlatFamily::Kind::zero_outgoing_weights;
  family.where = where;
  family.why_exact = "every path from these parameters to the outputs passes a weight that is exactly 0";
  for (const std::size_t p : seen) {
    if (needed.count(p) == 0) family.basis.push_back({{p, 1.0}});
  }
  add_straight(s, std::move(family), true, families);
}

}  // namespace pgb::flat_detail
