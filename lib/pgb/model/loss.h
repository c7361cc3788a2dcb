// The losses l(q, y) of one sample, their gradients in q, and what is known of them.
#pragma once

#include <cstddef>
#include <string>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// One of
//   squared            |q - y|^2
//   mse                |q - y|^2 / d_y
//   cross_entropy      log sum_k exp(q_k) - q_y, y a class index
//   logistic           sum_k log(1 + exp(-y_k q_k)), y_k = -1 or 1
//   polynomial_hinge   sum_k max(0, 1 - y_k q_k)^p, p >= 2 whole
//   absolute_cubed     sum_k |q_k - y_k|^3
//   value              q_1: for a whole objective given as a model
// All are differentiable and convex in q.
class Loss {
 public:
  enum class Kind { squared, mse, cross_entropy, logistic, polynomial_hinge, absolute_cubed, value };

  Loss() = default;
  // Throws std::invalid_argument for an unknown name or power.
  explicit Loss(const std::string& name, double power = 2);

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  int power() const { return power_; }
  bool class_targets() const { return kind_ == Kind::cross_entropy; }
  bool sign_targets() const { return kind_ == Kind::logistic || kind_ == Kind::polynomial_hinge; }
  bool least_squares() const { return kind_ == Kind::squared || kind_ == Kind::mse; }
  // Whether l >= 0 with l = 0 reached at a finite q, so that a zero loss is a global minimum.
  bool zero_is_reached() const {
    return kind_ != Kind::cross_entropy && kind_ != Kind::logistic && kind_ != Kind::value;
  }

  // l(q, y), q and y of length d; for class targets y[0] is the index.
  template <class S>
  S value(const S* q, const S* y, std::size_t d) const;
  // d l / d q into g (length d).
  template <class S>
  void gradient(const S* q, const S* y, std::size_t d, S* g) const;

 private:
  Kind kind_ = Kind::squared;
  std::string name_ = "squared";
  int power_ = 2;
};

#define PGB_DECLARE_LOSS(S)                                                \
  extern template S Loss::value<S>(const S*, const S*, std::size_t) const; \
  extern template void Loss::gradient<S>(const S*, const S*, std::size_t, S*) const;
PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_LOSS)
#undef PGB_DECLARE_LOSS

}  // namespace pgb
