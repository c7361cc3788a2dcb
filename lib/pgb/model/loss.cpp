#include "pgb/model/loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "pgb/scalar/functions.h"

namespace pgb {
namespace {

constexpr std::array<std::pair<const char*, Loss::Kind>, 7> kNames{
    {{"squared", Loss::Kind::squared},
     {"mse", Loss::Kind::mse},
     {"cross_entropy", Loss::Kind::cross_entropy},
     {"logistic", Loss::Kind::logistic},
     {"polynomial_hinge", Loss::Kind::polynomial_hinge},
     {"absolute_cubed", Loss::Kind::absolute_cubed},
     {"value", Loss::Kind::value}}};

// max(0, x) where x is or may be 0; the tangent of a ball holds both one-sided ones.
Ball clipped(const Ball& x) { return x.nonnegative_part(); }
Dual<Ball> clipped(const Dual<Ball>& x) {
  return {x.value.nonnegative_part(), Ball::hull(Ball(0), x.tangent)};
}
template <class S>
S clipped(const S&) {
  return S(0);
}

// max(0, x)
template <class S>
S positive_part(const S& x) {
  switch (sign_of(x)) {
    case Sign::positive:
      return x;
    case Sign::negative:
      return S(0);
    default:
      return clipped(x);
  }
}

// x |x|, whose slope 2 |x| is continuous
double signed_square(double x) { return x * std::abs(x); }
Quad signed_square(const Quad& x) { return x * abs(x); }
Real signed_square(const Real& x) { return x * abs(x); }
Ball signed_square(const Ball& x) { return x * abs(x); }
template <class T>
Dual<T> signed_square(const Dual<T>& x) {
  using std::abs;
  return {signed_square(x.value), T(2) * abs(x.value) * x.tangent};
}

double cube_of_magnitude(double x) { return std::abs(x) * x * x; }
Quad cube_of_magnitude(const Quad& x) { return abs(x) * x * x; }
Real cube_of_magnitude(const Real& x) { return abs(x) * x * x; }
Ball cube_of_magnitude(const Ball& x) { return abs(x) * square(x); }
template <class T>
Dual<T> cube_of_magnitude(const Dual<T>& x) {
  return {cube_of_magnitude(x.value), T(3) * signed_square(x.value) * x.tangent};
}

template <class S>
std::size_t class_of(const S& y) {
  return static_cast<std::size_t>(to_double(y));
}

// e_k = exp(q_k - q_c), and the sum of e_j over j != k as others[k]. The class c is y itself, for which loss
// and gradient then lose no digits, unless some q_k is so much larger that exp would overflow: then it is the
// largest.
template <class S>
struct Softmax {
  std::size_t c;
  Vector<S> e, others;

  Softmax(const S* q, std::size_t y, std::size_t d) : c(y), e(d, S(1)), others(d, S(0)) {
    constexpr double kLargest = 300;
    for (std::size_t k = 0; k < d; ++k) {
      if (to_double(S(q[k] - q[c])) > (c == y ? kLargest : 0)) c = k;
    }
    for (std::size_t k = 0; k < d; ++k) {
      if (k != c) e[k] = exp(S(q[k] - q[c]));
    }
    S before(0), after(0);
    for (std::size_t k = 0; k < d; ++k) {
      others[k] += before;
      before += e[k];
      others[d - 1 - k] += after;
      after += e[d - 1 - k];
    }
  }
};

// a / (a + b) for a, b >= 0
template <class S>
S share(const S& a, const S& b) {
  return a / (a + b);
}
Ball share(const Ball& a, const Ball& b) { return Ball::share(a, b); }
template <class T>
Dual<T> share(const Dual<T>& a, const Dual<T>& b) {
  T value = share(a.value, b.value);
  T tangent = (share(b.value, a.value) * a.tangent - value * b.tangent) / (a.value + b.value);
  return {std::move(value), std::move(tangent)};
}

}  // namespace

Loss::Loss(const std::string& name, double power) : name_(name) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return name == entry.first; });
  if (found == kNames.end()) throw std::invalid_argument("loss: unknown name \"" + name + "\"");
  kind_ = found->second;
  if (kind_ != Kind::polynomial_hinge) return;
  if (!(power >= 2 && power <= 64 && power == std::floor(power))) {
    throw std::invalid_argument("loss polynomial_hinge: expected a whole p from 2 to 64");
  }
  power_ = static_cast<int>(power);
}

template <class S>
S Loss::value(const S* q, const S* y, std::size_t d) const {
  S sum(0);
  switch (kind_) {
    case Kind::squared:
    case Kind::mse:
      for (std::size_t k = 0; k < d; ++k) sum += square(S(q[k] - y[k]));
      return kind_ == Kind::mse ? S(sum / S(static_cast<int>(d))) : sum;
    case Kind::cross_entropy: {
      const std::size_t label = class_of(y[0]);
      const Softmax<S> softmax(q, label, d);
      const S log_sum = log1p(softmax.others[softmax.c]);
      return softmax.c == label ? log_sum : S(log_sum + (q[softmax.c] - q[label]));
    }
    case Kind::logistic:
      for (std::size_t k = 0; k < d; ++k) sum += softplus(S(-(y[k] * q[k])));
      return sum;
    case Kind::polynomial_hinge:
      for (std::size_t k = 0; k < d; ++k) sum += pgb::power(positive_part(S(S(1) - y[k] * q[k])), power_);
      return sum;
    case Kind::absolute_cubed:
      for (std::size_t k = 0; k < d; ++k) sum += cube_of_magnitude(S(q[k] - y[k]));
      return sum;
    case Kind::value:
      return q[0];
  }
  return sum;
}

template <class S>
void Loss::gradient(const S* q, const S* y, std::size_t d, S* g) const {
  switch (kind_) {
    case Kind::squared:
    case Kind::mse:
      for (std::size_t k = 0; k < d; ++k) {
        g[k] = S(2) * (q[k] - y[k]);
        if (kind_ == Kind::mse) g[k] /= S(static_cast<int>(d));
      }
      return;
    case Kind::cross_entropy: {
      const std::size_t label = class_of(y[0]);
      const Softmax<S> softmax(q, label, d);
      for (std::size_t k = 0; k < d; ++k) {
        g[k] =
            k == label ? S(-share(softmax.others[k], softmax.e[k])) : share(softmax.e[k], softmax.others[k]);
      }
      return;
    }
    case Kind::logistic:
      for (std::size_t k = 0; k < d; ++k) g[k] = -(y[k] * sigmoid(S(-(y[k] * q[k]))));
      return;
    case Kind::polynomial_hinge:
      for (std::size_t k = 0; k < d; ++k) {
        g[k] = -(S(power_) * y[k] * pgb::power(positive_part(S(S(1) - y[k] * q[k])), power_ - 1));
      }
      return;
    case Kind::absolute_cubed:
      for (std::size_t k = 0; k < d; ++k) g[k] = S(3) * signed_square(S(q[k] - y[k]));
      return;
    case Kind::value:
      g[0] = S(1);
      return;
  }
}

#define PGB_INSTANTIATE(S)                                          \
  template S Loss::value<S>(const S*, const S*, std::size_t) const; \
  template void Loss::gradient<S>(const S*, const S*, std::size_t, S*) const;
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
