// The state of a translation from an ONNX graph to a model file, and one function for each group of
// operators. Only for the sources of this folder.
#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pgb/io/onnx/proto.h"
#include "pgb/io/onnx/read_onnx.h"

namespace pgb::io::onnx_detail {

using Shape = std::vector<std::size_t>;

// What a name of the graph stands for: a constant, or scale * n + shift with n a node of the model (one
// sample of it has `shape`; the axis of the samples comes first in the file). Scales are kept apart until
// something needs them.
struct Value {
  bool constant = false;

  std::string node;  // "x": the input
  Shape shape;
  std::string scale = "1", shift = "0";  // canonical rationals
  std::string ending;                    // "softmax": nothing may follow
  std::array<std::size_t, 4> padding{};  // zeros put around the images: top, left, bottom, right

  std::string name;                      // of a constant: of the initializer or of the node that gives it
  std::string form;                      // what was done to it since: "T" a transposition, …
  bool integer = false, learnt = false;  // whole numbers; an initializer, not the output of a node
  std::shared_ptr<const Tensor> tensor;  // nan where the number of samples stands
};

// One node of the graph with its inputs.
struct Call {
  const onnx::NodeProto& node;
  std::string where;          // for messages
  std::vector<Value> inputs;  // an input left out is a constant without tensor

  const std::string& op() const { return node.op_type(); }
  bool has(std::size_t k) const {
    return k < inputs.size() && (!inputs[k].constant || inputs[k].tensor != nullptr);
  }
  const Value& data(std::size_t k) const;      // throws InputError for a constant
  const Value& constant(std::size_t k) const;  // throws InputError for data
  // Of a constant; the number of samples is -1 where it may be among them.
  std::vector<long long> integers(std::size_t k, bool with_samples = false) const;

  const onnx::AttributeProto* find(const std::string& name) const;
  long long integer(const std::string& name, long long otherwise) const;
  std::vector<long long> integers(const std::string& name) const;  // empty where absent
  double number(const std::string& name, double otherwise) const;
  std::string word(const std::string& name, const std::string& otherwise) const;
  void allow(std::initializer_list<const char*> attributes) const;  // throws InputError for any other

  [[noreturn]] void refuse(const std::string& what) const;  // "operator Conv …"
};

class Translator {
 public:
  Translator(const onnx::ModelProto& proto, const std::string& path);
  OnnxModel run();

 private:
  // Each gives the values of the node's outputs, or nothing when the operator is none of its own.
  using Results = std::vector<Value>;
  bool constants(const Call& call, Results& results);    // of constants alone, and sizes (constants.cpp)
  bool layers(const Call& call, Results& results);       // Gemm, MatMul, Conv, … (layers.cpp)
  bool windows(const Call& call, Results& results);      // pooling (layers.cpp)
  bool arithmetic(const Call& call, Results& results);   // Add, Mul, … (arithmetic.cpp)
  bool activations(const Call& call, Results& results);  // (arithmetic.cpp)
  bool shapes(const Call& call, Results& results);       // Reshape, Flatten, … (shapes.cpp)

  // A node of the model. Its name is made of the graph's.
  Value add(const Call& call, NodeSpec spec, Shape shape);
  Value add(const Call& call, const std::string& op, const std::vector<Value>& inputs, Shape shape);
  // The node that a value is, scale and shift applied.
  std::string applied(const Value& value, const Call& call);

  // Registers a tensor as parameter under the constant's name; `form` tells one use from another. Throws
  // InputError where the same constant is used in another form.
  std::string parameter(const Call& call, const Value& constant, Tensor tensor, const std::string& form);
  // Registers a fixed tensor; says so where it could have been meant as a parameter.
  std::string fixed(const Call& call, const Value& constant, Tensor tensor);

  Value gemm(const Call& call);
  Value matmul(const Call& call);
  Value convolution(const Call& call);
  Value batch_norm(const Call& call);
  Value pool(const Call& call);
  bool absorbs_bias(const Call& call, const Value& data, const Value& constant, Value& result);
  Value with_constant(const Call& call, const Value& data, const Value& constant, const std::string& op);
  bool gated(const Call& call, const Value& a, const Value& b, Value& result);
  Value joined(const Call& call);
  Value padded(const Call& call);

  void read_initializers();
  void read_input();
  const onnx::ValueInfoProto& output() const;
  std::set<std::string> needed(const std::string& output) const;
  Results translate(const onnx::NodeProto& node);
  void prune();

  Shape target_shape(const Call& call, const Shape& from) const;

  const onnx::ModelProto& proto_;
  const onnx::GraphProto& graph_;
  std::string file_;
  TensorSource source_;
  std::map<std::string, const onnx::TensorProto*> initializers_;
  std::map<std::string, Value> values_;
  std::map<std::string, std::size_t> uses_;        // of a name of the graph
  std::map<std::string, std::size_t> node_index_;  // in the model
  std::map<std::string, std::string> forms_;       // of parameters
  std::map<std::string, Value> erf_inputs_;        // by node of the model
  std::map<std::string, std::string> rescaled_;    // "node scale shift": the node that applies them
  std::set<std::string> names_{"x"};
  long long samples_ = 0;  // of the input as it was exported, 0 where it is free
  OnnxModel result_;
};

// A constant as text for messages and the like.
Tensor scalar_tensor(const std::string& rational);
std::string exact_entry(const Tensor& tensor, std::size_t k);
// Every entry times the factor, exactly.
Tensor scaled_exactly(const Tensor& tensor, const std::string& factor);
Tensor transposed(const Tensor& tensor, const std::vector<std::size_t>& order);
std::size_t count_of(const Shape& shape);

}  // namespace pgb::io::onnx_detail
