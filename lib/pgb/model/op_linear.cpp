// linear: Y = W X + b, W [out, in] row-major (PyTorch's convention). Seen column-major, the stored block is
// W^T (in x out), so Y = (W^T)^T X.
#include "pgb/io/errors.h"
#include "pgb/model/op_impl.h"
#include "pgb/model/ops.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

std::string describe(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

class Linear : public OpImplementation<Linear> {
 public:
  OpKind kind() const override { return OpKind::affine; }

  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    if (inputs.size() != 1)
      throw InputError(where + ": linear takes 1 input, found " + std::to_string(inputs.size()));
    if (inputs[0].size() != 1) {
      throw InputError(where + ": linear takes features in one dimension, found " + describe(inputs[0]) +
                       "; put a flatten before it");
    }
    if (weight == nullptr) throw InputError(where + ": linear needs \"weight\"");
    if (weight->size() != 2 || (*weight)[1] != inputs[0][0] || (*weight)[0] == 0) {
      throw InputError(where + ": expected a weight of shape [out, " + std::to_string(inputs[0][0]) +
                       "], found " + describe(*weight));
    }
    if (bias != nullptr && (bias->size() != 1 || (*bias)[0] != (*weight)[0])) {
      throw InputError(where + ": expected a bias of shape [" + std::to_string((*weight)[0]) + "], found " +
                       describe(*bias));
    }
    return {(*weight)[0]};
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y = multiply_tn<S>(weight_of(in), in.inputs[0]);
    add_bias(in.bias, y);
    return y;
  }

  // W_dot X + W X_dot + b_dot
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    if (dot.inputs[0].data != nullptr) add(multiply_tn<S>(weight_of(in), dot.inputs[0]), y_dot);
    if (dot.weight != nullptr) {
      const ConstView<S> w_dot{dot.weight, in.inputs[0].rows, y.rows};
      add(multiply_tn<S>(w_dot, in.inputs[0]), y_dot);
    }
    add_bias(dot.bias, y_dot);
    return y_dot;
  }

  // X_bar += W^T Y_bar
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] != nullptr) add(multiply<S>(weight_of(in), y_bar), *input_bar[0]);
  }

  // (W^T)_bar += X Y_bar^T, b_bar += Y_bar 1
  template <class S>
  void reverse_parameters_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar, S* weight_bar,
                             S* bias_bar) const {
    if (weight_bar != nullptr) {
      const Matrix<S> bar = multiply_nt<S>(in.inputs[0], y_bar);
      for (std::size_t k = 0; k < bar.data.size(); ++k) weight_bar[k] += bar.data[k];
    }
    if (bias_bar != nullptr) {
      for (std::size_t j = 0; j < y_bar.cols; ++j) {
        for (std::size_t i = 0; i < y_bar.rows; ++i) bias_bar[i] += y_bar(i, j);
      }
    }
  }

 private:
  template <class S>
  static ConstView<S> weight_of(const OpArguments<S>& in) {
    return {in.weight, in.inputs[0].rows, element_count(*in.shape)};
  }
  template <class S>
  static void add_bias(const S* bias, Matrix<S>& y) {
    if (bias == nullptr) return;
    for (std::size_t j = 0; j < y.cols; ++j) {
      for (std::size_t i = 0; i < y.rows; ++i) y(i, j) += bias[i];
    }
  }
  template <class S>
  static void add(const Matrix<S>& term, Matrix<S>& sum) {
    for (std::size_t k = 0; k < sum.data.size(); ++k) sum.data[k] += term.data[k];
  }
};

}  // namespace

std::unique_ptr<Op> make_linear_op(const io::NodeSpec& node, const io::Tensors&, const std::string&) {
  return node.op == "linear" ? std::make_unique<Linear>() : nullptr;
}

}  // namespace pgb
