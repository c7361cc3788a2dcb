// Proven rank bounds against planted ranks.
#include "pgb/linalg/rank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "linalg/exact.h"
#include "pgb/scalar/product.h"

namespace pgb::test {
namespace {

TEST(Rank, PlantedInWholeNumbers) {
  for_each_trial(100, [](Random& random) {
    const std::size_t r = random.between(1, 9), c = random.between(1, 9),
                      rank = random.index(std::min(r, c) + 1);
    const Matrix<double> a =
        multiply<double>(whole_matrix(r, rank, 50, random), whole_matrix(rank, c, 50, random));
    const PrecisionScope scope(128);
    const RankBound bound = rank_lower_bound(balls(a));
    EXPECT_LE(bound.at_least, rank);
    EXPECT_GE(bound.at_least + 1, rank);  // a random factor is rarely of less than full rank
    EXPECT_EQ(bound.rows.size(), bound.at_least);
    EXPECT_EQ(bound.columns.size(), bound.at_least);
    // The minor that is named is not 0.
    Matrix<Ball> minor(bound.at_least, bound.at_least);
    for (std::size_t i = 0; i < bound.at_least; ++i) {
      for (std::size_t j = 0; j < bound.at_least; ++j) minor(i, j) = Ball(a(bound.rows[i], bound.columns[j]));
    }
    EXPECT_EQ(rank_lower_bound(minor).at_least, bound.at_least);
  });
}

TEST(Rank, ExactWhereNothingIsLeft) {
  const PrecisionScope scope(128);
  EXPECT_TRUE(rank_lower_bound(Matrix<Ball>(3, 4)).exact);
  EXPECT_EQ(rank_lower_bound(Matrix<Ball>(3, 4)).at_least, 0u);
  EXPECT_TRUE(rank_lower_bound(balls(Matrix<double>(2, 2, {1, 2, 2, 4}))).exact);
  const RankBound full = rank_lower_bound(balls(Matrix<double>(2, 2, {1, 2, 3, 4})));
  EXPECT_TRUE(full.exact);
  EXPECT_EQ(full.at_least, 2u);
}

// An enclosure that holds a matrix of lower rank proves no more than that.
TEST(Rank, EnclosuresOfLowerRank) {
  for_each_trial(100, [](Random& random) {
    const std::size_t n = random.between(2, 6), rank = random.between(1, n - 1);
    const Matrix<double> low =
        multiply<double>(whole_matrix(n, rank, 9, random), whole_matrix(rank, n, 9, random));
    const PrecisionScope scope(128);
    const double e = std::exp2(random.uniform(-40, 2));
    Matrix<Ball> a(n, n);
    for (std::size_t t = 0; t < a.data.size(); ++t) {
      a.data[t] = Ball::with_radius(Ball(low.data[t] + e * random.uniform()), e);
    }
    EXPECT_LE(rank_lower_bound(a).at_least, rank);
  });
}

// [exp(w_j x_i)] has full rank for distinct w_j and x_i; its smallest pivots are far below what double
// resolves.
TEST(Rank, ExponentialsNeedManyDigits) {
  const std::size_t m = 20;
  const auto matrix = [=] {
    Matrix<Ball> a(m, m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < m; ++j) {
        a(i, j) = exp(Ball(static_cast<int>(i * j)) / Ball(static_cast<int>(10 * m * m)));
      }
    }
    return a;
  };
  const AdaptiveRank rank = adaptive_rank(matrix, m, 64, 8192);
  EXPECT_EQ(rank.bound.at_least, m);
  EXPECT_FALSE(rank.stable);
  EXPECT_GE(rank.precision_bits, 128);
  EXPECT_LT(rank.bound.log10_pivots.back(), -45);
  // Two equal columns: m - 1 is found, as evidence.
  const auto deficient = [=] {
    Matrix<Ball> a = matrix();
    for (std::size_t i = 0; i < m; ++i) a(i, 3) = a(i, 4) * Ball(3) / Ball(7);
    return a;
  };
  const AdaptiveRank less = adaptive_rank(deficient, m, 64, 8192);
  EXPECT_EQ(less.bound.at_least, m - 1);
  EXPECT_TRUE(less.stable);
  EXPECT_FALSE(less.bound.exact);
  const AdaptiveRank capped = adaptive_rank(matrix, m, 64, 64);
  EXPECT_LT(capped.bound.at_least, m);
  EXPECT_EQ(capped.precision_bits, 64);
}

}  // namespace
}  // namespace pgb::test
