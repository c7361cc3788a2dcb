#include "pgb/flat/family.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace pgb {
namespace {

template <class S>
S entry_value(const SparseEntry& entry) {
  return entry.exact.empty() ? S(entry.value) : from_rational<S>(entry.exact);
}

// A x = b in place by Gaussian elimination, A p x p row-major, b p x r row-major. The pivot is the entry
// whose magnitude is the largest in double; throws std::invalid_argument when it is, or holds, 0.
template <class S>
void solve_in_place(Vector<S>& a, Vector<S>& b, std::size_t p, std::size_t r) {
  for (std::size_t k = 0; k < p; ++k) {
    std::size_t pivot = k;
    double largest = -1;
    for (std::size_t i = k; i < p; ++i) {
      const double magnitude = std::abs(to_double(a[i * p + k]));
      if (magnitude > largest) {
        largest = magnitude;
        pivot = i;
      }
    }
    const Sign sign = sign_of(a[pivot * p + k]);
    if (sign == Sign::zero || sign == Sign::unknown) {
      throw std::invalid_argument("flat_point: the linear map is singular");
    }
    for (std::size_t j = 0; j < p; ++j) std::swap(a[k * p + j], a[pivot * p + j]);
    for (std::size_t j = 0; j < r; ++j) std::swap(b[k * r + j], b[pivot * r + j]);
    for (std::size_t i = 0; i < p; ++i) {
      if (i == k) continue;
      const S factor = a[i * p + k] / a[k * p + k];
      for (std::size_t j = k; j < p; ++j) a[i * p + j] -= factor * a[k * p + j];
      for (std::size_t j = 0; j < r; ++j) b[i * r + j] -= factor * b[k * r + j];
    }
  }
  for (std::size_t k = 0; k < p; ++k) {
    for (std::size_t j = 0; j < r; ++j) b[k * r + j] /= a[k * p + k];
  }
}

// W_1 -> A W_1, b_1 -> A b_1 + shift, W_2 -> W_2 A^-1, b_2 -> b_2 - W_2 A^-1 shift.
template <class S>
void apply_linear_map(const FlatFamily& f, const Vector<double>& c, Vector<S>& z) {
  const Vector<S> before = z;
  Vector<S> a(f.p * f.p, S(0)), transposed(f.p * f.p, S(0));
  for (std::size_t i = 0; i < f.p; ++i) {
    for (std::size_t j = 0; j < f.p; ++j) {
      a[i * f.p + j] = S(c[i * f.p + j]) + S(i == j ? 1 : 0);
      transposed[j * f.p + i] = a[i * f.p + j];
    }
  }
  for (std::size_t i = 0; i < f.p; ++i) {
    for (std::size_t j = 0; j < f.q; ++j) {
      S sum(0);
      for (std::size_t k = 0; k < f.p; ++k) sum += a[i * f.p + k] * before[f.w1 + k * f.q + j];
      z[f.w1 + i * f.q + j] = sum;
    }
    if (f.b1 == FlatFamily::kAbsent) continue;
    S sum(0);
    for (std::size_t k = 0; k < f.p; ++k) sum += a[i * f.p + k] * before[f.b1 + k];
    z[f.b1 + i] = sum;
  }
  // W_2 A^-1 = (A^-T W_2^T)^T
  Vector<S> w2(f.p * f.r, S(0));
  for (std::size_t i = 0; i < f.r; ++i) {
    for (std::size_t k = 0; k < f.p; ++k) w2[k * f.r + i] = before[f.w2 + i * f.p + k];
  }
  solve_in_place(transposed, w2, f.p, f.r);
  for (std::size_t i = 0; i < f.r; ++i) {
    for (std::size_t k = 0; k < f.p; ++k) z[f.w2 + i * f.p + k] = w2[k * f.r + i];
  }
  if (f.dimension == f.p * f.p) return;
  for (std::size_t k = 0; k < f.p; ++k) {
    const S shift(c[f.p * f.p + k]);
    z[f.b1 + k] += shift;
    for (std::size_t i = 0; i < f.r; ++i) z[f.b2 + i] -= z[f.w2 + i * f.p + k] * shift;
  }
}

}  // namespace

const char* kind_name(FlatFamily::Kind kind) {
  switch (kind) {
    case FlatFamily::Kind::added_neurons:
      return "added neurons";
    case FlatFamily::Kind::zero_outgoing_weights:
      return "zero outgoing weights";
    case FlatFamily::Kind::equal_features:
      return "equal features";
    case FlatFamily::Kind::constant_features:
      return "constant features";
    case FlatFamily::Kind::feature_relation:
      return "null space of hidden features";
    case FlatFamily::Kind::dead_unit:
      return "dead units";
    case FlatFamily::Kind::orthogonal_inputs:
      return "orthogonal input directions";
    case FlatFamily::Kind::scaling:
      return "scaling";
    case FlatFamily::Kind::linear_maps:
      return "linear maps";
  }
  return "unknown";
}

template <class S>
Vector<S> flat_point(const FlatFamily& family, const Vector<S>& z, const Vector<double>& c) {
  if (c.size() != family.dimension) {
    throw std::invalid_argument("flat_point: expected " + std::to_string(family.dimension) +
                                " coordinates, found " + std::to_string(c.size()));
  }
  Vector<S> moved = z;
  if (family.straight) {
    for (std::size_t j = 0; j < c.size(); ++j) {
      if (c[j] == 0) continue;
      for (const SparseEntry& entry : family.basis[j]) {
        moved[entry.parameter] += S(c[j]) * entry_value<S>(entry);
      }
    }
  } else if (family.kind == FlatFamily::Kind::scaling) {
    if (!(c[0] > -1)) throw std::invalid_argument("flat_point: a scaling needs a coordinate above -1");
    const S factor = S(1) + S(c[0]);
    for (const std::size_t k : family.incoming) moved[k] *= factor;
    for (const std::size_t k : family.outgoing) moved[k] /= factor;
  } else {
    apply_linear_map(family, c, moved);
  }
  return moved;
}

template <class S>
std::vector<Vector<S>> flat_tangents(const FlatFamily& family, const Vector<S>& z) {
  std::vector<Vector<S>> tangents(family.dimension, Vector<S>(z.size(), S(0)));
  if (family.straight) {
    for (std::size_t j = 0; j < family.dimension; ++j) {
      for (const SparseEntry& entry : family.basis[j]) tangents[j][entry.parameter] = entry_value<S>(entry);
    }
    return tangents;
  }
  if (family.kind == FlatFamily::Kind::scaling) {
    for (const std::size_t k : family.incoming) tangents[0][k] = z[k];
    for (const std::size_t k : family.outgoing) tangents[0][k] = -z[k];
    return tangents;
  }
  // A = I + c E_ij: d W_1 = E_ij W_1, d b_1 = E_ij b_1, d W_2 = -W_2 E_ij
  const FlatFamily& f = family;
  for (std::size_t i = 0; i < f.p; ++i) {
    for (std::size_t j = 0; j < f.p; ++j) {
      Vector<S>& t = tangents[i * f.p + j];
      for (std::size_t k = 0; k < f.q; ++k) t[f.w1 + i * f.q + k] = z[f.w1 + j * f.q + k];
      if (f.b1 != FlatFamily::kAbsent) t[f.b1 + i] = z[f.b1 + j];
      for (std::size_t k = 0; k < f.r; ++k) t[f.w2 + k * f.p + j] = -z[f.w2 + k * f.p + i];
    }
  }
  for (std::size_t k = 0; f.p * f.p + k < f.dimension; ++k) {
    Vector<S>& t = tangents[f.p * f.p + k];
    t[f.b1 + k] = S(1);
    for (std::size_t i = 0; i < f.r; ++i) t[f.b2 + i] = -z[f.w2 + i * f.p + k];
  }
  return tangents;
}

#define PGB_INSTANTIATE(S)                                                                      \
  template Vector<S> flat_point<S>(const FlatFamily&, const Vector<S>&, const Vector<double>&); \
  template std::vector<Vector<S>> flat_tangents<S>(const FlatFamily&, const Vector<S>&);
PGB_FOR_BASE_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
