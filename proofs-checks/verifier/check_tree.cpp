// Statements about all points of a box, with one reason for all of it or a tree that cuts it into parts.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {
namespace {

using Tree = certificate::BoxTree;
using Kind = Tree::Node::Kind;
using Sides = std::vector<std::pair<Rational, Rational>>;
using Values = std::map<std::size_t, Rational>;

void require_nonzero(const Ball& x, const std::string& what) {
  require(x.is_nonzero(), what + " is " + x.text() + ": 0 is not excluded");
}

Balls enclosed(const Sides& box) {
  Balls z;
  for (const auto& [low, high] : box) z.emplace_back(Rational((low + high) / 2), Rational((high - low) / 2));
  return z;
}

class Walk {
 public:
  Walk(const Setting& setting, const Tree& claim)
      : s(setting),
        c(claim),
        all(below(s.parameters)),
        model(s.added_lambda > 0 ? s.model_parameters : all.size()) {
    require(!all.empty(), "the problem has no parameters");
    const Rationals center = s.point(c.center);
    require(c.radii.size() == 1 || c.radii.size() == s.parameters, "radii: expected one, or one a parameter");
    for (const std::size_t k : all) {
      const Rational r = exact(c.radii[c.radii.size() == 1 ? 0 : k]);
      require(r >= 0, "a radius is negative");
      whole.emplace_back(center[k] - r, center[k] + r);
    }
  }

  void run() {
    for (std::size_t p = 0; p < c.points.size(); ++p) require_point(p);
    walk(whole, 0, 0, none);
    require(next == c.tree.size(), "the tree has more nodes than it needs");
    require(undecided == c.undecided, "undecided: not the undecided nodes of the tree");
  }

 private:
  // It exists, inside the box, and is none of the points before it.
  void require_point(std::size_t p) {
    require(c.points[p].pinned.empty(), "a point of a tree has pinned parameters");
    check(s, c.points[p]);
    const Rationals z = s.point(c.points[p].center);
    const Rational r = exact(c.points[p].radius);
    for (const std::size_t k : all)
      require(whole[k].first <= z[k] - r && z[k] + r <= whole[k].second, "a point may lie outside the box");
    for (std::size_t q = 0; q < p; ++q) {
      const Rationals other = s.point(c.points[q].center);
      const Rational sum = r + exact(c.points[q].radius);
      const auto apart = [&](std::size_t k) { return abs(z[k] - other[k]) > sum; };
      require(std::any_of(all.begin(), all.end(), apart), "two points may be the same");
    }
  }

  // The node at `next` on this box; or this leaf on a part of its box, because over all of it enclosures are
  // too wide.
  void walk(Sides box, int depth, int cuts, std::size_t leaf) {
    require(next < c.tree.size() + (leaf != none) && depth < 2000,
            "the tree does not cover the box, or is too deep");
    const Tree::Node& node = c.tree[leaf == none ? next++ : leaf];
    const auto narrower = [](const auto& a, const auto& b) {
      return a.second - a.first < b.second - b.first;
    };
    auto side = std::max_element(box.begin(), box.begin() + std::ptrdiff_t(std::max<std::size_t>(model, 1)),
                                 narrower);
    Rational at = (side->first + side->second) / 2;
    if (node.kind == Kind::undecided) return undecided.push_back(next - 1);
    if (node.kind == Kind::split) {
      require(node.indices.size() == 1 && node.numbers.size() == 1, "split: expected an index and a number");
      require_indices(node.indices, s.parameters, "split");
      side = box.begin() + std::ptrdiff_t(node.indices[0]), at = exact(node.numbers[0]);
      require(side->first <= at && at <= side->second, "split: not inside the box");
    } else {
      try {
        return require_reason(node, box);
      } catch (const Rejected&) {
        if (cuts == 12 || node.kind == Kind::point) throw;
      }
      ++cuts, leaf = leaf == none ? next - 1 : leaf;
    }
    const Rational high = side->second;
    side->second = at, walk(box, depth + 1, cuts, leaf);
    side->first = at, side->second = high, walk(box, depth + 1, cuts, leaf);
  }

  // A node's indices are some of its own, then one for each of its numbers.
  void require_reason(const Tree::Node& node, const Sides& box) {
    const Indices& i = node.indices;
    const std::size_t own = i.size() - node.numbers.size();
    const auto is = [&](Kind kind, std::size_t expected) {
      require(node.kind != kind || own == expected, "a node has a wrong number of entries");
      return node.kind == kind;
    };
    if (is(Kind::point, 1)) return require_inside(i[0], box);
    Balls z = enclosed(box);
    const bool full = is(Kind::gradient, 1) && i[0] >= model;
    for (std::size_t k = model; k < z.size() && !full; ++k) z[k] = 0;
    if (is(Kind::added, 2) && c.subject != Tree::Subject::critical_points)
      return require_group_sum(z, i[0], i[1]);
    require(own <= i.size(), "a node has more numbers than indices");
    const auto first = i.begin() + (is(Kind::off, 2) ? 2 : 0);  // of those that have to differ
    for (const std::size_t k : i)
      require(k < (full ? s.parameters : model), "a node: an index is out of range");
    require_indices({first, i.end()}, s.parameters, "a node");
    Values values;
    for (std::size_t t = own; t < i.size(); ++t) values[i[t]] = exact(node.numbers[t - own]);
    if (is(Kind::gradient, 1)) return require_nonzero(gradient(s, z)[i[0]], "that component of grad Q");
    if (is(Kind::combination, 0)) return require_combination(z, values);
    require(c.subject != Tree::Subject::critical_points, "that reason is about local minima only");
    if (is(Kind::curvature, 0)) return require_negative_curvature(hessian(s, z, i), values, i);
    if (is(Kind::off, 2)) return require_off(z, i[0], i[1], values);
    require(c.subject == Tree::Subject::suboptimal_local_minima, "rank: says nothing of global minima");
    require(s.lambda == 0 && s.added_lambda == 0, "the objective is regularised (added neurons are)");
    require(s.distinct_inputs == s.samples, "two samples have the same input");
    precondition(jacobian(s, z, Kinks::allowed, i), "the minor of the Jacobian matrix");
  }

  void require_inside(std::size_t p, const Sides& box) {
    require(p < c.points.size(), "point: out of range");
    const Rationals z = s.point(c.points[p].center);
    const Rational r = exact(c.points[p].uniqueness_radius);
    for (const std::size_t k : all)
      require(z[k] - r <= box[k].first && box[k].second <= z[k] + r, "point: not inside its uniqueness box");
  }

  void require_group_sum(const Balls& z, std::size_t output, std::size_t sample) {
    require(s.added_lambda > 0, "the problem has no added neurons with lambda > 0");
    require(output < s.outputs.size() && sample < s.samples, "output or sample: out of range");
    const std::vector<LossRange> l = losses(s, z);
    Ball sum;
    for (std::size_t i = 0; i < s.samples; ++i) {
      if (s.group[i] == s.group[sample]) sum.add(l[i].gradient[output]);
    }
    require_nonzero(sum, "the sum of this input's residuals");
  }

  // sum_k y_k d_k Q(c) + sum_j (sum_k y_k H_kj) (z_j - c_j) for a point c of the box, H over it.
  void require_combination(const Balls& z, const Values& y) {
    Balls center = z;
    for (Ball& x : center) arb_get_mid_arb(x.get(), x.get());
    const Matrix h = hessian(s, z, all);
    const Balls g = gradient(s, center);
    Ball sum;
    for (const auto& [k, factor] : y) sum.add_product(factor, g[k]);
    for (const std::size_t j : all) {
      Ball slope;
      for (const auto& [k, factor] : y) slope.add_product(factor, h(k, j));
      sum.add_product(slope, z[j] - center[j]);
    }
    require_nonzero(sum, "that combination of the components of grad Q");
  }

  // In all of the statement's box j and the parameters with values reach Q through the weight k alone.
  void require_off(Balls z, std::size_t k, std::size_t j, Values values) {
    for (const Feature& f : s.features)
      require(f.op != Feature::Op::activation || !f.activation.piecewise(), "off: the model is not analytic");
    Balls back = z, cut = enclosed(whole), at_zero = z;
    back[k] = 1, cut[k] = 0, at_zero[k] = 0;
    for (const auto& [u, value] : values) {
      require(whole[u].first <= value && value <= whole[u].second, "off: a value outside the box");
      at_zero[u] = value;
    }
    require_nonzero(gradient(s, at_zero)[k], "off: the weight's derivative at 0");
    require_nonzero(gradient(s, z, back)[j], "off: the derivative divided by the weight");
    const Balls other_ways = gradient(s, enclosed(whole), cut);
    values[j] = 0;
    for (const auto& [u, value] : values)
      require(s.uses[k] == 1 && u != k && other_ways[u].is_zero(),
              "off: a parameter not behind the weight alone");
  }

  const Setting& s;
  const Tree& c;
  const Indices all;
  const std::size_t model;  // with added neurons a = 0 at critical points, where (b, W) do not matter either
  Sides whole;
  Indices undecided;
  std::size_t next = 0;
};

// One reason for the whole box.
template <class Claim>
void check_whole(const Setting& s, const Claim& claim, Tree::Node node) {
  Tree tree;
  tree.center = claim.center, tree.radii = {claim.radius}, tree.tree = {std::move(node)};
  tree.subject = Tree::Subject::suboptimal_local_minima;
  Walk(s, tree).run();
}

}  // namespace

template <>
void check(const Setting& s, const Tree& claim) {
  Walk(s, claim).run();
}

template <>
void check(const Setting& s, const certificate::NotCritical& claim) {
  check_whole(s, claim, {Kind::gradient, {claim.component}, {}});
}

template <>
void check(const Setting& s, const certificate::NoLocalMinimum& claim) {
  check_whole(s, claim, {Kind::added, {claim.output, claim.sample}, {}});
}

template <>
void check(const Setting& s, const certificate::NoSuboptimalLocalMinimum& claim) {
  check_whole(s, claim, {Kind::rank, claim.coordinates, {}});
}

template <>
void check(const Setting& s, const certificate::NegativeCurvature& claim) {
  Tree::Node node{Kind::curvature, {}, {}};
  for (const auto& [k, d] : claim.direction) node.indices.push_back(k), node.numbers.push_back(d);
  check_whole(s, claim, node);
}

}  // namespace pgb::verifier
