// Inputs of the benchmarks. bench/compare.py makes the same ones with NumPy.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "pgb/model/graph.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/random.h"

namespace pgb::bench {

inline io::NodeSpec node(const std::string& op, const std::string& name, const std::string& input) {
  io::NodeSpec spec;
  spec.op = op;
  spec.name = name;
  spec.inputs = {input};
  if (op == "linear") {
    spec.weight = name + ".weight";
    spec.bias = name + ".bias";
  }
  return spec;
}

// widths[0]-…-widths.back(), tanh between. z, x and y are one stream of DyadicRandom(seed), in this order,
// each weight divided by the square root of the power of 4 that is next above its layer's inputs, so that all
// are exact.
inline Problem mlp_problem(const std::vector<std::size_t>& widths, std::size_t samples,
                           std::uint64_t seed = 1) {
  io::ModelSpec spec;
  spec.input = {widths.front()};
  io::Tensors tensors;
  DyadicRandom random(seed);
  Vector<double> z;
  std::string last = "x";
  for (std::size_t layer = 1; layer < widths.size(); ++layer) {
    const std::string name = "layer" + std::to_string(layer);
    const std::size_t in = widths[layer - 1], out = widths[layer];
    double scale = 1;
    while (static_cast<double>(in) * scale * scale > 1) scale /= 2;
    Vector<double> weight = random.vector(in * out);
    for (double& w : weight) w *= scale;
    const Vector<double> bias = random.vector(out);
    tensors[name + ".weight"] = {{out, in}, weight, {}};
    tensors[name + ".bias"] = {{out}, bias, {}};
    z.insert(z.end(), weight.begin(), weight.end());
    z.insert(z.end(), bias.begin(), bias.end());
    spec.nodes.push_back(node("linear", name, last));
    last = name;
    if (layer + 1 < widths.size()) {
      spec.nodes.push_back(node("tanh", name + ".tanh", last));
      last = name + ".tanh";
    }
  }
  spec.output = last;
  const auto model = std::make_shared<Graph>(spec, tensors);
  const Vector<double> x = random.vector(samples * widths.front());
  return make_problem(model, z, x, random.vector(samples * widths.back()));
}

}  // namespace pgb::bench
