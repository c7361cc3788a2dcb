#include "pgb/flat/setting.h"

#include <algorithm>
#include <utility>

#include "pgb/io/exact_number.h"

namespace pgb::flat_detail {
namespace {

constexpr std::size_t kBlock = 256;  // samples evaluated together
constexpr long kBits = 192;          // of exact values: products of a few doubles still fit

void update(FeatureFacts& facts, const Ball& value) {
  if (!value.certainly_negative()) facts.negative = false;
  if (!facts.constant) return;
  if (!value.is_exact()) {
    facts.constant = false;
    return;
  }
  PrecisionScope scope(kBits);
  std::string text = to_rational(to_real(value));
  if (!facts.value) {
    facts.value = std::move(text);
  } else if (*facts.value != text) {
    facts.constant = false;
  }
}

}  // namespace

Setting::Setting(const Problem& p)
    : problem(p),
      graph(*p.model->graph()),
      regularized(p.model->parameters(), false),
      users(graph.nodes().size() + 1),
      uses_of_block(graph.blocks().size(), 0) {
  for (const QuadraticTerm& term : p.regularizer) {
    if (term.lambda == "0") continue;
    for (std::size_t k = term.begin; k < term.end; ++k) regularized[k] = true;
  }
  for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
    const GraphNode& node = graph.nodes()[k];
    for (const std::size_t v : node.inputs) users[v].push_back(k);
    for (const std::size_t block : {node.weight, node.bias}) {
      if (block != kNone) ++uses_of_block[block];
    }
  }
}

std::vector<std::size_t> Setting::incoming(std::size_t node, std::size_t unit) const {
  std::vector<std::size_t> all;
  for (std::size_t j = 0; j < columns(node); ++j) all.push_back(weight(node, unit, j));
  if (bias(node, unit) != kNone) all.push_back(bias(node, unit));
  return all;
}

std::vector<std::size_t> Setting::outgoing(const std::vector<std::size_t>& readers, std::size_t unit) const {
  std::vector<std::size_t> all;
  for (const std::size_t reader : readers) {
    for (std::size_t r = 0; r < rows(reader); ++r) all.push_back(weight(reader, r, unit));
  }
  return all;
}

std::string Setting::exact_text(std::size_t k, bool negative) const {
  const auto found = problem.parameters.exact.find(k);
  if (found == problem.parameters.exact.end()) {
    const double value = problem.parameters.values[k];
    return io::canonical_rational(negative ? -value : value);
  }
  const std::string& text = found->second;
  if (!negative) return text;
  return text[0] == '-' ? text.substr(1) : '-' + text;
}

bool Setting::is_free_affine(std::size_t node) const {
  const GraphNode& n = graph.nodes()[node];
  if (!is_affine(node) || n.weight == kNone) return false;
  if (uses_of_block[n.weight] != 1) return false;
  return n.bias == kNone || uses_of_block[n.bias] == 1;
}

std::optional<std::vector<std::size_t>> Setting::affine_readers(std::size_t value) const {
  if (value == graph.output_node() + 1) return std::nullopt;
  std::vector<std::size_t> readers;
  for (const std::size_t node : users[value]) {
    if (is_free_affine(node)) {
      readers.push_back(node);
    } else if (graph.nodes()[node].op->kind() == OpKind::rename) {
      const auto more = affine_readers(node + 1);
      if (!more) return std::nullopt;
      readers.insert(readers.end(), more->begin(), more->end());
    } else if (graph.feeds_output(node + 1)) {
      return std::nullopt;
    }
  }
  return readers;
}

std::vector<std::size_t> Setting::some_affine_readers(std::size_t value) const {
  std::vector<std::size_t> readers;
  for (const std::size_t node : users[value]) {
    if (is_free_affine(node)) readers.push_back(node);
    if (graph.nodes()[node].op->kind() != OpKind::rename) continue;
    const std::vector<std::size_t> more = some_affine_readers(node + 1);
    readers.insert(readers.end(), more.begin(), more.end());
  }
  return readers;
}

std::size_t Setting::before_renaming(std::size_t value) const {
  while (value > 0 && graph.nodes()[value - 1].op->kind() == OpKind::rename) {
    value = graph.nodes()[value - 1].inputs[0];
  }
  return value;
}

std::vector<std::size_t> Setting::samples() const {
  const InputGroups groups = equal_input_groups(problem);
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < groups.group.size(); ++i) {
    if (groups.group[i] == first.size()) first.push_back(i);
  }
  return first;
}

void Setting::for_each_sample(
    const std::function<bool(std::size_t, const std::vector<Matrix<Ball>>&, std::size_t)>& visit) const {
  PrecisionScope scope(kBits);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const std::vector<std::size_t> list = samples();
  const std::size_t d_x = problem.x.shape[1];
  for (std::size_t first = 0; first < list.size(); first += kBlock) {
    const std::size_t count = std::min(kBlock, list.size() - first);
    io::Tensor part;
    part.shape = {count, d_x};
    for (std::size_t c = 0; c < count; ++c) {
      const std::size_t begin = list[first + c] * d_x;
      for (std::size_t e = begin; e < begin + d_x; ++e) {
        const auto exact = problem.x.exact.find(e);
        if (exact != problem.x.exact.end()) part.exact[part.values.size()] = exact->second;
        part.values.push_back(problem.x.values[e]);
      }
    }
    const Matrix<Ball> x(d_x, count, to_scalars<Ball>(part));
    const auto values = graph.values<Ball>(z, x.view());
    for (std::size_t c = 0; c < count; ++c) {
      if (!visit(list[first + c], values, c)) return;
    }
  }
}

const std::vector<std::vector<FeatureFacts>>& Setting::facts() const {
  if (!facts_.empty()) return facts_;
  for (const GraphNode& node : graph.nodes()) facts_.emplace_back(element_count(node.shape));
  for_each_sample([&](std::size_t, const std::vector<Matrix<Ball>>& values, std::size_t column) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      for (std::size_t u = 0; u < values[k].rows; ++u) update(facts_[k][u], values[k](u, column));
    }
    return true;
  });
  return facts_;
}

bool is_dead(const Setting& setting, std::size_t node, std::size_t unit) {
  const GraphNode& n = setting.graph.nodes()[node];
  if (n.op->kind() != OpKind::elementwise || !n.op->zero_for_negative() || n.inputs[0] == 0) return false;
  return setting.facts()[n.inputs[0] - 1][unit].negative;
}

void add_straight(const Setting& setting, FlatFamily family, bool drop_regularized, FlatSet& found) {
  const auto penalised = [&](const SparseVector& v) {
    return std::any_of(v.begin(), v.end(),
                       [&](const SparseEntry& e) { return setting.regularized[e.parameter]; });
  };
  if (drop_regularized) {
    family.basis.erase(std::remove_if(family.basis.begin(), family.basis.end(), penalised),
                       family.basis.end());
  }
  family.keeps_regularizer = std::none_of(family.basis.begin(), family.basis.end(), penalised);
  family.dimension = family.basis.size();
  if (family.dimension > 0) found.families.push_back(std::move(family));
}

std::string list_units(const std::vector<std::size_t>& units) {
  std::string text = units.size() == 1 ? "unit " : "units ";
  constexpr std::size_t shown = 6;
  for (std::size_t i = 0; i < std::min(units.size(), shown); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(units[i]);
  }
  if (units.size() > shown) text += " and " + std::to_string(units.size() - shown) + " others";
  return text;
}

}  // namespace pgb::flat_detail
