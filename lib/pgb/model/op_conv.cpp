// conv2d: Y_o = sum_c K_oc * X_c + b_o on images [channels, height, width] (a cross-correlation, as
// PyTorch's). One sample and group at a time it is a matrix product: the windows are the columns of C
// (channels x kernel cells, windows), the kernels the columns of W^T (the stored weight, seen column-major),
// and Y = C^T W^T.
#include <algorithm>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/model/op_impl.h"
#include "pgb/model/ops.h"
#include "pgb/model/window.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

class Conv2d : public OpImplementation<Conv2d> {
 public:
  // `weight`: the shape of the weight, [out, in / groups, height, width].
  Conv2d(const io::NodeSpec& node, const Shape& weight)
      : attributes_(node, {1, 1}), kernel_{weight[2], weight[3]} {
    const auto found = node.sizes.find("groups");
    if (found != node.sizes.end()) groups_ = found->second.front();
  }

  OpKind kind() const override { return OpKind::other; }

  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    if (inputs.size() != 1)
      throw InputError(where + ": conv2d takes 1 input, found " + std::to_string(inputs.size()));
    if (weight == nullptr || weight->size() != 4 || element_count(*weight) == 0) {
      throw InputError(where + ": expected a weight of shape [out, in / groups, height, width], found " +
                       (weight == nullptr ? "none" : io::shape_text(*weight)));
    }
    const Shape& w = *weight;
    const Window window = attributes_.over(inputs[0], kernel_, where);
    if (inputs[0][0] != w[1] * groups_ || w[0] % groups_ != 0) {
      throw InputError(where + ": expected a weight for " + std::to_string(inputs[0][0]) + " channels in " +
                       std::to_string(groups_) + " group(s), found " + io::shape_text(w));
    }
    if (bias != nullptr && (bias->size() != 1 || (*bias)[0] != w[0])) {
      throw InputError(where + ": expected a bias of shape [" + std::to_string(w[0]) + "], found " +
                       io::shape_text(*bias));
    }
    return {w[0], window.axes[0].count, window.axes[1].count};
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y(element_count(*in.shape), in.inputs[0].cols);
    convolve(in, in.inputs[0], in.weight, y);
    add_bias(in, in.bias, y);
    return y;
  }

  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    if (dot.inputs[0].data != nullptr) convolve(in, dot.inputs[0], in.weight, y_dot);
    if (dot.weight != nullptr) convolve(in, in.inputs[0], dot.weight, y_dot);
    add_bias(in, dot.bias, y_dot);
    return y_dot;
  }

  // C_bar = W^T Y_bar^T, each of its entries added where it came from.
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    const Layout l = layout(in);
    for (std::size_t i = 0; i < y_bar.cols; ++i) {
      for (std::size_t g = 0; g < groups_; ++g) {
        const ConstView<S> bar{y_bar.column(i) + g * l.out * l.windows, l.windows, l.out};
        const Matrix<S> cells = multiply_nt<S>(l.weight(in.weight, g), bar);
        S* x_bar = input_bar[0]->column(i) + g * l.channels * l.plane;
        l.window.for_each_cell([&](std::size_t o, std::size_t k, std::size_t at) {
          for (std::size_t c = 0; c < l.channels; ++c) x_bar[c * l.plane + at] += cells(c * l.kernel + k, o);
        });
      }
    }
  }

  // (W^T)_bar += C Y_bar, b_bar += the sums of Y_bar
  template <class S>
  void reverse_parameters_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar, S* weight_bar,
                             S* bias_bar) const {
    const Layout l = layout(in);
    for (std::size_t i = 0; i < y_bar.cols; ++i) {
      for (std::size_t g = 0; weight_bar != nullptr && g < groups_; ++g) {
        const ConstView<S> bar{y_bar.column(i) + g * l.out * l.windows, l.windows, l.out};
        const Matrix<S> part = multiply<S>(cells_of(l, in.inputs[0].column(i), g), bar);
        S* sum = weight_bar + g * part.data.size();
        for (std::size_t k = 0; k < part.data.size(); ++k) sum[k] += part.data[k];
      }
      for (std::size_t o = 0; bias_bar != nullptr && o < groups_ * l.out; ++o) {
        for (std::size_t t = 0; t < l.windows; ++t) bias_bar[o] += y_bar(o * l.windows + t, i);
      }
    }
  }

 private:
  struct Layout {
    Window window;
    std::size_t channels, out;           // of one group
    std::size_t plane, kernel, windows;  // cells of an input channel and of a kernel, windows of a channel

    template <class S>
    ConstView<S> weight(const S* w, std::size_t group) const {
      return {w + group * channels * kernel * out, channels * kernel, out};
    }
  };

  template <class S>
  Layout layout(const OpArguments<S>& in) const {
    const Shape& images = (*in.input_shapes)[0];
    Layout l{attributes_.over(images, kernel_, ""), images[0] / groups_, (*in.shape)[0] / groups_, 0, 0, 0};
    l.plane = l.window.input_plane();
    l.kernel = l.window.kernel_plane();
    l.windows = l.window.output_plane();
    return l;
  }

  // C of one sample and group; padding is 0.
  template <class S>
  static Matrix<S> cells_of(const Layout& l, const S* x, std::size_t group) {
    Matrix<S> cells(l.channels * l.kernel, l.windows);
    const S* first = x + group * l.channels * l.plane;
    l.window.for_each_cell([&](std::size_t o, std::size_t k, std::size_t at) {
      for (std::size_t c = 0; c < l.channels; ++c) cells(c * l.kernel + k, o) = first[c * l.plane + at];
    });
    return cells;
  }

  // Adds the convolution of x with w to y.
  template <class S>
  void convolve(const OpArguments<S>& in, ConstView<S> x, const S* w, Matrix<S>& y) const {
    const Layout l = layout(in);
    for (std::size_t i = 0; i < x.cols; ++i) {
      for (std::size_t g = 0; g < groups_; ++g) {
        const Matrix<S> part = multiply_tn<S>(cells_of(l, x.column(i), g), l.weight(w, g));
        S* sum = y.column(i) + g * part.data.size();
        for (std::size_t k = 0; k < part.data.size(); ++k) sum[k] += part.data[k];
      }
    }
  }

  template <class S>
  static void add_bias(const OpArguments<S>& in, const S* bias, Matrix<S>& y) {
    if (bias == nullptr) return;
    const std::size_t channels = (*in.shape)[0], windows = y.rows / channels;
    for (std::size_t i = 0; i < y.cols; ++i) {
      for (std::size_t k = 0; k < y.rows; ++k) y(k, i) += bias[k / windows];
    }
  }

  WindowAttributes attributes_;
  std::size_t groups_ = 1;
  std::array<std::size_t, 2> kernel_;
};

}  // namespace

std::unique_ptr<Op> make_conv_op(const io::NodeSpec& node, const io::Tensors& tensors, const std::string&) {
  if (node.op != "conv2d") return nullptr;
  const auto weight = tensors.find(node.weight);
  const bool known = weight != tensors.end() && weight->second.shape.size() == 4;
  return std::make_unique<Conv2d>(node, known ? weight->second.shape : Shape{0, 0, 1, 1});
}

}  // namespace pgb
