// The losses over intervals of outputs.
#include "pgb/certify/boxes/network.h"
#include "pgb/scalar/functions.h"

namespace pgb::boxes {
namespace {

Interval increasing(Ball (*f)(const Ball&), Interval x) {
  constexpr double kLargest = 1e300;
  const double low = std::clamp(x.low, -kLargest, kLargest), high = std::clamp(x.high, -kLargest, kLargest);
  return {x.low < -kLargest ? -Interval::inf() : Interval(f(Ball(low))).low,
          x.high > kLargest ? Interval::inf() : Interval(f(Ball(high))).high};
}

Interval within(Interval x, double low, double high) {
  return {std::max(x.low, low), std::min(x.high, high)};
}

Interval power(Interval x, int p) {  // x >= 0
  Interval r(1);
  for (int i = 0; i < p; ++i) r = r * x;
  return r;
}

Interval magnitude(Interval x) { return {x.mignitude(), x.magnitude()}; }

}  // namespace

// Gradient in the outputs, and c with l'' = diag(c), for cross_entropy diag(c) - c c^T.
Network::LossRange Network::loss(const State& state, std::size_t sample) const {
  const std::size_t d = outputs_.size();
  LossRange l;
  Intervals q;
  for (const std::size_t f : outputs_) q.push_back(state.value[f]);
  if (loss_.class_targets()) {
    const auto label = static_cast<std::size_t>(y_[sample].middle());
    for (std::size_t k = 0; k < d; ++k) {
      Interval others;  // the sum over j != k of exp(q_j - q_k)
      for (std::size_t j = 0; j < d; ++j) {
        if (j != k) others += within(increasing(exp, q[j] - q[k]), 0, Interval::inf());
      }
      const Interval rest = others + Interval(1);
      const Interval p = rest.is_bounded()
                             ? Interval(1) / rest
                             : Interval(0, (Interval(1) / Interval(std::max(1.0, rest.low))).high);
      l.curvature.push_back(within(p, 0, 1));
      // 1 - p = others / (1 + others), increasing in others
      const auto share = [](double s) {
        return s < Interval::inf() ? Interval(s) / (Interval(1) + Interval(s)) : Interval(1);
      };
      const Interval missing(share(others.low).low, share(others.high).high);
      l.gradient.push_back(k == label ? -missing : l.curvature[k]);
    }
    return l;
  }
  const Interval scale =
      loss_.kind() == Loss::Kind::mse ? Interval(1) / Interval(static_cast<double>(d)) : Interval(1);
  for (std::size_t k = 0; k < d; ++k) {
    const Interval y = y_[sample * d + k], u = q[k] - y, v = y * q[k];
    switch (loss_.kind()) {
      case Loss::Kind::logistic: {  // log(1 + exp(-y q)), y = -1 or 1
        const Interval low = within(increasing(sigmoid, -v), 0, 1),
                       high = within(increasing(sigmoid, v), 0, 1);
        l.gradient.push_back(-(y * low));
        l.curvature.push_back(low * high);
        break;
      }
      case Loss::Kind::polynomial_hinge: {  // max(0, 1 - y q)^p
        const Interval margin = Interval(1) - v, plus(std::max(0.0, margin.low), std::max(0.0, margin.high));
        const int p = loss_.power();
        l.gradient.push_back(-(y * Interval(p) * power(plus, p - 1)));
        l.curvature.push_back(Interval(static_cast<double>(p) * (p - 1)) * power(plus, p - 2));
        if (margin.high < 0) l.curvature.back() = Interval();
        l.jump = l.jump || (p == 2 && margin.low <= 0 && margin.high >= 0);
        break;
      }
      case Loss::Kind::absolute_cubed:
        l.gradient.push_back(Interval(3) * (u.low >= 0    ? square(u)
                                            : u.high <= 0 ? -square(u)
                                                          : u * magnitude(u)));
        l.curvature.push_back(Interval(6) * magnitude(u));
        break;
      default:
        l.gradient.push_back(Interval(2) * scale * u);
        l.curvature.push_back(Interval(2) * scale);
    }
  }
  return l;
}

}  // namespace pgb::boxes
