#include "pgb/flat/cells.h"

#include <algorithm>

#include "pgb/model/graph.h"

namespace pgb {
namespace {

constexpr std::size_t kPieces = 16;  // parts of a segment that are checked one by one

}  // namespace

bool has_cells(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr) return false;
  const auto& nodes = graph->nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const GraphNode& node) { return node.op->has_cells(); });
}

bool in_one_cell(const Objective<Ball>& objective, const FlatFamily& family, const Vector<Ball>& z,
                 const Vector<double>& coordinates) {
  const Vector<Ball> end = flat_point(family, Vector<Ball>(z.size()), coordinates);
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    const double middle = (2.0 * static_cast<double>(piece) + 1) / (2.0 * kPieces);
    const Ball t = Ball::with_radius(Ball(middle), 0.5 / kPieces);
    Vector<Ball> at = z;
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (!end[k].is_exactly_zero()) at[k] += t * end[k];
    }
    if (!objective.kinks(at).empty()) return false;
  }
  return true;
}

}  // namespace pgb
