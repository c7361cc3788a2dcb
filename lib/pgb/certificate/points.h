// Numbers, points and critical points of certificates.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pgb::certificate {

// An exact number: "0x1.8p-3", "1/3", "-2.5e-3" (see pgb/io/exact_number.h).
using Number = std::string;

struct Entry {
  std::size_t index = 0;
  Number value;
};
using SparseVector = std::vector<Entry>;

// A point of parameter space.
struct Point {
  enum class Form {
    saved,       // the problem's parameters
    saved_plus,  // these plus `changes`
    listed       // `numbers`, all n
  };
  Form form = Form::saved;
  std::vector<Number> numbers;
  SparseVector changes;
};

// One family of transformations of the parameters that keep Q; only the fields of its kind are used.
struct Symmetry {
  enum class Kind {
    scaling,           // node, unit
    free,              // parameter
    orthogonal_input,  // node, unit, vector
    linear_maps,       // first, second, row, column
    shift              // first, second, unit
  };
  Kind kind = Kind::scaling;
  std::string node, first, second;
  std::size_t unit = 0, parameter = 0, row = 0, column = 0;
  std::vector<Number> vector;  // d_x numbers, and one for the bias where the node has one
};

// Unit `other` of the linear node computes what `unit` does and is read as it is; `unit` has the share of
// what is read of both.
struct Split {
  std::string node;
  std::size_t unit = 0, other = 0;
  Number share = "1";
};

// A critical point lies in the box of `radius`, and it is the only one in that of `uniqueness_radius`, both
// boxes with the pinned coordinates held at the centre. With splits the boxes are those of the smaller
// network in which each split is one unit, about the centre merged in this way, and the critical point is
// what the splits make of the smaller network's.
struct CriticalPoint {
  static constexpr const char* kind = "critical-point";
  Point center;
  Number radius = "0", uniqueness_radius = "0";
  bool strict_minimum = false;   // modulo the symmetries
  bool maximum = false;          // strict, where no parameter is pinned
  bool saddle = false;           // no local minimum: `direction` has negative curvature
  bool regular = false;          // rank J is as large as the symmetries allow, by the minor of `rows`
  bool smaller_minimum = false;  // of the smaller network, a strict local one
  // The condition holds: points near it with the same outputs are points of its orbit and of the splits'
  // shares only. multipliers: tau and c, with tau Hess Q + c J^T J positive definite across these.
  bool isolated = false;
  std::vector<Number> multipliers;
  std::vector<std::size_t> pinned;
  std::vector<Symmetry> symmetries;  // as many as pinned coordinates
  std::vector<std::size_t> still;    // held at the centre, where their derivatives are exactly 0 on the box
  std::vector<Split> splits;
  SparseVector direction;
  std::vector<std::size_t> rows;
  long precision = 128;
};

}  // namespace pgb::certificate
