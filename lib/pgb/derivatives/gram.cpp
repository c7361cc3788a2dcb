#include "pgb/derivatives/gram.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "pgb/model/graph.h"
#include "pgb/scalar/functions.h"
#include "pgb/scalar/parallel.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr std::size_t kTile = 192;  // rows of a tile of K: two of them stay in a second-level cache

// Which parameters go through the structure of their nodes, and which through columns of J.
class Plan {
 public:
  explicit Plan(const Graph& graph) : graph_(graph), formed_(graph.blocks().size(), 0) {
    std::vector<bool> weight(formed_.size()), bias(formed_.size()), other(formed_.size());
    for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
      if (!graph.feeds_output(k + 1)) continue;
      const GraphNode& node = graph.nodes()[k];
      const bool affine = node.op->kind() == OpKind::affine;
      if (node.weight != kNone) (affine ? weight : other)[node.weight] = true;
      if (node.bias != kNone) (affine ? bias : other)[node.bias] = true;
    }
    structural_.resize(formed_.size());
    for (std::size_t b = 0; b < formed_.size(); ++b) {
      structural_[b] = !other[b] && weight[b] != bias[b];
      if (structural_[b] || !(other[b] || weight[b])) continue;
      formed_[b] = formed_rows_;
      formed_rows_ += graph.blocks()[b].end - graph.blocks()[b].begin;
    }
    for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
      const GraphNode& node = graph.nodes()[k];
      if (graph.feeds_output(k + 1) && (structural(node.weight) || structural(node.bias)))
        nodes_.push_back(k);
    }
  }

  bool structural(std::size_t block) const { return block != kNone && structural_[block]; }
  bool formed(std::size_t block) const { return block != kNone && !structural_[block]; }
  std::size_t first_row(std::size_t formed_block) const { return formed_[formed_block]; }
  std::size_t formed_rows() const { return formed_rows_; }  // parameters whose columns of J are formed
  const std::vector<std::size_t>& nodes() const { return nodes_; }

  bool share_weight(std::size_t a, std::size_t b) const {
    return structural(node(a).weight) && node(a).weight == node(b).weight;
  }
  bool share_bias(std::size_t a, std::size_t b) const {
    return structural(node(a).bias) && node(a).bias == node(b).bias;
  }

  // Numbers held besides K and the tiles.
  double numbers(double samples) const {
    const double outputs = static_cast<double>(graph_.outputs());
    double count = static_cast<double>(formed_rows_) * samples * outputs;
    for (const GraphNode& n : graph_.nodes())
      count += 2 * static_cast<double>(element_count(n.shape)) * samples;
    for (const std::size_t a : nodes_) {
      count += static_cast<double>(element_count(node(a).shape)) * samples * outputs;
      for (const std::size_t b : nodes_) count += share_weight(a, b) ? samples * samples : 0;
    }
    return count;
  }

 private:
  const GraphNode& node(std::size_t k) const { return graph_.nodes()[k]; }

  const Graph& graph_;
  std::vector<bool> structural_;
  std::vector<std::size_t> formed_;
  std::size_t formed_rows_ = 0;
  std::vector<std::size_t> nodes_;
};

// Builds K as a sum of terms (left^T right) .* (factor (x) ones of d_y x d_y), tile by tile.
template <class S>
class GramBuilder {
 public:
  GramBuilder(const Problem& problem, int threads)
      : model_(*problem.model),
        threads_(threads),
        z_(to_scalars<S>(problem.parameters)),
        x_(problem.x.shape[1], problem.x.shape[0], to_scalars<S>(problem.x)),
        d_y_(model_.outputs()) {}

  Matrix<S> build() {
    if (model_.graph() == nullptr) {
      whole_jacobian();
    } else {
      const Plan plan(*model_.graph());
      sweep(plan, *model_.graph());
      if (model_.added() != nullptr) added_neurons(*model_.added());
    }
    return sum();
  }

 private:
  struct Term {
    std::size_t left = 0, right = 0;  // panels
    Matrix<S> factor;                 // m x m, lower blocks only; empty: all ones
  };

  void whole_jacobian() {
    const Matrix<S> j = model_.evaluate(z_, x_.view())->jacobian();
    Matrix<S> transposed(j.cols, j.rows);
    for (std::size_t c = 0; c < j.cols; ++c) {
      for (std::size_t r = 0; r < j.rows; ++r) transposed(c, r) = j(r, c);
    }
    panels_.push_back(std::move(transposed));
    terms_.push_back({0, 0, {}});
  }

  // A^T B (both with m columns) where its row is not above its block of columns.
  Matrix<S> products(ConstView<S> a, ConstView<S> b) const {
    Matrix<S> c(a.cols, b.cols);
    const std::size_t width = block_samples(), blocks = (b.cols + width - 1) / width;
    parallel_for(blocks, threads_, nullptr, [&](std::size_t k, bool) {
      const std::size_t first = k * width, count = std::min(width, b.cols - first);
      const Matrix<S> part = multiply_tn<S>(a.columns(first, a.cols - first), b.columns(first, count));
      for (std::size_t j = 0; j < count; ++j)
        std::copy(part.column(j), part.column(j) + part.rows, c.column(first + j) + first);
    });
    return c;
  }

  // One reverse sweep for each output k, whose columns hold the gradient of f_k of every sample.
  void sweep(const Plan& plan, const Graph& graph) {
    const std::vector<Matrix<S>> values = graph.values<S>(z_, x_.view());
    const std::size_t m = x_.cols, nodes = plan.nodes().size();
    for (const std::size_t k : plan.nodes())
      panels_.emplace_back(element_count(graph.nodes()[k].shape), m * d_y_);
    if (plan.formed_rows() > 0) panels_.emplace_back(plan.formed_rows(), m * d_y_);
    for (std::size_t k = 0; k < d_y_; ++k) sweep_output(plan, graph, values, k);

    const auto input = [&](std::size_t k) {
      const std::size_t v = graph.nodes()[k].inputs[0];
      return v == 0 ? x_.view() : values[v - 1].view();
    };
    for (std::size_t s = 0; s < nodes; ++s) {
      for (std::size_t t = 0; t < nodes; ++t) {
        const std::size_t a = plan.nodes()[s], b = plan.nodes()[t];
        const bool weight = plan.share_weight(a, b), bias = plan.share_bias(a, b);
        if (!weight && !bias) continue;
        Term term{s, t, weight ? products(input(a), input(b)) : Matrix<S>()};
        if (weight && bias) {
          for (S& entry : term.factor.data) entry += S(1);
        }
        terms_.push_back(std::move(term));
      }
    }
    if (plan.formed_rows() > 0) terms_.push_back({nodes, nodes, {}});
  }

  void sweep_output(const Plan& plan, const Graph& graph, const std::vector<Matrix<S>>& values,
                    std::size_t k) {
    const std::size_t m = x_.cols;
    std::vector<Matrix<S>> bars(values.size());
    bars[graph.output_node()] = Matrix<S>(d_y_, m);
    for (std::size_t i = 0; i < m; ++i) bars[graph.output_node()](k, i) = S(1);
    for (std::size_t v = graph.output_node() + 1; v-- > 0;) {
      if (bars[v].data.empty()) continue;
      const GraphNode& node = graph.nodes()[v];
      OpArguments<S> in;
      std::vector<Matrix<S>*> input_bar;
      for (const std::size_t u : node.inputs) {
        in.inputs.push_back(u == 0 ? x_.view() : values[u - 1].view());
        input_bar.push_back(nullptr);
        if (!graph.depends_on_parameters(u)) continue;
        if (bars[u - 1].data.empty()) bars[u - 1] = Matrix<S>(values[u - 1].rows, m);
        input_bar.back() = &bars[u - 1];
      }
      in.input_shapes = &node.input_shapes;
      in.shape = &node.shape;
      if (node.weight != kNone) in.weight = z_.data() + graph.blocks()[node.weight].begin;
      if (node.bias != kNone) in.bias = z_.data() + graph.blocks()[node.bias].begin;
      node.op->reverse_inputs(in, values[v].view(), bars[v].view(), input_bar);
      record(plan, node, v, in, values[v], bars[v], k);
      bars[v] = Matrix<S>();
    }
  }

  // What output k has of one node: the columns of its sensitivities, and of J^T where they are formed.
  void record(const Plan& plan, const GraphNode& node, std::size_t v, const OpArguments<S>& in,
              const Matrix<S>& y, const Matrix<S>& bar, std::size_t k) {
    const auto found = std::find(plan.nodes().begin(), plan.nodes().end(), v);
    if (found != plan.nodes().end()) {
      Matrix<S>& panel = panels_[static_cast<std::size_t>(found - plan.nodes().begin())];
      for (std::size_t i = 0; i < bar.cols; ++i)
        std::copy(bar.column(i), bar.column(i) + bar.rows, panel.column(i * d_y_ + k));
    }
    if (!plan.formed(node.weight) && !plan.formed(node.bias)) return;
    Matrix<S>& panel = panels_[plan.nodes().size()];
    for (std::size_t i = 0; i < bar.cols; ++i) {
      OpArguments<S> one = in;
      for (ConstView<S>& view : one.inputs) view = view.columns(i, 1);
      S* column = panel.column(i * d_y_ + k);
      node.op->reverse_parameters(one, y.view().columns(i, 1), bar.view().columns(i, 1),
                                  plan.formed(node.weight) ? column + plan.first_row(node.weight) : nullptr,
                                  plan.formed(node.bias) ? column + plan.first_row(node.bias) : nullptr);
    }
  }

  void added_neurons(const AddedNeurons& at) {
    const ConstView<S> w{z_.data() + at.w, x_.rows, d_y_};
    const Matrix<S> s = multiply_tn<S>(w, x_.view());
    Matrix<S> unit(d_y_, x_.cols * d_y_), scaled(d_y_, x_.cols * d_y_);
    for (std::size_t i = 0; i < x_.cols; ++i) {
      for (std::size_t k = 0; k < d_y_; ++k) {
        const S e = exp(S(s(k, i) + z_[at.b + k]));
        unit(k, i * d_y_ + k) = e;
        scaled(k, i * d_y_ + k) = z_[at.a + k] * e;
      }
    }
    Matrix<S> factor = products(x_.view(), x_.view());
    for (S& entry : factor.data) entry += S(1);
    terms_.push_back({panels_.size(), panels_.size(), {}});
    panels_.push_back(std::move(unit));
    terms_.push_back({panels_.size(), panels_.size(), std::move(factor)});
    panels_.push_back(std::move(scaled));
  }

  std::size_t block_samples() const { return std::max<std::size_t>(1, kTile / d_y_); }

  // The lower tiles and, mirrored, the upper ones.
  Matrix<S> sum() const {
    Matrix<S> k(x_.cols * d_y_, x_.cols * d_y_);
    const std::size_t blocks = (x_.cols + block_samples() - 1) / block_samples();
    parallel_for(blocks * (blocks + 1) / 2, threads_, nullptr, [&](std::size_t t, bool) {
      std::size_t row = 0;
      while ((row + 1) * (row + 2) / 2 <= t) ++row;
      tile(row, t - row * (row + 1) / 2, k);
    });
    return k;
  }

  void tile(std::size_t block_row, std::size_t block_column, Matrix<S>& k) const {
    const std::size_t b = block_samples(), i0 = block_row * b, j0 = block_column * b;
    const std::size_t rows = std::min(b, x_.cols - i0) * d_y_, cols = std::min(b, x_.cols - j0) * d_y_;
    const Matrix<S> total = tile_of_terms(i0, j0, rows, cols);
    const std::size_t r0 = i0 * d_y_, c0 = j0 * d_y_;
    const bool diagonal = block_row == block_column;
    for (std::size_t c = 0; c < cols; ++c) {
      for (std::size_t r = diagonal ? c : 0; r < rows; ++r) k(r0 + r, c0 + c) = total(r, c);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < (diagonal ? r : cols); ++c) k(c0 + c, r0 + r) = total(r, c);
    }
  }

  // Rows [i0 d_y, …) and columns [j0 d_y, …) of the sum of the terms.
  Matrix<S> tile_of_terms(std::size_t i0, std::size_t j0, std::size_t rows, std::size_t cols) const {
    Matrix<S> total(rows, cols);
    for (const Term& term : terms_) {
      const ConstView<S> left = panels_[term.left].view().columns(i0 * d_y_, rows),
                         right = panels_[term.right].view().columns(j0 * d_y_, cols);
      const Matrix<S> part = multiply_tn<S>(left, right);
      for (std::size_t c = 0; c < cols; ++c) {
        S* to = total.column(c);
        const S* from = part.column(c);
        if (term.factor.data.empty()) {
          for (std::size_t r = 0; r < rows; ++r) to[r] += from[r];
          continue;
        }
        const S* factor = term.factor.column(j0 + c / d_y_) + i0;
        for (std::size_t i = 0, r = 0; r < rows; ++i) {
          for (std::size_t k = 0; k < d_y_; ++k, ++r) to[r] += from[r] * factor[i];
        }
      }
    }
    return total;
  }

  const Model& model_;
  int threads_;
  Vector<S> z_;
  Matrix<S> x_;
  std::size_t d_y_;
  std::vector<Matrix<S>> panels_;  // p x N each
  std::vector<Term> terms_;
};

}  // namespace

double gram_bytes(const Problem& problem, int threads) {
  const Model& model = *problem.model;
  const double m = static_cast<double>(problem.samples()), d_y = static_cast<double>(model.outputs());
  const double edge = std::min(m * d_y, std::max(d_y, static_cast<double>(kTile)));
  double numbers = m * d_y * m * d_y + static_cast<double>(model.inputs()) * m + 2 * edge * edge * threads;
  if (model.graph() == nullptr) {
    numbers += 2 * static_cast<double>(model.parameters()) * m * d_y;
  } else {
    numbers += Plan(*model.graph()).numbers(m);
    if (model.added() != nullptr) numbers += m * m + 2 * d_y * m * d_y;
  }
  return 8 * numbers;
}

namespace {

void require_memory(const char* caller, const Problem& problem, double bytes, std::size_t most) {
  if (bytes <= static_cast<double>(most)) return;
  throw std::invalid_argument(std::string(caller) + ": the Gram matrix of " +
                              std::to_string(problem.ambient()) + " outputs needs about " +
                              std::to_string(std::llround(bytes / (1 << 20))) + " MiB; max_memory is " +
                              std::to_string(most >> 20) + " MiB");
}

}  // namespace

Matrix<double> approx_gram(const Problem& problem, const GramOptions& options) {
  require_memory("approx_gram", problem, gram_bytes(problem, options.threads), options.max_memory);
  return GramBuilder<double>(problem, options.threads).build();
}

Matrix<Ball> gram(const Problem& problem, const GramOptions& options) {
  // A ball takes 48 bytes, and as much again beyond 128 bits.
  const double larger = working_precision() <= 128 ? 6 : 6 + static_cast<double>(working_precision()) / 64;
  require_memory("gram", problem, larger * gram_bytes(problem, options.threads), options.max_memory);
  return GramBuilder<Ball>(problem, options.threads).build();
}

}  // namespace pgb
