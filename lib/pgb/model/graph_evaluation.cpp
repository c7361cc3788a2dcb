#include <algorithm>
#include <stdexcept>
#include <string>

#include "pgb/model/graph.h"

namespace pgb {
namespace {

template <class S>
OpArguments<S> arguments(const Graph& graph, const GraphNode& node, const Vector<S>& z, ConstView<S> x,
                         const std::vector<Matrix<S>>& values) {
  OpArguments<S> in;
  for (const std::size_t v : node.inputs) in.inputs.push_back(v == 0 ? x : values[v - 1].view());
  in.input_shapes = &node.input_shapes;
  in.shape = &node.shape;
  if (node.weight != kNone) in.weight = z.data() + graph.blocks()[node.weight].begin;
  if (node.bias != kNone) in.bias = z.data() + graph.blocks()[node.bias].begin;
  return in;
}

template <class S>
class GraphEvaluation : public Evaluation<S> {
 public:
  GraphEvaluation(const Graph& graph, const Vector<S>& z, ConstView<S> x)
      : graph_(graph), z_(z), x_(x), values_(graph.values<S>(z, x)) {
    for (const GraphNode& node : graph.nodes())
      pools_ = pools_ || (node.op->has_cells() && node.op->kind() != OpKind::elementwise);
  }

  const Matrix<S>& outputs() const override { return values_[graph_.output_node()]; }

  Matrix<S> forward_product(const Vector<S>& z_dot) const override {
    if (!graph_.depends_on_parameters(graph_.output_node() + 1))
      return Matrix<S>(outputs().rows, outputs().cols);
    std::vector<Matrix<S>> dots(values_.size());
    for (std::size_t k = 0; k <= graph_.output_node(); ++k) {
      const GraphNode& node = graph_.nodes()[k];
      if (!graph_.depends_on_parameters(k + 1)) continue;
      OpArguments<S> dot;
      for (const std::size_t v : node.inputs)
        dot.inputs.push_back(v == 0 ? ConstView<S>{} : dots[v - 1].view());
      for (ConstView<S>& view : dot.inputs) {
        if (view.rows == 0) view.data = nullptr;
      }
      if (node.weight != kNone) dot.weight = z_dot.data() + graph_.blocks()[node.weight].begin;
      if (node.bias != kNone) dot.bias = z_dot.data() + graph_.blocks()[node.bias].begin;
      dots[k] = node.op->forward_product(arguments(graph_, node, z_, x_, values_), values_[k].view(), dot);
    }
    return std::move(dots[graph_.output_node()]);
  }

  Vector<S> reverse_product(const Matrix<S>& weights) const override {
    Vector<S> gradient(graph_.parameters(), S(0));
    backward(weights,
             [&](const GraphNode& node, const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar) {
               node.op->reverse_parameters(in, y, y_bar, at(gradient.data(), node.weight),
                                           at(gradient.data(), node.bias));
             });
    return gradient;
  }

  // One reverse sweep an output: the sweep for output k carries d f_k / d y of every sample in its columns.
  // An affine op's rows are the outer products y_bar_i (x) x_i.
  Matrix<S> jacobian() const override {
    const std::size_t d_y = graph_.outputs(), m = x_.cols;
    Matrix<S> j(m * d_y, graph_.parameters());
    for (std::size_t k = 0; k < d_y; ++k) {
      Matrix<S> unit(d_y, m);
      for (std::size_t i = 0; i < m; ++i) unit(k, i) = S(1);
      backward(unit,
               [&](const GraphNode& node, const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar) {
                 if (node.op->kind() == OpKind::affine) {
                   add_outer_rows(node, in, y_bar, k, j);
                 } else {
                   add_sample_rows(node, in, y, y_bar, k, j);
                 }
               });
    }
    return j;
  }

  std::vector<Kink> kinks() const override {
    std::vector<Kink> found;
    const std::vector<std::vector<bool>> still =
        pools_ ? still_entries() : std::vector<std::vector<bool>>(values_.size() + 1);
    for (std::size_t k = 0; k < graph_.nodes().size(); ++k) {
      const GraphNode& node = graph_.nodes()[k];
      if (!node.op->has_cells() || !graph_.feeds_output(k + 1)) continue;
      if (!graph_.depends_on_parameters(node.inputs[0])) continue;
      std::vector<UnitKink> units;
      node.op->find_kinks(arguments(graph_, node, z_, x_, values_), still[node.inputs[0]], units);
      for (const UnitKink& u : units)
        found.push_back({node.name, u.unit, u.sample, u.exact, !node.op->has_kink()});
    }
    return found;
  }

 private:
  S* at(S* base, std::size_t block) const {
    return block == kNone ? nullptr : base + graph_.blocks()[block].begin;
  }

  ConstView<S> value(std::size_t v) const { return v == 0 ? x_ : values_[v - 1].view(); }

  // The entries of every value that do not move with z near here: those of no parameter, those that an
  // operation such as relu keeps at 0 because its argument is negative, and what is made of these alone.
  std::vector<std::vector<bool>> still_entries() const {
    std::vector<std::vector<bool>> still(values_.size() + 1);
    still[0].assign(x_.rows * x_.cols, true);
    for (std::size_t k = 0; k < values_.size(); ++k) {
      const GraphNode& node = graph_.nodes()[k];
      std::vector<bool>& mine = still[k + 1];
      mine.assign(values_[k].data.size(), !graph_.depends_on_parameters(k + 1));
      const OpKind kind = node.op->kind();
      if (kind != OpKind::elementwise && kind != OpKind::sum && kind != OpKind::product &&
          kind != OpKind::rename)
        continue;
      const ConstView<S> in = value(node.inputs[0]);
      for (std::size_t t = 0; t < mine.size(); ++t) {
        const bool all = std::all_of(node.inputs.begin(), node.inputs.end(),
                                     [&](std::size_t v) { return bool(still[v][t]); });
        mine[t] = all || (node.op->zero_for_negative() && sign_of(in.data[t]) == Sign::negative);
      }
    }
    return still;
  }

  template <class Visit>
  void backward(const Matrix<S>& weights, Visit visit) const {
    if (weights.rows != outputs().rows || weights.cols != outputs().cols) {
      throw std::invalid_argument("reverse_product: expected " + std::to_string(outputs().rows) + " x " +
                                  std::to_string(outputs().cols) + " weights, found " +
                                  std::to_string(weights.rows) + " x " + std::to_string(weights.cols));
    }
    std::vector<Matrix<S>> bars(values_.size());
    bars[graph_.output_node()] = weights;
    for (std::size_t k = graph_.output_node() + 1; k-- > 0;) {
      if (bars[k].data.empty()) continue;
      const GraphNode& node = graph_.nodes()[k];
      const OpArguments<S> in = arguments(graph_, node, z_, x_, values_);
      std::vector<Matrix<S>*> input_bar;
      for (const std::size_t v : node.inputs) {
        if (!graph_.depends_on_parameters(v)) {
          input_bar.push_back(nullptr);
          continue;
        }
        if (bars[v - 1].data.empty()) bars[v - 1] = Matrix<S>(values_[v - 1].rows, values_[v - 1].cols);
        input_bar.push_back(&bars[v - 1]);
      }
      node.op->reverse_inputs(in, values_[k].view(), bars[k].view(), input_bar);
      if (node.weight != kNone || node.bias != kNone) visit(node, in, values_[k].view(), bars[k].view());
      bars[k] = Matrix<S>();
    }
  }

  void add_outer_rows(const GraphNode& node, const OpArguments<S>& in, ConstView<S> y_bar, std::size_t k,
                      Matrix<S>& j) const {
    const ConstView<S>& h = in.inputs[0];
    const std::size_t d_y = graph_.outputs();
    for (std::size_t o = 0; o < y_bar.rows; ++o) {
      if (node.weight != kNone) {
        const std::size_t begin = graph_.blocks()[node.weight].begin + o * h.rows;
        for (std::size_t u = 0; u < h.rows; ++u) {
          S* column = j.column(begin + u);
          for (std::size_t i = 0; i < y_bar.cols; ++i) column[i * d_y + k] += y_bar(o, i) * h(u, i);
        }
      }
      if (node.bias != kNone) {
        S* column = j.column(graph_.blocks()[node.bias].begin + o);
        for (std::size_t i = 0; i < y_bar.cols; ++i) column[i * d_y + k] += y_bar(o, i);
      }
    }
  }

  void add_sample_rows(const GraphNode& node, const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar,
                       std::size_t k, Matrix<S>& j) const {
    for (std::size_t i = 0; i < y.cols; ++i) {
      OpArguments<S> one = in;
      for (ConstView<S>& view : one.inputs) view = view.columns(i, 1);
      Vector<S> row(graph_.parameters(), S(0));
      node.op->reverse_parameters(one, y.columns(i, 1), y_bar.columns(i, 1), at(row.data(), node.weight),
                                  at(row.data(), node.bias));
      for (const std::size_t block : {node.weight, node.bias}) {
        if (block == kNone) continue;
        const ParameterBlock& range = graph_.blocks()[block];
        for (std::size_t c = range.begin; c < range.end; ++c) j(i * graph_.outputs() + k, c) += row[c];
      }
    }
  }

  const Graph& graph_;
  const Vector<S>& z_;
  ConstView<S> x_;
  std::vector<Matrix<S>> values_;
  bool pools_ = false;  // an operation whose kinks are differences of entries
};

}  // namespace

template <class S>
std::vector<Matrix<S>> Graph::values(const Vector<S>& z, ConstView<S> x) const {
  if (z.size() < parameters() || x.rows != inputs()) {
    throw std::invalid_argument("model: expected " + std::to_string(parameters()) + " parameters and " +
                                std::to_string(inputs()) + " inputs, found " + std::to_string(z.size()) +
                                " and " + std::to_string(x.rows));
  }
  std::vector<Matrix<S>> values;
  values.reserve(nodes_.size());
  for (const GraphNode& node : nodes_) {
    values.push_back(node.op->forward(arguments(*this, node, z, x, values)));
  }
  return values;
}

#define PGB_INSTANTIATE(S)                                                                   \
  template std::vector<Matrix<S>> Graph::values<S>(const Vector<S>&, ConstView<S>) const;    \
  std::unique_ptr<Evaluation<S>> Graph::evaluate(const Vector<S>& z, ConstView<S> x) const { \
    return std::make_unique<GraphEvaluation<S>>(*this, z, x);                                \
  }
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
