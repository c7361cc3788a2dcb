#include "pgb/certify/boxes/search.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "pgb/certify/boxes/examine.h"
#include "pgb/certify/boxes/tree.h"
#include "pgb/certify/claims.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/scalar/parallel.h"
#include "pgb/scalar/precision.h"

namespace pgb::boxes {
namespace {

constexpr long kBits = 64;           // of balls behind the ends of intervals
constexpr long kCheckBits = 128;     // for the checker
constexpr std::size_t kRound = 512;  // boxes examined between two looks at the clock and the list of points

// With added neurons a = 0 at critical points only if every a_k is penalised, and b and W are not.
bool penalty_fits(const Problem& problem) {
  const AddedNeurons* added = problem.model->added();
  if (added == nullptr) return true;
  std::vector<bool> penalised(problem.model->parameters());
  for (const QuadraticTerm& term : problem.regularizer) {
    for (std::size_t k = term.begin; k < term.end && term.lambda != "0"; ++k) penalised[k] = true;
  }
  for (std::size_t k = added->a; k < penalised.size(); ++k) {
    if (penalised[k] != (k < added->b)) return false;
  }
  return true;
}

Network network_of(const Problem& problem, const SearchOptions& options) {
  std::string why;
  if (!can_search(problem, &why)) throw InputError(problem.name + ": a search over boxes: " + why);
  if (problem.model->added() != nullptr && options.subject == Subject::critical_points) {
    throw std::invalid_argument(
        "search_box: with added neurons critical points are never isolated, ask for local minima");
  }
  return std::move(*Network::make(problem));
}

// |z_k - center_k| <= radii_k for the parameters of the model, rounded outwards.
Box box_about(const io::Tensor& center, const Vector<double>& radii, std::size_t n) {
  const PrecisionScope scope(kBits);
  const Vector<Ball> z = to_scalars<Ball>(center);
  Box box;
  for (std::size_t k = 0; k < n; ++k) {
    const Ball r(radii.size() == 1 ? radii[0] : radii[k]);
    box.low.push_back((z[k] - r).lower());
    box.high.push_back((z[k] + r).upper());
  }
  return box;
}

class Search {
 public:
  Search(const Problem& problem, certificate::BoxTree claim, const Box& whole, const SearchOptions& options)
      : problem_(problem),
        options_(options),
        precision_(kBits),
        net_(network_of(problem, options)),
        claim_(std::move(claim)),
        tree_(Tree::read(claim_, whole)),
        examiner_(problem, net_, options_, tree_.whole(), points_) {
    for (const certificate::CriticalPoint& p : claim_.points) points_.push_back(point_of(p));
  }

  SearchResult run() {
    std::vector<Open> open;
    double volume = 0;
    std::size_t next_checkpoint = options_.checkpoint_boxes;
    for (Tree::Leaf& leaf : tree_.open_leaves()) {
      volume += part(leaf.box);
      open.push_back({std::move(leaf), true});
    }
    std::reverse(open.begin(), open.end());  // the last one is next
    while (!open.empty() && result_.examined < options_.max_boxes) {
      if (options_.progress) options_.progress({result_.examined, open.size(), points_.size(), 1 - volume});
      const std::size_t count = std::min({kRound, open.size(), options_.max_boxes - result_.examined});
      const auto first = open.end() - static_cast<std::ptrdiff_t>(count);
      std::vector<Verdict> verdicts(count);
      const bool all = parallel_for(count, options_.threads, options_.stop, [&](std::size_t i, bool) {
        const Open& o = first[static_cast<std::ptrdiff_t>(i)];
        verdicts[i] = examiner_.examine(o.leaf.box, o.candidates);
      });
      if (!all) {  // a part of a round would make the result depend on the number of threads
        result_.stopped = true;
        break;
      }
      std::vector<Open> round(std::make_move_iterator(first), std::make_move_iterator(open.end()));
      open.erase(first, open.end());
      result_.examined += count;
      for (std::size_t i = 0; i < count; ++i) apply(std::move(round[i]), verdicts[i], open, volume);
      if (options_.checkpoint && result_.examined >= next_checkpoint) {
        // All of the tree is written: the larger it is the rarer, or writing would take longer than proving.
        next_checkpoint = result_.examined + std::max(options_.checkpoint_boxes, result_.examined / 4);
        std::vector<IsolatedPoint> points = points_;
        std::vector<UndecidedBox> undecided;
        options_.checkpoint(written(points, undecided));
      }
    }
    result_.points = std::move(points_);
    result_.claim = written(result_.points, result_.undecided);
    for (const UndecidedBox& box : result_.undecided) result_.undecided_volume += part({box.low, box.high});
    if (!result_.complete() && result_.difficulty.empty()) result_.difficulty = std::move(last_difficulty_);
    return std::move(result_);
  }

 private:
  struct Open {
    Tree::Leaf leaf;
    bool candidates = true;
  };

  void apply(Open open, Verdict& v, std::vector<Open>& stack, double& volume) {
    const std::size_t node = open.leaf.node;
    switch (v.kind) {
      case Verdict::Kind::reason:
        tree_.nodes()[node].reason = std::move(v.reason);
        volume -= part(open.leaf.box);
        return;
      case Verdict::Kind::mirror:
        tree_.nodes()[node].mirror = true;
        tree_.nodes()[node].side = v.side;
        volume -= part(open.leaf.box);
        return;
      case Verdict::Kind::cut: {
        if (!v.difficulty.empty()) last_difficulty_ = std::move(v.difficulty);
        tree_.split(node, v.side, v.at);
        const Tree::Node& n = tree_.nodes()[node];
        Open lower{{n.lower, open.leaf.box}, true}, upper{{n.upper, std::move(open.leaf.box)}, true};
        lower.leaf.box.high[v.side] = upper.leaf.box.low[v.side] = v.at;
        stack.push_back(std::move(upper));
        stack.push_back(std::move(lower));
        return;
      }
      case Verdict::Kind::candidate:
        if (auto point = examiner_.certify(v.candidate)) {
          points_.push_back(std::move(*point));
        } else {
          open.candidates = false;
        }
        stack.push_back(std::move(open));
        return;
      case Verdict::Kind::give_up:
        if (result_.difficulty.empty()) result_.difficulty = std::move(v.difficulty);
    }
  }

  // The tree as it is; `points` is given the images of points under symmetries, too.
  certificate::BoxTree written(std::vector<IsolatedPoint>& points,
                               std::vector<UndecidedBox>& undecided) const {
    certificate::BoxTree claim = claim_;
    claim.subject = options_.subject;
    claim.tree.clear();
    claim.undecided.clear();
    claim.points.clear();
    claim.precision = kCheckBits;
    tree_.write(examiner_.symmetries(), points, claim, undecided);
    for (const IsolatedPoint& p : points) claim.points.push_back(claim_of(p));
    return claim;
  }

  double part(const Box& box) const {
    double product = 1;
    for (std::size_t k = 0; k < box.low.size(); ++k) {
      if (tree_.whole().width(k) > 0) product *= box.width(k) / tree_.whole().width(k);
    }
    return product;
  }

  static certificate::CriticalPoint claim_of(const IsolatedPoint& p) {
    certificate::CriticalPoint c;
    c.center = listed_point(to_tensor(p.center));
    c.radius = hex_text(p.radius);
    c.uniqueness_radius = hex_text(p.uniqueness_radius);
    c.strict_minimum = p.kind == IsolatedPoint::Kind::minimum;
    c.maximum = p.kind == IsolatedPoint::Kind::maximum;
    c.saddle = p.kind == IsolatedPoint::Kind::saddle;
    for (std::size_t k = 0; c.saddle && k < p.direction.size(); ++k) {
      if (p.direction[k] != 0) c.direction.push_back({k, hex_text(p.direction[k])});
    }
    return c;
  }

  static IsolatedPoint point_of(const certificate::CriticalPoint& c) {
    const auto number = [](const std::string& text) {
      return io::nearest_double(io::canonical_rational(text));
    };
    IsolatedPoint p;
    p.kind = c.strict_minimum ? IsolatedPoint::Kind::minimum
             : c.maximum      ? IsolatedPoint::Kind::maximum
             : c.saddle       ? IsolatedPoint::Kind::saddle
                              : IsolatedPoint::Kind::unclassified;
    for (const std::string& x : c.center.numbers) p.center.push_back(number(x));
    p.radius = number(c.radius);
    p.uniqueness_radius = number(c.uniqueness_radius);
    if (c.saddle) p.direction.resize(p.center.size());
    for (const certificate::Entry& e : c.direction) p.direction.at(e.index) = number(e.value);
    return p;
  }

  const Problem& problem_;
  SearchOptions options_;
  PrecisionScope precision_;
  Network net_;
  certificate::BoxTree claim_;
  std::vector<IsolatedPoint> points_;
  Tree tree_;
  Examiner examiner_;
  SearchResult result_;
  std::string last_difficulty_;  // of the last box that was cut
};

}  // namespace

bool can_search(const Problem& problem, std::string* why) {
  std::string reason;
  if (!Network::make(problem)) {
    reason =
        "the model has to be made of linear maps, elementwise operations, sums, products and concatenations";
  } else if (!penalty_fits(problem)) {
    reason = "the added neurons need lambda > 0 for every a and none for b and W";
  }
  if (why != nullptr) *why = reason;
  return reason.empty();
}

SearchResult search_box(const Problem& problem, const io::Tensor& center, const Vector<double>& radii,
                        const SearchOptions& options) {
  const std::size_t n = problem.model->parameters();
  const auto fits = [](double r) { return r >= 0 && std::isfinite(r); };
  if (center.size() != n || (radii.size() != 1 && radii.size() != n) ||
      !std::all_of(radii.begin(), radii.end(), fits)) {
    throw std::invalid_argument("search_box: expected a centre with " + std::to_string(n) +
                                " numbers and one radius >= 0, or one for each parameter");
  }
  certificate::BoxTree claim;
  const bool saved = center.values == problem.parameters.values && center.exact == problem.parameters.exact;
  if (!saved) claim.center = listed_point(center);
  for (const double r : radii) claim.radii.push_back(hex_text(r));
  claim.tree.resize(1);
  return Search(problem, std::move(claim),
                box_about(center, radii, network_of(problem, options).parameters()), options)
      .run();
}

SearchResult resume(const Problem& problem, const certificate::BoxTree& claim, const SearchOptions& options) {
  SearchOptions same = options;
  same.subject = claim.subject;
  io::Tensor center = problem.parameters;
  for (std::size_t k = 0; k < claim.center.numbers.size(); ++k) {
    const std::string exact = io::canonical_rational(claim.center.numbers[k]);
    center.values.at(k) = io::nearest_double(exact);
    center.exact.erase(k);
    if (!io::is_double(exact)) center.exact[k] = exact;
  }
  Vector<double> radii;
  for (const std::string& r : claim.radii) radii.push_back(io::nearest_double(io::canonical_rational(r)));
  return Search(problem, claim, box_about(center, radii, network_of(problem, same).parameters()), same).run();
}

}  // namespace pgb::boxes
