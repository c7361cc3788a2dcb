// batch_norm as in inference, and rescale: y = scale x + shift, feature by feature, with fixed tensors.
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/model/op_elementwise_impl.h"
#include "pgb/model/ops.h"
#include "pgb/model/problem.h"

namespace pgb {
namespace {

// The fixed tensor that a word attribute of the node names; null where it has none.
const io::Tensor* fixed_tensor(const io::NodeSpec& node, const std::string& attribute,
                               const io::Tensors& tensors, const std::string& where) {
  const auto name = node.words.find(attribute);
  if (name == node.words.end()) return nullptr;
  const auto found = tensors.find(name->second);
  if (found == tensors.end())
    throw InputError(where + ": tensor " + io::in_quotes(name->second) + " is missing");
  return &found->second;
}

std::vector<std::string> named(const io::NodeSpec& node, const std::vector<std::string>& attributes) {
  std::vector<std::string> names;
  for (const std::string& attribute : attributes) {
    const auto found = node.words.find(attribute);
    if (found != node.words.end()) names.push_back(found->second);
  }
  return names;
}

void require_one_input(const std::vector<Shape>& inputs, const std::string& where) {
  if (inputs.size() != 1) throw InputError(where + ": takes 1 input, found " + std::to_string(inputs.size()));
}

// y = weight (x - running_mean) / sqrt(running_var + eps) + bias, a number of each for a channel: the first
// axis. weight and bias are parameters (1 and 0 where absent), the running statistics are fixed.
class BatchNorm : public OpImplementation<BatchNorm> {
 public:
  BatchNorm(const io::NodeSpec& node, io::Tensor mean, io::Tensor variance)
      : eps_(attribute(node, "eps", 1e-5)),
        mean_(std::move(mean)),
        variance_(std::move(variance)),
        buffers_(named(node, {"running_mean", "running_var"})) {}

  OpKind kind() const override { return OpKind::other; }
  std::vector<std::string> buffers() const override { return buffers_; }

  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_one_input(inputs, where);
    const Shape expected{inputs[0][0]};
    const auto check = [&](const char* name, const Shape& shape) {
      if (shape != expected) {
        throw InputError(where + ": expected a " + name + " of shape " + io::shape_text(expected) +
                         ", one number a channel, found " + io::shape_text(shape));
      }
    };
    if (weight != nullptr) check("weight", *weight);
    if (bias != nullptr) check("bias", *bias);
    check("running_mean", mean_.shape);
    check("running_var", variance_.shape);
    for (std::size_t c = 0; c < variance_.size(); ++c) {
      if (!(variance_.values[c] >= 0) || !(eps_ >= 0) || !(variance_.values[c] + eps_ > 0)) {
        throw InputError(where + ": expected running_var >= 0 and running_var + eps > 0, found " +
                         to_text(variance_.values[c]) + " and eps " + to_text(eps_));
      }
    }
    return inputs[0];
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    const Vector<S> mean = to_scalars<S>(mean_), scale = scales<S>();
    Matrix<S> y(in.inputs[0].rows, in.inputs[0].cols);
    for_each(in, [&](std::size_t k, std::size_t c) {
      y.data[k] = (in.inputs[0].data[k] - mean[c]) * scale[c];
      if (in.weight != nullptr) y.data[k] *= in.weight[c];
      if (in.bias != nullptr) y.data[k] += in.bias[c];
    });
    return y;
  }

  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    const Vector<S> mean = to_scalars<S>(mean_), scale = scales<S>();
    const S* x_dot = dot.inputs[0].data;
    Matrix<S> y_dot(y.rows, y.cols);
    for_each(in, [&](std::size_t k, std::size_t c) {
      S& sum = y_dot.data[k];
      if (x_dot != nullptr)
        sum += in.weight == nullptr ? scale[c] * x_dot[k] : in.weight[c] * scale[c] * x_dot[k];
      if (dot.weight != nullptr) sum += dot.weight[c] * ((in.inputs[0].data[k] - mean[c]) * scale[c]);
      if (dot.bias != nullptr) sum += dot.bias[c];
    });
    return y_dot;
  }

  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    Vector<S> scale = scales<S>();
    for (std::size_t c = 0; in.weight != nullptr && c < scale.size(); ++c) scale[c] *= in.weight[c];
    for_each(in, [&](std::size_t k, std::size_t c) { input_bar[0]->data[k] += scale[c] * y_bar.data[k]; });
  }

  template <class S>
  void reverse_parameters_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar, S* weight_bar,
                             S* bias_bar) const {
    const Vector<S> mean = to_scalars<S>(mean_), scale = scales<S>();
    for_each(in, [&](std::size_t k, std::size_t c) {
      if (weight_bar != nullptr) weight_bar[c] += (in.inputs[0].data[k] - mean[c]) * scale[c] * y_bar.data[k];
      if (bias_bar != nullptr) bias_bar[c] += y_bar.data[k];
    });
  }

 private:
  // 1 / sqrt(running_var + eps)
  template <class S>
  Vector<S> scales() const {
    Vector<S> scale = to_scalars<S>(variance_);
    for (S& v : scale) v = S(1) / sqrt(S(v + S(eps_)));
    return scale;
  }

  // visit(entry, channel)
  template <class S, class Visit>
  static void for_each(const OpArguments<S>& in, Visit visit) {
    const ConstView<S>& x = in.inputs[0];
    const std::size_t plane = x.rows / (*in.input_shapes)[0][0];
    for (std::size_t k = 0; k < x.rows * x.cols; ++k) visit(k, k % x.rows / plane);
  }

  double eps_;
  io::Tensor mean_, variance_;
  std::vector<std::string> buffers_;
};

// y = scale x + shift. The tensors are fixed and broadcast as in numpy: to the last axes of a sample.
class Rescale : public OpImplementation<Rescale>, public NoParameters {
 public:
  Rescale(const io::NodeSpec& node, const io::Tensor* scale, const io::Tensor* shift)
      : scale_(scale == nullptr ? io::Tensor{{}, {1}, {}} : *scale),
        shift_(shift == nullptr ? io::Tensor{{}, {0}, {}} : *shift),
        buffers_(named(node, {"scale", "shift"})) {}

  OpKind kind() const override { return OpKind::other; }
  std::vector<std::string> buffers() const override { return buffers_; }

  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_one_input(inputs, where);
    if (weight != nullptr || bias != nullptr) throw InputError(where + ": takes no weight and no bias");
    for (const io::Tensor* tensor : {&scale_, &shift_}) {
      const Shape& shape = tensor->shape;
      bool fits = shape.size() <= inputs[0].size();
      for (std::size_t d = 0; fits && d < shape.size(); ++d)
        fits = shape[d] == 1 || shape[d] == inputs[0][inputs[0].size() - shape.size() + d];
      if (!fits) {
        throw InputError(where + ": expected a tensor that broadcasts to " + io::shape_text(inputs[0]) +
                         ", found " + io::shape_text(shape));
      }
    }
    return inputs[0];
  }

  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    const Vector<S> shift = to_scalars<S>(shift_);
    const std::vector<std::size_t> place = places(shift_, *in.shape);
    Matrix<S> y = scaled(in, in.inputs[0]);
    for (std::size_t k = 0; k < y.data.size(); ++k) y.data[k] += shift[place[k % y.rows]];
    return y;
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    return dot.inputs[0].data == nullptr ? Matrix<S>(y.rows, y.cols) : scaled(in, dot.inputs[0]);
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    const Matrix<S> term = scaled(in, y_bar);
    for (std::size_t k = 0; k < term.data.size(); ++k) input_bar[0]->data[k] += term.data[k];
  }

 private:
  // The entry of the tensor for each feature of a sample.
  static std::vector<std::size_t> places(const io::Tensor& tensor, const Shape& shape) {
    std::vector<std::size_t> places(element_count(shape), 0);
    for (std::size_t k = 0; k < places.size(); ++k) {
      std::size_t rest = k, stride = 1;
      for (std::size_t d = shape.size(), t = tensor.shape.size(); t-- > 0; stride *= tensor.shape[t]) {
        --d;
        if (tensor.shape[t] > 1) places[k] += rest % shape[d] * stride;
        rest /= shape[d];
      }
    }
    return places;
  }

  template <class S>
  Matrix<S> scaled(const OpArguments<S>& in, ConstView<S> x) const {
    const Vector<S> scale = to_scalars<S>(scale_);
    const std::vector<std::size_t> place = places(scale_, *in.shape);
    Matrix<S> y(x.rows, x.cols);
    for (std::size_t k = 0; k < y.data.size(); ++k) y.data[k] = scale[place[k % x.rows]] * x.data[k];
    return y;
  }

  io::Tensor scale_, shift_;
  std::vector<std::string> buffers_;
};

}  // namespace

std::unique_ptr<Op> make_normalization_op(const io::NodeSpec& node, const io::Tensors& tensors,
                                          const std::string& where) {
  if (node.op == "batch_norm") {
    const io::Tensor* mean = fixed_tensor(node, "running_mean", tensors, where);
    const io::Tensor* variance = fixed_tensor(node, "running_var", tensors, where);
    if (mean == nullptr || variance == nullptr)
      throw InputError(where + ": expected \"running_mean\" and \"running_var\"");
    return std::make_unique<BatchNorm>(node, *mean, *variance);
  }
  if (node.op == "rescale") {
    return std::make_unique<Rescale>(node, fixed_tensor(node, "scale", tensors, where),
                                     fixed_tensor(node, "shift", tensors, where));
  }
  return nullptr;
}

}  // namespace pgb
