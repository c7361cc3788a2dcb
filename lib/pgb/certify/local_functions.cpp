#include "pgb/certify/local_functions.h"

#include <utility>

#include "pgb/derivatives/objective.h"
#include "pgb/model/graph.h"

namespace pgb {
namespace {

constexpr std::size_t kMostValues = 100'000;

using Features = std::vector<SampleFunctions>;

std::string text_of(const Vector<Ball>& f) {
  std::string text;
  for (const Ball& x : f) text += to_rational(to_real(x)) + " ";
  return text;
}

void add(Vector<Ball> f, SampleFunctions& all) {
  std::string key = text_of(f);
  all.emplace(std::move(key), std::move(f));
}

Vector<Ball> product(Vector<Ball> f, const Vector<Ball>& g) {
  for (std::size_t i = 0; i < f.size(); ++i) f[i] *= g[i];
  return f;
}

// s(-1) of a positively homogeneous s, with the sign changed: its slope for negative arguments.
Ball negative_slope(const GraphNode& node) {
  const std::vector<Shape> one{{1}};
  const Matrix<Ball> minus(1, 1, {Ball(-1)});
  OpArguments<Ball> arguments;
  arguments.inputs = {minus.view()};
  arguments.input_shapes = &one;
  arguments.shape = &one.front();
  return -node.op->forward(arguments)(0, 0);
}

class Builder {
 public:
  Builder(const Problem& problem, const Graph& graph)
      : graph_(graph), objective_(problem), samples_(problem.samples()), ones_(samples_, Ball(1)) {}

  std::optional<LocalFunctions> build(const Vector<Ball>& z) {
    const std::vector<Matrix<Ball>> values = graph_.values<Ball>(z, objective_.x());
    features_.resize(values.size() + 1);
    features_[0].resize(graph_.inputs());
    for (std::size_t j = 0; j < graph_.inputs(); ++j) {
      Vector<Ball> column;
      for (std::size_t i = 0; i < samples_; ++i) column.push_back(objective_.x()(j, i));
      add(std::move(column), features_[0][j]);
    }
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (!graph_.feeds_output(k + 1)) continue;
      const GraphNode& node = graph_.nodes()[k];
      const std::size_t source = node.inputs[0];
      if (!add_node(node, values[k].rows, features_[k + 1])) return std::nullopt;
      if (node.op->kind() == OpKind::elementwise) {
        if (source == 0 || !add_pieces(node, values[source - 1], features_[k + 1])) return std::nullopt;
      }
      for (const SampleFunctions& f : features_[k + 1]) size_ += samples_ * f.size();
      if (size_ > kMostValues) return std::nullopt;
    }
    result_.outputs = std::move(features_[graph_.output_node() + 1]);
    for (const SampleFunctions& output : result_.outputs) {
      for (const auto& [key, f] : output) {
        for (const Ball& x : f) {
          if (!x.is_exact()) return std::nullopt;
        }
      }
    }
    return std::move(result_);
  }

 private:
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
              for (const auto& [b, g] : right) add(product(f, g), out[r]);
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
    const Ball below = negative_slope(node);
    result_.everywhere = false;
    for (std::size_t r = 0; r < in.rows; ++r) {
      Vector<Ball> slope;
      for (std::size_t i = 0; i < samples_; ++i) {
        if (!in(r, i).certainly_positive() && !in(r, i).certainly_negative()) return false;
        slope.push_back(in(r, i).certainly_positive() ? Ball(1) : below);
      }
      for (const auto& [key, f] : features_[node.inputs[0]][r]) add(product(slope, f), out[r]);
    }
    return true;
  }

  const Graph& graph_;
  Objective<Ball> objective_;
  std::size_t samples_, size_ = 0;
  Vector<Ball> ones_;
  std::vector<Features> features_;  // of every value
  LocalFunctions result_;
};

}  // namespace

std::optional<LocalFunctions> local_functions(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr || problem.model->added() != nullptr) return std::nullopt;
  return Builder(problem, *graph).build(to_scalars<Ball>(problem.parameters));
}

}  // namespace pgb
