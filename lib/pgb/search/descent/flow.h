// Gradient flow and plain gradient descent on an objective Q.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/search/descent/path.h"

namespace pgb::search {

// The parameters a_k of added neurons: small ones, followed in logarithmic form. Empty without added neurons.
std::vector<std::size_t> scale_parameters(const Problem& problem);

struct FlowOptions {
  double log_time_end = 27.7;            // up to 1 + t = exp(log_time_end); 27.7 is t = 1e12
  std::vector<std::size_t> frozen;       // parameters held at their start
  std::vector<std::size_t> logarithmic;  // parameters that may tend to 0: see scale_parameters
  double tolerance = 1e-7;  // of a step, absolute and relative (log|z_k| for the logarithmic ones)
  std::size_t points = 60;  // printed, equally spaced in log(1 + t); the start comes first
  std::size_t max_steps = 100'000;
  const std::atomic<bool>* stop = nullptr;
};

struct Flow {
  enum class Status { reached, too_many_steps, stopped };
  Status status = Status::reached;
  std::vector<PathPoint> points;
  std::size_t steps = 0, rejected = 0;
  long precision_bits = 0;
};

// approx: dz/dt = -grad Q(z) from the problem's parameters, in the variable log(1 + t), by Boost.Odeint's
// adaptive Rosenbrock stepper (see stiff.h) with the exact Hessian as Jacobian. The method is implicit
// because the fast direction relaxes at a rate like exp(2 b) while the path creeps at 1 / t. Numbers have as
// many bits as the range of times needs. A logarithmic parameter is integrated as log|z_k| while |d log|z_k|
// / d log(1 + t)| is moderate, and as z_k near a change of sign.
Flow approx_gradient_flow(const Problem& problem, const FlowOptions& options = {});

struct DescentOptions {
  double rate = 0.01;  // z <- z - rate * grad Q(z)
  std::size_t steps = 100'000;
  std::vector<std::size_t> frozen;
  std::size_t points = 60;  // printed, equally spaced in log(1 + steps)
  const std::atomic<bool>* stop = nullptr;
};

struct Descent {
  std::vector<PathPoint> points;
  std::size_t steps = 0;       // made; fewer than asked for where a parameter left the range of double
  std::size_t first_rise = 0;  // the first step after which Q, in double, was larger; 0 if there was none
  std::vector<double> z;       // where it ended
};

// Gradient descent with a fixed rate, in double, as people run it.
Descent approx_gradient_descent(const Problem& problem, const DescentOptions& options = {});

}  // namespace pgb::search
