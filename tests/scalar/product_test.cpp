// multiply, multiply_tn, multiply_nt and dot against plain loops at higher precision.
#include <gtest/gtest.h>

#include <stdexcept>

#include "pgb/scalar/product.h"
#include "support/compare.h"
#include "support/random.h"

namespace pgb::test {
namespace {

template <class S>
class Products : public ::testing::Test {};
using Evaluation =
    ::testing::Types<double, Quad, Real, Ball, Dual<double>, Dual<Quad>, Dual<Real>, Dual<Ball>>;
TYPED_TEST_SUITE(Products, Evaluation);

// A number of the scalar S with its exact value and tangent.
struct Number {
  double value, tangent;
};

template <class S>
struct Make {
  static S of(Number n) { return S(n.value); }
};
template <class T>
struct Make<Dual<T>> {
  static Dual<T> of(Number n) { return {T(n.value), T(n.tangent)}; }
};

template <class S>
AssertionResult matches(const S& found, const Real& value, const Real&, double ulps, double scale) {
  return agrees(found, value, ulps, scale);
}
template <class T>
AssertionResult matches(const Dual<T>& found, const Real& value, const Real& tangent, double ulps,
                        double scale) {
  return agrees(found, value, tangent, ulps, scale);
}

Matrix<Number> random_matrix(std::size_t rows, std::size_t cols, Random& random) {
  Matrix<Number> m;
  m.rows = rows;
  m.cols = cols;
  for (std::size_t k = 0; k < rows * cols; ++k) {
    const double size = random.coin(0.2) ? random.of_any_size(-40, 2) : 1;
    m.data.push_back({size * random.uniform(), random.coin(0.2) ? 0 : random.uniform()});
  }
  return m;
}

template <class S>
Matrix<S> made(const Matrix<Number>& m) {
  Matrix<S> r(m.rows, m.cols);
  for (std::size_t k = 0; k < m.data.size(); ++k) r.data[k] = Make<S>::of(m.data[k]);
  return r;
}

Matrix<Number> transposed(const Matrix<Number>& m) {
  Matrix<Number> t = m;
  t.rows = m.cols;
  t.cols = m.rows;
  for (std::size_t i = 0; i < m.rows; ++i) {
    for (std::size_t j = 0; j < m.cols; ++j) t(j, i) = m(i, j);
  }
  return t;
}

// Whether c = a b, entry by entry.
template <class S>
void expect_product(const Matrix<S>& c, const Matrix<Number>& a, const Matrix<Number>& b) {
  ASSERT_EQ(c.rows, a.rows);
  ASSERT_EQ(c.cols, b.cols);
  const PrecisionScope reference(900);
  for (std::size_t i = 0; i < c.rows; ++i) {
    for (std::size_t j = 0; j < c.cols; ++j) {
      Real value(0), tangent(0);
      double size = 1e-300;
      for (std::size_t k = 0; k < a.cols; ++k) {
        const Number x = a(i, k), y = b(k, j);
        value += Real(x.value) * y.value;
        tangent += Real(x.tangent) * y.value + Real(x.value) * y.tangent;
        size += std::abs(x.value * y.value) + std::abs(x.tangent * y.value) + std::abs(x.value * y.tangent);
      }
      EXPECT_TRUE(matches(c(i, j), value, tangent, 4.0 + static_cast<double>(a.cols), size))
          << i << ", " << j;
    }
  }
}

TYPED_TEST(Products, AllForms) {
  using S = TypeParam;
  for_each_trial(20, [&](Random& random) {
    const PrecisionScope scope(static_cast<long>(random.between(53, 300)));
    const std::size_t rows = random.index(7), inner = random.index(9), cols = random.index(7);
    const Matrix<Number> a = random_matrix(rows, inner, random), b = random_matrix(inner, cols, random);
    const Matrix<S> sa = made<S>(a), sb = made<S>(b), sat = made<S>(transposed(a)),
                    sbt = made<S>(transposed(b));
    if (rows * cols * inner == 0) {
      const Matrix<S> c = multiply<S>(sa, sb);
      EXPECT_EQ(c.rows, rows);
      EXPECT_EQ(c.cols, cols);
    }
    expect_product(multiply<S>(sa, sb), a, b);
    expect_product(multiply_tn<S>(sat, sb), a, b);
    expect_product(multiply_nt<S>(sa, sbt), a, b);
  });
}

TYPED_TEST(Products, DotWithSteps) {
  using S = TypeParam;
  for_each_trial(20, [&](Random& random) {
    const std::size_t n = random.index(12), a_step = random.between(1, 4), b_step = random.between(1, 4);
    const Matrix<Number> a = random_matrix(a_step, n + 1, random), b = random_matrix(b_step, n + 1, random);
    const Matrix<S> sa = made<S>(a), sb = made<S>(b);
    const S found = dot<S>(n, sa.data.data() + a_step - 1, a_step, sb.data.data(), b_step);
    Matrix<Number> row = random_matrix(1, n, random), column = random_matrix(n, 1, random);
    for (std::size_t k = 0; k < n; ++k) {
      row(0, k) = a(a_step - 1, k);
      column(k, 0) = b(0, k);
    }
    expect_product(Matrix<S>(1, 1, {found}), row, column);
  });
}

TYPED_TEST(Products, ViewsOfColumns) {
  using S = TypeParam;
  Random random(3);
  const Matrix<Number> a = random_matrix(3, 4, random), b = random_matrix(4, 6, random);
  Matrix<Number> part = b;
  part.cols = 2;
  part.data.assign(b.data.begin() + 8, b.data.begin() + 16);
  const Matrix<S> sa = made<S>(a), sb = made<S>(b);
  expect_product(multiply<S>(sa, sb.view().columns(2, 2)), a, part);
}

TYPED_TEST(Products, InnerDimensionsMustAgree) {
  using S = TypeParam;
  const Matrix<S> a(2, 3), b(2, 3);
  EXPECT_THROW(multiply<S>(a, b), std::invalid_argument);
  EXPECT_THROW(multiply_tn<S>(a, Matrix<S>(3, 2)), std::invalid_argument);
  EXPECT_THROW(multiply_nt<S>(a, Matrix<S>(2, 2)), std::invalid_argument);
}

// Wide balls: the product holds the product of any points.
TEST(ProductsOfBalls, WideEntries) {
  for_each_trial(50, [](Random& random) {
    const Matrix<Number> a = random_matrix(2, 5, random), b = random_matrix(5, 2, random);
    Matrix<Ball> sa = made<Ball>(a), sb = made<Ball>(b);
    for (Matrix<Ball>* m : {&sa, &sb}) {
      for (Ball& x : m->data) {
        const double off = random.uniform(0, 2);
        x = Ball::with_radius(x + Ball(random.uniform(-off, off)), off);  // still holds the number drawn
      }
    }
    expect_product(multiply<Ball>(sa, sb), a, b);
  });
}

// A sum of exact products that fits the precision is exact, and an exact 0 is seen as one.
TEST(ProductsOfBalls, ExactWhereTheResultFits) {
  const Vector<Ball> a{Ball(0.5), Ball(-3), Ball(1e10)}, b{Ball(6), Ball(1), Ball(0)};
  EXPECT_TRUE(dot<Ball>(3, a.data(), 1, b.data(), 1).is_exactly_zero());
}

}  // namespace
}  // namespace pgb::test
