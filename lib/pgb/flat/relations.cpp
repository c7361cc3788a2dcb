// Outgoing weights moved along exact linear relations between hidden features: equal or opposite features,
// features that are 0 or constant on the data, and all others with rational coefficients.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "pgb/flat/exact_features.h"
#include "pgb/flat/setting.h"
#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

constexpr double kLargestPass = 5e8;  // samples x parameters of which exact features are computed

// A feature as sign * (the function numbered id); equal numbers are equal functions of x, by construction.
struct Signed {
  std::size_t id = 0;
  bool negative = false;
};

// Numbers the features of a graph so that features computed in the same way from equal numbers share one.
class FeatureNumbers {
 public:
  explicit FeatureNumbers(const Setting& s) : s_(s), values_(s.graph.nodes().size() + 1) {
    for (std::size_t j = 0; j < s.graph.inputs(); ++j) values_[0].push_back({next_++, false});
    for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) values_[k + 1] = number(k);
  }

  const std::vector<Signed>& of(std::size_t value) const { return values_[value]; }

 private:
  std::vector<Signed> number(std::size_t k) {
    const GraphNode& node = s_.graph.nodes()[k];
    std::vector<Signed> out;
    switch (node.op->kind()) {
      case OpKind::affine:
        for (std::size_t r = 0; r < s_.rows(k); ++r) out.push_back(affine_row(k, r));
        break;
      case OpKind::elementwise:
        for (const Signed& in : values_[node.inputs[0]]) out.push_back(elementwise(k, in));
        break;
      case OpKind::rename:
        out = values_[node.inputs[0]];
        break;
      case OpKind::concatenation:
        for (const std::size_t v : node.inputs) out.insert(out.end(), values_[v].begin(), values_[v].end());
        break;
      default:
        for (std::size_t j = 0; j < s_.rows(k); ++j) out.push_back({next_++, false});
    }
    return out;
  }

  // The row's coefficients on the numbers of its inputs, with the sign of the first that is not 0 made
  // positive.
  Signed affine_row(std::size_t k, std::size_t r) {
    const std::vector<Signed>& in = values_[s_.graph.nodes()[k].inputs[0]];
    std::string key = "affine";
    bool flip = false, first = true;
    const auto append = [&](std::size_t parameter, bool negative, const std::string& feature) {
      if (parameter == kNone || s_.is_zero(parameter)) return;
      if (first) flip = (s_.problem.parameters.values[parameter] < 0) != negative;
      first = false;
      key += '|' + feature + ':' + s_.exact_text(parameter, negative != flip);
    };
    for (std::size_t j = 0; j < in.size(); ++j) {
      append(s_.weight(k, r, j), in[j].negative, std::to_string(in[j].id));
    }
    append(s_.bias(k, r), false, "1");
    return {numbered(key), flip};
  }

  Signed elementwise(std::size_t k, const Signed& in) {
    const bool odd = s_.graph.nodes()[k].op->odd();
    std::string key = "node " + std::to_string(k) + '|' + std::to_string(in.id);
    if (!odd && in.negative) key += '-';
    return {numbered(key), odd && in.negative};
  }

  std::size_t numbered(const std::string& key) {
    const auto [at, added] = numbers_.emplace(key, next_);
    if (added) ++next_;
    return at->second;
  }

  const Setting& s_;
  std::vector<std::vector<Signed>> values_;
  std::map<std::string, std::size_t> numbers_;
  std::size_t next_ = 2;  // "1" is the constant feature
};

// Facts of feature j of a value; those of the inputs x are not needed here.
const FeatureFacts* facts_of(const Setting& s, std::size_t value, std::size_t j) {
  return value == 0 ? nullptr : &s.facts()[value - 1][j];
}

// The incoming parameters of units of one affine layer, in groups of those that are equal; nothing where the
// units are opposite, or are not read off an affine layer of their own by one activation.
void tie_incoming(const Setting& s, std::size_t unit_node, const std::vector<std::size_t>& units,
                  std::vector<std::vector<std::size_t>>& tied) {
  if (unit_node == 0 || s.graph.nodes()[unit_node - 1].op->kind() != OpKind::elementwise) return;
  const std::size_t value = s.graph.nodes()[unit_node - 1].inputs[0];
  if (value == 0 || !s.is_free_affine(value - 1)) return;
  const std::size_t source = value - 1;
  for (std::size_t j = 0; j <= s.columns(source); ++j) {
    std::vector<std::size_t> group;
    for (const std::size_t u : units) {
      group.push_back(j < s.columns(source) ? s.weight(source, u, j) : s.bias(source, u));
    }
    if (group[0] == kNone || s.exact_text(group[0]) != s.exact_text(group.back())) continue;
    tied.push_back(std::move(group));
  }
}

// The families of equal and of constant features at an affine node; returns the features that are left, one
// of those that are equal.
std::vector<std::size_t> find_at(const Setting& s, std::size_t node, const FeatureNumbers& numbers,
                                 FlatSet& found) {
  const std::size_t value = s.graph.nodes()[node].inputs[0];
  const std::size_t unit_node = s.before_renaming(value);
  const std::vector<Signed>& features = numbers.of(value);
  FlatFamily constant, equal;
  std::vector<std::size_t> constant_units, equal_units, left;
  std::map<std::size_t, std::vector<std::size_t>> groups;
  for (std::size_t j = 0; j < features.size(); ++j) {
    if (unit_node > 0 && is_dead(s, unit_node - 1, j)) continue;  // a family of its own
    const FeatureFacts* facts = facts_of(s, value, j);
    const bool is_zero = facts != nullptr && facts->constant && *facts->value == "0";
    const bool is_constant = facts != nullptr && facts->constant && s.bias(node, 0) != kNone;
    if (!is_zero && !is_constant) {
      groups[features[j].id].push_back(j);
      continue;
    }
    constant_units.push_back(j);
    for (std::size_t r = 0; r < s.rows(node); ++r) {
      SparseVector v{{s.weight(node, r, j), 1.0}};
      if (!is_zero) {
        const std::string minus = (*facts->value)[0] == '-' ? facts->value->substr(1) : '-' + *facts->value;
        v.push_back({s.bias(node, r), io::nearest_double(minus), io::is_double(minus) ? "" : minus});
      }
      constant.basis.push_back(std::move(v));
    }
  }
  for (const auto& [id, units] : groups) {
    left.push_back(units[0]);
    if (units.size() < 2) continue;
    equal_units.insert(equal_units.end(), units.begin(), units.end());
    const bool opposite = std::any_of(units.begin(), units.end(), [&](std::size_t u) {
      return features[u].negative != features[units[0]].negative;
    });
    if (!opposite) tie_incoming(s, unit_node, units, equal.tied);
    for (std::size_t g = 1; g < units.size(); ++g) {
      const double sign = features[units[0]].negative == features[units[g]].negative ? -1.0 : 1.0;
      for (std::size_t r = 0; r < s.rows(node); ++r) {
        equal.basis.push_back({{s.weight(node, r, units[0]), 1.0}, {s.weight(node, r, units[g]), sign}});
      }
    }
  }
  constant.node = equal.node = s.graph.nodes()[node].name;
  const std::string place = "weights of " + s.graph.nodes()[node].name + " on ";
  constant.kind = FlatFamily::Kind::constant_features;
  constant.where = place + (constant_units.empty() ? "" : list_units(constant_units));
  constant.why_exact =
      "these features are exactly 0, or one exact constant that the bias takes up, on every sample";
  add_straight(s, std::move(constant), true, found);
  equal.kind = FlatFamily::Kind::equal_features;
  equal.where = place + (equal_units.empty() ? "" : list_units(equal_units));
  equal.why_exact =
      "the incoming weights and biases of these units are exactly equal (or opposite under an odd "
      "activation), so "
      "outgoing weights can be split between them";
  add_straight(s, std::move(equal), true, found);
  std::sort(left.begin(), left.end());
  return left;
}

// Position `parameter` of the list's constant, or of a feature, as the weight in row r of the node.
std::size_t parameter_at(const Setting& s, std::size_t node, const FeatureList& list, std::size_t r,
                         std::size_t position) {
  return position < list.features.size() ? s.weight(node, r, list.features[position]) : s.bias(node, r);
}

void add_relations(const Setting& s, std::size_t node, const FeatureList& list,
                   const FeatureRelations& relations, FlatSet& found) {
  const std::string& name = s.graph.nodes()[node].name;
  if (!relations.skipped.empty()) {
    found.skipped.push_back({"null space of the features that " + name + " reads", relations.skipped});
  }
  if (relations.basis.empty()) return;
  FlatFamily family;
  std::set<std::size_t> units;
  bool with_bias = false;
  for (std::size_t r = 0; r < s.rows(node); ++r) {
    for (const SparseVector& relation : relations.basis) {
      SparseVector v = relation;
      for (SparseEntry& entry : v) {
        const bool one = entry.parameter == list.features.size();
        if (!one) units.insert(list.features[entry.parameter]);
        with_bias = with_bias || one;
        entry.parameter = parameter_at(s, node, list, r, entry.parameter);
      }
      family.basis.push_back(std::move(v));
    }
  }
  family.kind = FlatFamily::Kind::feature_relation;
  family.node = name;
  family.where = "weights of " + name + " on " + list_units({units.begin(), units.end()}) +
                 (with_bias ? " and its bias" : "") + ", " + std::to_string(relations.basis.size()) +
                 " relation" + (relations.basis.size() == 1 ? "" : "s") + " in each row";
  family.why_exact =
      "on every sample these features are in exact linear relations with rational coefficients";
  add_straight(s, std::move(family), true, found);
}

}  // namespace

void find_feature_relations(const Setting& s, FlatSet& found) {
  const FeatureNumbers numbers(s);
  std::vector<std::size_t> nodes;
  std::vector<FeatureList> lists;
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const std::size_t value = s.is_affine(k) ? s.graph.nodes()[k].inputs[0] : 0;
    if (!s.is_free_affine(k) || !s.graph.depends_on_parameters(value) || !s.graph.feeds_output(k + 1))
      continue;
    FeatureList list{value, find_at(s, k, numbers, found), s.bias(k, 0) != kNone};
    // Only what no row's regulariser holds.
    const auto held = [&](std::size_t j) {
      for (std::size_t r = 0; r < s.rows(k); ++r) {
        if (s.regularized[j == kNone ? s.bias(k, r) : s.weight(k, r, j)]) return true;
      }
      return false;
    };
    list.features.erase(std::remove_if(list.features.begin(), list.features.end(), held),
                        list.features.end());
    list.one = list.one && !held(kNone);
    nodes.push_back(k);
    lists.push_back(std::move(list));
  }
  const double size = static_cast<double>(s.problem.samples()) * static_cast<double>(s.graph.parameters());
  if (size > kLargestPass) {
    if (!nodes.empty()) {
      found.skipped.push_back(
          {"exact relations between hidden features", std::to_string(s.problem.samples()) + " samples x " +
                                                          std::to_string(s.graph.parameters()) +
                                                          " parameters would be worked through"});
    }
    return;
  }
  const std::vector<FeatureRelations> relations = feature_relations(s, lists);
  for (std::size_t l = 0; l < lists.size(); ++l) add_relations(s, nodes[l], lists[l], relations[l], found);
}

}  // namespace pgb::flat_detail
