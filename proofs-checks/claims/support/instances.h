// Seeded random instances: networks, data with repeated inputs, exact small numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "claims/claim.h"
#include "pgb/model/graph.h"
#include "pgb/model/problem.h"

namespace pgb::claims {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t index(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  std::size_t between(std::size_t low, std::size_t high) {
    return low + index(high - low + 1);
  }  // both included
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }
  // A whole multiple of 1/8 in [-range, range].
  double eighth(int range = 2) {
    return static_cast<double>(index(static_cast<std::size_t>(16 * range + 1))) / 8 - range;
  }

 private:
  std::mt19937_64 engine_;
};

// The fully connected network widths = {d_x, hidden…, d_y} with tensors w1, b1, w2, …;
// activation "linear": none.
std::shared_ptr<const Graph> network(const std::vector<std::size_t>& widths, const std::string& activation,
                                     bool biases = true);
std::string network_name(const std::vector<std::size_t>& widths,
                         const std::string& activation);  // "tanh 2-3-1"

// Inputs and parameters are whole multiples of 1/8. Of the `samples` inputs the last `repeated` are equal to
// earlier ones; targets are drawn for each sample, as the loss wants them.
Problem random_problem(std::shared_ptr<const Model> model, std::size_t samples, std::size_t repeated,
                       const std::string& loss, Random& random);

// The same with targets near the outputs of a teacher, a network of this kind with parameters in [-2, 2]:
// those of a smooth function with noise, or labels of which one in five is wrong. Minima at finite parameters
// are common.
Problem teacher_problem(std::shared_ptr<const Model> model, std::size_t samples, std::size_t repeated,
                        const std::string& loss, Random& random);

// Equal inputs in pairs with opposite residuals: the group sums are exactly 0, and no function of x does
// better. A relu network d_x-3-d_y; for losses other than squared its outputs are 0 and the pairs hold one
// sample of each label.
Problem cancelling_problem(const std::string& loss, Random& random);

// The run of a control with a single instance, made from the seed of the options.
std::function<ClaimResult(const ClaimOptions&)> one_instance(std::function<Instance(Random&)> make);

}  // namespace pgb::claims
