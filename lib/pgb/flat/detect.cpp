#include "pgb/flat/setting.h"

namespace pgb {
namespace {

void find_added_neurons(const Problem& problem, FlatSet& found) {
  const AddedNeurons* added = problem.model->added();
  if (added == nullptr) return;
  const std::size_t d_x = problem.model->inputs(), d_y = problem.model->outputs();
  const auto is_zero = [&](std::size_t k) {
    return problem.parameters.values[k] == 0 && problem.parameters.exact.count(k) == 0;
  };
  FlatFamily family;
  std::vector<std::size_t> outputs;
  for (std::size_t k = 0; k < d_y; ++k) {
    if (!is_zero(added->a + k)) continue;
    outputs.push_back(k);
    family.basis.push_back({{added->b + k, 1.0}});
    for (std::size_t j = 0; j < d_x; ++j) family.basis.push_back({{added->w + k * d_x + j, 1.0}});
  }
  if (outputs.empty()) return;
  family.kind = FlatFamily::Kind::added_neurons;
  family.dimension = family.basis.size();
  family.where = "added neurons, " + flat_detail::list_units(outputs);
  family.why_exact = "a_k is exactly 0, so b_k and w_k do not reach the output";
  for (const QuadraticTerm& term : problem.regularizer) {
    if (term.lambda != "0" && term.end > added->b) family.keeps_regularizer = false;
  }
  found.families.push_back(std::move(family));
}

}  // namespace

FlatSet flat_set(const Problem& problem) {
  FlatSet found;
  find_added_neurons(problem, found);
  if (problem.model->graph() != nullptr) {
    const flat_detail::Setting setting(problem);
    flat_detail::find_free_parameters(setting, found);
    flat_detail::find_feature_relations(setting, found);
    flat_detail::find_symmetries(setting, found);
  }
  return found;
}

std::vector<FlatFamily> flat_families(const Problem& problem) { return flat_set(problem).families; }

}  // namespace pgb
