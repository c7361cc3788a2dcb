// A model x -> f(x; z): what every stage needs of it, for every scalar of the list.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

class Graph;

// A place where the model is not, or cannot be shown to be, analytic in z: the argument of a piecewise
// operation whose value is 0 or whose enclosure holds 0, or several cells that are or may be the largest
// under max pooling. `differentiable`: the operation's slope is continuous there.
struct Kink {
  std::string node;     // name of the operation
  std::size_t unit;     // feature of the result, 0-based
  std::size_t sample;   // 0-based
  bool exact;           // exactly there (false: an enclosure holds such a place)
  bool differentiable;  // elu with alpha = 1; false for relu, leaky_relu, selu, …
  bool operator==(const Kink& k) const { return node == k.node && unit == k.unit && sample == k.sample; }
};

// A model evaluated at one z on one batch X (d_x x m). The products reuse the forward pass.
// z and X must outlive it. Symbols as in docs/theory.md: Phi stacks outputs sample by sample, which is the
// column-major order of outputs().
template <class S>
class Evaluation {
 public:
  virtual ~Evaluation() = default;
  virtual const Matrix<S>& outputs() const = 0;                           // f(x_i; z), d_y x m
  virtual Matrix<S> forward_product(const Vector<S>& z_dot) const = 0;    // J z_dot, as d_y x m
  virtual Vector<S> reverse_product(const Matrix<S>& weights) const = 0;  // J^T vec(weights), n
  virtual Matrix<S> jacobian() const = 0;                                 // J, N x n, N = m d_y
  virtual std::vector<Kink> kinks() const = 0;                            // empty where none can be
};

template <class S>
class ModelFor {
 public:
  virtual ~ModelFor() = default;
  virtual std::unique_ptr<Evaluation<S>> evaluate(const Vector<S>& z, ConstView<S> x) const = 0;
};

template <class List>
class ModelForAll;
template <class... S>
class ModelForAll<TypeList<S...>> : public ModelFor<S>... {
 public:
  using ModelFor<S>::evaluate...;
};

// A range [begin, end) of the parameter vector with the tensor it came from.
struct ParameterBlock {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t begin = 0, end = 0;
};

// The exponential units added to a model: where a, b and W sit in z.
struct AddedNeurons {
  std::size_t a = 0, b = 0, w = 0;  // offsets; a and b hold d_y entries, W d_y rows of d_x
};

class Model : public ModelForAll<EvaluationScalars> {
 public:
  virtual std::size_t inputs() const = 0;      // d_x
  virtual std::size_t outputs() const = 0;     // d_y
  virtual std::size_t parameters() const = 0;  // n
  virtual const std::vector<ParameterBlock>& blocks() const = 0;

  // The entries of h(z) with Phi(z) = J(z) h(z): indices k with h_k = z_k, all other entries 0; nothing when
  // the structure shows no such h. True for every z and every data set.
  virtual std::optional<std::vector<std::size_t>> homogeneous_parameters() const = 0;

  // Whether f is analytic in z away from kinks (true of every operation of the library).
  virtual bool piecewise_analytic() const = 0;

  // The operations, where the model is made of them; null for a model of the caller's own.
  virtual const Graph* graph() const { return nullptr; }
  virtual const AddedNeurons* added() const { return nullptr; }
};

}  // namespace pgb
