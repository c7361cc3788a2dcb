// From the plain data of a problem file to exact numbers and scalar features.
#include <algorithm>
#include <numeric>
#include <set>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"
#include "verifier/problem.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;

void append(const io::Tensor& tensor, Rationals& list) {
  const std::size_t first = list.size();
  for (const double value : tensor.values) list.emplace_back(io::canonical_rational(value));
  for (const auto& [i, text] : tensor.exact) list[first + i] = Rational(text);
}

class Builder {
 public:
  explicit Builder(const io::ProblemFile& problem) : problem_(problem) {}

  Setting build() {
    s_.loss = read_loss(problem_);
    for (const std::size_t extent : problem_.model.input) s_.inputs *= extent;
    for (std::size_t j = 0; j < s_.inputs; ++j) add("x", {});
    for (const io::NodeSpec& node : problem_.model.nodes) add_node(node);
    s_.outputs = values_.at(problem_.model.output);
    s_.model_parameters = s_.saved.size();
    if (problem_.regularizer) s_.lambda = Rational(problem_.regularizer->lambda);
    if (problem_.augment) add_neurons();
    s_.parameters = s_.saved.size();
    mark_uses();
    read_samples();
    return std::move(s_);
  }

 private:
  std::size_t add(const std::string& node, Feature feature) {
    Indices& units = values_[node];
    feature.node = node;
    feature.name = "node " + io::in_quotes(node) + ", unit " + std::to_string(units.size());
    grow(feature.terms.size() + 1);
    units.push_back(s_.features.size());
    s_.features.push_back(std::move(feature));
    return units.back();
  }
  void grow(std::size_t by) { require((size_ += by) < 20000000, "the network is too large for the checker"); }

  // Index in z of the tensor's first entry; a tensor that was used before keeps its place.
  std::size_t place(const std::string& name, const Indices& shape) {
    const io::Tensor& tensor = problem_.parameters.at(name);
    require(tensor.shape == shape, "tensor " + io::in_quotes(name) + " does not fit its node");
    const auto [found, is_new] = places_.emplace(name, s_.saved.size());
    if (is_new) append(tensor, s_.saved);
    return found->second;
  }

  void add_node(const io::NodeSpec& node) {
    const std::string& name = node.name;
    grow(2000);  // so no more than 10,000 nodes
    std::vector<Indices> inputs;
    for (const std::string& input : node.inputs) {
      const bool is_vector = input != "x" || problem_.model.input.size() == 1;
      require(is_vector || node.op == "flatten", name + ": the checker does nothing but flatten such inputs");
      inputs.push_back(values_.at(input));
    }
    Feature feature;
    if (read_activation(node, feature.activation)) {
      feature.op = Op::activation;
      for (const std::size_t f : inputs[0]) feature.terms = {{f}}, add(name, feature);
    } else if (node.op == "linear") {
      const Indices& shape = problem_.parameters.at(node.weight).shape;
      require(shape.size() == 2, name + ": linear needs a matrix");
      const std::size_t rows = shape[0], columns = inputs[0].size();
      const std::size_t weight = place(node.weight, {rows, columns});
      const std::size_t bias = node.bias.empty() ? none : place(node.bias, {rows});
      for (std::size_t r = 0; r < rows; ++r)
        add(name, row(inputs[0], weight + r * columns, bias == none ? none : bias + r));
      s_.linear[name] = values_[name];
    } else if (node.op == "add" || node.op == "mul") {
      feature.op = node.op == "add" ? Op::affine : Op::product;
      values_[name] = inputs[0];
      for (std::size_t t = 1; t < inputs.size(); ++t) {  // two by two
        const Indices left = std::exchange(values_[name], {});
        require(left.size() == inputs[t].size(), name + ": inputs of different lengths");
        for (std::size_t r = 0; r < left.size(); ++r)
          feature.terms = {{left[r]}, {inputs[t][r]}}, add(name, feature);
      }
    } else {
      const bool known = node.op == "concat" || node.op == "flatten" || node.op == "identity";
      require(known, name + ": operation not supported by the checker");
      for (const Indices& input : inputs) {
        grow(input.size());
        values_[name].insert(values_[name].end(), input.begin(), input.end());
      }
    }
  }

  // sum_j z[weight + j] h_j + z[bias]
  static Feature row(const Indices& features, std::size_t weight, std::size_t bias) {
    Feature feature{Op::affine, {}, bias};
    for (const std::size_t f : features) feature.terms.push_back({f, weight++});
    return feature;
  }

  // phi_k + a_k exp(w_k . x + b_k)
  void add_neurons() {
    const std::string units = "added neurons";
    s_.added_lambda = Rational(problem_.augment->lambda);
    const std::size_t d = s_.outputs.size(), a = s_.saved.size(), b = a + d, w = b + d;
    for (std::size_t k = 0; k < d; ++k) {
      const std::size_t exponent = add(units, row(values_["x"], w + k * s_.inputs, b + k));
      const std::size_t e = add(units, {Op::activation, {{exponent}}, none, {Activation::Kind::exp}});
      s_.outputs[k] = add(units, {Op::affine, {{s_.outputs[k]}, {e, a + k}}});
    }
    for (const std::size_t size : {d, d, d * s_.inputs}) {
      const std::string name = s_.saved.size() == a ? "aug.a" : s_.saved.size() == b ? "aug.b" : "aug.W";
      const std::size_t end = s_.saved.size() + size;
      const auto tensor = problem_.parameters.find(name);
      const io::Tensor zeros{{}, std::vector<double>(size), {}};
      append(tensor == problem_.parameters.end() ? zeros : tensor->second, s_.saved);
      require(s_.saved.size() == end && places_.count(name) == 0, "tensor " + name + " does not fit");
    }
  }

  void mark_uses() {
    s_.uses.resize(s_.parameters);
    for (const std::size_t f : s_.outputs) s_.features[f].feeds_output = true;
    for (std::size_t f = s_.features.size(); f-- > 0;) {
      if (s_.features[f].bias != none) ++s_.uses[s_.features[f].bias];
      for (const auto& [h, w] : s_.features[f].terms) {
        if (w != none) ++s_.uses[w];
        if (s_.features[f].feeds_output) s_.features[h].feeds_output = true;
      }
    }
  }

  void read_samples() {
    const std::size_t d = s_.outputs.size();
    append(problem_.x, s_.x);
    append(problem_.y, s_.y);
    s_.samples = problem_.x.shape.at(0);
    const std::size_t width = s_.loss.class_targets() ? 1 : d;
    require(s_.samples > 0 && s_.x.size() == s_.samples * s_.inputs, "data: x does not fit");
    require(s_.y.size() == s_.samples * width, "data: y does not fit");
    for (const Rational& y : s_.y) {
      const bool is_index = y.get_den() == 1 && y >= 0 && y < Rational(d);
      const bool fits = s_.loss.class_targets() ? is_index : !s_.loss.sign_targets() || y * y == 1;
      require(fits, "data: a target is not a class index, or not -1 or 1, as the loss needs");
    }
    std::map<Rationals, std::size_t> seen;
    for (std::size_t i = 0; i < s_.samples; ++i) {
      const Rational* x = &s_.x[i * s_.inputs];
      s_.group.push_back(seen.emplace(Rationals(x, x + s_.inputs), seen.size()).first->second);
    }
    s_.distinct_inputs = seen.size();
  }

  const io::ProblemFile& problem_;
  Setting s_;
  std::map<std::string, Indices> values_;      // of the nodes and "x"
  std::map<std::string, std::size_t> places_;  // of the tensors in z
  std::size_t size_ = 0;                       // features and terms so far
};

}  // namespace

Setting read_setting(const io::ProblemFile& problem) { return Builder(problem).build(); }

const Indices& Setting::node(const std::string& name) const {
  require(linear.count(name) != 0, "no linear node is called " + io::in_quotes(name));
  return linear.at(name);
}

Rationals Setting::point(const certificate::Point& p) const {
  Rationals z = saved;
  if (p.form == certificate::Point::Form::listed) {
    require(p.numbers.size() == parameters, "a point: expected " + std::to_string(parameters) + " numbers");
    std::transform(p.numbers.begin(), p.numbers.end(), z.begin(), exact);
  }
  for (const auto& [k, change] : entries(p.changes, parameters)) z[k] += change;
  return z;
}

Rational exact(const certificate::Number& number) { return Rational(io::canonical_rational(number)); }

Indices below(std::size_t end) {
  Indices all(end);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

Balls box(const Rationals& center, const Rational& radius, const Indices& moving) {
  require(radius >= 0, "a radius is negative");
  Balls z(center.begin(), center.end());
  for (const std::size_t k : moving) z[k] = Ball(center[k], radius);
  return z;
}

void require_indices(const Indices& indices, std::size_t end, const std::string& what) {
  const std::set<std::size_t> distinct(indices.begin(), indices.end());
  require(distinct.size() == indices.size(), what + ": an index appears twice");
  require(distinct.empty() || *distinct.rbegin() < end, what + ": an index is out of range");
}

std::map<std::size_t, Rational> entries(const certificate::SparseVector& v, std::size_t end) {
  std::map<std::size_t, Rational> result;
  for (const auto& [k, value] : v)
    require(k < end && result.emplace(k, exact(value)).second,
            "a sparse vector: index out of range or twice");
  return result;
}

}  // namespace pgb::verifier
