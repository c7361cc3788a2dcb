// Arithmetic in balls: products of matrices, ours and arb_mat_mul's, and dot products and elementary
// functions, which are Arb's behind our types.
#include <arb_mat.h>
#include <benchmark/benchmark.h>
#include <flint/flint.h>

#include <algorithm>
#include <cstddef>

#include "pgb/scalar/ball_product.h"
#include "pgb/scalar/product.h"
#include "pgb/scalar/random.h"

namespace {

// Entries of as many bits as the working precision: sums of dyadic numbers 7 bits apart.
pgb::Matrix<pgb::Ball> matrix(std::size_t n, std::uint64_t seed) {
  pgb::DyadicRandom random(seed);
  pgb::Matrix<pgb::Ball> a(n, n);
  for (long bits = 0; bits < pgb::working_precision(); bits += 7) {
    const pgb::Vector<double> part = random.vector(n * n);
    for (std::size_t t = 0; t < part.size(); ++t) {
      pgb::Ball x(part[t]);
      arb_mul_2exp_si(x.get(), x.get(), -bits);
      a.data[t] += x;
    }
  }
  for (pgb::Ball& x : a.data) x = x.exact_midpoint();
  return a;
}

class ArbMatrix {
 public:
  ArbMatrix(std::size_t rows, std::size_t cols) {
    arb_mat_init(m_, static_cast<slong>(rows), static_cast<slong>(cols));
  }
  ArbMatrix(const ArbMatrix&) = delete;
  ArbMatrix& operator=(const ArbMatrix&) = delete;
  ~ArbMatrix() { arb_mat_clear(m_); }
  arb_mat_struct* get() { return m_; }
  arb_ptr at(std::size_t i, std::size_t j) {
    return arb_mat_entry(m_, static_cast<slong>(i), static_cast<slong>(j));
  }
  void set(const pgb::Matrix<pgb::Ball>& a) {
    for (std::size_t j = 0; j < a.cols; ++j) {
      for (std::size_t i = 0; i < a.rows; ++i) arb_set(at(i, j), a(i, j).get());
    }
  }

 private:
  arb_mat_t m_;
};

// The diagonal is compared with dot products.
void product_residues(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const pgb::PrecisionScope scope(state.range(1));
  const pgb::Matrix<pgb::Ball> a = matrix(n, 1), b = matrix(n, 2);
  pgb::Matrix<pgb::Ball> c;
  for (auto _ : state) c = pgb::multiply_by_residues(pgb::Form::nn, a, b, static_cast<int>(state.range(2)));
  double radius = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const pgb::Ball plain = pgb::dot<pgb::Ball>(n, &a(t, 0), n, &b(0, t), 1);
    if (!plain.overlaps(c(t, t))) state.SkipWithError("the product is wrong");
  }
  for (const pgb::Ball& x : c.data) radius = std::max(radius, x.radius());
  state.counters["radius"] = radius;
}

void product_arb(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const pgb::PrecisionScope scope(state.range(1));
  ArbMatrix a(n, n), b(n, n), c(n, n);
  a.set(matrix(n, 1));
  b.set(matrix(n, 2));
  flint_set_num_threads(static_cast<int>(state.range(2)));
  for (auto _ : state) arb_mat_mul(c.get(), a.get(), b.get(), pgb::working_precision());
  flint_set_num_threads(1);
  double radius = 0;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) radius = std::max(radius, mag_get_d(arb_radref(c.at(i, j))));
  }
  state.counters["radius"] = radius;
}

void dot_ours(benchmark::State& state) {
  const pgb::PrecisionScope scope(state.range(0));
  const pgb::Matrix<pgb::Ball> a = matrix(32, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(pgb::dot<pgb::Ball>(1000, a.data.data(), 1, a.data.data() + 9, 1));
}

void dot_arb(benchmark::State& state) {
  const pgb::PrecisionScope scope(state.range(0));
  const pgb::Matrix<pgb::Ball> a = matrix(32, 1);
  pgb::Ball sum;
  for (auto _ : state) {
    arb_dot(sum.get(), nullptr, 0, a.data[0].get(), 1, a.data[9].get(), 1, 1000, pgb::working_precision());
  }
}

template <pgb::Ball (*f)(const pgb::Ball&)>
void function_ours(benchmark::State& state) {
  const pgb::PrecisionScope scope(state.range(0));
  const pgb::Matrix<pgb::Ball> a = matrix(8, 1);
  std::size_t t = 0;
  for (auto _ : state) benchmark::DoNotOptimize(f(a.data[t++ % 64]));
}

template <void (*f)(arb_t, const arb_t, slong)>
void function_arb(benchmark::State& state) {
  const pgb::PrecisionScope scope(state.range(0));
  const pgb::Matrix<pgb::Ball> a = matrix(8, 1);
  pgb::Ball y;
  std::size_t t = 0;
  for (auto _ : state) f(y.get(), a.data[t++ % 64].get(), pgb::working_precision());
}

}  // namespace

BENCHMARK(product_residues)
    ->Args({1000, 106, 2})
    ->Args({1000, 170, 2})
    ->Args({500, 53, 1})
    ->Args({500, 106, 1})
    ->Args({500, 212, 1})
    ->Args({500, 424, 1})
    ->Args({250, 106, 1})
    ->Args({1000, 106, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(product_arb)
    ->Args({1000, 106, 2})
    ->Args({1000, 170, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(dot_ours)->Arg(106);
BENCHMARK(dot_arb)->Arg(106);
BENCHMARK_TEMPLATE(function_ours, pgb::exp)->Name("exp_ours")->Arg(106);
BENCHMARK_TEMPLATE(function_arb, arb_exp)->Name("exp_arb")->Arg(106);
BENCHMARK_TEMPLATE(function_ours, pgb::tanh)->Name("tanh_ours")->Arg(106);
BENCHMARK_TEMPLATE(function_arb, arb_tanh)->Name("tanh_arb")->Arg(106);
