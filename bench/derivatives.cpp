// Loss with gradient, and the gradient basis, of a 64-32-10 tanh network on 128 samples, in every base
// scalar.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pgb/derivatives/objective.h"
#include "pgb/model/graph.h"
#include "pgb/scalar/random.h"

namespace {

constexpr std::size_t kInputs = 64, kHidden = 32, kOutputs = 10, kSamples = 128;

pgb::io::NodeSpec node(const std::string& op, const std::string& name, const std::string& input) {
  pgb::io::NodeSpec spec;
  spec.op = op;
  spec.name = name;
  spec.inputs = {input};
  if (op == "linear") {
    spec.weight = name + ".weight";
    spec.bias = name + ".bias";
  }
  return spec;
}

pgb::Problem network() {
  pgb::DyadicRandom random(1);
  pgb::io::Tensors tensors;
  const auto add = [&](const std::string& name, std::size_t rows, std::size_t columns) {
    tensors[name + ".weight"] = {{rows, columns}, random.vector(rows * columns), {}};
    tensors[name + ".bias"] = {{rows}, random.vector(rows), {}};
  };
  add("first", kHidden, kInputs);
  add("last", kOutputs, kHidden);
  pgb::io::ModelSpec spec;
  spec.input = {kInputs};
  spec.nodes = {node("linear", "first", "x"), node("tanh", "h", "first"), node("linear", "last", "h")};
  spec.output = "last";
  const auto model = std::make_shared<pgb::Graph>(spec, tensors);
  return pgb::make_problem(model, random.vector(model->parameters()), random.vector(kSamples * kInputs),
                           random.vector(kSamples * kOutputs));
}

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

}  // namespace

BENCHMARK_TEMPLATE(value_gradient, double)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Quad)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Real)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(value_gradient, pgb::Ball)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(gradient_basis, double)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(gradient_basis, pgb::Ball)->Unit(benchmark::kMillisecond);
