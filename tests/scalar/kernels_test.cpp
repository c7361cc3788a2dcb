// Every kernel that runs here, against arithmetic in whole numbers, where all kinds must agree exactly.
#include "pgb/scalar/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "pgb/scalar/matrix.h"
#include "support/random.h"

namespace pgb::test {
namespace {

Matrix<double> whole(std::size_t rows, std::size_t cols, std::size_t most, Random& random) {
  Matrix<double> a(rows, cols);
  for (double& x : a.data) x = static_cast<double>(random.index(2 * most + 1)) - static_cast<double>(most);
  return a;
}

std::int64_t remainder_of(std::int64_t x, std::int64_t p) { return ((x % p) + p) % p; }

TEST(Kernels, ProductsOfWholeNumbersAreExact) {
  for (const Kernels* k : runnable_kernels()) {
    SCOPED_TRACE(k->name);
    for_each_trial(30, [&](Random& random) {
      const std::size_t rows = random.between(1, 70), inner = random.between(1, 300),
                        cols = random.between(1, 40);
      const std::size_t more = random.index(3);  // leading dimensions above the rows
      for (const Form form : {Form::nn, Form::tn, Form::nt}) {
        const bool ta = form == Form::tn, tb = form == Form::nt;
        const Matrix<double> a = whole((ta ? inner : rows) + more, ta ? rows : inner, 1 << 20, random),
                             b = whole((tb ? cols : inner) + more, tb ? inner : cols, 1 << 20, random);
        Matrix<double> c(rows + more, cols);
        c(0, 0) = std::numeric_limits<double>::quiet_NaN();  // is written, not added to
        k->multiply(form, rows, cols, inner, a.data.data(), a.rows, b.data.data(), b.rows, c.data.data(),
                    c.rows);
        for (std::size_t j = 0; j < cols; ++j) {
          for (std::size_t i = 0; i < rows; ++i) {
            std::int64_t sum = 0;
            for (std::size_t t = 0; t < inner; ++t) {
              sum += static_cast<std::int64_t>(ta ? a(t, i) : a(i, t)) *
                     static_cast<std::int64_t>(tb ? b(j, t) : b(t, j));
            }
            ASSERT_EQ(c(i, j), static_cast<double>(sum)) << i << ", " << j;
          }
          for (std::size_t i = rows; i < c.rows; ++i) ASSERT_EQ(c(i, j), 0) << "beyond the rows";
        }
      }
    });
  }
}

// What is rounded must not depend on where the memory lies: the arguments at eight places each.
TEST(Kernels, TheSameBitsWhereverTheMemoryLies) {
  for (const Kernels* k : runnable_kernels()) {
    SCOPED_TRACE(k->name);
    for_each_trial(100, [&](Random& random) {
      const std::size_t n = random.coin(0.8) ? random.between(1, 12) : random.between(13, 130);
      const std::size_t cols = random.coin() ? std::min<std::size_t>(n, random.between(1, 3)) : n;
      std::vector<double> a(n * n), positive(n * n);
      for (double& x : a) x = random.uniform(-1, 1);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j)
          positive[j * n + i] = i == j ? static_cast<double>(n) : (a[j * n + i] + a[i * n + j]) / 2;
      }
      std::vector<std::vector<double>> results;
      for (std::size_t offset = 0; offset < 8; ++offset) {
        std::vector<double> x(n * n + 8), y(n * n + 8), z(5 * n * n + 8);
        std::copy(a.begin(), a.end(), x.begin() + static_cast<std::ptrdiff_t>(offset));
        std::copy(positive.begin(), positive.end(), y.begin() + static_cast<std::ptrdiff_t>(7 - offset));
        double* const out = z.data() + (offset * 3) % 8;
        std::size_t used = 0;
        for (const Form form : {Form::nn, Form::tn, Form::nt}) {
          k->multiply(form, n, cols, n, x.data() + offset, n, y.data() + 7 - offset, n, out + used, n);
          used += n * cols;
        }
        k->inverse(n, y.data() + 7 - offset, out + used);
        used += n * n;
        std::vector<double> w(n * n + 8);
        std::copy(positive.begin(), positive.end(), w.begin() + static_cast<std::ptrdiff_t>(offset));
        ASSERT_TRUE(k->cholesky(n, w.data() + offset));
        std::vector<double> result(out, out + used);
        result.insert(result.end(), w.begin() + static_cast<std::ptrdiff_t>(offset),
                      w.begin() + static_cast<std::ptrdiff_t>(offset + n * n));
        results.push_back(std::move(result));
      }
      for (const std::vector<double>& result : results)
        ASSERT_EQ(result, results.front()) << n << ", " << cols;
    });
  }
}

// L of small whole numbers, its diagonal powers of 2: every operation of the factorisation is exact.
TEST(Kernels, CholeskyOfWholeNumbersIsExact) {
  for (const Kernels* k : runnable_kernels()) {
    SCOPED_TRACE(k->name);
    for_each_trial(20, [&](Random& random) {
      const std::size_t n = random.between(1, 200);
      Matrix<double> l(n, n);
      for (std::size_t j = 0; j < n; ++j) {
        l(j, j) = std::exp2(static_cast<double>(random.index(3)));
        for (std::size_t i = j + 1; i < n; ++i) l(i, j) = static_cast<double>(random.index(7)) - 3;
      }
      Matrix<double> a(n, n);
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j; i < n; ++i) {
          for (std::size_t t = 0; t <= j; ++t) a(i, j) += l(i, t) * l(j, t);
        }
      }
      Matrix<double> factor = a;
      ASSERT_TRUE(k->cholesky(n, factor.data.data()));
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j; i < n; ++i) ASSERT_EQ(factor(i, j), l(i, j)) << i << ", " << j;
      }
      // The last pivot exactly 0, a little below, not a number, infinite; and a number that is none anywhere.
      const std::size_t last = n - 1;
      for (const double off : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        factor = a;
        factor(last, last) += off - l(last, last) * l(last, last);
        EXPECT_FALSE(k->cholesky(n, factor.data.data())) << off;
      }
      factor = a;
      factor(last, random.index(n)) = std::nan("");
      EXPECT_FALSE(k->cholesky(n, factor.data.data()));
    });
  }
}

TEST(Kernels, Inverse) {
  for (const Kernels* k : runnable_kernels()) {
    SCOPED_TRACE(k->name);
    for_each_trial(10, [&](Random& random) {
      const std::size_t n = random.between(1, 120);
      Matrix<double> a = whole(n, n, 3, random), y(n, n), product(n, n);
      for (std::size_t i = 0; i < n; ++i) a(i, i) += 8 * static_cast<double>(n);
      k->inverse(n, a.data.data(), y.data.data());
      k->multiply(Form::nn, n, n, n, a.data.data(), n, y.data.data(), n, product.data.data(), n);
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(product(i, j), i == j ? 1 : 0, 1e-12);
      }
    });
  }
}

TEST(Kernels, ResiduesAgainstIntegers) {
  for (const Kernels* k : runnable_kernels()) {
    SCOPED_TRACE(k->name);
    for_each_trial(30, [&](Random& random) {
      const std::int64_t p = static_cast<std::int64_t>(random.between(3, (1 << 24) - 3)) | 1;
      const std::size_t size = random.between(1, 600), count = random.between(1, 12);
      std::vector<std::vector<double>> digits(count, std::vector<double>(size));
      std::vector<const double*> pointers;
      std::vector<double> weights;
      for (std::vector<double>& plane : digits) {
        for (double& x : plane) x = static_cast<double>(random.index(1 << 23)) - (1 << 22);
        pointers.push_back(plane.data());
        weights.push_back(static_cast<double>(
            static_cast<std::int64_t>(random.index(static_cast<std::size_t>(p))) - p / 2));
      }
      std::vector<double> x(size);
      k->combine_digits(count, size, pointers.data(), weights.data(), static_cast<double>(p), x.data());
      for (std::size_t i = 0; i < size; ++i) {
        std::int64_t sum = 0;
        for (std::size_t d = 0; d < count; ++d)
          sum += static_cast<std::int64_t>(digits[d][i]) * static_cast<std::int64_t>(weights[d]);
        ASSERT_EQ(remainder_of(static_cast<std::int64_t>(x[i]) - sum, p), 0);
        ASSERT_LE(std::abs(x[i]), static_cast<double>(p) / 2 + 1);
      }
      const auto factor = static_cast<std::int64_t>(random.index(static_cast<std::size_t>(p))) - p / 2;
      for (double& v : x) v = std::floor(random.uniform(-0x1p52, 0x1p52));
      x[0] = random.coin() ? 0x1p52 : -0x1p52;
      std::vector<std::int32_t> y(size);
      k->times_modulo(size, x.data(), static_cast<double>(factor), static_cast<double>(p), y.data());
      for (std::size_t i = 0; i < size; ++i) {
        const std::int64_t residue = remainder_of(static_cast<std::int64_t>(x[i]), p);
        ASSERT_EQ(y[i], remainder_of(residue * remainder_of(factor, p), p)) << x[i] << " modulo " << p;
      }
    });
  }
}

// With contraction the difference would be the rounding error of the product instead of 0.
TEST(Rounding, ProductsAndSumsAreNotFused) {
  volatile double a = 1 + 0x1p-30, b = 1 + 0x1p-30;
  const double product = a * b, x = a, y = b;
  EXPECT_EQ(x * y - product, 0);
  EXPECT_NE(std::fma(x, y, -product), 0);
}

}  // namespace
}  // namespace pgb::test
