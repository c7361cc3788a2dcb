// Networks and problems drawn at random, built from plain structs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/model/graph.h"
#include "pgb/model/problem.h"
#include "support/random.h"

namespace pgb::test {

// Every elementwise operation, with attributes where it has some.
std::vector<io::NodeSpec> all_activations();
std::vector<io::NodeSpec> smooth_activations();

// A model under construction. Every method returns the name of the new node.
class Network {
 public:
  explicit Network(std::size_t inputs) { spec.input = {inputs}; }

  // y = W u + b; the tensors are "<name>.w" and "<name>.b" unless others are given, which are then shared.
  std::string linear(const std::string& from, std::size_t in, std::size_t out, Random& random,
                     bool bias = true, const std::string& shared_weight = "",
                     const std::string& shared_bias = "");
  std::string node(const std::string& op, const std::vector<std::string>& inputs);
  std::string node(io::NodeSpec op, const std::vector<std::string>& inputs);
  std::string tensor(const std::string& name, const std::vector<std::size_t>& shape, Random& random);
  std::shared_ptr<const Graph> build(const std::string& output);

  io::ModelSpec spec;
  io::Tensors tensors;
};

struct NetworkOptions {
  bool smooth = false;  // no piecewise activation
  std::size_t nodes = 6;
};

// A random DAG of linear, activation, add, mul, concat, identity and flatten nodes; some linear nodes share a
// weight. d_x and d_y are between 1 and 3.
std::shared_ptr<const Graph> random_network(Random& random, const NetworkOptions& options = {});

// Parameters drawn uniformly from [-1, 1).
Vector<double> random_vector(std::size_t n, Random& random);

// Data and parameters at random that fit model and loss.
Problem random_problem(std::shared_ptr<const Model> model, std::size_t samples, const std::string& loss,
                       Random& random);

inline const std::vector<std::string> kLosses{
    "squared", "mse", "cross_entropy", "logistic", "polynomial_hinge", "absolute_cubed"};

}  // namespace pgb::test
