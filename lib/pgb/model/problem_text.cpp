#include "pgb/model/problem_text.h"

#include <utility>

#include "pgb/io/errors.h"
#include "pgb/model/graph.h"

namespace pgb {
namespace {

io::Tensor part(const io::Tensor& z, const ParameterBlock& block) {
  const auto at = [](std::size_t k) { return static_cast<std::ptrdiff_t>(k); };
  io::Tensor tensor{block.shape, {z.values.begin() + at(block.begin), z.values.begin() + at(block.end)}, {}};
  for (auto e = z.exact.lower_bound(block.begin); e != z.exact.end() && e->first < block.end; ++e) {
    tensor.exact[e->first - block.begin] = e->second;
  }
  return tensor;
}

}  // namespace

io::ProblemFile as_problem_file(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr) throw InputError("its model is a function of the program, not a graph of operations");
  if (problem.loss.name() == "value") throw InputError("its loss is the model's own value");
  io::ProblemFile file;
  file.model = graph->spec();
  for (const ParameterBlock& block : problem.model->blocks()) {
    file.parameters[block.name] = part(problem.parameters, block);
  }
  file.x = problem.x;
  file.y = problem.y;
  file.loss = problem.loss.name();
  file.loss_power = problem.loss.power();
  const std::size_t base = graph->parameters(), d = problem.model->outputs();
  for (const QuadraticTerm& term : problem.regularizer) {
    if (term.lambda == "0" || term.begin == term.end) continue;
    if (term.begin == 0 && term.end == base && !file.regularizer) {
      file.regularizer = io::RegularizerSpec{"l2", term.lambda};
    } else if (problem.model->added() != nullptr && term.begin == base && term.end == base + d &&
               !file.augment) {
      file.augment = io::AddedNeuronsSpec{"exponential", term.lambda};
    } else {
      throw InputError("its regularizer is on some of the parameters, or has several terms");
    }
  }
  if (problem.model->added() != nullptr && !file.augment)
    throw InputError("its added neurons have no penalty");
  return file;
}

}  // namespace pgb
