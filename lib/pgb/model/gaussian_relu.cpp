#include "pgb/model/gaussian_relu.h"

#include <cmath>
#include <stdexcept>

#include "pgb/model/callable.h"

namespace pgb {
namespace {

using std::acos;

// Not finite where x reaches beyond [-1, 1].
Ball acos(const Ball& x) {
  Ball r;
  arb_acos(r.get(), x.get(), working_precision());
  return r;
}

template <class T>
Dual<T> acos(const Dual<T>& x) {
  return {acos(x.value), -(x.tangent / sqrt(T(1) - square(x.value)))};
}

// u . v, |u| |v| sin t and pi - t for a pair of vectors.
template <class S>
struct Angle {
  S product, area, opening;

  Angle(const S& product_, const S& u_length, const S& v_length) : product(product_) {
    const S lengths = u_length * v_length, cosine = product / lengths;
    area = lengths * sqrt(S(1) - square(cosine));
    opening = PiConstant<S>::value() - acos(cosine);
  }
  S kernel() const { return (area + opening * product) / (S(2) * PiConstant<S>::value()); }
};

struct PopulationLoss {
  std::size_t n, d;

  template <class S>
  static Vector<S> lengths(const Vector<S>& w, std::size_t n, std::size_t d) {
    Vector<S> r;
    for (std::size_t i = 0; i < n; ++i) {
      S sum(0);
      for (std::size_t c = 0; c < d; ++c) sum += square(w[i * d + c]);
      r.push_back(sqrt(sum));
    }
    return r;
  }

  template <class S>
  S inner(const Vector<S>& w, std::size_t i, std::size_t j) const {
    S sum(0);
    for (std::size_t c = 0; c < d; ++c) sum += w[i * d + c] * w[j * d + c];
    return sum;
  }

  template <class S>
  S operator()(const Vector<S>& w) const {
    const Vector<S> r = lengths(w, n, d);
    const S pi = PiConstant<S>::value();
    // K(e_i, e_i) = 1/2 and K(e_i, e_j) = 1 / (2 pi), half of them.
    S q = S(static_cast<int>(d)) / S(4) + S(static_cast<int>(d * (d - 1))) / (S(4) * pi);
    for (std::size_t i = 0; i < n; ++i) {
      q += square(r[i]) / S(4);
      for (std::size_t j = 0; j < i; ++j) q += Angle<S>(inner(w, i, j), r[i], r[j]).kernel();
      for (std::size_t j = 0; j < d; ++j) q -= Angle<S>(w[i * d + j], r[i], S(1)).kernel();
    }
    return q;
  }

  // dK(u, v)/du = (|v| sin t u / |u| + (pi - t) v) / (2 pi).
  template <class S>
  Vector<S> gradient(const Vector<S>& w) const {
    const Vector<S> r = lengths(w, n, d);
    const S two_pi = S(2) * PiConstant<S>::value();
    Vector<S> g(n * d, S(0)), own(n, S(0));  // own: the coefficient of w_i itself in 2 pi g_i
    for (std::size_t i = 0; i < n; ++i) {
      own[i] += two_pi / S(2);
      for (std::size_t j = 0; j < i; ++j) {
        const Angle<S> at(inner(w, i, j), r[i], r[j]);
        own[i] += at.area / square(r[i]);
        own[j] += at.area / square(r[j]);
        for (std::size_t c = 0; c < d; ++c) {
          g[i * d + c] += at.opening * w[j * d + c];
          g[j * d + c] += at.opening * w[i * d + c];
        }
      }
      for (std::size_t j = 0; j < d; ++j) {
        const Angle<S> at(w[i * d + j], r[i], S(1));
        own[i] -= at.area / square(r[i]);
        g[i * d + j] -= at.opening;
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < d; ++c) g[i * d + c] = (g[i * d + c] + own[i] * w[i * d + c]) / two_pi;
    }
    return g;
  }
};

}  // namespace

std::shared_ptr<const Model> make_gaussian_relu_model(std::size_t units, std::size_t teachers) {
  if (units == 0 || teachers == 0 || units > 1000 || teachers > 1000) {
    throw std::invalid_argument("make_gaussian_relu_model: expected from 1 to 1000 units and teachers");
  }
  return make_objective_model(PopulationLoss{units, teachers}, units * teachers);
}

}  // namespace pgb
