#include "pgb/certify/boxes/network.h"

#include <algorithm>
#include <numeric>

#include "pgb/model/graph.h"

namespace pgb::boxes {
namespace {

Intervals intervals_of(const io::Tensor& tensor) {
  Intervals all;
  for (const Ball& x : to_scalars<Ball>(tensor)) all.emplace_back(x);
  return all;
}

}  // namespace

std::optional<Network> Network::make(const Problem& problem) {
  const Graph* graph = problem.model->graph();
  if (graph == nullptr || problem.loss.kind() == Loss::Kind::value || graph->input_shape().size() != 1)
    return std::nullopt;
  Network net;
  net.inputs_ = graph->inputs();
  net.parameters_ = graph->parameters();
  net.features_.resize(net.inputs_);
  std::vector<std::vector<std::size_t>> values(1);  // the features of each value of the graph
  for (std::size_t j = 0; j < net.inputs_; ++j) values[0].push_back(j);
  const auto add = [&net](Feature f) {
    net.features_.push_back(std::move(f));
    return net.features_.size() - 1;
  };
  for (const GraphNode& node : graph->nodes()) {
    std::vector<std::size_t> out;
    std::vector<std::vector<std::size_t>> in;
    for (const std::size_t v : node.inputs) in.push_back(values[v]);
    const OpKind kind = node.op->kind();
    if (kind == OpKind::affine && node.op_name == "linear") {
      const std::size_t weight = graph->blocks()[node.weight].begin;
      for (std::size_t r = 0; r < element_count(node.shape); ++r) {
        Feature f;
        f.kind = Feature::Kind::affine;
        for (std::size_t c = 0; c < in[0].size(); ++c)
          f.terms.push_back({in[0][c], weight + r * in[0].size() + c});
        if (node.bias != kNone) f.bias = graph->blocks()[node.bias].begin + r;
        out.push_back(add(std::move(f)));
      }
    } else if (kind == OpKind::elementwise) {
      net.activations_.emplace_back(*node.op, node.op_name);
      net.analytic_ = net.analytic_ && net.activations_.back().analytic();
      for (const std::size_t h : in[0]) {
        Feature f;
        f.kind = Feature::Kind::activation;
        f.terms = {{h}};
        f.activation = net.activations_.size() - 1;
        out.push_back(add(std::move(f)));
      }
    } else if (kind == OpKind::sum || kind == OpKind::product) {
      out = in[0];
      for (std::size_t other = 1; other < in.size(); ++other) {
        for (std::size_t j = 0; j < out.size(); ++j) {
          Feature f;
          f.kind = kind == OpKind::sum ? Feature::Kind::affine : Feature::Kind::product;
          f.terms = {{out[j]}, {in[other][j]}};
          out[j] = add(std::move(f));
        }
      }
    } else if (kind == OpKind::rename || (kind == OpKind::concatenation && node.shape.size() == 1)) {
      for (const auto& part : in) out.insert(out.end(), part.begin(), part.end());
    } else {
      return std::nullopt;
    }
    values.push_back(std::move(out));
  }
  net.outputs_ = values[graph->output_node() + 1];
  net.uses_.assign(net.parameters_, 0);
  for (const Feature& f : net.features_) {
    if (f.bias != npos) ++net.uses_[f.bias];
    for (const Term& t : f.terms) {
      if (t.weight != npos) ++net.uses_[t.weight];
    }
  }
  net.x_ = intervals_of(problem.x);
  net.y_ = intervals_of(problem.y);
  net.loss_ = problem.loss;
  net.mean_ = Interval(1) / Interval(static_cast<double>(problem.samples()));
  net.lambdas_.resize(net.parameters_);
  for (const QuadraticTerm& term : problem.regularizer) {
    const Interval lambda(Ball::from_rational(term.lambda));
    for (std::size_t k = term.begin; k < std::min(term.end, net.parameters_); ++k) net.lambdas_[k] += lambda;
  }
  const InputGroups groups = equal_input_groups(problem);
  net.group_ = groups.group;
  net.groups_ = groups.count;
  for (std::size_t i = 0; i < net.group_.size(); ++i) {
    if (net.group_[i] == net.first_.size()) net.first_.push_back(i);
  }
  return net;
}

Interval Network::slope_by(const Feature& f, std::size_t t, const State& state, std::size_t self,
                           const Intervals& z) const {
  if (f.kind == Feature::Kind::activation) return state.slope[self];
  if (f.kind == Feature::Kind::product) return state.value[f.terms[1 - t].feature];
  return f.terms[t].weight == npos ? Interval(1) : z[f.terms[t].weight];
}

void Network::forward(const Intervals& z, std::size_t sample, State& state) const {
  const std::size_t count = features_.size();
  state.value.resize(count);
  state.slope.resize(count);
  state.curvature.resize(count);
  state.kink = false;
  for (std::size_t f = 0; f < count; ++f) {
    const Feature& feature = features_[f];
    Interval& y = state.value[f];
    switch (feature.kind) {
      case Feature::Kind::input:
        y = x_[sample * inputs_ + f];
        break;
      case Feature::Kind::affine:
        y = feature.bias == npos ? Interval() : z[feature.bias];
        for (const Term& t : feature.terms)
          y += t.weight == npos ? state.value[t.feature] : z[t.weight] * state.value[t.feature];
        break;
      case Feature::Kind::product:
        y = feature.terms[0].feature == feature.terms[1].feature
                ? square(state.value[feature.terms[0].feature])
                : state.value[feature.terms[0].feature] * state.value[feature.terms[1].feature];
        break;
      case Feature::Kind::activation: {
        const Range r = activations_[feature.activation].range(state.value[feature.terms[0].feature]);
        y = r.value;
        state.slope[f] = r.slope;
        state.curvature[f] = r.curvature;
        state.kink = state.kink || r.kink;
      }
    }
  }
}

// d (sum_k seeds_k phi_k) / d feature
Intervals Network::adjoints(const State& state, const Intervals& z, const Intervals& seeds) const {
  Intervals adjoint(features_.size());
  for (std::size_t k = 0; k < seeds.size(); ++k) adjoint[outputs_[k]] += seeds[k];
  for (std::size_t f = features_.size(); f-- > inputs_;) {
    if (adjoint[f].is_zero()) continue;
    for (std::size_t t = 0; t < features_[f].terms.size(); ++t) {
      adjoint[features_[f].terms[t].feature] += adjoint[f] * slope_by(features_[f], t, state, f, z);
    }
  }
  return adjoint;
}

Intervals Network::gradient(const Intervals& z, std::size_t replaced) const {
  Intervals sum(parameters_), back = z;
  if (replaced != npos) back[replaced] = Interval(1);
  State state;
  for (std::size_t i = 0; i < samples(); ++i) {
    forward(z, i, state);
    const Intervals adjoint = adjoints(state, back, loss(state, i).gradient);
    for (std::size_t f = inputs_; f < features_.size(); ++f) {
      if (features_[f].bias != npos) sum[features_[f].bias] += adjoint[f];
      for (const Term& t : features_[f].terms) {
        if (t.weight != npos) sum[t.weight] += adjoint[f] * state.value[t.feature];
      }
    }
  }
  for (std::size_t k = 0; k < parameters_; ++k) sum[k] = sum[k] * mean_ + Interval(2) * lambdas_[k] * z[k];
  return sum;
}

// d feature / d (chosen parameters); position: of each parameter among the chosen, or npos.
std::vector<Intervals> Network::tangents(const State& state, const Intervals& z,
                                         const std::vector<std::size_t>& position, std::size_t count) const {
  std::vector<Intervals> tangent(features_.size());
  for (std::size_t f = inputs_; f < features_.size(); ++f) {
    const Feature& feature = features_[f];
    Intervals& d = tangent[f];
    d.resize(count);
    if (feature.bias != npos && position[feature.bias] != npos) d[position[feature.bias]] += Interval(1);
    for (std::size_t t = 0; t < feature.terms.size(); ++t) {
      const auto [h, w] = feature.terms[t];
      if (w != npos && position[w] != npos) d[position[w]] += state.value[h];
      if (h < inputs_) continue;
      const Interval slope = slope_by(feature, t, state, f, z);
      for (std::size_t p = 0; p < count; ++p) {
        if (!tangent[h][p].is_zero()) d[p] += slope * tangent[h][p];
      }
    }
  }
  return tangent;
}

// With a the adjoints of the sample's loss:
//   sum_kl L''_kl dphi_k dphi_l^T                                           the loss
//   + sum over activations u = s(p) of a_u s''(p) dp dp^T
//   + sum over products y = g h of a_y (dg dh^T + dh dg^T)
//   + sum over affine y = sum_j w_j h_j of a_y (e_j dh_j^T + dh_j e_j^T),   e_j the unit vector of w_j.
std::optional<IntervalSquare> Network::hessian(const Intervals& z) const {
  const std::size_t n = parameters_;
  IntervalSquare sum(n);
  std::vector<std::size_t> position(n);
  std::iota(position.begin(), position.end(), std::size_t{0});
  const auto add_square = [&](const Interval& weight, const Intervals& v) {
    if (weight.is_zero()) return;
    for (std::size_t p = 0; p < n; ++p) {
      if (v[p].is_zero()) continue;
      sum(p, p) += weight * square(v[p]);
      for (std::size_t q = 0; q < p; ++q) {
        if (!v[q].is_zero()) sum(p, q) += weight * (v[p] * v[q]);
      }
    }
  };
  // weight (u v^T + v u^T), lower triangle
  const auto add_pair = [&](const Interval& weight, const Intervals& u, const Intervals& v) {
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = 0; q <= p; ++q) sum(p, q) += weight * (u[p] * v[q] + v[p] * u[q]);
    }
  };
  State state;
  for (std::size_t i = 0; i < samples(); ++i) {
    forward(z, i, state);
    const LossRange l = loss(state, i);
    if (state.kink || l.jump) return std::nullopt;
    const std::vector<Intervals> d = tangents(state, z, position, n);
    const auto of = [&](std::size_t f) { return f < inputs_ ? Intervals(n) : d[f]; };
    Intervals mean(n);  // of a softmax; 0 for losses that are sums over the outputs
    for (std::size_t k = 0; loss_.class_targets() && k < outputs_.size(); ++k) {
      for (std::size_t p = 0; p < n; ++p) mean[p] += l.curvature[k] * of(outputs_[k])[p];
    }
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      Intervals v = of(outputs_[k]);
      for (std::size_t p = 0; p < n; ++p) v[p] = v[p] - mean[p];
      add_square(l.curvature[k], v);
    }
    const Intervals adjoint = adjoints(state, z, l.gradient);
    for (std::size_t f = inputs_; f < features_.size(); ++f) {
      const Feature& feature = features_[f];
      if (feature.kind == Feature::Kind::activation && feature.terms[0].feature >= inputs_) {
        add_square(adjoint[f] * state.curvature[f], d[feature.terms[0].feature]);
      }
      if (feature.kind == Feature::Kind::product) {
        add_pair(adjoint[f], of(feature.terms[0].feature), of(feature.terms[1].feature));
      }
      for (const auto& [h, w] : feature.terms) {
        if (w == npos || h < inputs_) continue;
        for (std::size_t p = 0; p < n; ++p) {
          const Interval term = adjoint[f] * d[h][p];
          if (!term.is_zero()) sum(std::max(w, p), std::min(w, p)) += w == p ? Interval(2) * term : term;
        }
      }
    }
  }
  for (std::size_t p = 0; p < n; ++p) {
    for (std::size_t q = 0; q <= p; ++q) sum(p, q) = sum(q, p) = sum(p, q) * mean_;
    sum(p, p) += Interval(2) * lambdas_[p];
  }
  return sum;
}

Intervals Network::group_sums(const Intervals& z) const {
  const std::size_t d_y = outputs_.size();
  Intervals sums(groups_ * d_y);
  State state;
  for (std::size_t i = 0; i < samples(); ++i) {
    forward(z, i, state);
    const LossRange l = loss(state, i);
    for (std::size_t k = 0; k < d_y; ++k) sums[group_[i] * d_y + k] += l.gradient[k];
  }
  return sums;
}

Vector<double> Network::approx_group_slopes(const Vector<double>& z, std::size_t group,
                                            std::size_t output) const {
  Vector<double> slopes(parameters_);
  const Intervals at(z.begin(), z.end());
  State state;
  for (std::size_t i = 0; i < samples(); ++i) {
    if (group_[i] != group) continue;
    forward(at, i, state);
    Intervals seeds(outputs_.size());
    seeds[output] = loss(state, i).curvature[output];
    const Intervals adjoint = adjoints(state, at, seeds);
    for (std::size_t f = inputs_; f < features_.size(); ++f) {
      if (features_[f].bias != npos) slopes[features_[f].bias] += adjoint[f].middle();
      for (const Term& t : features_[f].terms) {
        if (t.weight != npos) slopes[t.weight] += (adjoint[f] * state.value[t.feature]).middle();
      }
    }
  }
  return slopes;
}

Intervals Network::jacobian(const Intervals& z, const std::vector<std::size_t>& columns) const {
  std::vector<std::size_t> position(parameters_, npos);
  for (std::size_t c = 0; c < columns.size(); ++c) position[columns[c]] = c;
  Intervals rows;
  State state;
  for (const std::size_t i : first_) {
    forward(z, i, state);
    const std::vector<Intervals> d = tangents(state, z, position, columns.size());
    for (const std::size_t f : outputs_) {
      if (f < inputs_) {
        rows.resize(rows.size() + columns.size());
      } else {
        rows.insert(rows.end(), d[f].begin(), d[f].end());
      }
    }
  }
  return rows;
}

}  // namespace pgb::boxes
