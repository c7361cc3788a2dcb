// Paths of descent methods as printed, and the proof that the objective falls along them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb::search {

// The number coefficient * exp(exponent), both exact text as in io/exact_number.h. With it exp(-1e6) is as
// easy to print as 1, and a exp(b) = coefficient * exp(exponent + b) loses nothing when the exponents cancel.
struct LogNumber {
  std::string coefficient = "0", exponent = "0";
};

// A point z as printed. Every statement about it is about exactly these numbers.
struct PathPoint {
  double log_time = 0;  // log(1 + t); the number of steps t of a discrete method
  std::vector<LogNumber> z;
};

// The printed form of z: the entries listed in `logarithmic` as sign * exp(log|z_k|), the others as decimals.
PathPoint printed(const Vector<Real>& z, double log_time, const std::vector<std::size_t>& logarithmic = {});
PathPoint printed(const Vector<double>& z, double log_time);

// Nearest doubles, for plots: z_k, and log|z_k| (-infinity for 0).
double approx_number(const LogNumber& z);
double approx_log(const LogNumber& z);

// An enclosure of Q at the point, at the working precision. The exponents of an added neuron's output
// a_k exp(b_k + w_k . x) are added before exp is taken.
Ball enclose_value(const Problem& problem, const PathPoint& point);

// An enclosure of the mean loss at the point, Q without the regulariser.
Ball enclose_mean_loss(const Problem& problem, const PathPoint& point);

struct Decrease {
  std::vector<Ball> values;  // an enclosure of Q at each point
  // Number of leading points along which Q is proven to fall: values[0] > values[1] > …, all enclosures
  // disjoint. Beyond them nothing is proven, unless `rises`.
  std::size_t proven = 0;
  bool rises = false;  // the step after the proven points is proven not to go down
  long precision_bits = 0;
  bool whole() const { return proven == values.size(); }
};

// Proves that Q falls from each point to the next, raising the precision up to max_bits where enclosures
// overlap.
Decrease certify_decrease(const Problem& problem, const std::vector<PathPoint>& path, long max_bits = 4096);

// Least-squares slope of y against x over the points with x >= from; nothing below two points.
std::optional<double> approx_slope(const std::vector<std::pair<double, double>>& points, double from);

}  // namespace pgb::search
