#include "pgb/search/local/lanes.h"

#include <algorithm>
#include <cmath>

#include "pgb/search/local/lane_functions.h"

// AVX2 without fused multiply-add has the results of SSE2, twice as fast; the loader picks what the processor
// has.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define PGB_LANE_CLONES __attribute__((target_clones("avx2", "default")))
#define PGB_LANE_INLINE __attribute__((always_inline)) inline
#else
#define PGB_LANE_CLONES
#define PGB_LANE_INLINE inline
#endif

namespace pgb::search {
namespace {

inline std::size_t packed(std::size_t row, std::size_t column) { return row * (row + 1) / 2 + column; }

inline void set(double* a, double value) {
  for (std::size_t l = 0; l < kLanes; ++l) a[l] = value;
}
// a += b c
inline void add_product(double* __restrict a, const double* b, const double* c) {
  for (std::size_t l = 0; l < kLanes; ++l) a[l] += b[l] * c[l];
}
inline void multiply(double* __restrict a, const double* b, const double* c) {
  for (std::size_t l = 0; l < kLanes; ++l) a[l] = b[l] * c[l];
}

// matrix += c v v^T over the indices of v.
inline void add_outer(const std::vector<std::size_t>& index, const double* value, const double* c,
                      double* matrix) {
  for (std::size_t r = 0; r < index.size(); ++r) {
    double scaled[kLanes];
    multiply(scaled, c, value + r * kLanes);
    double* row = matrix + packed(index[r], 0) * kLanes;
    for (std::size_t q = 0; q <= r; ++q) add_product(row + index[q] * kLanes, scaled, value + q * kLanes);
  }
}

}  // namespace

LaneEvaluator::LaneEvaluator(const Layered& net) : net_(net) {
  for (std::size_t k = 0; k < net.layers.size(); ++k) {
    const AffineLayer& layer = net.layers[k];
    Level level;
    level.feature.resize(layer.out * kLanes);
    level.slope = level.curvature = level.adjoint = level.feature;
    for (std::size_t j = 0; j < layer.out; ++j) {
      Row row;
      for (std::size_t p = 0; k > 0 && p < layer.begin; ++p) row.index.push_back(p);
      for (std::size_t i = 0; i < layer.in; ++i) row.index.push_back(layer.weight(j, i));
      if (layer.bias) row.index.push_back(layer.bias_of(j));
      row.value.resize(row.index.size() * kLanes);
      level.rows.push_back(std::move(row));
    }
    levels_.push_back(std::move(level));
  }
  input_.resize(net.d_x * kLanes);
  exponential_.resize(net.d_y * kLanes);
  scratch_.resize(net.n * kLanes);
  output_ = levels_.back().rows;
  for (std::size_t k = 0; net.added && k < net.d_y; ++k) {
    std::vector<std::size_t>& index = output_[k].index;
    index.push_back(net.added->a + k);
    index.push_back(net.added->b + k);
    for (std::size_t c = 0; c < net.d_x; ++c) index.push_back(net.added->w + k * net.d_x + c);
    output_[k].value.resize(index.size() * kLanes);
  }
}

// h = s(W h_before + b).
PGB_LANE_INLINE void LaneEvaluator::forward(std::size_t level, const double* z) {
  const AffineLayer& layer = net_.layers[level];
  Level& here = levels_[level];
  const double* before = level == 0 ? input_.data() : levels_[level - 1].feature.data();
  for (std::size_t j = 0; j < layer.out; ++j) {
    double p[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) p[l] = layer.bias ? z[layer.bias_of(j) * kLanes + l] : 0;
    for (std::size_t i = 0; i < layer.in; ++i) {
      add_product(p, z + layer.weight(j, i) * kLanes, before + i * kLanes);
    }
    activation_lanes(layer.activation, p, &here.feature[j * kLanes], &here.slope[j * kLanes],
                     &here.curvature[j * kLanes]);
  }
}

// grad p_j = sum_i w_ji h_i' grad p_i + (h_before, 1 in the unit's own row).
PGB_LANE_INLINE void LaneEvaluator::rows(std::size_t level, const double* z) {
  const AffineLayer& layer = net_.layers[level];
  Level& here = levels_[level];
  const double* before = level == 0 ? input_.data() : levels_[level - 1].feature.data();
  for (std::size_t j = 0; j < layer.out; ++j) {
    Row& row = here.rows[j];
    double* value = row.value.data();
    if (level > 0) {
      const Level& previous = levels_[level - 1];
      std::fill_n(value, layer.begin * kLanes, 0.0);
      for (std::size_t i = 0; i < layer.in; ++i) {
        double factor[kLanes];
        multiply(factor, z + layer.weight(j, i) * kLanes, &previous.slope[i * kLanes]);
        const Row& from = previous.rows[i];
        for (std::size_t e = 0; e < from.index.size(); ++e) {
          add_product(value + from.index[e] * kLanes, factor, &from.value[e * kLanes]);
        }
      }
      value += layer.begin * kLanes;
    }
    std::copy_n(before, layer.in * kLanes, value);
    if (layer.bias) set(value + layer.in * kLanes, 1);
  }
}

// Adds a_k exp(w_k . x + b_k) to the outputs, and its derivatives to the rows of J.
PGB_LANE_INLINE void LaneEvaluator::added(std::size_t sample, const double* z) {
  for (std::size_t k = 0; k < net_.d_y; ++k) {
    const double* a = z + (net_.added->a + k) * kLanes;
    double exponent[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) exponent[l] = z[(net_.added->b + k) * kLanes + l];
    for (std::size_t c = 0; c < net_.d_x; ++c) {
      add_product(exponent, z + (net_.added->w + k * net_.d_x + c) * kLanes, &input_[c * kLanes]);
    }
    double* e = &exponential_[k * kLanes];
    exp_lanes(exponent, e);
    std::size_t at = output_[k].index.size() - net_.d_x - 2;
    double* value = output_[k].value.data();
    for (std::size_t l = 0; l < kLanes; ++l) {
      value[at * kLanes + l] = e[l];
      value[(at + 1) * kLanes + l] = a[l] * e[l];
      levels_.back().feature[k * kLanes + l] += a[l] * e[l];
    }
    for (std::size_t c = 0; c < net_.d_x; ++c) {
      const double x = net_.x[sample * net_.d_x + c];
      for (std::size_t l = 0; l < kLanes; ++l) value[(at + 2 + c) * kLanes + l] = x * a[l] * e[l];
    }
  }
}

// The sample's part of Q, of its gradient, of G and of the added neurons' part of S; leaves dQ/dq in the last
// adjoint.
PGB_LANE_INLINE void LaneEvaluator::losses(std::size_t sample, const double* second, LaneResult& result) {
  Level& last = levels_.back();
  const bool least_squares = net_.loss.least_squares();
  for (std::size_t k = 0; k < net_.d_y; ++k) {
    const double y = net_.y[sample * net_.d_y + k];
    const double* q = &last.feature[k * kLanes];
    double* slope = &last.adjoint[k * kLanes];
    double curvature[kLanes];
    for (std::size_t l = 0; l < kLanes && !least_squares; ++l) {
      const LossValues v = loss_values(net_.loss, q[l], y);
      result.value[l] += net_.weight * v.value;
      slope[l] = net_.weight * v.slope;
      curvature[l] = net_.weight * v.curvature;
    }
    for (std::size_t l = 0; l < kLanes && least_squares; ++l) {
      const double r = q[l] - y;
      result.value[l] += net_.weight * r * r;
      slope[l] = 2 * net_.weight * r;
      curvature[l] = 2 * net_.weight;
    }
    Row& row = output_[k];
    const Row& of_layer = last.rows[k];
    for (std::size_t e = 0; e < of_layer.index.size(); ++e) {
      multiply(&row.value[e * kLanes], &last.slope[k * kLanes], &of_layer.value[e * kLanes]);
    }
    for (std::size_t e = 0; e < row.index.size(); ++e) {
      add_product(&result.gradient[row.index[e] * kLanes], slope, &row.value[e * kLanes]);
    }
    add_outer(row.index, row.value.data(), curvature, result.matrix.data());
    if (!net_.added) continue;
    const double* a = &row.value[(row.index.size() - net_.d_x - 2 + 1) * kLanes];  // a e
    double factor[kLanes], unit[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) {
      factor[l] = second[l] * slope[l] * exponential_[k * kLanes + l];
      unit[l] = second[l] * slope[l] * a[l];
    }
    // d^2/da db = e, d^2/da dw = e x, and a e (1, x)(1, x)^T in (b, w).
    for (std::size_t r = 0; r <= net_.d_x; ++r) {
      const double xr = r == 0 ? 1 : net_.x[sample * net_.d_x + r - 1];
      const std::size_t row_index = r == 0 ? net_.added->b + k : net_.added->w + k * net_.d_x + r - 1;
      double* of_a = &result.matrix[packed(row_index, net_.added->a + k) * kLanes];
      for (std::size_t l = 0; l < kLanes; ++l) of_a[l] += xr * factor[l];
      for (std::size_t c = 0; c <= r; ++c) {
        const double xc = c == 0 ? 1 : net_.x[sample * net_.d_x + c - 1];
        const std::size_t column = c == 0 ? net_.added->b + k : net_.added->w + k * net_.d_x + c - 1;
        double* entry = &result.matrix[packed(row_index, column) * kLanes];
        for (std::size_t l = 0; l < kLanes; ++l) entry[l] += xr * xc * unit[l];
      }
    }
  }
}

// The level's part of S: dQ/dh_j h_j'' grad p_j grad p_j^T, and dQ/dp_j grad h_i in the row of w_ji.
PGB_LANE_INLINE void LaneEvaluator::backward(std::size_t level, const double* z, const double* second,
                                             LaneResult& result) {
  const AffineLayer& layer = net_.layers[level];
  Level& here = levels_[level];
  Level* previous = level == 0 ? nullptr : &levels_[level - 1];
  if (previous != nullptr) std::fill(previous->adjoint.begin(), previous->adjoint.end(), 0.0);
  for (std::size_t j = 0; j < layer.out; ++j) {
    double bend[kLanes], of_p[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) {
      bend[l] = second[l] * here.adjoint[j * kLanes + l] * here.curvature[j * kLanes + l];
    }
    multiply(of_p, &here.adjoint[j * kLanes], &here.slope[j * kLanes]);
    if (layer.activation.kind != ActivationKind::identity) {
      add_outer(here.rows[j].index, here.rows[j].value.data(), bend, result.matrix.data());
    }
    for (std::size_t i = 0; previous != nullptr && i < layer.in; ++i) {
      add_product(&previous->adjoint[i * kLanes], of_p, z + layer.weight(j, i) * kLanes);
      double factor[kLanes];
      for (std::size_t l = 0; l < kLanes; ++l)
        factor[l] = second[l] * of_p[l] * previous->slope[i * kLanes + l];
      const Row& row = previous->rows[i];
      double* matrix = &result.matrix[packed(layer.weight(j, i), 0) * kLanes];
      for (std::size_t e = 0; e < row.index.size(); ++e) {
        add_product(matrix + row.index[e] * kLanes, factor, &row.value[e * kLanes]);
      }
    }
  }
}

PGB_LANE_CLONES
void LaneEvaluator::evaluate(const double* z, const double* second, LaneResult& result) {
  result.value.assign(kLanes, 0.0);
  result.gradient.assign(net_.n * kLanes, 0.0);
  result.matrix.assign(net_.n * (net_.n + 1) / 2 * kLanes, 0.0);
  for (std::size_t i = 0; i < net_.m; ++i) {
    for (std::size_t c = 0; c < net_.d_x; ++c) set(&input_[c * kLanes], net_.x[i * net_.d_x + c]);
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      forward(level, z);
      rows(level, z);
    }
    if (net_.added) added(i, z);
    losses(i, second, result);
    for (std::size_t level = levels_.size(); level-- > 0;) backward(level, z, second, result);
  }
  for (std::size_t k = 0; net_.regularized && k < net_.n; ++k) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      const double zk = z[k * kLanes + l];
      result.value[l] += net_.lambda[k] * zk * zk;
      result.gradient[k * kLanes + l] += 2 * net_.lambda[k] * zk;
      result.matrix[packed(k, k) * kLanes + l] += 2 * net_.lambda[k];
    }
  }
}

std::vector<double> LaneEvaluator::outputs(const std::vector<double>& z) const {
  std::vector<double> q;
  for (std::size_t i = 0; i < net_.m; ++i) {
    const double* x = &net_.x[i * net_.d_x];
    std::vector<double> h(x, x + net_.d_x);
    for (const AffineLayer& layer : net_.layers) {
      std::vector<double> next(layer.out);
      for (std::size_t j = 0; j < layer.out; ++j) {
        double p = layer.bias ? z[layer.bias_of(j)] : 0;
        for (std::size_t c = 0; c < layer.in; ++c) p += z[layer.weight(j, c)] * h[c];
        next[j] = activation_value(layer.activation, p);
      }
      h = std::move(next);
    }
    for (std::size_t k = 0; net_.added && k < net_.d_y; ++k) {
      double exponent = z[net_.added->b + k];
      for (std::size_t c = 0; c < net_.d_x; ++c) exponent += z[net_.added->w + k * net_.d_x + c] * x[c];
      h[k] += z[net_.added->a + k] * std::exp(exponent);
    }
    q.insert(q.end(), h.begin(), h.end());
  }
  return q;
}

PGB_LANE_CLONES
void factor_lanes(std::size_t n, double* matrix, bool* good) {
  for (std::size_t l = 0; l < kLanes; ++l) good[l] = true;
  for (std::size_t r = 0; r < n; ++r) {
    double* row = matrix + packed(r, 0) * kLanes;
    for (std::size_t c = 0; c <= r; ++c) {
      const double* other = matrix + packed(c, 0) * kLanes;
      double sum[kLanes];
      for (std::size_t l = 0; l < kLanes; ++l) sum[l] = row[c * kLanes + l];
      for (std::size_t k = 0; k < c; ++k) {
        for (std::size_t l = 0; l < kLanes; ++l) sum[l] -= row[k * kLanes + l] * other[k * kLanes + l];
      }
      for (std::size_t l = 0; l < kLanes; ++l) {
        if (c < r) {
          row[c * kLanes + l] = sum[l] / other[c * kLanes + l];
        } else {
          good[l] = good[l] && sum[l] > 0;
          row[c * kLanes + l] = sum[l] > 0 ? std::sqrt(sum[l]) : 1;
        }
      }
    }
  }
}

PGB_LANE_CLONES
void solve_lanes(std::size_t n, const double* factor, double* b) {
  for (std::size_t r = 0; r < n; ++r) {
    const double* row = factor + packed(r, 0) * kLanes;
    double* x = b + r * kLanes;
    for (std::size_t c = 0; c < r; ++c) {
      for (std::size_t l = 0; l < kLanes; ++l) x[l] -= row[c * kLanes + l] * b[c * kLanes + l];
    }
    for (std::size_t l = 0; l < kLanes; ++l) x[l] /= row[r * kLanes + l];
  }
  for (std::size_t r = n; r-- > 0;) {
    double* x = b + r * kLanes;
    for (std::size_t l = 0; l < kLanes; ++l) x[l] /= factor[packed(r, r) * kLanes + l];
    for (std::size_t c = 0; c < r; ++c) {
      const double* entry = factor + packed(r, c) * kLanes;
      for (std::size_t l = 0; l < kLanes; ++l) b[c * kLanes + l] -= entry[l] * x[l];
    }
  }
}

}  // namespace pgb::search
