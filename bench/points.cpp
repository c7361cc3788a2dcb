// Points: polishing to extended precision, certified critical points beside the same work in double, and the
// rank of the span of a network with added neurons, its inputs on a line.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

#include "pgb/certify/critical_point.h"
#include "pgb/certify/polish.h"
#include "pgb/derivatives/objective.h"
#include "pgb/flat/family.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/span/span.h"
#include "problems.h"

namespace {

// tanh 2-3-1 on 5 samples with targets that the network at z takes up to 1/64; a quadratic term makes the
// minimum near z isolated. z from DyadicRandom(3), as is x.
pgb::Problem small_network() {
  pgb::Problem problem = pgb::bench::mlp_problem({2, 3, 1}, 5, 3);
  problem.regularizer.push_back({0, problem.model->parameters(), "1/64"});
  return problem;
}

// Minimises in double first, as training would: gradient descent, its step halved whenever the value rises.
pgb::Vector<double> descend(const pgb::Problem& problem) {
  const pgb::Objective<double> objective(problem);
  pgb::Vector<double> z = pgb::to_scalars<double>(problem.parameters);
  auto at = objective.value_gradient(z);
  double step = 0.5;
  for (int count = 0; count < 50000; ++count) {
    double norm = 0;
    for (const double g : at.gradient) norm = std::max(norm, std::abs(g));
    if (norm < 1e-9) return z;
    pgb::Vector<double> next = z;
    for (std::size_t k = 0; k < z.size(); ++k) next[k] -= step * at.gradient[k];
    auto there = objective.value_gradient(next);
    if (there.value <= at.value + 1e-15) {
      z = std::move(next);
      at = std::move(there);
    } else {
      step /= 2;
    }
  }
  throw std::runtime_error("bench: gradient descent did not converge");
}

pgb::Problem minimum_in_double() {
  pgb::Problem problem = small_network();
  problem.parameters = pgb::to_tensor(descend(problem));
  return problem;
}

void polish(benchmark::State& state) {
  const pgb::Problem problem = minimum_in_double();
  const std::vector<bool> frozen(problem.model->parameters(), false);
  pgb::PolishedPoint found;
  pgb::PolishOptions options;
  options.precision_bits = 176;
  for (auto _ : state) found = pgb::polish(problem, frozen, options);
  state.counters["answer"] = found.converged;
  state.counters["digits"] = -std::log10(found.gradient_norm);
  for (std::size_t k = 0; k < found.z.size(); ++k)
    state.counters["z" + std::to_string(k)] = pgb::to_double(found.z[k]);
}

// A tanh network 8-w-1 of about n parameters at a minimum in double, isolated by |z|^2 / 4.
pgb::Problem trained(std::size_t n) {
  pgb::Problem problem = pgb::bench::mlp_problem({8, (n + 4) / 10, 1}, 64, 5);
  problem.regularizer.push_back({0, problem.model->parameters(), "1/4"});
  problem.parameters = pgb::to_tensor(descend(problem));
  return problem;
}

void certify(benchmark::State& state, const pgb::Problem& problem) {
  const pgb::PrecisionScope scope(128);
  const pgb::Vector<pgb::Real> center = pgb::to_scalars<pgb::Real>(problem.parameters);
  pgb::CriticalPointProof proof;
  pgb::CriticalPointOptions options;
  options.threads = 2;
  for (auto _ : state) proof = pgb::certify_critical_point(problem, center, {}, options);
  if (!proof.exists) state.SkipWithError(proof.failure.c_str());
  state.counters["answer"] = proof.exists;
  state.counters["radius"] = proof.existence_radius;
  state.counters["parameters"] = static_cast<double>(problem.model->parameters());
}

// Gradient, Hessian and one inverse by LU, in double.
void in_double(benchmark::State& state, const pgb::Problem& problem) {
  const pgb::Objective<double> objective(problem);
  const pgb::Vector<double> z = pgb::to_scalars<double>(problem.parameters);
  bool finite = false;
  for (auto _ : state) {
    benchmark::DoNotOptimize(objective.value_gradient(z));
    finite = pgb::approx_inverse(pgb::HessianOperator<double>(problem, z).dense()).has_value();
  }
  state.counters["answer"] = finite;
}

void critical_point_verified(benchmark::State& state) {
  certify(state, trained(static_cast<std::size_t>(state.range(0))));
}
void critical_point_double(benchmark::State& state) {
  in_double(state, trained(static_cast<std::size_t>(state.range(0))));
}

// A 1-8-1 tanh network with an added neuron, inputs i / m: the rank of the span is m, proven.
void line_rank(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0));
  pgb::Problem problem = pgb::bench::mlp_problem({1, 8, 1}, m, 9);
  for (std::size_t i = 0; i < m; ++i) problem.x.values[i] = static_cast<double>(i) / static_cast<double>(m);
  problem = pgb::add_neurons(problem, "0");
  bool certified = false;
  std::size_t rank = 0;
  for (auto _ : state) {
    const pgb::PerturbedSpan span = pgb::perturbed_gradient_span(problem, pgb::flat_families(problem));
    certified = span.rank_certified();
    rank = span.rank().value_or(0);
  }
  state.counters["answer"] = certified;
  state.counters["rank"] = static_cast<double>(rank);
}

}  // namespace

BENCHMARK(polish)->Unit(benchmark::kMillisecond);
BENCHMARK(critical_point_double)->Arg(50)->Arg(500)->Arg(2000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(critical_point_verified)
    ->Arg(50)
    ->Arg(500)
    ->Arg(2000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(line_rank)->Arg(100)->Arg(1000)->Iterations(1)->Unit(benchmark::kMillisecond);
