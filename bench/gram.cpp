// J J^T of a 784-128-10 tanh network, in double: without J, and as the product of the J that is formed.
#include <benchmark/benchmark.h>

#include <cstddef>

#include "pgb/derivatives/gram.h"
#include "pgb/scalar/product.h"
#include "pgb/span/span.h"
#include "problems.h"

namespace {

// v^T K v for v_r = ((7919 r) mod 17 - 8) / 8, and the trace: what bench/compare.py checks by gradients.
void describe(benchmark::State& state, const pgb::Matrix<double>& k) {
  double form = 0, trace = 0;
  const auto v = [](std::size_t r) { return (static_cast<double>(7919 * r % 17) - 8) / 8; };
  for (std::size_t c = 0; c < k.cols; ++c) {
    trace += k(c, c);
    for (std::size_t r = 0; r < k.rows; ++r) form += v(r) * k(r, c) * v(c);
  }
  state.counters["form"] = form;
  state.counters["trace"] = trace;
}

pgb::Problem network(const benchmark::State& state) {
  return pgb::bench::mlp_problem({784, 128, 10}, static_cast<std::size_t>(state.range(0)));
}

void gram_without_jacobian(benchmark::State& state) {
  const pgb::Problem problem = network(state);
  pgb::GramOptions options;
  options.threads = static_cast<int>(state.range(1));
  pgb::Matrix<double> k;
  for (auto _ : state) k = pgb::approx_gram(problem, options);
  describe(state, k);
}

void gram_of_jacobian(benchmark::State& state) {
  const pgb::Problem problem = network(state);
  pgb::Matrix<double> k;
  for (auto _ : state) {
    const pgb::Matrix<double> j = pgb::gradient_basis<double>(problem);
    k = pgb::multiply_nt<double>(j, j);
  }
  describe(state, k);
}

void jacobian(benchmark::State& state) {
  const pgb::Problem problem = network(state);
  for (auto _ : state) benchmark::DoNotOptimize(pgb::gradient_basis<double>(problem).data.data());
}

}  // namespace

BENCHMARK(gram_without_jacobian)
    ->Args({32, 1})
    ->Args({256, 1})
    ->Args({256, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(gram_of_jacobian)->Arg(32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(jacobian)->Arg(32)->Unit(benchmark::kMillisecond)->UseRealTime();
