// Fully connected networks with named tensors, and parameters set by hand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/model/graph.h"
#include "pgb/model/problem.h"
#include "support/random.h"

namespace pgb::test {

// x -> w1, b1 -> activation -> w2, b2 -> … -> output; widths = {d_x, hidden…, d_y}. Nodes are "l1", "s1",
// "l2", ….
std::shared_ptr<const Graph> mlp(const std::vector<std::size_t>& widths,
                                 const std::string& activation = "tanh", bool bias = true);

// The first parameter of a tensor, and all of its parameters.
std::size_t begin_of(const Model& model, const std::string& tensor);
std::vector<std::size_t> range_of(const Model& model, const std::string& tensor);

// Writes a tensor into the problem's parameters.
void set(Problem& problem, const std::string& tensor, const std::vector<double>& values);
void fill(Problem& problem, const std::string& tensor, double value);
// One entry of a matrix, and its exact value as text ("1/3").
void set_entry(Problem& problem, const std::string& tensor, std::size_t row, std::size_t column,
               double value);
void set_exact(Problem& problem, const std::string& tensor, std::size_t index, const std::string& rational);

// The double after (up) or before x.
double next_double(double x, bool up = true);

}  // namespace pgb::test
