#include "pgb/certify/boxes/activation.h"

#include "pgb/scalar/functions.h"

namespace pgb::boxes {
namespace {

// The logistic function S(u) = 1 / (1 + exp(-u)), S' = S(u) S(-u), S'' = -S' tanh(u / 2), at one point.
struct Logistic {
  Interval slope, curvature;
  explicit Logistic(double u) {
    const Ball at(u), s = sigmoid_slope(at);
    slope = Interval(s);
    curvature = Interval(-(s * tanh(Ball(0.5) * at)));
  }
};

// S' is even and falls with |u|. S'' falls on |u| <= log(2 + sqrt 3), rises outside, and is -+ 1 / (6 sqrt 3)
// at the two turning points.
struct LogisticRange {
  Interval slope, curvature;
  explicit LogisticRange(Interval u) {
    constexpr double kTurnLow = 1.3169578, kTurnHigh = 1.3169579, kMost = 0.096225044865;
    const Logistic low(u.low), high(u.high);
    slope = hull(low.slope, high.slope);
    if (u.contains(0)) slope.high = 0.25;
    curvature = hull(low.curvature, high.curvature);
    if (u.low <= kTurnHigh && u.high >= kTurnLow) curvature.low = -kMost;
    if (u.low <= -kTurnLow && u.high >= -kTurnHigh) curvature.high = kMost;
  }
};

// Twice, four or eight times: exact, but for an overflow or a loss below the smallest number.
Interval times(double power_of_two, Interval x) { return Interval(power_of_two) * x; }

Interval at_ends(Ball (*increasing)(const Ball&), Interval x) {
  return {Interval(increasing(Ball(x.low))).low, Interval(increasing(Ball(x.high))).high};
}

constexpr double kLargest = 1e300;  // so that twice an argument is finite

}  // namespace

Activation::Activation(const Op& op, const std::string& name) : op_(&op) {
  if (name == "tanh") kind_ = Kind::tanh;
  if (name == "sigmoid") kind_ = Kind::sigmoid;
}

Range Activation::range(Interval x) const {
  if (!x.is_bounded()) {
    if (kind_ == Kind::other) return {Interval::all(), Interval::all(), Interval::all(), op_->has_cells()};
    const Interval values = kind_ == Kind::tanh ? Interval(-1, 1) : Interval(0, 1);
    return {values, Interval(0, 1), Interval(-1, 1), false};
  }
  if (kind_ == Kind::tanh && x.magnitude() < kLargest) {
    const LogisticRange l(Interval(2 * x.low, 2 * x.high));
    return {at_ends(tanh, x), times(4, l.slope), times(8, l.curvature), false};
  }
  if (kind_ == Kind::sigmoid && x.magnitude() < kLargest) {
    const LogisticRange l(x);
    return {at_ends(sigmoid, x), l.slope, l.curvature, false};
  }
  // At the kink itself the operations take one side, as PyTorch does: here both are wanted.
  if (op_->has_cells() && x.is_zero()) x = Interval(-0x1p-1000, 0x1p-1000);
  return in_balls(x);
}

namespace {

Range at_ball(const Op& op, const Ball& x) {
  using D = Dual<Ball>;
  const D in{x, Ball(1)};
  const Shape shape{1};
  const std::vector<Shape> shapes{shape};
  OpArguments<D> arguments;
  arguments.inputs = {ConstView<D>{&in, 1, 1}};
  arguments.input_shapes = &shapes;
  arguments.shape = &shape;
  const Matrix<D> y = op.forward(arguments);
  Matrix<D> one(1, 1), slope(1, 1);
  one(0, 0) = D{Ball(1), Ball(0)};
  op.reverse_inputs(arguments, y, one, {&slope});
  return {Interval(y(0, 0).value), Interval(slope(0, 0).value), Interval(slope(0, 0).tangent),
          op.has_cells() && x.contains_zero()};
}

Ball ball_of(Interval x) { return Ball::hull(Ball(x.low), Ball(x.high)); }

}  // namespace

// Parts, because balls are good for narrow arguments only; where a derivative keeps its sign on a part the
// function is between its values at the ends.
Range Activation::in_balls(Interval x) const {
  constexpr double kNarrow = 0.125;
  constexpr int kMostParts = 16;
  const int parts = static_cast<int>(std::clamp(std::ceil(x.width() / kNarrow), 1.0, double{kMostParts}));
  Range whole;
  double low = x.low;
  for (int i = 1; i <= parts; ++i) {
    const double high = i == parts ? x.high : x.low + x.width() * i / parts;
    const Interval piece(low, std::clamp(high, low, x.high));
    Range part = at_ball(*op_, ball_of(piece));
    if (!part.kink && (part.slope.low >= 0 || part.slope.high <= 0 || part.curvature.excludes_zero())) {
      const Range a = at_ball(*op_, Ball(piece.low)), b = at_ball(*op_, Ball(piece.high));
      if (part.curvature.excludes_zero()) part.slope = intersection(part.slope, hull(a.slope, b.slope));
      if (part.slope.low >= 0 || part.slope.high <= 0)
        part.value = intersection(part.value, hull(a.value, b.value));
    }
    if (i == 1) {
      whole = part;
    } else {
      whole = {hull(whole.value, part.value), hull(whole.slope, part.slope),
               hull(whole.curvature, part.curvature), whole.kink || part.kink};
    }
    low = piece.high;
  }
  return whole;
}

}  // namespace pgb::boxes
