#include "pgb/span/flat_steps.h"

#include "pgb/model/graph.h"

namespace pgb {
namespace {

// The cells in which the arguments of all piecewise operations are.
std::vector<std::size_t> pattern(const Problem& problem, const Vector<double>& z) {
  std::vector<std::size_t> cells;
  const Graph& graph = *problem.model->graph();
  const Vector<double> x = to_scalars<double>(problem.x);
  const auto values = graph.values<double>(z, {x.data(), problem.x.shape[1], problem.x.shape[0]});
  for (const GraphNode& node : graph.nodes()) {
    if (!node.op->has_cells() || node.inputs[0] == 0) continue;
    OpArguments<double> in;
    in.inputs = {values[node.inputs[0] - 1].view()};
    in.input_shapes = &node.input_shapes;
    in.shape = &node.shape;
    node.op->append_cells(in, cells);
  }
  return cells;
}

}  // namespace

Vector<double> flat_step(const Problem& problem, const FlatFamily& family, DyadicRandom& random) {
  Vector<double> c = random.vector(family.dimension);
  if (problem.model->graph() == nullptr) return c;
  const Vector<double> z = to_scalars<double>(problem.parameters);
  const auto at_start = pattern(problem, z);
  if (at_start.empty()) return c;
  for (int halvings = 0; halvings < 30 && pattern(problem, flat_point(family, z, c)) != at_start;
       ++halvings) {
    for (double& entry : c) entry /= 2;
  }
  for (double& entry : c) entry /= 4;
  return c;
}

}  // namespace pgb
