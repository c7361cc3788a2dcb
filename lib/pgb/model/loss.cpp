#include "pgb/model/loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "pgb/scalar/functions.h"

namespace pgb {
namespace {

constexpr std::array<std::pair<const char*, Loss::Kind>, 7> kNames{{{"squared", Loss::Kind::squared},
                                                                   {"mse", Loss::Kind::mse},
                                                                   {"cross_entropy", Loss::Kind::cross_entropy},
                                                                   {"logistic", Loss::Kind::logistic},
                                                                   {"polynomial_hinge", Loss::Kind::polynomial_hinge},
                                                                   {"absolute_cubed", Loss::Kind::absolute_cubed},
                                                                   {"value", Loss::Kind::value}}};

Ball positive_hull(const Ball& x) { return Ball::hull(Ball(0), x); }
Dual<Ball> positive_hull(const Dual<Ball>& x) {
  return {Ball::hull(Ball(0), x.value), Ball::hull(Ball(0), x.tangent)};
}
template <class S>
S positive_hull(const S& x) {
  return x;
}

// max(0, x)
template <class S>
S positive_part(const S& x) {
  switch (sign_of(x)) {
    case Sign::positive: return x;
    case Sign::unknown: return positive_hull(x);
    default: return S(0);
  }
}

// x |x|, whose slope 2 |x| is continuous
double signed_square(double x) { return x * std::abs(x); }
Quad signed_square(const Quad& x) { return x * abs(x); }
Real signed_square(const Real& x) { return x * abs(x); }
Ball signed_square(const Ball& x) { return x * abs(x); }
template <class T>
Dual<T> signed_square(const Dual<T>& x) {
  const T magnitude = sign_of(x.value) == Sign::negative ? T(-x.value)
                      : sign_of(x.value) == Sign::unknown ? T(positive_part(x.value) + positive_part(T(-x.value)))
                                                          : x.value;
  return {signed_square(x.value), T(2) * magnitude * x.tangent};
}

// |x|^3 = x * (x |x|)
template <class S>
S cube_of_magnitude(const S& x) {
  return x * signed_square(x);
}

template <class S>
std::size_t class_of(const S& y) {
  return static_cast<std::size_t>(to_double(y));
}

// The largest q_k, as a constant: exp(q_k - shift) then cannot overflow.
template <class S>
double shift_of(const S* q, std::size_t d) {
  double shift = to_double(q[0]);
  for (std::size_t k = 1; k < d; ++k) shift = std::max(shift, to_double(q[k]));
  return shift;
}

}  // namespace

Loss::Loss(const std::string& name, double power) : name_(name), power_(static_cast<int>(power)) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return name == entry.first; });
  if (found == kNames.end()) throw std::invalid_argument("loss: unknown name \"" + name + "\"");
  kind_ = found->second;
  if (kind_ == Kind::polynomial_hinge && !(power >= 2 && power <= 64 && power == std::floor(power))) {
    throw std::invalid_argument("loss polynomial_hinge: expected a whole p from 2 to 64");
  }
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
      const S shift(shift_of(q, d));
      for (std::size_t k = 0; k < d; ++k) sum += exp(S(q[k] - shift));
      return log(sum) + shift - q[class_of(y[0])];
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
    case Kind::value: return q[0];
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
      const S shift(shift_of(q, d));
      S sum(0);
      for (std::size_t k = 0; k < d; ++k) sum += g[k] = exp(S(q[k] - shift));
      for (std::size_t k = 0; k < d; ++k) g[k] /= sum;
      g[class_of(y[0])] -= S(1);
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
    case Kind::value: g[0] = S(1); return;
  }
}

#define PGB_INSTANTIATE(S)                                             \
  template S Loss::value<S>(const S*, const S*, std::size_t) const;    \
  template void Loss::gradient<S>(const S*, const S*, std::size_t, S*) const;
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
