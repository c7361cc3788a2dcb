#include "support/planted.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "pgb/io/exact_number.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

const ParameterBlock& block_of(const Model& model, const std::string& tensor) {
  for (const ParameterBlock& block : model.blocks()) {
    if (block.name == tensor) return block;
  }
  throw std::logic_error("no tensor " + tensor);
}

}  // namespace

std::shared_ptr<const Graph> mlp(const std::vector<std::size_t>& widths, const std::string& activation,
                                 bool bias) {
  Random random(0);  // the values in the description do not matter
  Network net(widths[0]);
  std::string last = "x";
  for (std::size_t layer = 1; layer < widths.size(); ++layer) {
    const std::string number = std::to_string(layer);
    const std::string w = net.tensor("w" + number, {widths[layer], widths[layer - 1]}, random);
    const std::string b = bias ? net.tensor("b" + number, {widths[layer]}, random) : "";
    net.linear(last, widths[layer - 1], widths[layer], random, bias, w, b);
    last = net.spec.nodes.back().name = "l" + number;
    if (layer + 1 == widths.size() || activation.empty()) continue;
    net.node(activation, {last});
    last = net.spec.nodes.back().name = "s" + number;
  }
  return net.build(last);
}

std::size_t begin_of(const Model& model, const std::string& tensor) { return block_of(model, tensor).begin; }

std::vector<std::size_t> range_of(const Model& model, const std::string& tensor) {
  const ParameterBlock& block = block_of(model, tensor);
  std::vector<std::size_t> range;
  for (std::size_t k = block.begin; k < block.end; ++k) range.push_back(k);
  return range;
}

void set(Problem& problem, const std::string& tensor, const std::vector<double>& values) {
  const ParameterBlock& block = block_of(*problem.model, tensor);
  if (values.size() != block.end - block.begin)
    throw std::logic_error("wrong number of values for " + tensor);
  for (std::size_t k = 0; k < values.size(); ++k) {
    problem.parameters.values[block.begin + k] = values[k];
    problem.parameters.exact.erase(block.begin + k);
  }
}

void fill(Problem& problem, const std::string& tensor, double value) {
  for (const std::size_t k : range_of(*problem.model, tensor)) {
    problem.parameters.values[k] = value;
    problem.parameters.exact.erase(k);
  }
}

void set_entry(Problem& problem, const std::string& tensor, std::size_t row, std::size_t column,
               double value) {
  const ParameterBlock& block = block_of(*problem.model, tensor);
  const std::size_t k = block.begin + row * block.shape.at(1) + column;
  problem.parameters.values[k] = value;
  problem.parameters.exact.erase(k);
}

void set_exact(Problem& problem, const std::string& tensor, std::size_t index, const std::string& rational) {
  const std::size_t k = begin_of(*problem.model, tensor) + index;
  problem.parameters.values[k] = io::nearest_double(rational);
  problem.parameters.exact.erase(k);
  if (!io::is_double(rational)) problem.parameters.exact[k] = rational;
}

double next_double(double x, bool up) {
  const double infinity = std::numeric_limits<double>::infinity();
  return std::nextafter(x, up ? infinity : -infinity);
}

}  // namespace pgb::test
