// pgb::check: does this point satisfy the PGB necessary condition of local minima?
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "pgb/certify/verdict.h"
#include "pgb/model/problem.h"

namespace pgb {

struct CheckOptions {
  double radius = 1e-3;   // of the search for a critical point, times the size of the parameters (sup-norm)
  bool at_saved = false;  // the saved point is the subject, whatever lies near
  std::size_t max_memory = 0;  // bytes; 0: three quarters of what is free
  std::uint64_t seed = 1;      // of the flat perturbations
  // A statement about all points within this sup-norm distance of the saved point; region_max: the largest
  // distance for which one can be proven.
  std::optional<double> region;
  bool region_max = false;
  // Parameters of the same problem to compare with: a lower value there proves the subject suboptimal.
  std::optional<io::Tensor> compare;
  int threads = 1;
  long max_precision_bits = 16384;
  // Called from time to time with what is being done and how much of it (0..1, negative: unknown).
  std::function<void(const std::string& stage, double fraction)> progress;
  const std::atomic<bool>* stop = nullptr;  // set it to end early with what was found so far
};

// What pgbcheck prints. Throws InputError for a problem that cannot be evaluated (a loss that is not finite,
// …). `certified` in the result means a completed proof; see docs/theory.md for each reason.
Verdict check(const Problem& problem, const CheckOptions& options = {});

}  // namespace pgb
