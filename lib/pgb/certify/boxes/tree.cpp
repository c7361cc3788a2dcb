#include "pgb/certify/boxes/tree.h"

#include <algorithm>
#include <utility>

#include "pgb/certify/claims.h"
#include "pgb/io/exact_number.h"

namespace pgb::boxes {
namespace {

using Symmetry = Network::Symmetry;

// z -> s_1(s_2(... z)), as one signed permutation: z'_k = sign_k z_order_k.
struct Map {
  std::vector<std::size_t> order;
  std::vector<bool> negated;

  static Map identity(std::size_t n) {
    Map m{std::vector<std::size_t>(n), std::vector<bool>(n)};
    for (std::size_t k = 0; k < n; ++k) m.order[k] = k;
    return m;
  }
  // first this, then the symmetry
  Map then(const Symmetry& s) const {
    Map m = *this;
    for (std::size_t k = 0; k < order.size(); ++k) {
      m.order[k] = order[s.order[k]];
      m.negated[k] = s.negated[k] != negated[s.order[k]];
    }
    return m;
  }
  Map inverse() const {
    Map m = *this;
    for (std::size_t k = 0; k < order.size(); ++k) {
      m.order[order[k]] = k;
      m.negated[order[k]] = negated[k];
    }
    return m;
  }
  Vector<double> apply(const Vector<double>& z) const {
    Vector<double> r(z.size());
    for (std::size_t k = 0; k < z.size(); ++k) r[k] = negated[k] ? -z[order[k]] : z[order[k]];
    return r;
  }
  Box apply(const Box& box) const {
    Box r = box;
    for (std::size_t k = 0; k < order.size(); ++k) {
      r.low[k] = negated[k] ? -box.high[order[k]] : box.low[order[k]];
      r.high[k] = negated[k] ? -box.low[order[k]] : box.high[order[k]];
    }
    return r;
  }
  // The parameter in whose place k comes, and its sign: z'_to = sign z_k.
  std::pair<std::size_t, double> place(std::size_t k) const {
    const auto to = static_cast<std::size_t>(std::find(order.begin(), order.end(), k) - order.begin());
    return {to, negated[to] ? -1.0 : 1.0};
  }
};

class Writer {
 public:
  Writer(const Box& whole, const std::vector<Tree::Node>& nodes, const std::vector<Symmetry>& symmetries,
         std::vector<IsolatedPoint>& points, certificate::BoxTree& claim,
         std::vector<UndecidedBox>& undecided)
      : whole_(whole),
        nodes_(nodes),
        symmetries_(symmetries),
        points_(points),
        claim_(claim),
        undecided_(undecided) {}

  // What the tree below `node` says of the images under `map` of the part of its box that is in `box`, a
  // box of the certificate under the inverse of the map.
  void write(std::size_t node, const Box& box, const Map& map) {
    const Tree::Node& n = nodes_[node];
    if (n.lower != 0) {
      const bool below = box.low[n.side]<n.at, above = box.high[n.side]> n.at;
      if (!below || !above) return write(below ? n.lower : n.upper, box, map);
      const auto [to, sign] = map.place(n.side);
      put(certificate::BoxTree::Node::Kind::split, {to}, {sign * n.at});
      Box lower = box, upper = box;
      lower.high[n.side] = upper.low[n.side] = n.at;
      // A sign turned exchanges the parts.
      if (sign > 0) {
        write(n.lower, lower, map);
        write(n.upper, upper, map);
      } else {
        write(n.upper, upper, map);
        write(n.lower, lower, map);
      }
    } else if (n.mirror) {
      const Symmetry& s = symmetries_[n.side];
      Map image = Map::identity(map.order.size()).then(s);
      const Map back = image.inverse();
      // z in the box is back(s(z)), and s(z) is elsewhere in the tree.
      Map composed = map;
      for (std::size_t k = 0; k < composed.order.size(); ++k) {
        composed.order[k] = back.order[map.order[k]];
        composed.negated[k] = map.negated[k] != back.negated[map.order[k]];
      }
      write(0, image.apply(box), composed);
    } else {
      leaf(n.reason, box, map);
    }
  }

 private:
  void leaf(const Reason& reason, const Box& box, const Map& map) {
    if (reason.kind == NodeKind::undecided) {
      claim_.undecided.push_back(claim_.tree.size());
      const Box image = map.apply(box);
      undecided_.push_back({image.low, image.high});
    }
    if (reason.kind == NodeKind::added || reason.kind == NodeKind::undecided)
      return put(reason.kind, reason.indices, {});
    if (reason.kind == NodeKind::point) return put(reason.kind, {image_of(reason.indices[0], map)}, {});
    std::vector<std::size_t> indices;
    Vector<double> numbers;
    const std::size_t own = reason.indices.size() - reason.numbers.size();
    for (std::size_t i = 0; i < reason.indices.size(); ++i) {
      const auto [to, sign] = map.place(reason.indices[i]);
      indices.push_back(to);
      if (i >= own) numbers.push_back(sign * reason.numbers[i - own]);
    }
    put(reason.kind, indices, numbers);
  }

  std::size_t image_of(std::size_t point, const Map& map) {
    IsolatedPoint image = points_[point];
    image.center = map.apply(image.center);
    if (!image.direction.empty()) image.direction = map.apply(image.direction);
    for (std::size_t p = 0; p < points_.size(); ++p) {
      if (points_[p].center == image.center) return p;
    }
    // The images of one point found twice, on both sides of a mirror: nearly the same numbers.
    for (std::size_t p = 0; p < points_.size(); ++p) {
      bool same = true;
      for (std::size_t k = 0; k < image.center.size(); ++k) {
        const double apart = std::abs(image.center[k] - points_[p].center[k]);
        same = same && apart <= std::min(image.uniqueness_radius, points_[p].uniqueness_radius) / 2;
      }
      if (same) return p;
    }
    points_.push_back(std::move(image));
    return points_.size() - 1;
  }

  void put(NodeKind kind, const std::vector<std::size_t>& indices, const Vector<double>& numbers) {
    certificate::BoxTree::Node node{kind, indices, {}};
    for (const double x : numbers) node.numbers.push_back(hex_text(x));
    claim_.tree.push_back(std::move(node));
  }

  const Box& whole_;
  const std::vector<Tree::Node>& nodes_;
  const std::vector<Symmetry>& symmetries_;
  std::vector<IsolatedPoint>& points_;
  certificate::BoxTree& claim_;
  std::vector<UndecidedBox>& undecided_;
};

}  // namespace

void Tree::split(std::size_t node, std::size_t side, double at) {
  nodes_[node].reason = {NodeKind::split, {}, {}};
  nodes_[node].side = side;
  nodes_[node].at = at;
  nodes_[node].lower = nodes_.size();
  nodes_[node].upper = nodes_.size() + 1;
  nodes_.resize(nodes_.size() + 2);
}

std::vector<Tree::Leaf> Tree::open_leaves() const {
  std::vector<Leaf> open, stack{{0, whole_}};
  while (!stack.empty()) {
    const Leaf leaf = std::move(stack.back());
    stack.pop_back();
    const Node& node = nodes_[leaf.node];
    if (node.lower == 0) {
      if (node.reason.kind == NodeKind::undecided && !node.mirror) open.push_back(leaf);
      continue;
    }
    Box lower = leaf.box, upper = leaf.box;
    lower.high[node.side] = upper.low[node.side] = node.at;
    stack.push_back({node.upper, std::move(upper)});
    stack.push_back({node.lower, std::move(lower)});
  }
  return open;
}

void Tree::write(const std::vector<Symmetry>& symmetries, std::vector<IsolatedPoint>& points,
                 certificate::BoxTree& claim, std::vector<UndecidedBox>& undecided) const {
  Writer(whole_, nodes_, symmetries, points, claim, undecided)
      .write(0, whole_, Map::identity(whole_.low.size()));
}

Tree Tree::read(const certificate::BoxTree& claim, Box whole) {
  Tree tree(std::move(whole));
  std::vector<std::size_t> pending{0};  // of nodes made and not yet read, the next one last
  for (const certificate::BoxTree::Node& node : claim.tree) {
    const std::size_t at = pending.back();
    pending.pop_back();
    Vector<double> numbers;
    for (const certificate::Number& x : node.numbers)
      numbers.push_back(io::nearest_double(io::canonical_rational(x)));
    if (node.kind == NodeKind::split) {
      tree.split(at, node.indices.at(0), numbers.at(0));
      pending.push_back(tree.nodes_[at].upper);
      pending.push_back(tree.nodes_[at].lower);
    } else {
      tree.nodes_[at].reason = {node.kind, node.indices, std::move(numbers)};
    }
  }
  return tree;
}

}  // namespace pgb::boxes
