// What is claimed of all points of a box, proved on the parts into which a tree cuts it. Plain data for
// certificate.h; proofs-checks/FORMAT.md, "box-tree", has the theorems.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/certificate/points.h"

namespace pgb::certificate {

// All critical points of Q in the box (or its local minima, or those of them that are not global) are among
// the points listed, which exist and differ, and what the undecided parts may hold.
struct BoxTree {
  static constexpr const char* kind = "box-tree";
  enum class Subject { critical_points, local_minima, suboptimal_local_minima };

  // The tree in preorder. `split` is followed by the part below the number, then by the rest; the others are
  // leaves, each with a reason why its box holds no point of the subject that is not accounted for.
  struct Node {
    enum class Kind {
      split,        // coordinate; number
      gradient,     // k: d_k Q excludes 0
      combination,  // k, ...; y, ...: sum of y_k d_k Q in mean-value form excludes 0
      curvature,    // k, ...; d, ...: d^T Hess Q d < 0
      off,          // k, j, u, ...; values of u, ...: z_k = 0 is no minimum, and d_j Q / z_k excludes 0
      added,        // output, sample: a group sum of residuals excludes 0
      rank,         // k, ...: these columns of J are independent
      point,        // p: inside the uniqueness box of that point
      undecided
    };
    Kind kind = Kind::undecided;
    std::vector<std::size_t> indices;
    std::vector<Number> numbers;
  };

  Point center;
  std::vector<Number> radii;  // one for every coordinate, or one for all
  Subject subject = Subject::local_minima;
  std::vector<CriticalPoint> points;   // without pinned parameters
  std::vector<std::size_t> undecided;  // nodes of the tree
  std::vector<Node> tree;
  long precision = 64;
};

}  // namespace pgb::certificate
