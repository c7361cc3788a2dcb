// Forward-mode dual numbers value + tangent * e, e^2 = 0, over any scalar.
#pragma once

#include <cmath>
#include <utility>

namespace pgb {

// f(Dual{x, t}) = Dual{f(x), f'(x) t}. Nest them, Dual<Dual<S>>, for second derivatives.
template <class T>
struct Dual {
  T value{0};
  T tangent{0};

  Dual() = default;
  Dual(double x) : value(x) {}
  Dual(int x) : value(x) {}
  Dual(T v, T t) : value(std::move(v)), tangent(std::move(t)) {}
  static Dual constant(T v) { return Dual(std::move(v), T(0)); }

  Dual& operator+=(const Dual& y) {
    value += y.value;
    tangent += y.tangent;
    return *this;
  }
  Dual& operator-=(const Dual& y) {
    value -= y.value;
    tangent -= y.tangent;
    return *this;
  }
  Dual& operator*=(const Dual& y) {
    tangent = tangent * y.value + value * y.tangent;
    value *= y.value;
    return *this;
  }
  Dual& operator/=(const Dual& y) {
    value /= y.value;
    tangent = (tangent - value * y.tangent) / y.value;
    return *this;
  }
};

template <class T>
Dual<T> operator+(Dual<T> x, const Dual<T>& y) {
  return x += y;
}
template <class T>
Dual<T> operator-(Dual<T> x, const Dual<T>& y) {
  return x -= y;
}
template <class T>
Dual<T> operator*(const Dual<T>& x, const Dual<T>& y) {
  return {x.value * y.value, x.tangent * y.value + x.value * y.tangent};
}
template <class T>
Dual<T> operator/(Dual<T> x, const Dual<T>& y) {
  return x /= y;
}
template <class T>
Dual<T> operator-(const Dual<T>& x) {
  return {-x.value, -x.tangent};
}

}  // namespace pgb
