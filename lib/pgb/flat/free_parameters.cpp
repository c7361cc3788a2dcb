// Parameters that move together while the outputs stay: each reaches them only through weights that are held
// at exactly 0, or multiplies a feature that such weights keep at 0.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "pgb/flat/setting.h"

namespace pgb::flat_detail {
namespace {

constexpr double kWork = 2e9;  // parameters x sweeps spent on the search for zeros that may move

// By value and feature.
using Marks = std::vector<std::vector<bool>>;

// The features that are 0 on all samples whatever the parameters are that are not held at 0.
Marks lasting_zeros(const Setting& s, const std::vector<bool>& held) {
  const io::Tensor& x = s.problem.x;
  Marks zero(s.graph.nodes().size() + 1);
  zero[0].assign(s.graph.inputs(), true);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    if (x.values[i] != 0 || x.exact.count(i) > 0) zero[0][i % s.graph.inputs()] = false;
  }
  const auto is_held = [&](std::size_t p) { return p == kNone || held[p]; };
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    std::vector<bool>& out = zero[k + 1];
    out.assign(s.rows(k), false);
    const std::vector<bool>& in = zero[node.inputs[0]];
    switch (node.op->kind()) {
      case OpKind::affine:
        for (std::size_t r = 0; r < out.size() && node.weight != kNone; ++r) {
          bool all = is_held(s.bias(k, r));
          for (std::size_t j = 0; all && j < in.size(); ++j) all = in[j] || held[s.weight(k, r, j)];
          out[r] = all;
        }
        break;
      case OpKind::elementwise:  // of an argument that stays 0: its value is the one at z
        for (std::size_t u = 0; u < out.size(); ++u) {
          if (!in[u]) continue;
          const FeatureFacts& facts = s.facts()[k][u];
          out[u] = facts.constant && *facts.value == "0";
        }
        break;
      case OpKind::rename:
        out = in;
        break;
      case OpKind::sum:
      case OpKind::product: {
        const bool sum = node.op->kind() == OpKind::sum;
        for (std::size_t u = 0; u < out.size(); ++u) {
          const auto is_zero = [&](std::size_t v) { return static_cast<bool>(zero[v][u]); };
          out[u] = sum ? std::all_of(node.inputs.begin(), node.inputs.end(), is_zero)
                       : std::any_of(node.inputs.begin(), node.inputs.end(), is_zero);
        }
        break;
      }
      case OpKind::concatenation:
        out.clear();
        for (const std::size_t v : node.inputs) out.insert(out.end(), zero[v].begin(), zero[v].end());
        break;
      case OpKind::other:
        break;
    }
  }
  return zero;
}

// The features other than lasting zeros from which a path leads to an output, past no weight held at 0 and no
// zero.
Marks relevant_features(const Setting& s, const std::vector<bool>& held, const Marks& zero) {
  Marks relevant(s.graph.nodes().size() + 1);
  relevant[0].resize(s.graph.inputs(), false);
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) relevant[k + 1].resize(s.rows(k), false);
  relevant[s.graph.output_node() + 1].assign(s.graph.outputs(), true);

  for (std::size_t k = s.graph.nodes().size(); k-- > 0;) {
    const GraphNode& node = s.graph.nodes()[k];
    std::vector<bool>& out = relevant[k + 1];
    for (std::size_t u = 0; u < out.size(); ++u) out[u] = out[u] && !zero[k + 1][u];
    switch (node.op->kind()) {
      case OpKind::affine:
        for (std::size_t r = 0; r < out.size(); ++r) {
          for (std::size_t j = 0; out[r] && j < s.columns(k); ++j) {
            if (!held[s.weight(k, r, j)]) relevant[node.inputs[0]][j] = true;
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
        if (std::find(out.begin(), out.end(), true) == out.end()) break;
        for (const std::size_t v : node.inputs) relevant[v].assign(relevant[v].size(), true);
        break;
    }
  }
  return relevant;
}

// The graph's parameters that have to stay where they are when those held at 0 stay there and the others may
// be anything. A parameter used by several nodes has to if one of them needs it.
std::vector<bool> needed_parameters(const Setting& s, const std::vector<bool>& held) {
  const Marks zero = lasting_zeros(s, held), relevant = relevant_features(s, held, zero);
  std::vector<bool> needed(held.size(), false);
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (!s.is_affine(k)) {
      for (const std::size_t block : {node.weight, node.bias}) {
        if (block == kNone) continue;
        for (std::size_t p = s.graph.blocks()[block].begin; p < s.graph.blocks()[block].end; ++p)
          needed[p] = true;
      }
      continue;
    }
    for (std::size_t r = 0; r < s.rows(k); ++r) {
      if (!relevant[k + 1][r]) continue;
      for (std::size_t j = 0; node.weight != kNone && j < s.columns(k); ++j) {
        if (!zero[node.inputs[0]][j]) needed[s.weight(k, r, j)] = true;
      }
      if (s.bias(k, r) != kNone) needed[s.bias(k, r)] = true;
    }
  }
  return needed;
}

// A choice of the zeros that are held; the others move.
class Holding {
 public:
  // All of them at first. `work` is what may be spent, in parameters x sweeps.
  Holding(const Setting& s, double& work) : s_(s), work_(work), held_(s.graph.parameters()) {
    for (std::size_t p = 0; p < held_.size(); ++p) held_[p] = s.is_zero(p);
    update();
  }

  const std::vector<bool>& held() const { return held_; }
  bool is_needed(std::size_t p) const { return needed_[p]; }
  bool moves(std::size_t p) const { return !needed_[p] && !held_[p] && !s_.regularized[p]; }

  // Lets go of as many of the zeros as can move besides those that move already: all, or else half by half.
  // What is needed stays so whatever else is let go.
  void let_go(std::vector<std::size_t> zeros) {
    zeros.erase(std::remove_if(zeros.begin(), zeros.end(), [&](std::size_t p) { return needed_[p]; }),
                zeros.end());
    if (zeros.empty() || work_ < 0) return;
    const std::vector<bool> before = needed_;
    for (const std::size_t p : zeros) held_[p] = false;
    update();
    if (std::none_of(zeros.begin(), zeros.end(), [&](std::size_t p) { return needed_[p]; }) &&
        others_still_move()) {
      released_.insert(released_.end(), zeros.begin(), zeros.end());
      return;
    }
    for (const std::size_t p : zeros) held_[p] = true;
    needed_ = before;
    if (zeros.size() == 1) return;
    const auto half = zeros.begin() + static_cast<std::ptrdiff_t>(zeros.size() / 2);
    let_go({zeros.begin(), half});
    let_go({half, zeros.end()});
  }

 private:
  bool others_still_move() const {
    return std::none_of(released_.begin(), released_.end(), [&](std::size_t p) { return needed_[p]; });
  }
  void update() {
    needed_ = needed_parameters(s_, held_);
    work_ -= static_cast<double>(held_.size());
  }

  const Setting& s_;
  double& work_;
  std::vector<bool> held_, needed_;
  std::vector<std::size_t> released_;
};

// Where the parameters move, node by node: rows, or weights of features that stay 0.
struct Moves {
  std::string node;
  std::vector<std::size_t> rows, columns;
  bool listed;  // find_feature_relations, or find_orthogonal_inputs, has its columns
  bool of_inputs;
};

std::vector<Moves> moves_of(const Setting& s, const Holding& holding) {
  const Marks zero = lasting_zeros(s, holding.held());
  std::vector<Moves> all;
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (!s.is_affine(k)) continue;
    std::set<std::size_t> rows, columns;
    for (std::size_t r = 0; r < s.rows(k); ++r) {
      if (s.bias(k, r) != kNone && holding.moves(s.bias(k, r))) rows.insert(r);
      for (std::size_t j = 0; node.weight != kNone && j < s.columns(k); ++j) {
        if (holding.moves(s.weight(k, r, j)) && !zero[node.inputs[0]][j]) rows.insert(r);
        if (holding.moves(s.weight(k, r, j)) && zero[node.inputs[0]][j]) columns.insert(j);
      }
    }
    if (rows.empty() && columns.empty()) continue;
    all.push_back({node.name,
                   {rows.begin(), rows.end()},
                   {columns.begin(), columns.end()},
                   rows.empty() && s.is_free_affine(k),
                   s.before_renaming(node.inputs[0]) == 0});
  }
  return all;
}

std::string in_words(const std::vector<Moves>& moves) {
  std::string where;
  for (const Moves& m : moves) {
    if (!m.rows.empty()) where += (where.empty() ? "" : "; ") + m.node + ": " + list_units(m.rows);
    if (m.columns.empty()) continue;
    where += std::string(where.empty() ? "" : "; ") + "weights of " + m.node + " on " +
             list_units(m.columns) + ", which stay 0";
  }
  return where;
}

}  // namespace

void find_free_parameters(const Setting& s, FlatSet& found) {
  double work = kWork;
  const Holding all(s, work);
  // The zeros that could move, by the first node that uses them.
  std::map<std::size_t, std::vector<std::size_t>> by_node;
  std::set<std::size_t> listed;
  const auto list = [&](std::size_t k, std::size_t block) {
    if (block == kNone) return;
    for (std::size_t p = s.graph.blocks()[block].begin; p < s.graph.blocks()[block].end; ++p) {
      if (all.held()[p] && !all.is_needed(p) && !s.regularized[p] && listed.insert(p).second)
        by_node[k].push_back(p);
    }
  };
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    list(k, s.graph.nodes()[k].weight);
    list(k, s.graph.nodes()[k].bias);
  }
  // One choice for each node whose zeros are let go last: after those below it and those above it.
  std::set<std::vector<bool>> seen;
  const auto add = [&](const Holding& holding) {
    FlatFamily family;
    family.kind = FlatFamily::Kind::zero_outgoing_weights;
    std::vector<bool> moving(s.graph.parameters());
    for (std::size_t p = 0; p < moving.size(); ++p) {
      moving[p] = holding.moves(p);
      if (moving[p]) family.basis.push_back({{p, 1.0}});
    }
    const std::vector<Moves> moves = moves_of(s, holding);
    const auto of_hidden =
        std::count_if(moves.begin(), moves.end(), [](const Moves& m) { return !m.of_inputs; });
    const bool elsewhere = std::all_of(moves.begin(), moves.end(), [](const Moves& m) { return m.listed; });
    if ((elsewhere && of_hidden <= 1) || !seen.insert(moving).second) return;
    family.where = in_words(moves);
    family.why_exact =
        "each of these parameters reaches the outputs only through weights that are exactly 0 and are held "
        "there, or "
        "multiplies a feature that they keep at 0";
    add_straight(s, std::move(family), true, found);
  };
  for (auto last = by_node.rbegin(); last != by_node.rend(); ++last) {
    Holding holding = all;
    for (const auto& [k, zeros] : by_node) {
      if (k < last->first) holding.let_go(zeros);
    }
    for (auto above = by_node.rbegin(); above != last; ++above) holding.let_go(above->second);
    holding.let_go(last->second);
    add(holding);
  }
  if (by_node.empty()) add(all);
}

}  // namespace pgb::flat_detail
