// Activations and losses.
#include <arb_hypgeom.h>

#include <algorithm>
#include <cmath>

#include "verifier/problem.h"

namespace pgb::verifier {
namespace {

using Kind = Activation::Kind;
const Ball one(1), two(2);
Ball exp(const Ball& x) { return of(arb_exp, x); }
Ball root(const Ball& x) { return of(arb_sqrt, x); }
// The hull of f at both ends encloses an increasing f over x, however wide.
template <class F>
Ball increasing(F f, const Ball& x) {
  return hull(f(low_end(x)), f(high_end(x)));
}
Ball sigmoid(const Ball& x) {
  // exp only of numbers up to 0: Arb has no exp of very large ones.
  return increasing(
      [](const Ball& t) { return t.is_negative() ? exp(t) / (one + exp(t)) : one / (one + exp(-t)); }, x);
}
Ball softplus(const Ball& x) {
  return increasing(
      [](const Ball& t) { return t.is_positive() ? t + of(arb_log1p, exp(-t)) : of(arb_log1p, exp(t)); }, x);
}
Ball pi() {
  Ball x;
  return arb_const_pi(x.get(), working_bits), x;
}
Ball power(const Ball& u, int p) {
  Ball y;
  return arb_pow_ui(y.get(), u.get(), ulong(p), working_bits), y;
}

// {s(x), s'(x), s''(x)} of the smooth activations, by ball operations: good for narrow x.
ActivationRange smooth(const Activation& f, const Ball& x) {
  if (f.kind == Kind::exp) return {exp(x), exp(x), exp(x)};
  if (f.kind == Kind::sin) return {of(arb_sin, x), of(arb_cos, x), -of(arb_sin, x)};
  if (f.kind == Kind::square) return {square(x), two * x, two};
  if (f.kind == Kind::tanh) {
    const Ball y = of(arb_tanh, x), s = square(of(arb_sech, x));
    return {y, s, -(two * y * s)};
  }
  if (f.kind == Kind::erf) {
    const Ball s = two / root(pi()) * exp(-square(x));
    return {of(arb_hypgeom_erf, x), s, -(two * x * s)};
  }
  if (f.kind == Kind::gelu) {  // x P(x) with the normal distribution P and its density d
    const Ball d = exp(-(square(x) / two)) / root(two * pi());
    const Ball p = (one + of(arb_hypgeom_erf, x / root(two))) / two;
    return {x * p, p + x * d, d * (two - square(x))};
  }
  if (f.kind == Kind::gelu_tanh) {  // x (1 + tanh u) / 2, u = c (x + k x^3), c = sqrt(2 / pi)
    const Ball c = root(two / pi()), k(0.044715), u = c * (x + k * x * square(x));
    const Ball du = c * (one + Ball(3) * k * square(x)), ddu = Ball(6) * c * k * x;
    const Ball t = of(arb_tanh, u), s = square(of(arb_sech, u)), bend = ddu - two * t * square(du);
    return {x * (one + t) / two, (one + t + x * s * du) / two, s * du + x * s * bend / two};
  }
  const Ball beta(f.kind == Kind::softplus ? f.slope : 1.0), p = sigmoid(beta * x), q = sigmoid(-(beta * x));
  if (f.kind == Kind::sigmoid) return {p, p * q, p * q * (q - p)};
  if (f.kind == Kind::silu) return {x * p, p * (one + x * q), p * q * (two + x * (q - p))};  // x p
  return {softplus(beta * x) / beta, p, beta * p * q};
}

// Arb's enclosures grow with the radius times the largest slope, so a wide x is cut into parts.
ActivationRange smooth_over_wide(const Activation& f, const Ball& x) {
  constexpr int parts = 16;
  const Ball low = low_end(x), high = high_end(x), step = (high - low) / Ball(parts);
  ActivationRange all = smooth(f, hull(low, low + step));
  for (int i = 1; i < parts; ++i) {
    const ActivationRange part = smooth(f, hull(low + Ball(i) * step, low + Ball(i + 1) * step));
    all = {hull(all.value, part.value), hull(all.slope, part.slope), hull(all.curvature, part.curvature)};
  }
  if (f.kind <= Kind::exp) all.value = hull(smooth(f, low).value, smooth(f, high).value);  // increasing
  return all;
}

// scale x for x > 0; for x <= 0 slope x, or scale slope (exp(x) - 1): both monotone, and their slopes are.
ActivationRange piecewise(const Activation& f, const Ball& x) {
  const Ball scale(f.scale), slope(f.slope);
  const auto negative = [&](const Ball& t) -> ActivationRange {
    if (f.homogeneous()) return {slope * t, slope, Ball()};
    return {scale * slope * of(arb_expm1, t), scale * slope * exp(t), scale * slope * exp(t)};
  };
  if (x.is_negative()) return negative(x);
  if (x.is_positive()) return {scale * x, scale, Ball()};
  const ActivationRange low = negative(low_end(x)), zero = negative(Ball());
  const Ball slopes = hull(hull(low.slope, zero.slope), scale);
  return {hull(hull(low.value, Ball()), scale * high_end(x)), slopes, Ball(), true};
}

// l = log(1 + E_y) and d_k l = p_k - [k = y] with E_k = sum over j != k of exp(q_j - q_k), p_k = 1 / (1 +
// E_k). E_k falls with q_k and grows with the others, so its ends are at corners of the box.
LossRange cross_entropy(const Balls& q, std::size_t y) {
  LossRange l;
  for (std::size_t k = 0; k < q.size(); ++k) {
    Ball least, most;
    for (std::size_t j = 0; j < q.size(); ++j) {
      if (j == k) continue;
      least.add(exp(low_end(q[j]) - high_end(q[k])));
      most.add(exp(high_end(q[j]) - low_end(q[k])));
    }
    const Ball p = hull(one / (one + most), one / (one + least));
    l.curvature.push_back(p);
    l.gradient.push_back(k == y ? p - one : p);
    if (k == y) l.value = hull(of(arb_log1p, least), of(arb_log1p, most));
  }
  return l;
}

void add_term(const Loss& loss, const Ball& q, const Ball& y, std::size_t d, LossRange& l) {
  const Ball u = q - y, v = y * q, margin = one - v;
  const Ball factor = one / Ball(loss.kind == Loss::Kind::mse ? int(d) : 1);
  const auto add = [&l](const Ball& value, const Ball& gradient, const Ball& curvature) {
    l.value.add(value);
    l.gradient.push_back(gradient);
    l.curvature.push_back(curvature);
  };
  if (loss.least_squares()) {  // (q - y)^2, over d for mse
    add(factor * square(u), two * factor * u, two * factor);
  } else if (loss.kind == Loss::Kind::absolute_cubed) {  // |q - y|^3
    add(magnitude(u) * square(u), Ball(3) * u * magnitude(u), Ball(6) * magnitude(u));
  } else if (loss.kind == Loss::Kind::logistic) {  // log(1 + exp(-y q)), y = -1 or 1
    add(softplus(-v), -(y * sigmoid(-v)), sigmoid(-v) * sigmoid(v));
  } else {  // polynomial_hinge, max(0, 1 - y q)^p, y = -1 or 1
    const int p = loss.power;
    const Ball plus = margin.is_positive() ? margin : hull(Ball(), high_end(margin));
    if (margin.is_negative()) return add(0, 0, 0);
    add(power(plus, p), -(y * Ball(p) * power(plus, p - 1)), Ball(p * (p - 1)) * power(plus, p - 2));
    l.kink = l.kink || (p == 2 && !margin.is_positive());
  }
}

// In the order of the enumerations.
const std::vector<std::string> activation_names{"relu", "leaky_relu", "elu",   "softplus", "sigmoid",
                                                "tanh", "erf",        "exp",   "gelu",     "gelu tanh",
                                                "silu", "sin",        "square"};
const std::vector<std::string> loss_names{"squared",          "mse",           "cross_entropy", "logistic",
                                          "polynomial_hinge", "absolute_cubed"};
std::size_t index_of(const std::string& name, const std::vector<std::string>& list) {
  return std::size_t(std::find(list.begin(), list.end(), name) - list.begin());
}

}  // namespace

bool read_activation(const io::NodeSpec& node, Activation& f) {
  const bool selu = node.op == "selu";
  const auto form = node.words.find("approximate");
  std::string name = selu ? "elu" : node.op;
  if (form != node.words.end() && form->second == "tanh") name += " tanh";
  if (index_of(name, activation_names) == activation_names.size()) return false;
  f.kind = Kind(index_of(name, activation_names));
  const bool positive = f.kind == Kind::elu || f.kind == Kind::softplus;
  f.slope = selu ? 1.6732632423543772 : positive ? 1 : f.kind == Kind::leaky ? 0.01 : 0;
  f.scale = selu ? 1.0507009873554805 : 1;
  for (const auto& attribute : node.numbers) f.slope = attribute.second;  // each op has one at most
  require(std::isfinite(f.slope) && (f.slope > 0 || (f.slope == 0 && !positive)),
          node.op + ": attribute out of range");
  return true;
}

ActivationRange range(const Activation& f, const Ball& x) {
  if (f.piecewise()) return piecewise(f, x);
  const bool wide = arb_is_finite(x.get()) != 0 && mag_cmp_2exp_si(arb_radref(x.get()), -8) > 0;
  return wide ? smooth_over_wide(f, x) : smooth(f, x);
}

Loss read_loss(const io::ProblemFile& problem) {
  const std::size_t kind = index_of(problem.loss, loss_names);
  const double p = problem.loss_power;
  const bool known = kind < loss_names.size() && p >= 2 && p <= 64 && p == std::floor(p);
  require(known, "loss " + problem.loss + " is not supported by the checker");
  return {Loss::Kind(kind), int(p)};
}

LossRange range(const Loss& loss, const Balls& q, const Rational* y) {
  if (loss.class_targets()) return cross_entropy(q, y->get_num().get_ui());
  LossRange l;
  for (std::size_t k = 0; k < q.size(); ++k) add_term(loss, q[k], Ball(y[k]), q.size(), l);
  return l;
}

}  // namespace pgb::verifier
