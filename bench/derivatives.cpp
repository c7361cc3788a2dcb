// Loss with gradient, and the gradient basis, of a 64-32-10 tanh network on 128 samples, in every base
// scalar.
#include <benchmark/benchmark.h>

#include <cstddef>

#include "pgb/derivatives/objective.h"
#include "problems.h"

namespace {

constexpr std::size_t kInputs = 64, kHidden = 32, kOutputs = 10, kSamples = 128;

pgb::Problem network() { return pgb::bench::mlp_problem({kInputs, kHidden, kOutputs}, kSamples); }

template <class S>
void value_gradient(benchmark::State& state) {
  const pgb::PrecisionScope scope(128);
  const pgb::Problem problem = network();
  const pgb::Objective<S> objective(problem);
  const pgb::Vector<S> z = pgb::to_scalars<S>(problem.parameters);
  for (auto _ : state) benchmark::DoNotOptimize(objective.value_gradient(z));
}

template <class S>
void gradient_basis(benchmark::State& state) {
  const pgb::PrecisionScope scope(128);
  const pgb::Problem problem = network();
  const pgb::Objective<S> objective(problem);
  const pgb::Vector<S> z = pgb::to_scalars<S>(problem.parameters);
  for (auto _ : state) benchmark::DoNotOptimize(objective.jacobian(z));
}

// One gradient over all samples of a 784-128-10 tanh network, which bench/compare.py also asks of torch.
void full_batch_gradient(benchmark::State& state) {
  const pgb::Problem problem =
      pgb::bench::mlp_problem({784, 128, 10}, static_cast<std::size_t>(state.range(0)));
  const pgb::Objective<double> objective(problem);
  const pgb::Vector<double> z = pgb::to_scalars<double>(problem.parameters);
  double norm = 0;
  for (auto _ : state) {
    norm = 0;
    for (const double g : objective.value_gradient(z, static_cast<int>(state.range(1))).gradient)
      norm += g * g;
  }
  state.counters["answer"] = norm;
}

}  // namespace

BENCHMARK(full_batch_gradient)
    ->Args({10000, 1})
    ->Args({10000, 2})
    ->Args({60000, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_TEMPLATE(value_gradient, double)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Quad)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Real)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Ball)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(gradient_basis, double)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(gradient_basis, pgb::Ball)->Unit(benchmark::kMillisecond);
