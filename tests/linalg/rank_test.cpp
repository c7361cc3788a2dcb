// Proven rank bounds against planted ranks.
#include "pgb/linalg/rank.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

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

// A product of random whole matrices has the rank that was planted, modulo a large prime too; halves and
// quarters are exact numbers as well.
TEST(ModularRank, FindsPlantedRanksWithTheirMinors) {
  for_each_trial(100, [](Random& random) {
    const std::size_t rows = random.between(1, 12), cols = random.between(1, 12);
    const std::size_t planted = random.index(std::min(rows, cols) + 1);
    const Matrix<double> left = whole_matrix(rows, planted, 1000, random);
    const Matrix<double> right = whole_matrix(planted, cols, 1000, random);
    Matrix<Ball> a(rows, cols);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) {
        for (std::size_t k = 0; k < planted; ++k) a(i, j) += Ball(left(i, k)) * Ball(right(k, j) / 4);
      }
    }
    const auto bound = modular_rank(a);
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->at_least, planted);
    ASSERT_EQ(bound->rows.size(), planted);
    ASSERT_EQ(bound->columns.size(), planted);
    Matrix<Ball> minor(planted, planted);
    for (std::size_t i = 0; i < planted; ++i) {
      for (std::size_t j = 0; j < planted; ++j) minor(i, j) = a(bound->rows[i], bound->columns[j]);
    }
    EXPECT_EQ(rank_lower_bound(minor).at_least, planted);
    if (planted == 0) return;
    a(0, 0) = Ball::with_radius(a(0, 0), 0x1p-40);
    EXPECT_FALSE(modular_rank(a)) << "an entry that is not exact";
  });
}

TEST(VerifiedRank, NeverExceedsThePlantedRank) {
  std::size_t reached = 0;
  for_each_trial(100, [&](Random& random) {
    const std::size_t rows = random.between(1, 15), cols = random.between(1, 15);
    const std::size_t planted = random.index(std::min(rows, cols) + 1);
    const Matrix<double> left = whole_matrix(rows, planted, 100, random);
    const Matrix<double> right = whole_matrix(planted, cols, 100, random);
    IntervalMatrix a(rows, cols);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) {
        for (std::size_t k = 0; k < planted; ++k) a.mid(i, j) += left(i, k) * right(k, j);
        a.radius(i, j) = random.coin() ? 0x1p-30 : 0;
      }
    }
    const RankBound bound = verified_rank(a);
    EXPECT_LE(bound.at_least, planted);
    reached += bound.at_least == planted ? 1 : 0;
  });
  EXPECT_GE(reached, trials(90));
}

TEST(ModularRank, OfAThousandTakesSeconds) {
  Random random(3);
  const Matrix<Ball> a = balls(whole_matrix(1000, 1000, 1'000'000, random));
  const auto start = std::chrono::steady_clock::now();
  const auto bound = modular_rank(a);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->at_least, 1000U);
  std::printf("rank of 1000 x 1000 modulo a prime: %.2f s\n", seconds.count());
  EXPECT_LT(seconds.count(), 10);
}

}  // namespace
}  // namespace pgb::test
