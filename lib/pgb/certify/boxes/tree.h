// The tree of a search. Not for users of the library.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/certify/boxes/examine.h"

namespace pgb::boxes {

// Nodes in the order in which they were made; node 0 belongs to the whole box.
class Tree {
 public:
  struct Node {
    Reason reason;         // undecided while it is open
    std::size_t side = 0;  // of a split; for a mirror the symmetry
    double at = 0;
    std::size_t lower = 0, upper = 0;  // 0 for a leaf
    bool mirror = false;
  };

  explicit Tree(Box whole) : whole_(std::move(whole)), nodes_(1) {}
  // The tree of a certificate; numbers are rounded outwards where they are no doubles.
  static Tree read(const certificate::BoxTree& claim, Box whole);

  const Box& whole() const { return whole_; }
  std::vector<Node>& nodes() { return nodes_; }
  // Returns the two halves' numbers through the node.
  void split(std::size_t node, std::size_t side, double at);
  struct Leaf {
    std::size_t node = 0;
    Box box;
  };
  std::vector<Leaf> open_leaves() const;

  // In preorder, `model` of all `parameters` being those of the tree; where a box is the image of others,
  // what was found of these is copied. Points that are images are added to the list.
  void write(const std::vector<Network::Symmetry>& symmetries, std::vector<IsolatedPoint>& points,
             certificate::BoxTree& claim, std::vector<UndecidedBox>& undecided) const;

 private:
  Box whole_;
  std::vector<Node> nodes_;
};

}  // namespace pgb::boxes
