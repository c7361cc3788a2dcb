// The range of an activation and of its first two derivatives over an interval. Not for users of the library.
#pragma once

#include <string>

#include "pgb/certify/boxes/interval.h"
#include "pgb/model/op.h"

namespace pgb::boxes {

struct Range {
  Interval value, slope, curvature;
  bool kink = false;  // the activation is not analytic somewhere in the interval: curvature means nothing
};

class Activation {
 public:
  // An elementwise op of a graph, which must outlive this.
  Activation(const Op& op, const std::string& name);

  // Encloses s, s' and s'' (at kinks all slopes between both sides); sharp to rounding for tanh and sigmoid.
  Range range(Interval x) const;
  bool analytic() const { return !op_->has_cells(); }
  bool odd() const { return op_->odd(); }
  bool same_as(const Activation& other) const { return op_ == other.op_; }

 private:
  enum class Kind { tanh, sigmoid, other };
  Range in_balls(Interval x) const;

  const Op* op_;
  Kind kind_ = Kind::other;
};

}  // namespace pgb::boxes
