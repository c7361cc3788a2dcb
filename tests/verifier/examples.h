// One small certificate of each kind, and of each rule and symmetry, whose truth is plain by hand.
#pragma once

#include <string>
#include <vector>

#include "verifier/support.h"

namespace pgb::test {

struct Example {
  std::string name;
  Json certificate;
};

// All accepted.
std::vector<Example> examples();
Json example(const std::string& name);

// w x + b on (-1, 0), (1, 2): Q = (w - 1)^2 + (b - 1)^2.
// The minimum of sum_i (a tanh(w x_i) - y_i)^2 on (1, 1), (2, 3), (3, 1), rounded.
struct EmbeddedMinimum {
  double w = 0.9401757121042769, a = 1.8836692552481553;
};
constexpr EmbeddedMinimum embedded_minimum;
// 1 / (6 sigmoid(-1)), nearly
constexpr double level_set_weight = 0.6197136380765075;

ProblemText line(double w, double b);

// [[k, "value"], …]
Json sparse(const std::vector<std::pair<std::size_t, std::string>>& entries);

}  // namespace pgb::test
