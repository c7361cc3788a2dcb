#include "pgb/certify/boxes/examine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pgb/certify/boxes/dense.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/scalar/random.h"

namespace pgb::boxes {
namespace {

constexpr std::size_t kMostForHessian = 40;
constexpr double kWorthCutting = 0.3;  // part of a side that a linear form must exclude
constexpr std::size_t kSwitchTrials = 12;
// Room left for a checker that encloses in balls: part of the width by which 0 is missed, and of the 1 that
// |I - Y J| has to stay below.
constexpr double kMargin = 0.25, kRankBound = 0.75;

bool clearly_excludes_zero(Interval x) { return x.excludes_zero() && x.mignitude() >= kMargin * x.width(); }

Verdict because(Reason reason) {
  Verdict v;
  v.kind = Verdict::Kind::reason;
  v.reason = std::move(reason);
  return v;
}

std::string text(const char* what, Interval x) {
  char line[160];
  std::snprintf(line, sizeof line, "%s is enclosed by [%.3g, %.3g], which holds 0", what, x.low, x.high);
  return line;
}

// Where 0 lies nearest the end of the enclosure, relative to its width: how little is missing.
double missing(Interval x) {
  return x.is_bounded() ? std::min(-x.low, x.high) / std::max(x.width(), 0x1p-1000) : 1;
}

}  // namespace

Intervals Box::intervals() const {
  Intervals z;
  for (std::size_t k = 0; k < low.size(); ++k) z.emplace_back(low[k], high[k]);
  return z;
}

Vector<double> Box::center() const {
  Vector<double> c;
  for (std::size_t k = 0; k < low.size(); ++k) c.push_back(Interval(low[k], high[k]).middle());
  return c;
}

bool holds(const Box& box, const Vector<double>& z) {
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (!(box.low[k] <= z[k] && z[k] <= box.high[k])) return false;
  }
  return true;
}

Box safe_box(const IsolatedPoint& point) {
  constexpr double kPart = 1 - 0x1p-16;  // images of a point may differ from it in the last digits
  Box box;
  for (const double c : point.center) {
    const Interval r(kPart * point.uniqueness_radius);
    box.low.push_back((Interval(c) - r).high);
    box.high.push_back((Interval(c) + r).low);
  }
  return box;
}

Examiner::Examiner(const Problem& problem, const Network& network, const SearchOptions& options,
                   const Box& whole, const std::vector<IsolatedPoint>& points)
    : problem_(problem),
      objective_(problem),
      groups_(equal_input_groups(problem)),
      net_(network),
      options_(options),
      whole_(whole),
      points_(points),
      added_(problem.model->added() != nullptr) {
  second_order_ = options.second_order && network.parameters() <= kMostForHessian;
  if (second_order_ && options.subject != Subject::critical_points) switches_ = network.switches();
  if (second_order_ && !added_) {
    for (Network::Symmetry& s : network.symmetries()) {
      bool keeps = true;
      for (std::size_t k = 0; k < whole.low.size(); ++k) {
        const std::size_t from = s.order[k];
        const bool same = s.negated[k]
                              ? whole.low[k] == -whole.high[from] && whole.high[k] == -whole.low[from]
                              : whole.low[k] == whole.low[from] && whole.high[k] == whole.high[from];
        keeps = keeps && same;
      }
      if (keeps) symmetries_.push_back(std::move(s));
    }
  }
  influence_.assign(network.parameters(), 1);
  if (!second_order_ && added_) {
    const Intervals sums = network.group_sums(whole.intervals());
    std::size_t best = 0;
    for (std::size_t s = 1; s < sums.size(); ++s) {
      if (missing(sums[s]) < missing(sums[best])) best = s;
    }
    influence_ =
        network.approx_group_slopes(whole.center(), best / network.outputs(), best % network.outputs());
  }
}

// The image of every inner point comes later in the order of sum_j weight_j z_j, the weights of later
// units smaller: of two units exchanged the one with the larger outgoing weight is kept first, and a sign is
// turned so that it is positive.
std::optional<std::size_t> Examiner::mirrored_by(const Box& box) const {
  for (std::size_t s = 0; s < symmetries_.size(); ++s) {
    const auto& [order, negated, first, second] = symmetries_[s];
    if (first == second ? box.high[first] <= 0 && box.low[first] < 0
                        : box.high[first] <= box.low[second] && box.low[first] < box.high[second]) {
      return s;
    }
  }
  return std::nullopt;
}

// A checker works in balls, in which products of wide factors lose their signs sooner than in intervals: a
// reason is good only if it holds there as well.
bool Examiner::holds_in_balls(const Reason& reason, const Box& box) const {
  Vector<Ball> z;
  for (std::size_t k = 0; k < box.low.size(); ++k)
    z.push_back(Ball::hull(Ball(box.low[k]), Ball(box.high[k])));
  z.resize(problem_.model->parameters(), Ball(0));
  Ball x(0);
  if (reason.kind == NodeKind::gradient) {
    x = objective_.value_gradient(z).gradient[reason.indices[0]];
  } else {
    const Matrix<Ball> residuals = objective_.output_gradient(objective_.outputs(z));
    for (std::size_t i = 0; i < residuals.cols; ++i) {
      if (groups_.group[i] == groups_.group[reason.indices[1]]) x += residuals(reason.indices[0], i);
    }
  }
  return x.is_finite() && !x.contains_zero();
}

std::optional<Reason> Examiner::by_group_sums(const Intervals& z, std::string& difficulty) const {
  const Intervals sums = net_.group_sums(z);
  std::size_t best = 0;
  for (std::size_t s = 0; s < sums.size(); ++s) {
    if (sums[s].excludes_zero()) {
      return Reason{NodeKind::added, {s % net_.outputs(), net_.first_of_group()[s / net_.outputs()]}, {}};
    }
    if (missing(sums[s]) < missing(sums[best])) best = s;
  }
  const std::string name = "the sum of the loss derivatives of output " +
                           std::to_string(best % net_.outputs()) +
                           " over the samples with the input of sample " +
                           std::to_string(net_.first_of_group()[best / net_.outputs()]);
  difficulty = text(name.c_str(), sums[best]);
  return std::nullopt;
}

std::optional<Reason> Examiner::by_gradient(const Intervals& z, std::string& difficulty) const {
  const Intervals g = net_.gradient(z);
  std::size_t best = 0;
  for (std::size_t k = 0; k < g.size(); ++k) {
    if (g[k].excludes_zero()) return Reason{NodeKind::gradient, {k}, {}};
    if (missing(g[k]) < missing(g[best])) best = k;
  }
  if (difficulty.empty() && !g.empty()) {
    difficulty = text(("the derivative by parameter " + std::to_string(best)).c_str(), g[best]);
  }
  return std::nullopt;
}

std::optional<Reason> Examiner::by_rank(const Intervals& z, std::string& difficulty) const {
  const std::size_t n = options_.columns.size();
  IntervalSquare j(n);
  j.data = net_.jacobian(z, options_.columns);
  const ResidualNorm norm = verified_nonsingular(to_matrix(j));
  if (norm.total < kRankBound) return Reason{NodeKind::rank, options_.columns, {}};
  char line[120];
  std::snprintf(line, sizeof line,
                "|I - Y J_S| = %.3g for the chosen columns S of the gradient basis, needs < 1", norm.total);
  difficulty = line;
  return std::nullopt;
}

std::optional<Reason> Examiner::by_curvature(const IntervalSquare& h) const {
  for (std::size_t k = 0; k < h.n; ++k) {
    if (h(k, k).high < 0 && clearly_excludes_zero(h(k, k))) return Reason{NodeKind::curvature, {k}, {1}};
  }
  Matrix<double> middle(h.n, h.n);
  for (std::size_t i = 0; i < h.n; ++i) {
    for (std::size_t j = 0; j < h.n; ++j) {
      if (!h(i, j).is_bounded()) return std::nullopt;
      middle(i, j) = h(i, j).middle();
    }
  }
  const ApproxEigen eigen = approx_symmetric_eigen(middle);
  if (!(eigen.values[0] < 0)) return std::nullopt;
  Reason reason{NodeKind::curvature, {}, {}};
  Vector<double> d(eigen.vectors.column(0), eigen.vectors.column(1));
  for (std::size_t k = 0; k < h.n; ++k) {
    d[k] = static_cast<float>(d[k]);
    if (d[k] != 0) reason.indices.push_back(k), reason.numbers.push_back(d[k]);
  }
  const Interval along = curvature(h, d);
  if (along.high < 0 && clearly_excludes_zero(along)) return reason;
  return std::nullopt;
}

// z_k = 0 leaves the parameters behind z_k free, so d_k Q would have to be 0 for all of their values.
std::optional<Reason> Examiner::by_switch(const Box& box, const Intervals& z) const {
  for (const Network::Switch& s : switches_) {
    const std::size_t k = s.weight;
    if (box.low[k] > 0 || box.high[k] < 0) continue;
    const Intervals divided = net_.gradient(z, k);
    const auto j = std::find_if(s.behind.begin(), s.behind.end(),
                                [&](std::size_t b) { return clearly_excludes_zero(divided[b]); });
    if (j == s.behind.end()) continue;
    DyadicRandom random(1);
    for (std::size_t trial = 0; trial < kSwitchTrials; ++trial) {
      Intervals at = z;
      at[k] = Interval();
      Reason reason{NodeKind::off, {k, *j}, {}};
      const Vector<double> draw = random.vector(s.behind.size());
      for (std::size_t b = 0; b < s.behind.size(); ++b) {
        const std::size_t u = s.behind[b];
        // Ends of the whole box first, then points inside; floats are short in a certificate.
        const double part = trial < 4 ? ((trial >> (b % 2)) & 1 ? 1 : -1) * 0.875 : draw[b];
        const double value = static_cast<float>(Interval(whole_.low[u], whole_.high[u]).middle() +
                                                part / 2 * (whole_.high[u] - whole_.low[u]));
        if (!(whole_.low[u] <= value && value <= whole_.high[u])) continue;
        at[u] = Interval(value);
        reason.indices.push_back(u);
        reason.numbers.push_back(value);
      }
      if (clearly_excludes_zero(net_.gradient(at)[k])) return reason;
    }
  }
  return std::nullopt;
}

// y . grad Q in mean-value form for the unit vectors and the rows of an approximate inverse of the Hessian:
// excludes 0, or only a part of one side.
std::optional<Verdict> Examiner::by_linear_forms(const Box& box, const IntervalSquare& h,
                                                 bool candidates) const {
  const std::size_t n = h.n;
  const Vector<double> c = box.center();
  const Intervals at_center = net_.gradient(Intervals(c.begin(), c.end()));
  Intervals step;
  for (std::size_t k = 0; k < n; ++k) step.push_back(Interval(box.low[k], box.high[k]) - Interval(c[k]));
  const IntervalMatrix matrix = to_matrix(h);
  const std::optional<Matrix<double>> inverse = approx_inverse(matrix.mid);
  Verdict best;
  double most = kWorthCutting;
  for (std::size_t row = 0; row < (inverse ? 2 * n : n); ++row) {
    Vector<double> y(n);
    double largest = 0;
    for (std::size_t k = 0; k < n; ++k) {
      y[k] = row < n ? (k == row ? 1 : 0) : (*inverse)(row - n, k);
      largest = std::max(largest, std::abs(y[k]));
    }
    if (!(largest > 0 && largest < 1e300)) continue;
    Intervals slopes(n), parts(n);
    Interval value;
    Reason reason{NodeKind::combination, {}, {}};
    for (std::size_t k = 0; k < n; ++k) {
      const double factor = static_cast<float>(y[k] / largest);
      if (factor == 0) continue;
      reason.indices.push_back(k);
      reason.numbers.push_back(factor);
      value += Interval(factor) * at_center[k];
      for (std::size_t j = 0; j < n; ++j) slopes[j] += Interval(factor) * h(k, j);
    }
    Interval sum = value;
    for (std::size_t j = 0; j < n; ++j) {
      parts[j] = slopes[j] * step[j];
      sum += parts[j];
    }
    if (clearly_excludes_zero(sum)) return because(std::move(reason));
    if (row < n) continue;
    // The zeros of the form: z_j - c_j = -(value + the other parts) / slope_j.
    for (std::size_t j = 0; j < n; ++j) {
      if (!slopes[j].excludes_zero() || !can_cut(box, j)) continue;
      Interval rest = value;
      for (std::size_t i = 0; i < n; ++i) {
        if (i != j) rest += parts[i];
      }
      const Interval zeros = -rest / slopes[j];
      const double margin = box.width(j) / 64;
      for (const double at : {c[j] + zeros.low - margin, c[j] + zeros.high + margin}) {
        const double cut_off =
            (at < c[j] + zeros.middle() ? at - box.low[j] : box.high[j] - at) / box.width(j);
        if (!(cut_off > most && cut_off < 1)) continue;
        most = cut_off;
        best.kind = Verdict::Kind::cut;
        best.side = j;
        const double brief = static_cast<float>(at);
        best.at = box.low[j] < brief && brief < box.high[j] ? brief : at;
      }
    }
  }
  if (candidates && inverse && verified_residual(*inverse, matrix).nonsingular()) {
    Vector<double> z = newton(c, box);
    const auto known = [&z](const IsolatedPoint& p) { return holds(safe_box(p), z); };
    if (!z.empty() && std::none_of(points_.begin(), points_.end(), known)) {
      best.kind = Verdict::Kind::candidate;
      best.candidate = std::move(z);
    }
  }
  if (best.kind == Verdict::Kind::give_up) return std::nullopt;
  return best;
}

Verdict Examiner::examine(const Box& box, bool candidates) const {
  for (std::size_t p = 0; p < points_.size(); ++p) {
    const Box safe = safe_box(points_[p]);
    if (holds(safe, box.low) && holds(safe, box.high)) return because({NodeKind::point, {p}, {}});
  }
  if (const auto s = mirrored_by(box)) {
    Verdict v;
    v.kind = Verdict::Kind::mirror;
    v.side = *s;
    return v;
  }
  const Intervals z = box.intervals();
  Verdict undecided;
  if (added_) {
    const auto reason = by_group_sums(z, undecided.difficulty);
    if (reason && holds_in_balls(*reason, box)) return because(*reason);
  }
  if (!options_.columns.empty()) {
    if (auto reason = by_rank(z, undecided.difficulty)) return because(std::move(*reason));
  }
  const auto slope = by_gradient(z, undecided.difficulty);
  if (slope && holds_in_balls(*slope, box)) return because(*slope);
  std::optional<IntervalSquare> h;
  if (second_order_) h = net_.hessian(z);
  if (h) {
    if (options_.subject != Subject::critical_points) {
      if (auto reason = by_curvature(*h)) return because(std::move(*reason));
    }
    auto form = by_linear_forms(box, *h, candidates && !added_);
    if (form && form->kind != Verdict::Kind::cut) return std::move(*form);
    if (auto reason = by_switch(box, z)) return because(std::move(*reason));
    if (form) return std::move(*form);
  }
  if (auto around = cut_around_point(box)) return std::move(*around);
  Verdict v = cut(box, h ? &*h : nullptr);
  v.difficulty = std::move(undecided.difficulty);
  return v;
}

}  // namespace pgb::boxes
