// How the data of a problem and the points to start from are drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgb/io/tensor.h"
#include "pgb/search/family/random.h"

namespace pgb::search {

// A network of alternating affine maps and activations, as families write it.
struct Widths {
  std::vector<std::size_t> widths;  // d_x, hidden ..., d_y
  std::string activation, output_activation = "identity";
  std::vector<bool> bias;  // one for each affine map
};

// One distribution of real numbers.
struct Draw {
  enum class Kind { uniform, normal, log_uniform, choice };
  Kind kind = Kind::normal;
  double from = -1, to = 1;    // uniform; log_uniform: of the magnitude, either sign with probability 1/2
  double scale = 1;            // normal: the standard deviation
  bool positive = false;       // log_uniform: no negative numbers
  std::vector<double> values;  // choice

  double operator()(Random& random) const;
  std::string text() const;  // "uniform on [-1, 1]"
};

struct InputRule {
  enum class Kind { fixed, grid, random };
  Kind kind = Kind::fixed;
  io::Tensor fixed;                 // [m, d_x]
  std::vector<std::size_t> points;  // grid: along each coordinate
  double from = -1, to = 1;         // grid
  std::size_t samples = 0;          // random
  Draw draw;                        // random
  std::size_t repeat = 1;           // each input that many times
};

struct TargetRule {
  enum class Kind { fixed, patterns, random, teacher };
  Kind kind = Kind::fixed;
  io::Tensor fixed;            // [m, d_y]
  std::vector<double> values;  // patterns: every assignment of these values is a problem
  Draw draw;                   // random; teacher: of its parameters
  Widths teacher;
  double noise = 0;  // teacher: standard deviation of what is added to its outputs
};

struct DataRule {
  InputRule x;
  TargetRule y;
  std::size_t d_x = 0, d_y = 0;  // width of a row
  std::size_t sets = 1;          // random data sets

  std::size_t samples() const;
  // Problems of this rule: sets times label patterns; 0 where that is beyond `limit`.
  std::size_t count(std::size_t limit) const;
  bool is_random() const;
};

// The outer search for data at which a bad minimum is as deep, as frequent or as wide as can be.
struct DataSearch {
  enum class Goal { deep, frequent, wide };
  Goal goal = Goal::deep;
  bool over_x = false, over_y = true;  // which numbers may be changed
  double from = -1, to = 1;            // their range
  std::size_t evaluations = 300;       // data sets tried for each problem
  std::size_t starts = 64;             // at each of them
};

struct StartRule {
  Draw draw;
};

struct Data {
  io::Tensor x, y;  // [m, d_x], [m, d_y]
};

// Data set `member` < count of the rule; random numbers from (seed, variant, set).
Data make_data(const DataRule& rule, std::uint64_t seed, std::size_t variant, std::size_t member);

// Outputs of the network for one input; parameters in the order of the parameter vector. For teachers, in
// double.
std::vector<double> network_outputs(const Widths& net, const std::vector<double>& parameters,
                                    const double* x);

// Number of parameters.
std::size_t parameter_count(const Widths& net);

}  // namespace pgb::search
