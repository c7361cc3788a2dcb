// Operations that combine features: add, mul, concat.
#include "pgb/io/errors.h"
#include "pgb/model/op_impl.h"
#include "pgb/model/ops.h"

namespace pgb {
namespace {

void require_inputs(const std::vector<Shape>& inputs, std::size_t least, std::size_t most,
                    const Shape* weight, const Shape* bias, const std::string& where) {
  if (inputs.size() < least || inputs.size() > most) {
    throw InputError(where + ": expected " + (least == most ? "" : "at least ") + std::to_string(least) +
                     " input(s), found " + std::to_string(inputs.size()));
  }
  if (weight != nullptr || bias != nullptr) throw InputError(where + ": takes no weight and no bias");
}

constexpr std::size_t kAny = static_cast<std::size_t>(-1);

void require_equal_shapes(const std::vector<Shape>& inputs, const std::string& where) {
  for (const Shape& shape : inputs) {
    if (shape != inputs[0]) {
      throw InputError(where + ": expected inputs of one shape, found " +
                       std::to_string(element_count(inputs[0])) + " and " +
                       std::to_string(element_count(shape)) + " features");
    }
  }
}

template <class S>
void accumulate(ConstView<S> term, Matrix<S>& sum) {
  for (std::size_t k = 0; k < sum.data.size(); ++k) sum.data[k] += term.data[k];
}

class Add : public OpImplementation<Add>, public NoParameters {
 public:
  OpKind kind() const override { return OpKind::sum; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_inputs(inputs, 2, kAny, weight, bias, where);
    require_equal_shapes(inputs, where);
    return inputs[0];
  }
  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y(in.inputs[0].rows, in.inputs[0].cols);
    for (const ConstView<S>& x : in.inputs) accumulate(x, y);
    return y;
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>&, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    for (const ConstView<S>& x_dot : dot.inputs) {
      if (x_dot.data != nullptr) accumulate(x_dot, y_dot);
    }
    return y_dot;
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>&, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    for (Matrix<S>* x_bar : input_bar) {
      if (x_bar != nullptr) accumulate(y_bar, *x_bar);
    }
  }
};

class Multiply : public OpImplementation<Multiply>, public NoParameters {
 public:
  OpKind kind() const override { return OpKind::product; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_inputs(inputs, 2, kAny, weight, bias, where);
    require_equal_shapes(inputs, where);
    return inputs[0];
  }
  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    Matrix<S> y(in.inputs[0].rows, in.inputs[0].cols);
    for (std::size_t k = 0; k < y.data.size(); ++k) y.data[k] = others(in, in.inputs.size(), k);
    return y;
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    Matrix<S> y_dot(y.rows, y.cols);
    for (std::size_t i = 0; i < in.inputs.size(); ++i) {
      if (dot.inputs[i].data == nullptr) continue;
      for (std::size_t k = 0; k < y_dot.data.size(); ++k)
        y_dot.data[k] += dot.inputs[i].data[k] * others(in, i, k);
    }
    return y_dot;
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    for (std::size_t i = 0; i < input_bar.size(); ++i) {
      if (input_bar[i] == nullptr) continue;
      for (std::size_t k = 0; k < input_bar[i]->data.size(); ++k) {
        input_bar[i]->data[k] += y_bar.data[k] * others(in, i, k);
      }
    }
  }

 private:
  // Product of element k of every input but input `skip`.
  template <class S>
  static S others(const OpArguments<S>& in, std::size_t skip, std::size_t k) {
    S p(1);
    for (std::size_t j = 0; j < in.inputs.size(); ++j) {
      if (j != skip) p *= in.inputs[j].data[k];
    }
    return p;
  }
};

// Inputs of one dimension follow one another; those of [channels, height, width] along the channels.
class Concat : public OpImplementation<Concat>, public NoParameters {
 public:
  OpKind kind() const override { return OpKind::concatenation; }
  Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
              const std::string& where) const override {
    require_inputs(inputs, 1, kAny, weight, bias, where);
    Shape shape = inputs[0];
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      Shape rest = inputs[i], expected = inputs[0];
      if (!rest.empty()) rest[0] = 0;
      if (!expected.empty()) expected[0] = 0;
      if (rest != expected) throw InputError(where + ": inputs differ in a dimension other than the first");
      shape[0] += inputs[i][0];
    }
    return shape;
  }
  template <class S>
  Matrix<S> forward_of(const OpArguments<S>& in) const {
    return gather(in.inputs, in.inputs, in.inputs[0].cols, element_count(*in.shape));
  }
  template <class S>
  Matrix<S> forward_product_of(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const {
    return gather(in.inputs, dot.inputs, y.cols, y.rows);
  }
  template <class S>
  void reverse_inputs_of(const OpArguments<S>& in, ConstView<S>, ConstView<S> y_bar,
                         const std::vector<Matrix<S>*>& input_bar) const {
    for (std::size_t j = 0; j < y_bar.cols; ++j) {
      const S* from = y_bar.column(j);
      for (std::size_t i = 0; i < input_bar.size(); from += in.inputs[i].rows, ++i) {
        if (input_bar[i] == nullptr) continue;
        for (std::size_t k = 0; k < in.inputs[i].rows; ++k) (*input_bar[i])(k, j) += from[k];
      }
    }
  }

 private:
  // `parts` may hold null views, which are zero; `sizes` gives their rows.
  template <class S>
  static Matrix<S> gather(const std::vector<ConstView<S>>& sizes, const std::vector<ConstView<S>>& parts,
                          std::size_t cols, std::size_t rows) {
    Matrix<S> y(rows, cols);
    for (std::size_t j = 0; j < cols; ++j) {
      S* to = y.column(j);
      for (std::size_t i = 0; i < parts.size(); to += sizes[i].rows, ++i) {
        if (parts[i].data == nullptr) continue;
        for (std::size_t k = 0; k < sizes[i].rows; ++k) to[k] = parts[i](k, j);
      }
    }
    return y;
  }
};

}  // namespace

std::unique_ptr<Op> make_combining_op(const io::NodeSpec& node, const io::Tensors&, const std::string&) {
  if (node.op == "add") return std::make_unique<Add>();
  if (node.op == "mul") return std::make_unique<Multiply>();
  if (node.op == "concat") return std::make_unique<Concat>();
  return nullptr;
}

std::unique_ptr<Op> make_op(const io::NodeSpec& node, const io::Tensors& tensors, const std::string& where) {
  for (OpMaker* make : {make_linear_op, make_conv_op, make_pool_op, make_normalization_op, make_combining_op,
                        make_shape_op, make_piecewise_op, make_smooth_op}) {
    if (std::unique_ptr<Op> op = make(node, tensors, where)) return op;
  }
  throw InputError(where + ": operation \"" + node.op + "\" is not supported yet");
}

}  // namespace pgb
