// Elementwise operations y_j = s(x_j) from an Activation with two member templates:
//   template <class S> S value(const S& x) const;               s(x)
//   template <class S> S slope(const S& x, const S& y) const;   s'(x), given y = s(x)
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pgb/io/errors.h"
#include "pgb/model/op_impl.h"
#include "pgb/scalar/functions.h"

namespace pgb {

// Facts about an activation; see the properties of Op.
struct ActivationTraits {
  bool cells = false, kink = false, homogeneous = false, zero_for_negative = false, odd = false,
       linear_for_positive = false;
};

template <class Activation>
class Elementwise : public OpImplementation<Elementwise<Activation>>, public NoParameters {
 public:
  explicit Elementwise(Activation s) : s_(std::move(s)) {}
  using NoParameters::reverse_parameters_of;

  OpKind kind() const override { return OpKind::elementwise; }
  bool has_cells() const override { return s_.traits().cells; }
  bool has_kink() const override { return s_.traits().kink; }
  bool positively_homogeneous() const override { return s_.traits().homogeneous; }
  bool zero_for_negative() const override { return s_.traits().zero_for_negative; }
  bool odd() const override { return s_.traits().odd; }
  bool linear_for_positive() const override { return s_.traits().linear_for_positive; }

  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    if (inputs.size() != 1)
      throw InputError(where + ": takes 1 input, found " + std::to_string(inputs.size()));
    if (weight != nullptr || bias != nullptr) throw InputError(where + ": takes no weight and no bias");
    return inputs[0];
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    const ConstView<S>& x = in.inputs[0];
    Matrix<S> y(x.rows, x.cols);
    for (std::size_t k = 0; k < y.data.size(); ++k) y.data[k] = s_.template value<S>(x.data[k]);
    return y;
  }

  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    const S* x_dot = dot.inputs[0].data;
    if (x_dot == nullptr) return y_dot;
    for (std::size_t k = 0; k < y_dot.data.size(); ++k) {
      y_dot.data[k] = s_.template slope<S>(in.inputs[0].data[k], y.data[k]) * x_dot[k];
    }
    return y_dot;
  }

  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    for (std::size_t k = 0; k < input_bar[0]->data.size(); ++k) {
      input_bar[0]->data[k] += s_.template slope<S>(in.inputs[0].data[k], y.data[k]) * y_bar.data[k];
    }
  }

  template <class S>
  void find_kinks_of(const OpArguments<S>& in, const std::vector<bool>&, std::vector<UnitKink>& found) const {
    const ConstView<S>& x = in.inputs[0];
    for (std::size_t i = 0; has_cells() && i < x.cols; ++i) {
      for (std::size_t u = 0; u < x.rows; ++u) {
        const Sign sign = sign_of(x(u, i));
        if (sign == Sign::zero || sign == Sign::unknown) found.push_back({u, i, sign == Sign::zero});
      }
    }
  }

  void append_cells(const OpArguments<double>& in, std::vector<std::size_t>& cells) const override {
    const ConstView<double>& x = in.inputs[0];
    for (std::size_t k = 0; has_cells() && k < x.rows * x.cols; ++k) cells.push_back(x.data[k] > 0 ? 1 : 0);
  }

 private:
  Activation s_;
};

template <class Activation>
std::unique_ptr<Op> make_elementwise(Activation s) {
  return std::make_unique<Elementwise<Activation>>(std::move(s));
}

// The attribute `name` of a node, or its default.
inline double attribute(const io::NodeSpec& node, const std::string& name, double otherwise) {
  const auto found = node.numbers.find(name);
  return found == node.numbers.end() ? otherwise : found->second;
}

}  // namespace pgb
