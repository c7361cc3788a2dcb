// Products of matrices of balls by residues, against one exact dot product for each entry.
#include "pgb/scalar/ball_product.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pgb/scalar/product.h"
#include "support/random.h"

namespace pgb::test {
namespace {

struct Shape {
  std::size_t rows, inner, cols;
};

Shape random_shape(Random& random) {
  return {random.between(1, 9), random.between(1, 40), random.between(1, 9)};
}

// Entries with many bits, exponents up to `spread` apart, some 0.
Ball entry(Random& random, int spread) {
  if (random.coin(0.1)) return Ball();
  Ball x(random.uniform(-1, 1));
  for (int k = 0; k < 3; ++k) x = x * Ball(random.uniform(-1, 1)) + Ball(random.uniform(-1, 1));
  x = x.exact_midpoint();
  if (spread > 0)
    arb_mul_2exp_si(x.get(), x.get(), static_cast<slong>(random.index(static_cast<std::size_t>(spread))));
  return x;
}

Matrix<Ball> matrix(std::size_t rows, std::size_t cols, Random& random, int spread) {
  Matrix<Ball> a(rows, cols);
  for (Ball& x : a.data) x = entry(random, spread);
  return a;
}

Matrix<Ball> transposed(const Matrix<Ball>& a) {
  Matrix<Ball> t(a.cols, a.rows);
  for (std::size_t j = 0; j < a.cols; ++j) {
    for (std::size_t i = 0; i < a.rows; ++i) t(j, i) = a(i, j);
  }
  return t;
}

Ball exact_dot(const Matrix<Ball>& a, const Matrix<Ball>& b, std::size_t i, std::size_t j) {
  Ball sum, product;
  for (std::size_t t = 0; t < a.cols; ++t) {
    arb_mul(product.get(), a(i, t).get(), b(t, j).get(), ARF_PREC_EXACT);
    arb_add(sum.get(), sum.get(), product.get(), ARF_PREC_EXACT);
  }
  return sum;
}

void expect_same(const Matrix<Ball>& a, const Matrix<Ball>& b) {
  ASSERT_EQ(a.data.size(), b.data.size());
  for (std::size_t t = 0; t < a.data.size(); ++t) EXPECT_TRUE(arb_equal(a.data[t].get(), b.data[t].get()));
}

// Exact entries: the correctly enclosed exact product in every form, for any number of threads; no wider than
// the rounding of the result, or than a dot product.
TEST(BallProduct, ExactMatrices) {
  for_each_trial(60, [](Random& random) {
    const long bits = static_cast<long>(random.between(30, 400));
    const int spread = random.coin() ? 0 : static_cast<int>(random.between(1, 300));
    const Shape s = random_shape(random);
    Matrix<Ball> a, b;
    {
      const PrecisionScope entries(static_cast<long>(random.between(20, 300)));
      a = matrix(s.rows, s.inner, random, spread);
      b = matrix(s.inner, s.cols, random, spread);
    }
    const PrecisionScope scope(bits);
    const Matrix<Ball> c = multiply_by_residues(Form::nn, a, b);
    expect_same(c, multiply_by_residues(Form::tn, transposed(a), b, 3));
    expect_same(c, multiply_by_residues(Form::nt, a, transposed(b), 2));
    for (std::size_t j = 0; j < s.cols; ++j) {
      for (std::size_t i = 0; i < s.rows; ++i) {
        const Ball truth = exact_dot(a, b, i, j);
        ASSERT_TRUE(c(i, j).contains(truth)) << c(i, j).to_string() << " " << truth.to_string();
        const Ball by_dot = dot<Ball>(s.inner, &a(i, 0), s.rows, &b(0, j), 1);
        EXPECT_LE(c(i, j).radius(),
                  4 * std::max(by_dot.radius(), std::ldexp(truth.magnitude(), 1 - static_cast<int>(bits))));
      }
    }
  });
}

// Balls: the products of matrices at random points of the enclosures are enclosed.
TEST(BallProduct, WideMatrices) {
  for_each_trial(60, [](Random& random) {
    const Shape s = random_shape(random);
    const PrecisionScope scope(static_cast<long>(random.between(30, 200)));
    const int spread = random.coin() ? 0 : 250;
    const Matrix<Ball> a = matrix(s.rows, s.inner, random, spread),
                       b = matrix(s.inner, s.cols, random, spread);
    Matrix<Ball> wide_a = a, wide_b = b;
    const bool wide_right = random.coin();
    for (Matrix<Ball>* m : {&wide_a, &wide_b}) {
      if (m == &wide_b && !wide_right) continue;
      for (Ball& x : m->data) {
        if (random.coin(0.3)) continue;
        const double radius = std::exp2(random.uniform(-120, 2));
        x = Ball::with_radius((x + Ball(random.coin() ? radius : -radius / 2)).exact_midpoint(),
                              1.001 * radius);
        arb_add_error_2exp_si(x.get(), 260 - working_precision());  // rounding of the midpoint
      }
    }
    const Matrix<Ball> c = multiply_by_residues(Form::nn, wide_a, wide_b);
    for (std::size_t j = 0; j < s.cols; ++j) {
      for (std::size_t i = 0; i < s.rows; ++i) ASSERT_TRUE(c(i, j).contains(exact_dot(a, b, i, j)));
    }
  });
}

// What fits is exact, and exactly 0 where all cancels; the extremes of whole numbers of 22 bits and of 44.
TEST(BallProduct, ExactWhereTheResultFits) {
  const PrecisionScope scope(128);
  for (const double size : {0x1p22 - 1, 0x1p44 - 1, 0x1p52, 1.0}) {
    for (const std::size_t inner : {1u, 2u, 500u, 4096u}) {
      Matrix<Ball> a(2, inner), b(inner, 2);
      for (std::size_t t = 0; t < inner; ++t) {
        a(0, t) = Ball(size);
        a(1, t) = Ball(t % 2 == 0 ? -size : size);
        b(t, 0) = b(t, 1) = Ball(-size);
      }
      const Matrix<Ball> c = multiply_by_residues(Form::nn, a, b);
      for (std::size_t j = 0; j < 2; ++j) {
        EXPECT_TRUE(c(0, j).is_exact());
        EXPECT_TRUE(c(0, j).contains(exact_dot(a, b, 0, j)));
        EXPECT_EQ(c(1, j).is_exactly_zero(), inner % 2 == 0);
      }
    }
  }
}

// Rows and columns far apart in size, an inner dimension graded the wrong way round, and what has no finite
// size.
TEST(BallProduct, GradedAndExtreme) {
  const PrecisionScope scope(64);
  Matrix<Ball> a(2, 2), b(2, 2);
  a(0, 0) = a(1, 1) = b(0, 0) = b(1, 1) = Ball(1) / Ball(3);
  for (const slong e : {100L, -100L, 5000L, -5000L, (1L << 29)}) {
    Matrix<Ball> left = a, right = b;
    arb_mul_2exp_si(left(0, 1).get(), a(0, 0).get(), e);
    arb_mul_2exp_si(right(0, 0).get(), b(0, 0).get(), -e);
    const Matrix<Ball> c = multiply_by_residues(Form::nn, left, right);
    for (std::size_t j = 0; j < 2; ++j) {
      for (std::size_t i = 0; i < 2; ++i) {
        const Ball plain = dot<Ball>(2, &left(i, 0), 2, &right(0, j), 1);
        EXPECT_TRUE(c(i, j).overlaps(plain));
        mag_t most;
        mag_init(most);
        mag_mul_2exp_si(most, arb_radref(plain.get()), 3);
        EXPECT_LE(mag_cmp(arb_radref(c(i, j).get()), most), 0) << e << ": " << i << ", " << j;
        mag_clear(most);
      }
    }
  }
  a(0, 0) = inf();
  EXPECT_FALSE(multiply_by_residues(Form::nn, a, b)(0, 0).is_finite());
  a(0, 0) = Ball();
  EXPECT_EQ(multiply_by_residues(Form::nn, Matrix<Ball>(3, 0), Matrix<Ball>(0, 2)).data.size(), 6u);
  EXPECT_TRUE(multiply_by_residues(Form::nn, Matrix<Ball>(3, 4), Matrix<Ball>(4, 2))(1, 1).is_exactly_zero());
}

}  // namespace
}  // namespace pgb::test
