// Elementary functions with one name for every scalar; call them unqualified inside namespace pgb.
#pragma once

#include <cmath>

#include "pgb/scalar/scalars.h"

namespace pgb {

using std::cos;
using std::erf;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::sin;
using std::sqrt;
using std::tanh;

// What Boost 1.74 lacks, or declares wrongly, for its float types.
Quad erf(const Quad& x);
Real erf(const Real& x);
Quad log1p(const Quad& x);
Quad expm1(const Quad& x);

inline double square(double x) { return x * x; }
inline Quad square(const Quad& x) { return x * x; }
inline Real square(const Real& x) { return x * x; }

// 1 / (1 + exp(-x)) without overflow.
double sigmoid(double x);
Quad sigmoid(const Quad& x);
Real sigmoid(const Real& x);

// Its derivative.
template <class S>
S sigmoid_slope(const S& x) {
  return sigmoid(x) * sigmoid(S(-x));
}

// log(1 + exp(x)) without overflow.
double softplus(double x);
Quad softplus(const Quad& x);
Real softplus(const Real& x);

template <class S>
struct PiConstant {
  static S value();
};
template <class T>
struct PiConstant<Dual<T>> {
  static Dual<T> value() { return Dual<T>::constant(PiConstant<T>::value()); }
};

// Chain rule for one more scalar level.
template <class T>
Dual<T> exp(const Dual<T>& x) {
  T e = exp(x.value);
  T d = e * x.tangent;
  return {std::move(e), std::move(d)};
}
template <class T>
Dual<T> expm1(const Dual<T>& x) {
  return {expm1(x.value), exp(x.value) * x.tangent};
}
template <class T>
Dual<T> log(const Dual<T>& x) {
  return {log(x.value), x.tangent / x.value};
}
template <class T>
Dual<T> log1p(const Dual<T>& x) {
  return {log1p(x.value), x.tangent / (T(1) + x.value)};
}
template <class T>
Dual<T> sqrt(const Dual<T>& x) {
  T r = sqrt(x.value);
  T d = x.tangent / (r + r);
  return {std::move(r), std::move(d)};
}
template <class T>
Dual<T> square(const Dual<T>& x) {
  return {square(x.value), T(2) * x.value * x.tangent};
}
template <class T>
Dual<T> tanh(const Dual<T>& x) {
  T y = tanh(x.value);
  T d = (T(1) - square(y)) * x.tangent;
  return {std::move(y), std::move(d)};
}
template <class T>
Dual<T> sigmoid(const Dual<T>& x) {
  return {sigmoid(x.value), sigmoid_slope(x.value) * x.tangent};
}
template <class T>
Dual<T> sigmoid_slope(const Dual<T>& x) {
  T slope = sigmoid_slope(x.value);
  T d = slope * (sigmoid(T(-x.value)) - sigmoid(x.value)) * x.tangent;
  return {std::move(slope), std::move(d)};
}
template <class T>
Dual<T> softplus(const Dual<T>& x) {
  return {softplus(x.value), sigmoid(x.value) * x.tangent};
}
template <class T>
Dual<T> sin(const Dual<T>& x) {
  return {sin(x.value), cos(x.value) * x.tangent};
}
template <class T>
Dual<T> cos(const Dual<T>& x) {
  return {cos(x.value), -(sin(x.value) * x.tangent)};
}
template <class T>
Dual<T> erf(const Dual<T>& x) {
  return {erf(x.value), T(2) / sqrt(PiConstant<T>::value()) * exp(-square(x.value)) * x.tangent};
}

// x^p for a whole p >= 0.
template <class S>
S power(S x, int p) {
  S r(1);
  for (; p > 0; p >>= 1) {
    if (p & 1) r *= x;
    if (p > 1) x = square(x);
  }
  return r;
}

}  // namespace pgb
