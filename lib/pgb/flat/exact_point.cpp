#include "pgb/flat/exact_point.h"

#include <algorithm>
#include <stdexcept>

#include "pgb/flat/exact_forward.h"

namespace pgb::flat_detail {
namespace {

constexpr std::size_t kMostFeatures = 500'000;  // of all samples together
constexpr std::size_t kMostBits = 1'000'000;    // of all parts of one number

using Value = Exact::Value;

// s'(x) over all x of the ball, where that is one exact number.
std::optional<std::string> exact_slope(const Op& op, const Ball& x) {
  const Matrix<Ball> argument(1, 1, Vector<Ball>{x}), one(1, 1, Vector<Ball>{Ball(1)});
  OpArguments<Ball> arguments;
  arguments.inputs = {argument.view()};
  const Matrix<Ball> y = op.forward(arguments);
  Matrix<Ball> slope(1, 1);
  op.reverse_inputs(arguments, y.view(), one.view(), {&slope});
  return exact_text(slope(0, 0));
}

bool is_short(const Value& v) {
  std::size_t bits =
      mpz_sizeinbase(v.constant.get_den_mpz_t(), 2) + mpz_sizeinbase(v.constant.get_num_mpz_t(), 2);
  for (const auto& term : v.terms)
    bits += mpz_sizeinbase(term.second.get_den_mpz_t(), 2) + mpz_sizeinbase(term.second.get_num_mpz_t(), 2);
  return bits <= kMostBits;
}

const Problem& as_graph(const Problem& problem) {
  if (problem.model->graph() == nullptr || problem.model->added() != nullptr)
    throw std::invalid_argument("ExactPoint: the model is no graph, or has added neurons");
  return problem;
}

// d l / d q_k, see ExactPoint; nothing where it is not known.
std::optional<Value> loss_slope(const Loss& loss, const std::vector<Value>& q, const mpq_class* y,
                                std::size_t k) {
  using Kind = Loss::Kind;
  const mpq_class d = static_cast<unsigned long>(q.size());
  if (loss.least_squares()) {
    Value off = Exact::constant(-y[k]), slope;
    Exact::add(off, 1, q[k]);
    Exact::add(slope, loss.kind() == Kind::mse ? mpq_class(2 / d) : mpq_class(2), off);
    return slope;
  }
  if (loss.kind() == Kind::cross_entropy) {  // equal outputs have the probabilities 1 / d
    Value off;
    Exact::add(off, 1, q[k]);
    Exact::add(off, -1, q[0]);
    if (!Exact::is_zero(off)) return std::nullopt;
    return Exact::constant(1 / d - (y[0] == static_cast<unsigned long>(k) ? 1 : 0));
  }
  if (!Exact::is_rational(q[k])) return std::nullopt;
  const mpq_class off = q[k].constant - y[k], margin = 1 - q[k].constant * y[k];
  if (loss.kind() == Kind::absolute_cubed) return Exact::constant(3 * off * abs(off));
  if (loss.kind() == Kind::polynomial_hinge) {
    mpq_class slope = margin > 0 ? mpq_class(-y[k] * loss.power()) : mpq_class(0);
    for (int p = 1; p < loss.power(); ++p) slope *= margin;
    return Exact::constant(slope);
  }
  if (loss.kind() != Kind::logistic || q[k].constant != 0) return std::nullopt;
  return Exact::constant(-y[k] / 2);
}

}  // namespace

ExactPoint::ExactPoint(const Problem& problem)
    : setting_(as_graph(problem)),
      groups_(equal_input_groups(problem)),
      z_(numbers<Exact>(problem.parameters, 0, problem.parameters.size())),
      y_(numbers<Exact>(problem.y, 0, problem.y.size())) {
  const std::vector<GraphNode>& nodes = setting_.graph.nodes();
  std::size_t features = setting_.graph.inputs();
  for (std::size_t k = 0; k < nodes.size(); ++k) features += setting_.rows(k);
  if (features * groups_.count > kMostFeatures) return;
  const Features<Exact> exact_features(setting_);
  Exact exact;
  bool all_short = true;
  setting_.for_each_sample([&](std::size_t i, const std::vector<Matrix<Ball>>& balls, std::size_t column) {
    values_.push_back(exact_features.at(exact, i, balls, column));
    slopes_.emplace_back(nodes.size());
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      for (const Value& v : values_.back()[k + 1]) all_short = all_short && is_short(v);
      if (nodes[k].op->kind() != OpKind::elementwise) continue;
      for (std::size_t u = 0; u < setting_.rows(k); ++u) {
        const std::size_t source = nodes[k].inputs[0];
        const Value& x = values_.back()[source][u];
        const bool rational = Exact::is_rational(x);
        std::optional<Value> slope;
        if (nodes[k].op_name == "square") {
          Exact::add(slope.emplace(), 2, x);
        } else if (rational || source > 0) {
          const Ball at = rational ? from_rational<Ball>(x.constant.get_str()) : balls[source - 1](u, column);
          if (const auto text = exact_slope(*nodes[k].op, at)) slope = Exact::constant(mpq_class(*text));
        }
        slopes_.back()[k].push_back(std::move(slope));
      }
    }
    return all_short;
  });
  if (all_short) differentiate_losses();
}

const Value& ExactPoint::value(std::size_t v, std::size_t u, std::size_t i) const {
  return values_[groups_.group[i]][v][u];
}

void ExactPoint::differentiate_losses() {
  const Problem& problem = setting_.problem;
  const std::size_t d = setting_.graph.outputs(), width = problem.loss.class_targets() ? 1 : d;
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    const std::vector<Value>& q = values_[groups_.group[i]][setting_.graph.output_node() + 1];
    for (std::size_t k = 0; k < d; ++k) {
      const std::optional<Value> slope = loss_slope(problem.loss, q, &y_[i * width], k);
      if (!slope) return;
      derivatives_.push_back(*slope);
    }
  }
  known_ = true;
}

bool ExactPoint::add_gradient(std::size_t group, std::vector<Value>& sum) const {
  const Graph& graph = setting_.graph;
  const std::vector<std::vector<Value>>& values = values_[group];
  std::vector<std::vector<Value>> adjoint;
  for (const std::vector<Value>& v : values) adjoint.emplace_back(v.size());
  for (std::size_t i = 0; i < groups_.group.size(); ++i) {
    for (std::size_t k = 0; k < graph.outputs() && groups_.group[i] == group; ++k)
      Exact::add(adjoint[graph.output_node() + 1][k], 1, derivative(k, i));
  }
  bool known = true;
  const auto add_product = [&known](Value& to, const Value& a, const std::optional<Value>& b) {
    if (Exact::is_zero(a)) return;
    const std::optional<Value> product = b ? Exact::product(a, *b) : std::nullopt;
    known = known && product.has_value();
    if (product) Exact::add(to, 1, *product);
  };
  for (std::size_t k = graph.nodes().size(); k-- > 0 && known;) {
    const GraphNode& node = graph.nodes()[k];
    std::size_t input = 0,
                offset = 0;  // of a concatenation: which input unit u is from, and where that begins
    for (std::size_t u = 0; u < adjoint[k + 1].size(); ++u) {
      const Value& bar = adjoint[k + 1][u];
      const bool concatenates = node.op->kind() == OpKind::concatenation;
      while (concatenates && u - offset == adjoint[node.inputs[input]].size())
        offset += adjoint[node.inputs[input++]].size();
      std::vector<Value>& in = adjoint[node.inputs[0]];
      switch (node.op->kind()) {
        case OpKind::affine:
          for (std::size_t j = 0; j < in.size() && !Exact::is_zero(bar); ++j) {
            add_product(sum[setting_.weight(k, u, j)], bar, values[node.inputs[0]][j]);
            Exact::add(in[j], z_[setting_.weight(k, u, j)], bar);
          }
          if (setting_.bias(k, u) != kNone) Exact::add(sum[setting_.bias(k, u)], 1, bar);
          break;
        case OpKind::elementwise:
          add_product(in[u], bar, slopes_[group][k][u]);
          break;
        case OpKind::rename:
          Exact::add(in[u], 1, bar);
          break;
        case OpKind::sum:
          for (const std::size_t v : node.inputs) Exact::add(adjoint[v][u], 1, bar);
          break;
        case OpKind::product:
          for (std::size_t t = 0; t < node.inputs.size(); ++t) {
            std::optional<Value> others = Exact::constant(1);
            for (std::size_t o = 0; o < node.inputs.size() && others; ++o)
              if (o != t) others = Exact::product(*others, values[node.inputs[o]][u]);
            add_product(adjoint[node.inputs[t]][u], bar, others);
          }
          break;
        case OpKind::concatenation:
          Exact::add(adjoint[node.inputs[input]][u - offset], 1, bar);
          break;
        case OpKind::other:
          known = known && Exact::is_zero(bar);
      }
    }
  }
  return known;
}

bool ExactPoint::gradient_is_zero() const {
  if (!known_) return false;
  std::vector<Value> sum(z_.size());
  for (const QuadraticTerm& term : setting_.problem.regularizer) {
    const mpq_class factor =
        2 * mpq_class(term.lambda) * static_cast<unsigned long>(setting_.problem.samples());
    for (std::size_t k = term.begin; k < term.end; ++k) sum[k].constant += factor * z_[k];
  }
  for (std::size_t group = 0; group < groups_.count; ++group) {
    if (!add_gradient(group, sum)) return false;
  }
  return std::all_of(sum.begin(), sum.end(), Exact::is_zero);
}

}  // namespace pgb::flat_detail
