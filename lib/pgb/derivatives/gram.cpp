#include "pgb/derivatives/gram.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "pgb/model/graph.h"
#include "pgb/scalar/kernels.h"
#include "pgb/scalar/parallel.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

using Eigen::Index;

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
class GramBuilder {
 public:
  GramBuilder(const Problem& problem, int threads)
      : model_(*problem.model),
        threads_(threads),
        z_(to_scalars<double>(problem.parameters)),
        x_(problem.x.shape[1], problem.x.shape[0], to_scalars<double>(problem.x)),
        d_y_(model_.outputs()) {}

  Matrix<double> build() {
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
    Matrix<double> factor;            // m x m, lower blocks only; empty: all ones
  };

  void whole_jacobian() {
    const Matrix<double> j = model_.evaluate(z_, x_.view())->jacobian();
    Matrix<double> transposed(j.cols, j.rows);
    for (std::size_t c = 0; c < j.cols; ++c) {
      for (std::size_t r = 0; r < j.rows; ++r) transposed(c, r) = j(r, c);
    }
    panels_.push_back(std::move(transposed));
    terms_.push_back({0, 0, {}});
  }

  // A^T B (both with m columns) where its row is not above its block of columns.
  Matrix<double> products(ConstView<double> a, ConstView<double> b) const {
    Matrix<double> c(a.cols, b.cols);
    const std::size_t width = block_samples(), blocks = (b.cols + width - 1) / width;
    parallel_for(blocks, threads_, nullptr, [&](std::size_t k, bool) {
      const std::size_t first = k * width, count = std::min(width, b.cols - first);
      const Matrix<double> part =
          multiply_tn<double>(a.columns(first, a.cols - first), b.columns(first, count));
      for (std::size_t j = 0; j < count; ++j)
        std::copy(part.column(j), part.column(j) + part.rows, c.column(first + j) + first);
    });
    return c;
  }

  // One reverse sweep for each output k, whose columns hold the gradient of f_k of every sample.
  void sweep(const Plan& plan, const Graph& graph) {
    const std::vector<Matrix<double>> values = graph.values<double>(z_, x_.view());
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
        Term term{s, t, weight ? products(input(a), input(b)) : Matrix<double>()};
        if (weight && bias) {
          for (double& entry : term.factor.data) entry += 1;
        }
        terms_.push_back(std::move(term));
      }
    }
    if (plan.formed_rows() > 0) terms_.push_back({nodes, nodes, {}});
  }

  void sweep_output(const Plan& plan, const Graph& graph, const std::vector<Matrix<double>>& values,
                    std::size_t k) {
    const std::size_t m = x_.cols;
    std::vector<Matrix<double>> bars(values.size());
    bars[graph.output_node()] = Matrix<double>(d_y_, m);
    for (std::size_t i = 0; i < m; ++i) bars[graph.output_node()](k, i) = 1;
    for (std::size_t v = graph.output_node() + 1; v-- > 0;) {
      if (bars[v].data.empty()) continue;
      const GraphNode& node = graph.nodes()[v];
      OpArguments<double> in;
      std::vector<Matrix<double>*> input_bar;
      for (const std::size_t u : node.inputs) {
        in.inputs.push_back(u == 0 ? x_.view() : values[u - 1].view());
        input_bar.push_back(nullptr);
        if (!graph.depends_on_parameters(u)) continue;
        if (bars[u - 1].data.empty()) bars[u - 1] = Matrix<double>(values[u - 1].rows, m);
        input_bar.back() = &bars[u - 1];
      }
      in.input_shapes = &node.input_shapes;
      in.shape = &node.shape;
      if (node.weight != kNone) in.weight = z_.data() + graph.blocks()[node.weight].begin;
      if (node.bias != kNone) in.bias = z_.data() + graph.blocks()[node.bias].begin;
      node.op->reverse_inputs(in, values[v].view(), bars[v].view(), input_bar);
      record(plan, node, v, in, values[v], bars[v], k);
      bars[v] = Matrix<double>();
    }
  }

  // What output k has of one node: the columns of its sensitivities, and of J^T where they are formed.
  void record(const Plan& plan, const GraphNode& node, std::size_t v, const OpArguments<double>& in,
              const Matrix<double>& y, const Matrix<double>& bar, std::size_t k) {
    const auto found = std::find(plan.nodes().begin(), plan.nodes().end(), v);
    if (found != plan.nodes().end()) {
      Matrix<double>& panel = panels_[static_cast<std::size_t>(found - plan.nodes().begin())];
      for (std::size_t i = 0; i < bar.cols; ++i)
        std::copy(bar.column(i), bar.column(i) + bar.rows, panel.column(i * d_y_ + k));
    }
    if (!plan.formed(node.weight) && !plan.formed(node.bias)) return;
    Matrix<double>& panel = panels_[plan.nodes().size()];
    for (std::size_t i = 0; i < bar.cols; ++i) {
      OpArguments<double> one = in;
      for (ConstView<double>& view : one.inputs) view = view.columns(i, 1);
      double* column = panel.column(i * d_y_ + k);
      node.op->reverse_parameters(one, y.view().columns(i, 1), bar.view().columns(i, 1),
                                  plan.formed(node.weight) ? column + plan.first_row(node.weight) : nullptr,
                                  plan.formed(node.bias) ? column + plan.first_row(node.bias) : nullptr);
    }
  }

  void added_neurons(const AddedNeurons& at) {
    const ConstView<double> w{z_.data() + at.w, x_.rows, d_y_};
    const Matrix<double> s = multiply_tn<double>(w, x_.view());
    Matrix<double> unit(d_y_, x_.cols * d_y_), scaled(d_y_, x_.cols * d_y_);
    for (std::size_t i = 0; i < x_.cols; ++i) {
      for (std::size_t k = 0; k < d_y_; ++k) {
        const double e = std::exp(s(k, i) + z_[at.b + k]);
        unit(k, i * d_y_ + k) = e;
        scaled(k, i * d_y_ + k) = z_[at.a + k] * e;
      }
    }
    Matrix<double> factor = products(x_.view(), x_.view());
    for (double& entry : factor.data) entry += 1;
    terms_.push_back({panels_.size(), panels_.size(), {}});
    panels_.push_back(std::move(unit));
    terms_.push_back({panels_.size(), panels_.size(), std::move(factor)});
    panels_.push_back(std::move(scaled));
  }

  std::size_t block_samples() const { return std::max<std::size_t>(1, kTile / d_y_); }

  // The lower tiles and, mirrored, the upper ones.
  Matrix<double> sum() const {
    Matrix<double> k(x_.cols * d_y_, x_.cols * d_y_);
    const std::size_t blocks = (x_.cols + block_samples() - 1) / block_samples();
    parallel_for(blocks * (blocks + 1) / 2, threads_, nullptr, [&](std::size_t t, bool) {
      std::size_t row = 0;
      while ((row + 1) * (row + 2) / 2 <= t) ++row;
      tile(row, t - row * (row + 1) / 2, k);
    });
    return k;
  }

  void tile(std::size_t block_row, std::size_t block_column, Matrix<double>& k) const {
    const std::size_t b = block_samples(), i0 = block_row * b, j0 = block_column * b;
    const std::size_t rows = std::min(b, x_.cols - i0) * d_y_, cols = std::min(b, x_.cols - j0) * d_y_;
    Eigen::MatrixXd total = Eigen::MatrixXd::Zero(static_cast<Index>(rows), static_cast<Index>(cols));
    Eigen::MatrixXd part(total.rows(), total.cols());
    Eigen::VectorXd scale(total.rows());
    for (const Term& term : terms_) {
      const Matrix<double>&left = panels_[term.left], &right = panels_[term.right];
      kernels().multiply(Form::tn, rows, cols, left.rows, left.column(i0 * d_y_), left.rows,
                         right.column(j0 * d_y_), right.rows, part.data(), rows);
      if (term.factor.data.empty()) {
        total += part;
        continue;
      }
      for (std::size_t c = 0; c < cols; ++c) {
        if (c % d_y_ == 0) {
          const double* factor = term.factor.column(j0 + c / d_y_) + i0;
          for (std::size_t r = 0; r < rows; ++r) scale(static_cast<Index>(r)) = factor[r / d_y_];
        }
        total.col(static_cast<Index>(c)) += part.col(static_cast<Index>(c)).cwiseProduct(scale);
      }
    }
    const std::size_t r0 = i0 * d_y_, c0 = j0 * d_y_;
    const auto at = [&](std::size_t r, std::size_t c) {
      return total(static_cast<Index>(r), static_cast<Index>(c));
    };
    const bool diagonal = block_row == block_column;
    for (std::size_t c = 0; c < cols; ++c) {
      for (std::size_t r = diagonal ? c : 0; r < rows; ++r) k(r0 + r, c0 + c) = at(r, c);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < (diagonal ? r : cols); ++c) k(c0 + c, r0 + r) = at(r, c);
    }
  }

  const Model& model_;
  int threads_;
  Vector<double> z_;
  Matrix<double> x_;
  std::size_t d_y_;
  std::vector<Matrix<double>> panels_;  // p x N each
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

Matrix<double> approx_gram(const Problem& problem, const GramOptions& options) {
  const double bytes = gram_bytes(problem, options.threads);
  if (bytes > static_cast<double>(options.max_memory)) {
    throw std::invalid_argument("approx_gram: the Gram matrix of " + std::to_string(problem.ambient()) +
                                " outputs needs about " + std::to_string(std::llround(bytes / (1 << 20))) +
                                " MiB; max_memory is " + std::to_string(options.max_memory >> 20) + " MiB");
  }
  return GramBuilder(problem, options.threads).build();
}

}  // namespace pgb
