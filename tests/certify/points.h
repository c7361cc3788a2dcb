// What the tests of proofs about points share.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "support/networks.h"

namespace pgb::test {

inline Vector<Real> reals(const io::Tensor& t) { return to_scalars<Real>(t); }

// |a - b| in the sup-norm.
inline double sup_distance(const Vector<Real>& a, const Vector<Real>& b) {
  Real largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, Real(abs(Real(a[k] - b[k]))));
  return to_double(largest);
}

// `exact` moved by up to `size` in every coordinate and rounded to doubles.
inline Vector<Real> nudged(const Vector<Real>& exact, double size, Random& random) {
  Vector<Real> z;
  for (const Real& x : exact) z.push_back(Real(to_double(x) + size * random.uniform()));
  return z;
}

// One hidden unit: v tanh(w x + b) + c, z = w b v c, or without biases a tanh(w x), z = w a.
inline std::shared_ptr<const Model> one_unit(const std::string& activation, bool bias) {
  Random random(1);
  Network net(1);
  return net.build(
      net.linear(net.node(activation, {net.linear("x", 1, 1, random, bias)}), 1, 1, random, bias));
}

}  // namespace pgb::test
