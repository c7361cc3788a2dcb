#include "pgb/certify/describe.h"

#include "pgb/model/graph.h"

namespace pgb {
namespace {

std::string sizes(const Shape& shape) {
  std::string text;
  for (const std::size_t extent : shape) text += (text.empty() ? "" : " × ") + std::to_string(extent);
  return text;
}

// Images: their sizes where they change with a weight.
std::string node_text(const GraphNode& node) {
  if (node.shape.size() > 1 || node.input_shapes[0].size() > 1) {
    const bool sized = node.weight != kNone && node.shape != node.input_shapes[0];
    return node.op_name + (sized ? ' ' + sizes(node.input_shapes[0]) + " -> " + sizes(node.shape) : "");
  }
  if (node.op->kind() != OpKind::affine) return node.op_name;
  return node.op_name + ' ' + std::to_string(element_count(node.input_shapes[0])) + " -> " +
         std::to_string(element_count(node.shape)) + (node.bias == kNone ? " without bias" : "");
}

}  // namespace

std::string model_summary(const Model& model) {
  std::string text;
  if (const Graph* graph = model.graph()) {
    constexpr std::size_t shown = 12;
    const auto& nodes = graph->nodes();
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      if (k >= shown && k + 1 < nodes.size()) continue;
      text += (text.empty() ? "" : k > shown ? ", …, " : ", ") + node_text(nodes[k]);
    }
  } else {
    text = "a function of " + std::to_string(model.inputs()) + " inputs and " +
           std::to_string(model.blocks().front().end) + " parameters";
  }
  if (model.added() != nullptr) {
    text +=
        "; " + std::to_string(model.outputs()) + (model.outputs() == 1 ? " added neuron" : " added neurons");
  }
  return text;
}

std::string regularizer_summary(const Problem& problem) {
  std::string text;
  const AddedNeurons* added = problem.model->added();
  for (const QuadraticTerm& term : problem.regularizer) {
    if (term.lambda == "0") continue;
    const bool of_added = added != nullptr && term.begin >= added->a;
    text += (text.empty() ? "" : "; ") + std::string(of_added ? "added neurons" : "l2") + ", lambda " +
            term.lambda;
  }
  return text;
}

std::string parameter_name(const Model& model, std::size_t k) {
  for (const ParameterBlock& block : model.blocks()) {
    if (k < block.begin || k >= block.end) continue;
    std::size_t rest = k - block.begin;
    std::string index;
    for (std::size_t d = block.shape.size(); d-- > 0;) {
      index = std::to_string(rest % block.shape[d]) + (index.empty() ? "" : ", " + index);
      rest /= block.shape[d];
    }
    return block.name + '[' + index + ']';
  }
  return "parameter " + std::to_string(k);
}

std::string kink_text(const Kink& kink) {
  return "node " + kink.node + ", unit " + std::to_string(kink.unit) + ", sample " +
         std::to_string(kink.sample);
}

Verdict described(const Problem& problem) {
  Verdict v;
  v.problem_name = problem.name;
  v.problem_sha256 = problem.sha256;
  v.samples = problem.samples();
  v.outputs = problem.model->outputs();
  v.parameters = problem.model->parameters();
  v.distinct_inputs = equal_input_groups(problem).count;
  v.ambient = problem.ambient();
  v.model_summary = model_summary(*problem.model);
  v.notes = problem.notices;
  v.loss_name = problem.loss.name();
  v.regularizer_summary = regularizer_summary(problem);
  return v;
}

FamilyReport family_report(const FlatFamily& family) {
  FamilyReport report;
  report.kind = kind_name(family.kind);
  report.where = family.where;
  report.dimension = family.dimension;
  report.straight = family.straight;
  report.symmetry = family.symmetry;
  report.why_exact = family.why_exact;
  if (!family.keeps_regularizer) report.why_exact += "; the regularizer changes along it";
  return report;
}

}  // namespace pgb
