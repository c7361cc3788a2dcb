// The piecewise activations: relu, leaky_relu, elu, selu. At 0 the slope is that of the negative side, as
// PyTorch's is; an enclosure that holds 0 gets the hull of both sides, which holds every slope between them.
#include "pgb/model/op_elementwise_impl.h"
#include "pgb/model/ops.h"

namespace pgb {
namespace {

Ball nonnegative_part(const Ball& x) { return x.nonnegative_part(); }
Ball nonpositive_part(const Ball& x) { return x.nonpositive_part(); }
template <class S>
S nonnegative_part(const S& x) {
  return x;
}
template <class S>
S nonpositive_part(const S& x) {
  return x;
}
Dual<Ball> nonnegative_part(const Dual<Ball>& x) { return {x.value.nonnegative_part(), x.tangent}; }
Dual<Ball> nonpositive_part(const Dual<Ball>& x) { return {x.value.nonpositive_part(), x.tangent}; }

Ball hull_of(const Ball& a, const Ball& b) { return Ball::hull(a, b); }
Dual<Ball> hull_of(const Dual<Ball>& a, const Dual<Ball>& b) {
  return {Ball::hull(a.value, b.value), Ball::hull(a.tangent, b.tangent)};
}
template <class S>
S hull_of(const S& a, const S&) {
  return a;  // only balls have signs that are unknown
}

// positive(x) for x > 0, negative(x) for x <= 0; where the sign is unknown the hull of both, each over its
// part of x.
template <class S, class Negative, class Positive>
S choose(const S& x, Negative negative, Positive positive) {
  switch (sign_of(x)) {
    case Sign::positive:
      return positive(x);
    case Sign::unknown:
      return hull_of(S(negative(nonpositive_part(x))), S(positive(nonnegative_part(x))));
    default:
      return negative(x);
  }
}

// x for x > 0, slope x otherwise: relu (slope 0) and leaky_relu.
struct LeakyRelu {
  double negative_slope = 0;
  ActivationTraits traits() const {
    const bool piecewise = negative_slope != 1;
    return {piecewise, piecewise, true, negative_slope == 0, !piecewise, true};
  }
  template <class S>
  S value(const S& x) const {
    return choose(
        x, [&](const S& t) { return S(negative_slope) * t; }, [](const S& t) { return t; });
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return choose(
        x, [&](const S&) { return S(negative_slope); }, [](const S&) { return S(1); });
  }
};

// scale * (x for x > 0, alpha (exp(x) - 1) otherwise): elu (scale 1) and selu.
struct Elu {
  double alpha = 1, scale = 1;
  ActivationTraits traits() const {
    ActivationTraits t;
    t.cells = true;
    t.kink = alpha != 1;
    t.linear_for_positive = true;
    return t;
  }
  template <class S>
  S value(const S& x) const {
    return choose(
        x, [&](const S& t) { return S(scale) * S(alpha) * expm1(t); },
        [&](const S& t) { return S(scale) * t; });
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return choose(
        x, [&](const S& t) { return S(scale) * S(alpha) * exp(t); }, [&](const S&) { return S(scale); });
  }
};

}  // namespace

std::unique_ptr<Op> make_piecewise_op(const io::NodeSpec& node, const io::Tensors&,
                                      const std::string& where) {
  if (node.op == "relu") return make_elementwise(LeakyRelu{});
  if (node.op == "leaky_relu") {
    const double slope = attribute(node, "negative_slope", 0.01);
    if (!(slope >= 0)) throw InputError(where + ": expected negative_slope >= 0, found " + to_text(slope));
    return make_elementwise(LeakyRelu{slope});
  }
  if (node.op == "elu") {
    const double alpha = attribute(node, "alpha", 1);
    if (!(alpha > 0)) throw InputError(where + ": expected alpha > 0, found " + to_text(alpha));
    return make_elementwise(Elu{alpha, 1});
  }
  if (node.op == "selu") return make_elementwise(Elu{1.6732632423543772, 1.0507009873554805});
  return nullptr;
}

}  // namespace pgb
