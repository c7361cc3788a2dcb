#include "pgb/certify/local_functions.h"

#include <utility>

#include "pgb/model/graph.h"

namespace pgb {
namespace {

constexpr std::size_t kMostValues = 100'000;

using Features = std::vector<SampleFunctions>;
using flat_detail::Exact;
using Function = SampleFunctions::mapped_type;

void add(Function f, SampleFunctions& all) {
  std::string key;
  for (const Exact::Value& x : f) key += Exact::text(x) + "; ";
  all.emplace(std::move(key), std::move(f));
}

// Nothing where a value is not known.
std::optional<Function> product(const Function& f, const Function& g) {
  Function values;
  for (std::size_t i = 0; i < f.size(); ++i) {
    std::optional<Exact::Value> value = Exact::product(f[i], g[i]);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

// s(-1) of a positively homogeneous s, with the sign changed: its slope for negative arguments.
mpq_class negative_slope(const GraphNode& node) {
  const Matrix<Ball> minus(1, 1, {Ball(-1)});
  OpArguments<Ball> arguments;
  arguments.inputs = {minus.view()};
  return mpq_class(to_rational(to_real(-node.op->forward(arguments)(0, 0))));
}

class Builder {
 public:
  Builder(const Problem& problem, const flat_detail::ExactPoint& point)
      : graph_(*problem.model->graph()),
        point_(point),
        x_(problem.model->inputs(), problem.samples()),
        samples_(problem.samples()),
        ones_(samples_, Exact::constant(1)) {
    const Vector<Ball> x = to_scalars<Ball>(problem.x);  // sample by sample
    for (std::size_t k = 0; k < x.size(); ++k) x_(k % x_.rows, k / x_.rows) = x[k];
  }

  std::optional<LocalFunctions> build(const Vector<Ball>& z) {
    const std::vector<Matrix<Ball>> values = graph_.values<Ball>(z, x_.view());
    features_.resize(values.size() + 1);
    features_[0].resize(graph_.inputs());
    for (std::size_t j = 0; j < graph_.inputs(); ++j) add(exact_values(0, j), features_[0][j]);
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (!graph_.feeds_output(k + 1)) continue;
      const GraphNode& node = graph_.nodes()[k];
      Features& out = features_[k + 1];
      if (!graph_.depends_on_parameters(k + 1)) {
        out.resize(values[k].rows);
        for (std::size_t r = 0; r < out.size(); ++r) add(exact_values(k + 1, r), out[r]);
      } else if (!add_node(node, values[k].rows, out) ||
                 (node.op->kind() == OpKind::elementwise &&
                  !add_pieces(node, values[node.inputs[0] - 1], out))) {
        return std::nullopt;
      }
      for (const SampleFunctions& f : out) size_ += samples_ * f.size();
      if (size_ > kMostValues) return std::nullopt;
    }
    result_.outputs = std::move(features_[graph_.output_node() + 1]);
    return std::move(result_);
  }

 private:
  Function exact_values(std::size_t value, std::size_t unit) const {
    Function f;
    for (std::size_t i = 0; i < samples_; ++i) f.push_back(point_.value(value, unit, i));
    return f;
  }

  bool add_node(const GraphNode& node, std::size_t rows, Features& out) const {
    out.resize(rows);
    const Features& first = features_[node.inputs[0]];
    switch (node.op->kind()) {
      case OpKind::affine:
        for (SampleFunctions& row : out) {
          for (const SampleFunctions& in : first) row.insert(in.begin(), in.end());
          if (node.bias != kNone) add(ones_, row);
        }
        return true;
      case OpKind::sum:
        for (const std::size_t v : node.inputs) {
          for (std::size_t r = 0; r < rows; ++r)
            out[r].insert(features_[v][r].begin(), features_[v][r].end());
        }
        return true;
      case OpKind::product:
        out = first;
        for (std::size_t t = 1; t < node.inputs.size(); ++t) {
          for (std::size_t r = 0; r < rows; ++r) {
            const SampleFunctions left = std::exchange(out[r], {});
            const SampleFunctions& right = features_[node.inputs[t]][r];
            if (left.size() * right.size() * samples_ > kMostValues) return false;
            for (const auto& [a, f] : left) {
              for (const auto& [b, g] : right) {
                std::optional<Function> fg = product(f, g);
                if (!fg) return false;
                add(std::move(*fg), out[r]);
              }
            }
          }
        }
        return true;
      case OpKind::concatenation:
        out.clear();
        for (const std::size_t v : node.inputs)
          out.insert(out.end(), features_[v].begin(), features_[v].end());
        return true;
      case OpKind::rename:
        out = first;
        return true;
      case OpKind::elementwise:
        return node.op->positively_homogeneous();
      default:
        return false;
    }
  }

  bool add_pieces(const GraphNode& node, const Matrix<Ball>& in, Features& out) {
    const mpq_class below = negative_slope(node);
    result_.everywhere = false;
    for (std::size_t r = 0; r < in.rows; ++r) {
      Function slope;
      for (std::size_t i = 0; i < samples_; ++i) {
        if (!in(r, i).certainly_positive() && !in(r, i).certainly_negative()) return false;
        slope.push_back(Exact::constant(in(r, i).certainly_positive() ? mpq_class(1) : below));
      }
      for (const auto& [key, f] : features_[node.inputs[0]][r]) add(*product(slope, f), out[r]);
    }
    return true;
  }

  const Graph& graph_;
  const flat_detail::ExactPoint& point_;
  Matrix<Ball> x_;
  std::size_t samples_, size_ = 0;
  Function ones_;
  std::vector<Features> features_;  // of every value
  LocalFunctions result_;
};

}  // namespace

std::optional<LocalFunctions> local_functions(const Problem& problem, const flat_detail::ExactPoint& point) {
  return Builder(problem, point).build(to_scalars<Ball>(problem.parameters));
}

}  // namespace pgb
