// Entrywise operations on enclosures in double, and panels of tangents. Not for users of the library: see
// graph_hessian.h.
#pragma once

#include <cmath>
#include <cstddef>

#include "pgb/linalg/verified_bounds.h"
#include "pgb/linalg/verified_interval.h"

namespace pgb::graph_hessian_detail {

// An enclosure [m - r, m + r]; the rounding errors of each operation are in r.
struct Entry {
  double m = 0, r = 0;
};
inline Entry product(Entry a, Entry b) {
  const double m = a.m * b.m;
  return {m, (std::abs(a.m) * b.r + a.r * (std::abs(b.m) + b.r) + verified_detail::kUnit * std::abs(m)) *
                     (1 + 8 * verified_detail::kUnit) +
                 verified_detail::kTiny};
}
inline Entry sum(Entry a, Entry b) {
  const double m = a.m + b.m;
  return {m, (a.r + b.r + 2 * verified_detail::kUnit * std::abs(m)) * (1 + 4 * verified_detail::kUnit)};
}
inline Entry get(const IntervalMatrix& a, std::size_t i, std::size_t j) {
  return {a.mid(i, j), a.radius(i, j)};
}
inline void add(IntervalMatrix& a, std::size_t i, std::size_t j, Entry x) {
  const Entry y = sum(get(a, i, j), x);
  a.mid(i, j) = y.m;
  a.radius(i, j) = y.r;
}
void add(IntervalMatrix& a, const IntervalMatrix& b);
IntervalMatrix transposed(const IntervalMatrix& a);

// Tangents of one value (r features) for C columns of H: m x (r C), feature u of column c at u + r c. Empty:
// all zero.
using Panel = IntervalMatrix;

inline bool is_empty(const Panel& p) { return p.mid.data.empty(); }

// Group c of the result is group c of p (b.rows() columns) times b.
Panel multiply_groups(const Panel& p, const IntervalMatrix& b);

// p(i, u + r c) times factor(u, i), factor r x m.
Panel scaled(const Panel& p, const IntervalMatrix& factor);

// Columns [first, first + count) of one panel to columns [at, at + count) of another.
void copy_columns(const Panel& from, std::size_t first, std::size_t count, Panel& to, std::size_t at);

}  // namespace pgb::graph_hessian_detail
