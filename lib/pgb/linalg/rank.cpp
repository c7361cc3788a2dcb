#include "pgb/linalg/rank.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_inverse.h"

namespace pgb {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// log10 of an upper bound of |x|, also far outside double's range.
double log10_magnitude(const Ball& x) {
  mag_t bound;
  mag_init(bound);
  arb_get_mag(bound, x.get());
  double result = kMinusInfinity;
  if (mag_is_inf(bound)) result = std::numeric_limits<double>::infinity();
  if (!mag_is_special(bound)) result = mag_get_d_log2_approx(bound) * 0.30102999566398120;
  mag_clear(bound);
  return result;
}

// The entry (r >= k, c >= k) that excludes 0 with the largest lower bound of its magnitude; {rows, cols} when
// none does.
std::pair<std::size_t, std::size_t> find_pivot(const Matrix<Ball>& a, std::size_t k) {
  std::pair<std::size_t, std::size_t> best{a.rows, a.cols};
  mag_t lower, largest;
  mag_init(lower);
  mag_init(largest);
  for (std::size_t c = k; c < a.cols; ++c) {
    for (std::size_t r = k; r < a.rows; ++r) {
      arb_get_mag_lower(lower, a(r, c).get());
      if (mag_cmp(lower, largest) > 0) {
        mag_set(largest, lower);
        best = {r, c};
      }
    }
  }
  mag_clear(lower);
  mag_clear(largest);
  return best;
}

}  // namespace

RankBound rank_lower_bound(Matrix<Ball> a) {
  RankBound result;
  std::vector<std::size_t> row(a.rows), column(a.cols);
  std::iota(row.begin(), row.end(), std::size_t{0});
  std::iota(column.begin(), column.end(), std::size_t{0});
  const std::size_t most = std::min(a.rows, a.cols);
  const slong bits = working_precision();
  std::size_t k = 0;
  for (; k < most; ++k) {
    const auto [r, c] = find_pivot(a, k);
    if (r == a.rows) break;
    if (r != k) {
      for (std::size_t j = k; j < a.cols; ++j) std::swap(a(r, j), a(k, j));
      std::swap(row[r], row[k]);
    }
    if (c != k) {
      for (std::size_t i = 0; i < a.rows; ++i) std::swap(a(i, c), a(i, k));
      std::swap(column[c], column[k]);
    }
    result.log10_pivots.push_back(log10_magnitude(a(k, k)));
    for (std::size_t i = k + 1; i < a.rows; ++i) {
      if (a(i, k).is_exactly_zero()) continue;
      a(i, k) /= a(k, k);
    }
    for (std::size_t j = k + 1; j < a.cols; ++j) {
      if (a(k, j).is_exactly_zero()) continue;
      for (std::size_t i = k + 1; i < a.rows; ++i) {
        if (!a(i, k).is_exactly_zero()) arb_submul(a(i, j).get(), a(i, k).get(), a(k, j).get(), bits);
      }
    }
  }
  result.at_least = k;
  result.rows.assign(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(k));
  result.columns.assign(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(k));
  result.exact = true;
  result.log10_remainder = kMinusInfinity;
  for (std::size_t j = k; j < a.cols; ++j) {
    for (std::size_t i = k; i < a.rows; ++i) {
      if (!a(i, j).is_exactly_zero()) result.exact = false;
      result.log10_remainder = std::max(result.log10_remainder, log10_magnitude(a(i, j)));
    }
  }
  return result;
}

RankBound verified_rank(const IntervalMatrix& a) {
  RankBound result;
  for (const double x : a.mid.data) {
    if (!std::isfinite(x)) return result;
  }
  const std::size_t most = std::min(a.rows(), a.cols());
  std::size_t count = most;
  for (int round = 0; round < 4 && count > 0; ++round) {
    if (round == 1) count = std::min(count, approx_rank(a.mid).rank);
    if (round > 1) count -= (count + 15) / 16;
    std::vector<std::size_t> columns = approx_independent_columns(a.mid, count);
    if (columns.size() < count) continue;
    Matrix<double> chosen(columns.size(), a.rows());  // transposed
    for (std::size_t k = 0; k < columns.size(); ++k) {
      for (std::size_t i = 0; i < a.rows(); ++i) chosen(k, i) = a.mid(i, columns[k]);
    }
    std::vector<std::size_t> rows = approx_independent_columns(std::move(chosen), count);
    if (rows.size() < count) continue;
    IntervalMatrix minor(count, count);
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t i = 0; i < count; ++i) {
        minor.mid(i, j) = a.mid(rows[i], columns[j]);
        minor.radius(i, j) = a.radius(rows[i], columns[j]);
      }
    }
    if (!verified_nonsingular(minor).nonsingular()) continue;
    result.at_least = count;
    result.rows = std::move(rows);
    result.columns = std::move(columns);
    result.exact = count == most;
    break;
  }
  return result;
}

AdaptiveRank adaptive_rank(const std::function<Matrix<Ball>()>& matrix, std::size_t upper_bound,
                           long start_bits, long max_bits) {
  AdaptiveRank best;
  std::size_t unchanged = 0;
  for (long bits = start_bits; bits <= max_bits; bits *= 2) {
    const PrecisionScope scope(bits);
    RankBound bound = rank_lower_bound(matrix());
    const bool first = best.precision_bits == 0;
    const bool shrinks =
        !first && bound.log10_remainder < best.bound.log10_remainder - 0.2 * static_cast<double>(bits) / 2;
    unchanged = !first && bound.at_least == best.bound.at_least && shrinks ? unchanged + 1 : 0;
    best.bound = std::move(bound);
    best.precision_bits = bits;
    if (best.bound.exact || best.bound.at_least >= upper_bound) break;
    if (unchanged == 2) {
      best.stable = true;
      break;
    }
  }
  return best;
}

}  // namespace pgb
