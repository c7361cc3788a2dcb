// The slow path of one added neuron: closed forms.
#pragma once

#include <cstddef>
#include <vector>

namespace pgb::search {

// One sample x with residual r = y - f(x) under the squared loss, one exponential unit, exponent s = b + w .
// x:
//   Lt = (r - a e^s)^2 + lambda a^2.
// For fixed s the best a is r e^s / (e^{2s} + lambda), with the value r^2 lambda e^{-2s} / (1 + lambda
// e^{-2s}). Gradient flow tends to that a at the rate 2 (e^{2s} + lambda) and then creeps along it:
//   ds/dt = 2 c r^2 lambda e^{-2s} / (1 + lambda e^{-2s})^2,  c = 1 with W held fixed, 1 + |x|^2 with W free,
// which integrates to  e^{2s}/2 + 2 lambda s - lambda^2 e^{-2s}/2 = 2 c r^2 lambda t + constant; so
//   s = (1/2) log(4 c r^2 lambda t) + o(1)  and  Lt = 1/(4 c t) (1 + o(1)), whatever r and lambda.
struct OneUnit {
  double r = 1, lambda = 1, c = 1;

  double log_best_scale(double s) const;           // log|a|
  double log_best_value(double s) const;           // log of the value; s may be 1e6
  double approx_exponent(double log_time) const;   // (1/2) log(4 c r^2 lambda t)
  double log_approx_value(double log_time) const;  // log(1/(4 c t))
};

struct CreepPoint {
  double log_time = 0, s = 0;  // log(1 + t) and the exponent
};

// approx: the equation of the creep in the variable log(1 + t), from s(0) = s_start (not far below 0), to
// log(1 + t) = log_time_end (2e6 and more are fine: s grows by half of it), at `points` equally spaced times.
// Boost.Odeint's Rosenbrock method, relative tolerance 1e-10.
std::vector<CreepPoint> approx_creep(const OneUnit& unit, double s_start, double log_time_end,
                                     std::size_t points);

}  // namespace pgb::search
