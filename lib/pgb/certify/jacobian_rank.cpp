#include "pgb/certify/jacobian_rank.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "pgb/derivatives/objective.h"

namespace pgb {
namespace {

// J on the listed columns; nothing where it is not known to exist.
std::optional<Matrix<Ball>> jacobian_on(const Problem& problem, const Vector<Ball>& z,
                                        const std::vector<std::size_t>& columns) {
  const Objective<Ball> objective(problem);
  if (!objective.kinks(z).empty()) return std::nullopt;
  const Matrix<Ball> all = objective.jacobian(z);
  Matrix<Ball> chosen(all.rows, columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    for (std::size_t i = 0; i < all.rows; ++i) {
      if (!all(i, columns[c]).is_finite()) return std::nullopt;
      chosen(i, c) = all(i, columns[c]);
    }
  }
  return chosen;
}

std::vector<std::size_t> all_columns(const Problem& problem) {
  std::vector<std::size_t> all(problem.model->parameters());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace

RankBound rank_on_box(const Problem& problem, const Vector<Ball>& box, std::vector<std::size_t> columns) {
  if (columns.empty()) columns = all_columns(problem);
  const auto j = jacobian_on(problem, box, columns);
  if (!j) return {};
  RankBound bound = verified_rank(to_interval(*j));
  for (std::size_t& c : bound.columns) c = columns[c];
  return bound;
}

RankBound rank_at_point(const Problem& problem, long exact_bits) {
  {
    const PrecisionScope scope(exact_bits);
    const auto j = jacobian_on(problem, to_scalars<Ball>(problem.parameters), all_columns(problem));
    if (!j) return {};
    if (auto bound = modular_rank(*j)) return std::move(*bound);
  }
  const PrecisionScope scope(128);
  return rank_on_box(problem, to_scalars<Ball>(problem.parameters));
}

}  // namespace pgb
