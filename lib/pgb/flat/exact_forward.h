// The features of a network in an exact arithmetic (see exact_arithmetic.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/flat/setting.h"

namespace pgb::flat_detail {

template <class A>
std::vector<typename A::Number> numbers(const io::Tensor& tensor, std::size_t begin, std::size_t end) {
  std::vector<typename A::Number> list;
  for (std::size_t k = begin; k < end; ++k) {
    const auto exact = tensor.exact.find(k);
    list.push_back(exact == tensor.exact.end() ? A::number(tensor.values[k]) : A::number(exact->second));
  }
  return list;
}

// What is rational of an activation: its slopes on both sides of 0, where it is linear there, and its value
// at 0.
struct Known {
  std::optional<std::string> positive, negative, at_zero;
};

inline std::optional<std::string> exact_text(const Ball& x) {
  if (!x.is_exact()) return std::nullopt;
  return to_rational(to_real(x));
}

inline Known known_of(const Op& op) {
  const auto at = [&](int x) {
    const Matrix<Ball> argument(1, 1, Vector<Ball>{Ball(x)});
    OpArguments<Ball> arguments;
    arguments.inputs = {argument.view()};
    return op.forward(arguments)(0, 0);
  };
  const PrecisionScope scope(128);
  Known known;
  known.at_zero = exact_text(at(0));
  if (op.linear_for_positive()) known.positive = exact_text(at(1));
  if (op.positively_homogeneous()) known.negative = exact_text(-at(-1));
  return known;
}

// Features of one sample at a time, in an arithmetic A.
template <class A>
class Features {
 public:
  using Value = typename A::Value;

  explicit Features(const Setting& s) : s_(s), z_(numbers<A>(s.problem.parameters, 0, s.graph.parameters())) {
    for (const GraphNode& node : s.graph.nodes())
      known_.push_back(node.op->kind() == OpKind::elementwise ? known_of(*node.op) : Known{});
  }

  // Of every value of the graph, at sample i; column `column` of `balls` encloses the results of the nodes.
  std::vector<std::vector<Value>> at(A& a, std::size_t i, const std::vector<Matrix<Ball>>& balls,
                                     std::size_t column) const {
    const std::size_t d_x = s_.graph.inputs();
    std::vector<std::vector<Value>> values(s_.graph.nodes().size() + 1);
    for (const auto& x : numbers<A>(s_.problem.x, i * d_x, (i + 1) * d_x))
      values[0].push_back(A::constant(x));
    for (std::size_t k = 0; k < s_.graph.nodes().size(); ++k) {
      const GraphNode& node = s_.graph.nodes()[k];
      std::vector<Value>& out = values[k + 1];
      const std::vector<Value>& in = values[node.inputs[0]];
      switch (node.op->kind()) {
        case OpKind::affine:
          for (std::size_t r = 0; r < s_.rows(k); ++r) {
            Value sum = s_.bias(k, r) == kNone ? Value{} : A::constant(z_[s_.bias(k, r)]);
            for (std::size_t j = 0; j < in.size(); ++j) A::add(sum, z_[s_.weight(k, r, j)], in[j]);
            out.push_back(std::move(sum));
          }
          break;
        case OpKind::elementwise:
          for (std::size_t u = 0; u < in.size(); ++u) {
            const Ball* argument = node.inputs[0] == 0 ? nullptr : &balls[node.inputs[0] - 1](u, column);
            out.push_back(activated(a, k, in[u], argument, balls[k](u, column)));
          }
          break;
        case OpKind::rename:
          out = in;
          break;
        case OpKind::sum:
          out = in;
          for (std::size_t t = 1; t < node.inputs.size(); ++t) {
            for (std::size_t u = 0; u < out.size(); ++u) A::add(out[u], 1, values[node.inputs[t]][u]);
          }
          break;
        case OpKind::product:
          for (std::size_t u = 0; u < in.size(); ++u) out.push_back(product(a, i, k, u, values));
          break;
        case OpKind::concatenation:
          for (const std::size_t v : node.inputs) out.insert(out.end(), values[v].begin(), values[v].end());
          break;
        case OpKind::other:
          for (std::size_t u = 0; u < s_.rows(k); ++u) out.push_back(unknown(a, i, k, u));
          break;
      }
    }
    return values;
  }

 private:
  // A number of its own.
  Value unknown(A& a, std::size_t i, std::size_t k, std::size_t u) const {
    const std::string sample = std::to_string(i);
    return a.atom(s_.graph.nodes().size() * (1 + u) + k, A::constant(A::number(sample)), false);
  }

  Value activated(A& a, std::size_t k, const Value& x, const Ball* argument, const Ball& result) const {
    const GraphNode& node = s_.graph.nodes()[k];
    if (A::is_zero(x) && known_[k].at_zero) return A::constant(A::number(*known_[k].at_zero));
    if (A::is_rational(x)) {
      if (node.op_name == "square") {
        Value y;
        A::add(y, A::as_number(x), x);
        return y;
      }
      if (const auto text = exact_text(result)) return A::constant(A::number(*text));
    }
    const bool positive = argument != nullptr && argument->certainly_positive();
    const bool negative = argument != nullptr && argument->certainly_negative();
    const std::optional<std::string>& slope = positive ? known_[k].positive : known_[k].negative;
    if ((!positive && !negative) || !slope) return a.atom(k, x, node.op->odd());
    Value y;
    A::add(y, A::number(*slope), x);
    return y;
  }

  // Two by two; a product of two that are not rational is a number of its own.
  Value product(A& a, std::size_t i, std::size_t k, std::size_t u,
                const std::vector<std::vector<Value>>& values) const {
    const std::vector<std::size_t>& inputs = s_.graph.nodes()[k].inputs;
    Value left = values[inputs[0]][u];
    for (std::size_t t = 1; t < inputs.size(); ++t) {
      const Value& right = values[inputs[t]][u];
      if (!A::is_rational(left) && !A::is_rational(right)) return unknown(a, i, k, u);
      Value y;
      if (A::is_rational(left)) {
        A::add(y, A::as_number(left), right);
      } else {
        A::add(y, A::as_number(right), left);
      }
      left = std::move(y);
    }
    return left;
  }

  const Setting& s_;
  std::vector<Known> known_;  // of the nodes
  std::vector<typename A::Number> z_;
};

}  // namespace pgb::flat_detail
