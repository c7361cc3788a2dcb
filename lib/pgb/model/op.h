// One operation of the graph: its shape rule, its values and its derivative products.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

using Shape = std::vector<std::size_t>;

inline std::size_t element_count(const Shape& shape) {
  std::size_t n = 1;
  for (const std::size_t d : shape) n *= d;
  return n;
}

// What an operation sees of one batch. Every matrix has one column a sample; weight and bias point into z.
template <class S>
struct OpArguments {
  std::vector<ConstView<S>> inputs;
  const std::vector<Shape>* input_shapes = nullptr;  // of one sample
  const Shape* shape = nullptr;                      // of one sample of the result
  const S* weight = nullptr;                         // row-major tensor, null where the op has none
  const S* bias = nullptr;
};

// A unit of the result where the operation is not analytic, or cannot be shown to be.
struct UnitKink {
  std::size_t unit, sample;
  bool exact;  // it is exactly there (false: an enclosure holds such a place)
};

template <class S>
class OpFor {
 public:
  virtual ~OpFor() = default;
  // y = op(inputs; weight, bias).
  virtual Matrix<S> forward(const OpArguments<S>& in) const = 0;
  // y_dot for tangents of the inputs (null data: zero) and of weight and bias (null: zero).
  virtual Matrix<S> forward_product(const OpArguments<S>& in, ConstView<S> y,
                                    const OpArguments<S>& dot) const = 0;
  // Adds to input_bar[k] (where not null) the input cotangents for the cotangent y_bar.
  virtual void reverse_inputs(const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar,
                              const std::vector<Matrix<S>*>& input_bar) const = 0;
  // Adds to weight_bar and bias_bar (where not null) the parameter cotangents, summed over the batch.
  virtual void reverse_parameters(const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar, S* weight_bar,
                                  S* bias_bar) const = 0;
  // Adds the kinks of the inputs. `still` says of each entry of the first input whether it is known not to
  // move with z near here (empty: of none).
  virtual void find_kinks(const OpArguments<S>& in, const std::vector<bool>& still,
                          std::vector<UnitKink>& found) const = 0;
};

template <class List>
class OpForAll;
template <class... S>
class OpForAll<TypeList<S...>> : public OpFor<S>... {
 public:
  using OpFor<S>::forward...;
  using OpFor<S>::forward_product...;
  using OpFor<S>::reverse_inputs...;
  using OpFor<S>::reverse_parameters...;
  using OpFor<S>::find_kinks...;
};

// How parameters and features are connected, for the flat families.
enum class OpKind {
  affine,         // y = W x + b
  elementwise,    // y_j = s(x_j), the same s for every feature
  sum,            // y = x_1 + ... + x_k
  product,        // y_j = product of x_j
  concatenation,  // features of the inputs one after another
  rename,         // y = x (identity, flatten)
  other           // anything else: no structural flat goes through it
};

class Op : public OpForAll<EvaluationScalars> {
 public:
  virtual OpKind kind() const = 0;
  // Shape of one sample of the result. Throws InputError when the shapes do not fit;
  // `where` ("model: node \"h1\"") opens the message. weight and bias are null where absent.
  virtual Shape infer(const std::vector<Shape>& inputs, const Shape* weight, const Shape* bias,
                      const std::string& where) const = 0;

  // The names of tensors it reads that are fixed: no parameters.
  virtual std::vector<std::string> buffers() const { return {}; }

  virtual bool has_cells() const { return false; }  // not analytic somewhere; analytic in each cell
  virtual bool has_kink() const { return false; }   // not differentiable where cells meet
  // Adds numbers that tell the cell of each unit.
  virtual void append_cells(const OpArguments<double>&, std::vector<std::size_t>&) const {}

  // Properties of an elementwise op (meaningless for the others). Its cells meet at 0.
  virtual bool positively_homogeneous() const { return false; }  // s(c x) = c s(x) for c > 0
  virtual bool zero_for_negative() const { return false; }       // s(x) = 0 for every x <= 0
  virtual bool odd() const { return false; }                     // s(-x) = -s(x)
  virtual bool linear_for_positive() const { return false; }     // s(x) = c x for every x >= 0
};

// Builds the operation a node names; fixed tensors that it names are taken from `tensors`. Throws InputError
// for an unknown op or attribute value, and for a fixed tensor that is missing.
std::unique_ptr<Op> make_op(const io::NodeSpec& node, const io::Tensors& tensors, const std::string& where);

}  // namespace pgb
