// The smooth activations: softplus, sigmoid, tanh, erf, gelu, silu, exp, sin, square.
#include "pgb/model/op_elementwise_impl.h"
#include "pgb/model/ops.h"

namespace pgb {
namespace {

struct Smooth {
  ActivationTraits traits() const { return {}; }
};
struct SmoothOdd {
  ActivationTraits traits() const {
    ActivationTraits t;
    t.odd = true;
    return t;
  }
};

struct Tanh : SmoothOdd {
  template <class S>
  S value(const S& x) const {
    return tanh(x);
  }
  template <class S>
  S slope(const S&, const S& y) const {
    return S(1) - square(y);
  }
};

struct Sigmoid : Smooth {
  template <class S>
  S value(const S& x) const {
    return sigmoid(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return sigmoid_slope(x);
  }
};

// log(1 + exp(beta x)) / beta
struct Softplus : Smooth {
  double beta = 1;
  template <class S>
  S value(const S& x) const {
    return softplus(S(S(beta) * x)) / S(beta);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return sigmoid(S(S(beta) * x));
  }
};

struct Erf : SmoothOdd {
  template <class S>
  S value(const S& x) const {
    return erf(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return S(2) / sqrt(PiConstant<S>::value()) * exp(S(-square(x)));
  }
};

// x (1 + erf(x / sqrt 2)) / 2
struct Gelu : Smooth {
  template <class S>
  static S normal_cdf(const S& x) {
    return (S(1) + erf(S(x / sqrt(S(2))))) / S(2);
  }
  template <class S>
  S value(const S& x) const {
    return x * normal_cdf(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    const S density = exp(S(-square(x) / S(2))) / sqrt(S(S(2) * PiConstant<S>::value()));
    return normal_cdf(x) + x * density;
  }
};

// x (1 + tanh(c (x + 0.044715 x^3))) / 2, c = sqrt(2 / pi)
struct GeluTanh : Smooth {
  template <class S>
  static S inner(const S& x) {
    return sqrt(S(S(2) / PiConstant<S>::value())) * (x + S(0.044715) * x * square(x));
  }
  template <class S>
  S value(const S& x) const {
    return x * (S(1) + tanh(inner(x))) / S(2);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    const S t = tanh(inner(x));
    const S inner_slope = sqrt(S(S(2) / PiConstant<S>::value())) * (S(1) + S(3) * S(0.044715) * square(x));
    return (S(1) + t + x * (S(1) - square(t)) * inner_slope) / S(2);
  }
};

// x sigmoid(x)
struct Silu : Smooth {
  template <class S>
  S value(const S& x) const {
    return x * sigmoid(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    const S p = sigmoid(x), q = sigmoid(S(-x));
    return p * (S(1) + x * q);
  }
};

struct Exp : Smooth {
  template <class S>
  S value(const S& x) const {
    return exp(x);
  }
  template <class S>
  S slope(const S&, const S& y) const {
    return y;
  }
};

struct Sin : SmoothOdd {
  template <class S>
  S value(const S& x) const {
    return sin(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return cos(x);
  }
};

struct Square : Smooth {
  template <class S>
  S value(const S& x) const {
    return square(x);
  }
  template <class S>
  S slope(const S& x, const S&) const {
    return S(2) * x;
  }
};

}  // namespace

std::unique_ptr<Op> make_smooth_op(const io::NodeSpec& node, const io::Tensors&, const std::string& where) {
  if (node.op == "tanh") return make_elementwise(Tanh{});
  if (node.op == "sigmoid") return make_elementwise(Sigmoid{});
  if (node.op == "erf") return make_elementwise(Erf{});
  if (node.op == "silu") return make_elementwise(Silu{});
  if (node.op == "exp") return make_elementwise(Exp{});
  if (node.op == "sin") return make_elementwise(Sin{});
  if (node.op == "square") return make_elementwise(Square{});
  if (node.op == "softplus") {
    Softplus s;
    s.beta = attribute(node, "beta", 1);
    if (!(s.beta > 0)) throw InputError(where + ": expected beta > 0, found " + to_text(s.beta));
    return make_elementwise(s);
  }
  if (node.op == "gelu") {
    const auto found = node.words.find("approximate");
    const std::string form = found == node.words.end() ? "none" : found->second;
    if (form == "none") return make_elementwise(Gelu{});
    if (form == "tanh") return make_elementwise(GeluTanh{});
    throw InputError(where + ": expected approximate \"none\" or \"tanh\", found \"" + form + "\"");
  }
  return nullptr;
}

}  // namespace pgb
