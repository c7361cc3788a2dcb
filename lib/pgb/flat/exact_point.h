// The problem at its parameters in exact terms: sums of rational multiples of numbers that are not computed.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pgb/flat/exact_arithmetic.h"
#include "pgb/flat/setting.h"

namespace pgb::flat_detail {

class ExactPoint {
 public:
  using Value = Exact::Value;

  // Throws std::invalid_argument for a model that is no graph, or has added neurons.
  explicit ExactPoint(const Problem& problem);

  // Of value v of the graph (0 = x, k + 1 = node k), unit u, at sample i.
  const Value& value(std::size_t v, std::size_t u, std::size_t i) const;
  // d l / d q_k at sample i. Not known (false) for losses that are no sums of squares unless the outputs are
  // rational numbers at which the derivative is one, and for networks too large for exact numbers.
  bool derivatives_known() const { return known_; }
  const Value& derivative(std::size_t k, std::size_t i) const {
    return derivatives_[i * setting_.graph.outputs() + k];
  }
  // True: grad Q is exactly 0. At kinks the slope is that of the negative side. False: not shown.
  bool gradient_is_zero() const;

 private:
  void differentiate_losses();
  // Adds sum over samples of adjoint * d phi; false where a product is not known.
  bool add_gradient(std::size_t group, std::vector<Value>& sum) const;
  std::optional<Value> slope(std::size_t node, std::size_t unit, std::size_t group) const;

  Setting setting_;
  InputGroups groups_;
  std::vector<mpq_class> z_, y_;
  std::vector<std::vector<std::vector<Value>>> values_;                 // group, value, unit
  std::vector<std::vector<std::vector<std::optional<Value>>>> slopes_;  // group, node, unit
  std::vector<Value> derivatives_;                                      // [m d_y]
  bool known_ = false;
};

}  // namespace pgb::flat_detail
