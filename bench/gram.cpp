// J J^T of a 784-128-10 tanh network, in double: without J, and as the product of the J that is formed.
#include <benchmark/benchmark.h>

#include <chrono>

#include <cstddef>

#include "pgb/derivatives/gram.h"
#include "pgb/linalg/verified_definite.h"
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

// J J^T in balls at 106 bits, and the proof that its rank is full.
void gram_certified(benchmark::State& state) {
  const pgb::Problem problem = network(state);
  const pgb::PrecisionScope scope(106);
  pgb::GramOptions options;
  options.threads = static_cast<int>(state.range(1));
  options.max_memory = std::size_t{8} << 30;
  pgb::DefiniteProof proof;
  double form = 0, seconds = 0;
  for (auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    const pgb::Matrix<pgb::Ball> k = pgb::gram(problem, options);
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    proof = pgb::verified_positive_definite(k, false, options.threads);
    form = k(0, 0).radius();
  }
  state.counters["answer"] = proof.positive_definite;
  state.counters["rung"] = static_cast<double>(proof.rung);
  state.counters["gram_ms"] = 1e3 * seconds;
  state.counters["radius"] = form;
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
    ->Args({64, 1})
    ->Args({128, 1})
    ->Args({256, 1})
    ->Args({256, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(gram_certified)
    ->Args({32, 2})
    ->Args({64, 2})
    ->Args({128, 2})
    ->Args({256, 2})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(gram_of_jacobian)->Arg(32)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(jacobian)->Arg(32)->Unit(benchmark::kMillisecond)->UseRealTime();
