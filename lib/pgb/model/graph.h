// Feed-forward graphs of operations, built from a model description.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/model/model.h"
#include "pgb/model/op.h"

namespace pgb {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct GraphNode {
  std::string name;
  std::string op_name;  // "linear", "tanh", …
  std::unique_ptr<Op> op;
  std::vector<std::size_t> inputs;  // values: 0 is the graph's input x, k + 1 the result of node k
  std::vector<Shape> input_shapes;
  Shape shape;                 // of one sample of the result
  std::size_t weight = kNone;  // index into blocks(), kNone where absent
  std::size_t bias = kNone;
};

// A DAG of operations whose parameters are tensors in node order, weight before bias, row-major; a tensor
// used by several nodes is there once.
class Graph : public Model {
 public:
  // Throws InputError, naming node and tensor, when shapes do not fit, a tensor is missing or both fixed and
  // a parameter, or the output is not a vector of features.
  Graph(const io::ModelSpec& spec, const io::Tensors& tensors, const std::string& source = "model");

  std::size_t inputs() const override { return element_count(input_shape_); }
  std::size_t outputs() const override { return element_count(nodes_[output_].shape); }
  std::size_t parameters() const override { return blocks_.empty() ? 0 : blocks_.back().end; }
  const std::vector<ParameterBlock>& blocks() const override { return blocks_; }
  std::optional<std::vector<std::size_t>> homogeneous_parameters() const override;
  bool piecewise_analytic() const override { return true; }
  const Graph* graph() const override { return this; }

  const io::ModelSpec& spec() const { return spec_; }  // that it was built from
  const std::vector<GraphNode>& nodes() const { return nodes_; }
  const Shape& input_shape() const { return input_shape_; }
  std::size_t output_node() const { return output_; }
  // Whether value v (0 = x, k + 1 = node k) depends on any parameter.
  bool depends_on_parameters(std::size_t value) const { return depends_[value]; }

  // Whether the output depends on value v.
  bool feeds_output(std::size_t value) const { return feeds_output_[value]; }

  // Results of every node on a batch: element k is that of node k, [features x m].
  template <class S>
  std::vector<Matrix<S>> values(const Vector<S>& z, ConstView<S> x) const;

#define PGB_DECLARE_EVALUATE(S) \
  std::unique_ptr<Evaluation<S>> evaluate(const Vector<S>& z, ConstView<S> x) const override;
  PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_EVALUATE)
#undef PGB_DECLARE_EVALUATE

 private:
  std::size_t add_block(const std::string& tensor, const io::Tensors& tensors, const std::string& where);
  bool homogeneous(std::size_t value, std::vector<std::size_t>& blocks) const;

  io::ModelSpec spec_;
  Shape input_shape_;
  std::vector<GraphNode> nodes_;
  std::vector<ParameterBlock> blocks_;
  std::vector<bool> depends_, feeds_output_;
  std::size_t output_ = 0;
};

#define PGB_DECLARE_VALUES(S) \
  extern template std::vector<Matrix<S>> Graph::values<S>(const Vector<S>&, ConstView<S>) const;
PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_VALUES)
#undef PGB_DECLARE_VALUES

}  // namespace pgb
