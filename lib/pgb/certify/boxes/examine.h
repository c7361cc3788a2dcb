// What can be said of one box. Not for users of the library.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgb/certify/boxes/network.h"
#include "pgb/certify/boxes/search.h"
#include "pgb/derivatives/objective.h"

namespace pgb::boxes {

using NodeKind = certificate::BoxTree::Node::Kind;

struct Box {
  Vector<double> low, high;
  Intervals intervals() const;
  Vector<double> center() const;
  double width(std::size_t k) const { return high[k] - low[k]; }
};

struct Reason {
  NodeKind kind = NodeKind::undecided;
  std::vector<std::size_t> indices;
  Vector<double> numbers;
};

// A reason for all of the box; or a number at which a side is best cut; or a point that may be critical.
struct Verdict {
  enum class Kind { reason, mirror, cut, candidate, give_up } kind = Kind::give_up;
  Reason reason;
  std::size_t side = 0;  // of a cut; which symmetry, for a mirror
  double at = 0;
  Vector<double> candidate;
  std::string difficulty;  // of a box given up
};

class Examiner {
 public:
  // The network, the options and the list of points must outlive it.
  Examiner(const Problem& problem, const Network& network, const SearchOptions& options, const Box& whole,
           const std::vector<IsolatedPoint>& points);

  // `candidates`: whether a critical point may be proposed.
  Verdict examine(const Box& box, bool candidates) const;

  // A nondegenerate critical point near z, proven to exist in the whole box; nothing where that fails, or it
  // is in the uniqueness box of a known one.
  std::optional<IsolatedPoint> certify(const Vector<double>& z) const;

  const std::vector<Network::Symmetry>& symmetries() const { return symmetries_; }
  bool second_order() const { return second_order_; }

 private:
  bool holds_in_balls(const Reason& reason, const Box& box) const;
  std::optional<Reason> by_group_sums(const Intervals& z, std::string& difficulty) const;
  std::optional<Reason> by_gradient(const Intervals& z, std::string& difficulty) const;
  std::optional<Reason> by_rank(const Intervals& z, std::string& difficulty) const;
  std::optional<Reason> by_curvature(const IntervalSquare& h) const;
  std::optional<Reason> by_switch(const Box& box, const Intervals& z) const;
  std::optional<Verdict> by_linear_forms(const Box& box, const IntervalSquare& h, bool candidates) const;
  std::optional<std::size_t> mirrored_by(const Box& box) const;
  std::optional<Verdict> cut_around_point(const Box& box) const;
  Verdict cut(const Box& box, const IntervalSquare* h) const;
  Vector<double> newton(Vector<double> z, const Box& box) const;
  bool can_cut(const Box& box, std::size_t k) const;

  const Problem& problem_;
  Objective<Ball> objective_;
  InputGroups groups_;
  const Network& net_;
  const SearchOptions& options_;
  const Box& whole_;
  const std::vector<IsolatedPoint>& points_;
  std::vector<Network::Symmetry> symmetries_;
  std::vector<Network::Switch> switches_;
  Vector<double> influence_;  // of each parameter on what has to be excluded where there is no Hessian
  bool added_ = false, second_order_ = true;
};

bool holds(const Box& box, const Vector<double>& z);

// Nearly all of the uniqueness box of a point.
Box safe_box(const IsolatedPoint& point);

}  // namespace pgb::boxes
