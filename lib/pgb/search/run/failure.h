// What becomes of a local minimum when neurons are added: where gradient flow leads from it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "pgb/search/family/instance.h"
#include "pgb/search/run/store.h"

namespace pgb::search {

// approx: gradient flow of the augmented objective Lt from (theta, a, b, W) = (the point, 1/1000, 0, 0).
// Evidence, not a proof, but for `freed`.
struct FailureMode {
  std::string lambda;
  bool freed = false;  // proven: with the added neurons no point near the minimum is a local minimum
  bool diverges =
      false;  // a falls and the largest exponent b + w . x grows like a multiple of log t to the end
  double log_time = 0;  // the flow was followed to 1 + t = exp(log_time)
  double exponent_slope =
      0;  // of the largest exponent against log t over the last third; 1/2 in the closed form for one sample
  double scale_slope = 0;               // of log|a|, -1/2 there
  double moved = 0;                     // sup-norm distance of theta from the minimum at the end
  double loss_start = 0, loss_end = 0;  // Lt at both ends of the path
  std::size_t falling = 0,
              points = 0;  // proven: Lt falls along the first `falling` of the points of the path

  std::string text() const;
};

FailureMode approx_failure_mode(Instance instance, const std::string& lambda, const std::atomic<bool>* stop);

// For every certified suboptimal minimum of a problem without added neurons; those in the store already are
// left out. Returns how many were looked at; stops early with *stop.
std::size_t follow_failure_modes(Store& store, const std::string& lambda, const std::atomic<bool>* stop);

}  // namespace pgb::search
