// Orbits of continuous symmetries: transformations that keep Phi for all parameters near z.
#include <algorithm>
#include <numeric>

#include "pgb/flat/setting.h"
#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

constexpr std::size_t kLargestRelation = 4'000'000;  // entries of a matrix whose exact null space is computed

// The untied affine node whose result only node k reads; kNone otherwise.
std::size_t sole_affine_source(const Setting& s, std::size_t k) {
  const std::size_t value = s.graph.nodes()[k].inputs[0];
  if (value == 0 || value == s.graph.output_node() + 1) return kNone;
  return s.is_free_affine(value - 1) && s.users[value].size() == 1 ? value - 1 : kNone;
}

void add_units(const std::vector<std::size_t>& parameters, FlatFamily& family) {
  for (const std::size_t p : parameters) family.basis.push_back({{p, 1.0}});
}

void find_dead_units(const Setting& s, FlatSet& found) {
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (!s.graph.feeds_output(k + 1) || node.op->kind() != OpKind::elementwise ||
        !node.op->zero_for_negative()) {
      continue;
    }
    FlatFamily family;
    std::vector<std::size_t> units;
    const std::size_t source = sole_affine_source(s, k);
    const std::vector<std::size_t> readers = s.some_affine_readers(k + 1);
    for (std::size_t u = 0; u < s.rows(k); ++u) {
      if (!is_dead(s, k, u)) continue;
      units.push_back(u);
      if (source != kNone) add_units(s.incoming(source, u), family);
      add_units(s.outgoing(readers, u), family);
    }
    if (units.empty()) continue;
    family.kind = FlatFamily::Kind::dead_unit;
    family.where = node.name + ": " + list_units(units);
    family.why_exact =
        "these units are off on every sample (negative input, proven in ball arithmetic), so nearby "
        "incoming and all outgoing weights give the same outputs";
    family.symmetry = true;
    add_straight(s, std::move(family), false, found);
  }
}

void find_orthogonal_inputs(const Setting& s, FlatSet& found) {
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    if (!s.is_free_affine(k) || s.before_renaming(s.graph.nodes()[k].inputs[0]) != 0) continue;
    if (!s.graph.feeds_output(k + 1)) continue;
    const io::Tensor& x = s.problem.x;
    const bool has_bias = s.bias(k, 0) != kNone;
    std::vector<std::vector<std::string>> h(s.columns(k) + (has_bias ? 1 : 0));
    const InputGroups groups = equal_input_groups(s.problem);
    std::vector<bool> taken(groups.count, false);
    for (std::size_t i = 0; i < s.problem.samples(); ++i) {
      if (taken[groups.group[i]]) continue;
      taken[groups.group[i]] = true;
      for (std::size_t j = 0; j < s.columns(k); ++j) {
        const std::size_t at = i * s.columns(k) + j;
        const auto exact = x.exact.find(at);
        h[j].push_back(exact == x.exact.end() ? io::canonical_rational(x.values[at]) : exact->second);
      }
      if (has_bias) h.back().push_back("1");
    }
    const auto relations = exact_relations(h, kLargestRelation);
    if (!relations) {
      found.skipped.push_back({"directions of " + s.graph.nodes()[k].name + " orthogonal to all inputs",
                               "the exact null space of " + std::to_string(h[0].size()) + " x " +
                                   std::to_string(h.size()) + " numbers, more than " +
                                   std::to_string(kLargestRelation) + " in all"});
    }
    if (!relations || relations->empty()) continue;
    FlatFamily family;
    for (std::size_t r = 0; r < s.rows(k); ++r) {
      for (const SparseVector& relation : *relations) {
        SparseVector v = relation;
        for (SparseEntry& entry : v) {
          entry.parameter = entry.parameter < s.columns(k) ? s.weight(k, r, entry.parameter) : s.bias(k, r);
        }
        family.basis.push_back(std::move(v));
      }
    }
    family.kind = FlatFamily::Kind::orthogonal_inputs;
    family.node = s.graph.nodes()[k].name;
    family.where = s.graph.nodes()[k].name + ": " + std::to_string(relations->size()) + " direction" +
                   (relations->size() == 1 ? "" : "s") + " in each of " + std::to_string(s.rows(k)) + " rows";
    family.why_exact =
        "these weight directions are orthogonal to every input (with its 1 for the bias), in exact "
        "rational arithmetic";
    family.symmetry = true;
    add_straight(s, std::move(family), false, found);
  }
}

void find_scalings(const Setting& s, FlatSet& found) {
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    const GraphNode& node = s.graph.nodes()[k];
    if (node.op->kind() != OpKind::elementwise || !node.op->positively_homogeneous()) continue;
    const std::size_t source = sole_affine_source(s, k);
    const auto readers = s.affine_readers(k + 1);
    if (source == kNone || !readers || readers->empty() || !s.graph.feeds_output(k + 1)) continue;
    for (std::size_t u = 0; u < s.rows(k); ++u) {
      if (is_dead(s, k, u)) continue;
      FlatFamily family;
      family.incoming = s.incoming(source, u);
      family.outgoing = s.outgoing(*readers, u);
      const auto all_zero = [&](const std::vector<std::size_t>& list) {
        return std::all_of(list.begin(), list.end(), [&](std::size_t p) { return s.is_zero(p); });
      };
      if (all_zero(family.incoming) && all_zero(family.outgoing)) continue;
      const auto penalised = [&](std::size_t p) { return s.regularized[p]; };
      family.keeps_regularizer = std::none_of(family.incoming.begin(), family.incoming.end(), penalised) &&
                                 std::none_of(family.outgoing.begin(), family.outgoing.end(), penalised);
      family.kind = FlatFamily::Kind::scaling;
      family.node = s.graph.nodes()[source].name;
      family.unit = u;
      family.where = node.name + ": unit " + std::to_string(u);
      family.why_exact =
          "the activation is positively homogeneous: incoming weights times s and outgoing divided by s "
          "cancel for every s > 0";
      family.dimension = 1;
      family.straight = false;
      family.symmetry = true;
      found.families.push_back(std::move(family));
    }
  }
}

void find_linear_maps(const Setting& s, FlatSet& found) {
  for (std::size_t k = 0; k < s.graph.nodes().size(); ++k) {
    if (!s.is_free_affine(k) || !s.graph.feeds_output(k + 1)) continue;
    const auto readers = s.affine_readers(k + 1);
    if (!readers || readers->size() != 1) continue;
    const std::size_t second = readers->front();
    FlatFamily f;
    f.kind = FlatFamily::Kind::linear_maps;
    f.node = s.graph.nodes()[k].name;
    f.second = s.graph.nodes()[second].name;
    f.p = s.rows(k);
    f.q = s.columns(k);
    f.r = s.rows(second);
    f.w1 = s.weight(k, 0, 0);
    f.w2 = s.weight(second, 0, 0);
    f.b1 = s.bias(k, 0) == kNone ? FlatFamily::kAbsent : s.bias(k, 0);
    f.b2 = s.bias(second, 0) == kNone ? FlatFamily::kAbsent : s.bias(second, 0);
    const bool shifts = f.b1 != FlatFamily::kAbsent && f.b2 != FlatFamily::kAbsent;
    f.dimension = f.p * f.p + (shifts ? f.p : 0);
    f.straight = false;
    f.symmetry = true;
    const auto penalised = [&](std::size_t begin, std::size_t count) {
      const auto first = s.regularized.begin() + static_cast<std::ptrdiff_t>(begin);
      return std::find(first, first + static_cast<std::ptrdiff_t>(count), true) !=
             first + static_cast<std::ptrdiff_t>(count);
    };
    f.keeps_regularizer =
        !(penalised(f.w1, f.p * f.q) || penalised(f.w2, f.r * f.p) ||
          (f.b1 != FlatFamily::kAbsent && penalised(f.b1, f.p)) || (shifts && penalised(f.b2, f.r)));
    f.where = s.graph.nodes()[k].name + " and " + s.graph.nodes()[second].name;
    f.why_exact =
        "the two affine maps follow each other directly: A and its inverse between them cancel for every "
        "invertible A";
    found.families.push_back(std::move(f));
  }
}

}  // namespace

void find_symmetries(const Setting& s, FlatSet& found) {
  find_dead_units(s, found);
  find_orthogonal_inputs(s, found);
  find_scalings(s, found);
  find_linear_maps(s, found);
}

}  // namespace pgb::flat_detail
