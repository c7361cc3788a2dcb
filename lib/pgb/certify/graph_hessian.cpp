#include "pgb/certify/graph_hessian.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pgb/certify/graph_facts.h"
#include "pgb/certify/interval_panel.h"
#include "pgb/scalar/parallel.h"

namespace pgb {

using namespace graph_hessian_detail;
using verified_detail::kInfinity;

namespace {

constexpr std::size_t kSamples = 512;                        // evaluated together
constexpr std::size_t kPanelEntries = std::size_t{1} << 20;  // of the largest tangent panel

bool is_covered(const Op& op) {
  switch (op.kind()) {
    case OpKind::affine:
    case OpKind::elementwise:
    case OpKind::sum:
    case OpKind::concatenation:
    case OpKind::rename:
      return true;
    default:
      return false;
  }
}

class GraphHessian {
 public:
  GraphHessian(const Problem& problem, const Vector<Ball>& z, const std::vector<std::size_t>& s,
               const BoxHessianOptions& options)
      : problem_(problem),
        graph_(*problem.model->graph()),
        z_(z),
        s_(s),
        options_(options),
        row_(z.size(), kNone) {
    for (std::size_t r = 0; r < s.size(); ++r) row_[s[r]] = r;
  }

  IntervalMatrix run() {
    const std::size_t n = s_.size(), m = problem_.samples();
    IntervalMatrix h(n, n);
    const Objective<Ball> objective(problem_);
    for (std::size_t first = 0; first < m; first += kSamples) {
      facts_ = block_facts(problem_, graph_, objective, z_, first, std::min(kSamples, m - first));
      std::size_t widest = 1;
      for (const NodeFacts& facts : facts_.nodes) widest = std::max(widest, facts.value.rows());
      const std::size_t samples = facts_.nodes.back().value.cols();
      const std::size_t chunk =
          std::clamp(kPanelEntries / (widest * samples), std::size_t{1}, std::size_t{64});
      const std::size_t chunks = (n + chunk - 1) / chunk;
      const double done = static_cast<double>(first) / static_cast<double>(m);
      const double share = static_cast<double>(samples) / static_cast<double>(m);
      const bool complete =
          parallel_for(chunks, options_.threads, options_.stop, [&](std::size_t k, bool calling) {
            const std::size_t begin = k * chunk, count = std::min(chunk, n - begin);
            const IntervalMatrix part = columns_of_h(begin, count);
            for (std::size_t c = 0; c < count; ++c) {
              for (std::size_t r = 0; r < n; ++r) add(h, r, begin + c, get(part, r, c));
            }
            if (calling && options_.progress) {
              options_.progress(done + share * static_cast<double>(k + 1) / static_cast<double>(chunks));
            }
          });
      if (!complete) {
        std::fill(h.radius.data.begin(), h.radius.data.end(), kInfinity);
        return h;
      }
    }
    add_regularizer(h);
    for (std::size_t t = 0; t < h.mid.data.size(); ++t) {
      if (std::isfinite(h.mid.data[t]) && h.radius.data[t] < kInfinity) continue;
      h.mid.data[t] = 0;
      h.radius.data[t] = kInfinity;
    }
    return h;
  }

 private:
  // Whether parameter s_[column] is in the block; its offset there.
  bool moves(std::size_t block, std::size_t column, std::size_t& offset) const {
    if (block == kNone) return false;
    const ParameterBlock& range = graph_.blocks()[block];
    if (s_[column] < range.begin || s_[column] >= range.end) return false;
    offset = s_[column] - range.begin;
    return true;
  }

  // Columns [begin, begin + count) of the part of H that these samples give.
  IntervalMatrix columns_of_h(std::size_t begin, std::size_t count) const {
    std::vector<Panel> dots(facts_.nodes.size()), bars(facts_.nodes.size());
    for (std::size_t k = 0; k < facts_.nodes.size(); ++k) {
      if (is_empty(facts_.nodes[k].cotangent)) continue;
      dots[k] = forward(k, begin, count, dots);
    }
    IntervalMatrix h(s_.size(), count);
    bars.back() = output_panel(dots.back(), count);
    for (std::size_t k = facts_.nodes.size(); k-- > 0;) {
      if (is_empty(facts_.nodes[k].cotangent)) continue;
      reverse(k, begin, count, dots, bars, h);
      bars[k] = Panel();
    }
    return h;
  }

  Panel forward(std::size_t k, std::size_t begin, std::size_t count, const std::vector<Panel>& dots) const {
    const GraphNode& node = graph_.nodes()[k];
    const NodeFacts& facts = facts_.nodes[k];
    const std::size_t m = facts.value.cols(), r = facts.value.rows();
    const auto dot_of = [&](std::size_t v) -> const Panel* {
      return v == 0 || is_empty(dots[v - 1]) ? nullptr : &dots[v - 1];
    };
    Panel dot;
    switch (node.op->kind()) {
      case OpKind::affine: {
        if (const Panel* in = dot_of(node.inputs[0])) dot = multiply_groups(*in, facts.weight);
        const IntervalMatrix& h = facts_.value(node.inputs[0]);
        for (std::size_t c = 0; c < count; ++c) {
          std::size_t offset = 0;
          const bool weight = moves(node.weight, begin + c, offset),
                     bias = !weight && moves(node.bias, begin + c, offset);
          if (!weight && !bias) continue;
          if (is_empty(dot)) dot = Panel(m, r * count);
          const std::size_t unit = weight ? offset / h.rows() : offset, from = weight ? offset % h.rows() : 0;
          for (std::size_t i = 0; i < m; ++i)
            add(dot, i, unit + r * c, weight ? get(h, from, i) : Entry{1, 0});
        }
        break;
      }
      case OpKind::elementwise:
        if (const Panel* in = dot_of(node.inputs[0])) dot = scaled(*in, facts.slope);
        break;
      case OpKind::concatenation: {
        std::size_t first = 0;
        for (const std::size_t v : node.inputs) {
          const std::size_t rows = facts_.value(v).rows();
          if (const Panel* in = dot_of(v)) {
            if (is_empty(dot)) dot = Panel(m, r * count);
            for (std::size_t c = 0; c < count; ++c) copy_columns(*in, rows * c, rows, dot, first + r * c);
          }
          first += rows;
        }
        break;
      }
      default:  // sum, rename
        for (const std::size_t v : node.inputs) {
          const Panel* in = dot_of(v);
          if (in == nullptr) continue;
          if (is_empty(dot)) {
            dot = *in;
          } else {
            add(dot, *in);
          }
        }
    }
    return dot;
  }

  // The tangents of the cotangent of the output: sum_l L_i(k, l) f_l_dot.
  Panel output_panel(const Panel& dot, std::size_t count) const {
    if (is_empty(dot)) return {};
    const std::size_t d = facts_.loss_hessian.rows();
    Panel bar(dot.rows(), dot.cols());
    for (std::size_t c = 0; c < count; ++c) {
      for (std::size_t i = 0; i < dot.rows(); ++i) {
        for (std::size_t k = 0; k < d; ++k) {
          Entry e;
          for (std::size_t l = 0; l < d; ++l) {
            e = sum(e, product(get(facts_.loss_hessian, k, i * d + l), get(dot, i, l + d * c)));
          }
          bar.mid(i, k + d * c) = e.m;
          bar.radius(i, k + d * c) = e.r;
        }
      }
    }
    return bar;
  }

  void reverse(std::size_t k, std::size_t begin, std::size_t count, const std::vector<Panel>& dots,
               std::vector<Panel>& bars, IntervalMatrix& h) const {
    const GraphNode& node = graph_.nodes()[k];
    const NodeFacts& facts = facts_.nodes[k];
    const std::size_t m = facts.value.cols(), r = facts.value.rows();
    const Panel& bar = bars[k];
    const auto accumulate = [&](std::size_t v, Panel term) {
      if (v == 0 || !graph_.depends_on_parameters(v) || is_empty(term)) return;
      if (is_empty(bars[v - 1])) {
        bars[v - 1] = std::move(term);
      } else {
        add(bars[v - 1], term);
      }
    };
    switch (node.op->kind()) {
      case OpKind::affine: {
        const std::size_t v = node.inputs[0], rows = facts_.value(v).rows();
        parameters(k, count, bar, v == 0 ? Panel() : dots[v - 1], h);
        if (!graph_.depends_on_parameters(v)) break;
        Panel term = is_empty(bar) ? Panel() : multiply_groups(bar, facts.weight_transposed);
        for (std::size_t c = 0; c < count; ++c) {
          std::size_t offset = 0;
          if (!moves(node.weight, begin + c, offset)) continue;
          if (is_empty(term)) term = Panel(m, rows * count);
          const std::size_t unit = offset / rows, from = offset % rows;
          for (std::size_t i = 0; i < m; ++i) add(term, i, from + rows * c, get(facts.cotangent, unit, i));
        }
        accumulate(v, std::move(term));
        break;
      }
      case OpKind::elementwise: {
        const std::size_t v = node.inputs[0];
        if (!graph_.depends_on_parameters(v)) break;
        if (!is_empty(bar)) accumulate(v, scaled(bar, facts.slope));
        if (!is_empty(dots[v - 1])) accumulate(v, scaled(dots[v - 1], facts.curvature));
        break;
      }
      case OpKind::concatenation: {
        if (is_empty(bar)) break;
        std::size_t first = 0;
        for (const std::size_t v : node.inputs) {
          const std::size_t rows = facts_.value(v).rows();
          Panel term(m, rows * count);
          for (std::size_t c = 0; c < count; ++c) copy_columns(bar, first + r * c, rows, term, rows * c);
          accumulate(v, std::move(term));
          first += rows;
        }
        break;
      }
      default:
        for (const std::size_t v : node.inputs) accumulate(v, bar);
    }
  }

  // d of sum_i bar_o h_u and of sum_i bar_o, for the weights and biases of an affine node.
  void parameters(std::size_t k, std::size_t count, const Panel& bar, const Panel& dot,
                  IntervalMatrix& h) const {
    const GraphNode& node = graph_.nodes()[k];
    const NodeFacts& facts = facts_.nodes[k];
    const IntervalMatrix& in = facts_.value(node.inputs[0]);
    const std::size_t r = facts.value.rows(), rows = in.rows();
    const auto put = [&](std::size_t parameter, std::size_t column, Entry e) {
      if (row_[parameter] != kNone) add(h, row_[parameter], column, e);
    };
    if (node.weight != kNone) {
      const std::size_t begin = graph_.blocks()[node.weight].begin;
      if (!is_empty(bar)) {
        const IntervalMatrix g = verified_multiply(in, bar);  // in x (out C)
        for (std::size_t c = 0; c < count; ++c) {
          for (std::size_t o = 0; o < r; ++o) {
            for (std::size_t u = 0; u < rows; ++u) put(begin + o * rows + u, c, get(g, u, o + r * c));
          }
        }
      }
      if (!is_empty(dot)) {
        const IntervalMatrix g = verified_multiply(facts.cotangent, dot);  // out x (in C)
        for (std::size_t c = 0; c < count; ++c) {
          for (std::size_t u = 0; u < rows; ++u) {
            for (std::size_t o = 0; o < r; ++o) put(begin + o * rows + u, c, get(g, o, u + rows * c));
          }
        }
      }
    }
    if (node.bias != kNone && !is_empty(bar)) {
      const std::size_t begin = graph_.blocks()[node.bias].begin;
      for (std::size_t c = 0; c < count; ++c) {
        for (std::size_t o = 0; o < r; ++o) {
          Entry e;
          for (std::size_t i = 0; i < bar.rows(); ++i) e = sum(e, get(bar, i, o + r * c));
          put(begin + o, c, e);
        }
      }
    }
  }

  void add_regularizer(IntervalMatrix& h) const {
    for (const QuadraticTerm& term : problem_.regularizer) {
      IntervalMatrix twice(1, 1);
      twice.set(0, 0, Ball(2) * Ball::from_rational(term.lambda));
      for (std::size_t k = term.begin; k < term.end; ++k) {
        if (row_[k] != kNone) add(h, row_[k], row_[k], get(twice, 0, 0));
      }
    }
  }

  const Problem& problem_;
  const Graph& graph_;
  const Vector<Ball>& z_;
  const std::vector<std::size_t>& s_;
  const BoxHessianOptions& options_;
  std::vector<std::size_t> row_;  // parameter -> its place in s, kNone where absent
  BlockFacts facts_;
};

}  // namespace

std::optional<IntervalMatrix> graph_hessian(const Problem& problem, const Vector<Ball>& z,
                                            const std::vector<std::size_t>& s,
                                            const BoxHessianOptions& options) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr || problem.model->added() != nullptr) return std::nullopt;
  for (std::size_t k = 0; k <= graph->output_node(); ++k) {
    if (graph->feeds_output(k + 1) && !is_covered(*graph->nodes()[k].op)) return std::nullopt;
  }
  return GraphHessian(problem, z, s, options).run();
}

}  // namespace pgb
