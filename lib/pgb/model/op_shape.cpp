// Operations that rename or reorder features: identity, flatten, reshape, permute.
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/model/op_impl.h"
#include "pgb/model/ops.h"

namespace pgb {
namespace {

void require_one_input(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
                       const std::string& where) {
  if (inputs.size() != 1)
    throw InputError(where + ": expected 1 input(s), found " + std::to_string(inputs.size()));
  if (weight != nullptr || bias != nullptr) throw InputError(where + ": takes no weight and no bias");
}

template <class S>
void accumulate(ConstView<S> term, Matrix<S>& sum) {
  for (std::size_t k = 0; k < sum.data.size(); ++k) sum.data[k] += term.data[k];
}

// The features stay in their order.
class Rename : public OpImplementation<Rename>, public NoParameters {
 public:
  // `shape`: of the result; empty: that of the input.
  explicit Rename(bool flatten, Shape shape = {}) : flatten_(flatten), shape_(std::move(shape)) {}
  OpKind kind() const override { return OpKind::rename; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_one_input(inputs, weight, bias, where);
    if (flatten_) return {element_count(inputs[0])};
    if (!shape_.empty() && element_count(shape_) != element_count(inputs[0])) {
      throw InputError(where + ": expected a shape of " + std::to_string(element_count(inputs[0])) +
                       " features, found " + io::shape_text(shape_));
    }
    return shape_.empty() ? inputs[0] : shape_;
  }
  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y(in.inputs[0].rows, in.inputs[0].cols);
    accumulate(in.inputs[0], y);
    return y;
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>&, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    if (dot.inputs[0].data != nullptr) accumulate(dot.inputs[0], y_dot);
    return y_dot;
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>&, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] != nullptr) accumulate(y_bar, *input_bar[0]);
  }

 private:
  bool flatten_;
  Shape shape_;
};

// Axis d of the result is axis dims[d] of the input.
class Permute : public OpImplementation<Permute>, public NoParameters {
 public:
  explicit Permute(std::vector<std::size_t> dims) : dims_(std::move(dims)) {}
  OpKind kind() const override { return OpKind::other; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_one_input(inputs, weight, bias, where);
    std::vector<bool> used(dims_.size(), false);
    bool good = dims_.size() == inputs[0].size();
    for (const std::size_t d : dims_) {
      good = good && d < dims_.size() && !used[d];
      if (good) used[d] = true;
    }
    if (!good) {
      throw InputError(where + ": expected each axis of " + io::shape_text(inputs[0]) + " once, found dims " +
                       io::shape_text(dims_));
    }
    Shape shape;
    for (const std::size_t d : dims_) shape.push_back(inputs[0][d]);
    return shape;
  }
  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    return permuted(in, in.inputs[0]);
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    return dot.inputs[0].data == nullptr ? Matrix<S>(y.rows, y.cols) : permuted(in, dot.inputs[0]);
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    if (input_bar[0] == nullptr) return;
    const std::vector<std::size_t> from = sources(in);
    for (std::size_t i = 0; i < y_bar.cols; ++i) {
      for (std::size_t k = 0; k < from.size(); ++k) (*input_bar[0])(from[k], i) += y_bar(k, i);
    }
  }

 private:
  // The feature of the input that feature k of the result is.
  template <class S>
  std::vector<std::size_t> sources(const OpArguments<S>& in) const {
    const Shape &from = (*in.input_shapes)[0], &to = *in.shape;
    std::vector<std::size_t> strides(from.size(), 1), sources(element_count(to), 0);
    for (std::size_t d = from.size(); d-- > 1;) strides[d - 1] = strides[d] * from[d];
    for (std::size_t k = 0; k < sources.size(); ++k) {
      std::size_t rest = k;
      for (std::size_t d = to.size(); d-- > 0; rest /= to[d]) sources[k] += rest % to[d] * strides[dims_[d]];
    }
    return sources;
  }
  template <class S>
  Matrix<S> permuted(const OpArguments<S>& in, ConstView<S> x) const {
    const std::vector<std::size_t> from = sources(in);
    Matrix<S> y(from.size(), x.cols);
    for (std::size_t i = 0; i < x.cols; ++i) {
      for (std::size_t k = 0; k < from.size(); ++k) y(k, i) = x(from[k], i);
    }
    return y;
  }

  std::vector<std::size_t> dims_;
};

}  // namespace

std::unique_ptr<Op> make_shape_op(const io::NodeSpec& node, const io::Tensors&, const std::string&) {
  if (node.op == "flatten") return std::make_unique<Rename>(true);
  if (node.op == "identity") return std::make_unique<Rename>(false);
  if (node.op == "reshape") return std::make_unique<Rename>(false, node.sizes.at("shape"));
  if (node.op == "permute") return std::make_unique<Permute>(node.sizes.at("dims"));
  return nullptr;
}

}  // namespace pgb
