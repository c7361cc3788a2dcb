// What the Hessian of a graph model needs of every node on a block of samples, in balls and then in double.
// Not for users of the library: see graph_hessian.h.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/verified_interval.h"
#include "pgb/model/graph.h"

namespace pgb::graph_hessian_detail {

// One node on a block of samples: everything that does not depend on the column.
struct NodeFacts {
  IntervalMatrix value;                      // features x m
  IntervalMatrix cotangent;                  // of the mean loss, features x m
  IntervalMatrix weight, weight_transposed;  // affine nodes: in x out, out x in
  IntervalMatrix slope, curvature;  // elementwise nodes: s'(x) and s''(x) times the cotangent of s(x)
};

struct BlockFacts {
  IntervalMatrix x;              // d_x x m
  std::vector<NodeFacts> nodes;  // up to the output node; those without a cotangent do not matter
  // Second derivatives of the mean loss at the outputs: d_y x d_y for every sample, side by side.
  IntervalMatrix loss_hessian;

  const IntervalMatrix& value(std::size_t v) const { return v == 0 ? x : nodes[v - 1].value; }
};

// Samples [first, first + count) over the box z, at the working precision.
BlockFacts block_facts(const Problem& problem, const Graph& graph, const Objective<Ball>& objective,
                       const Vector<Ball>& z, std::size_t first, std::size_t count);

}  // namespace pgb::graph_hessian_detail
