// The functions of x that a network can be near its parameters, where these are combinations of fixed ones.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgb/flat/exact_point.h"
#include "pgb/model/problem.h"

namespace pgb {

// Functions of x by their exact values at the samples, under a text that tells them apart.
using SampleFunctions = std::map<std::string, std::vector<flat_detail::Exact::Value>>;

struct LocalFunctions {
  // One set for each output: for all parameters near the problem's (for all parameters, where `everywhere`)
  // that output is a linear combination of these.
  std::vector<SampleFunctions> outputs;
  bool everywhere = true;  // no piece of a piecewise linear operation was used
};

// Sums, linear maps, products, whatever no parameter enters, such as tanh(x_1), and piecewise linear
// activations whose inputs exclude 0 at every sample: they multiply by a fixed function of x, the slope of
// the piece. Nothing for other operations and beyond 100,000 values. `point`: of the same problem, with
// derivatives known.
std::optional<LocalFunctions> local_functions(const Problem& problem, const flat_detail::ExactPoint& point);

}  // namespace pgb
