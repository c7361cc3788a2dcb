// Where a run of a local solver ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace pgb::search {

// What the end looks like in double. None of these is a proof; see run/judgement.h for that.
enum class EndKind {
  critical,     // the gradient is rounding error and Newton's step is short
  at_infinity,  // the loss goes on falling, or stays, while the parameters grow without bound
  stalled,      // neither: the step budget ran out, no step was a descent, or a kink is in the way
  not_finite    // the loss left the range of double
};
const char* end_kind_name(EndKind kind);

// The Hessian of a critical end in double, up to eigenvalues that cannot be told from 0.
enum class Curvature {
  singular,  // none is negative, some may be 0; or the end is not critical
  positive,
  negative  // one of them is
};

struct Ending {
  EndKind kind = EndKind::stalled;
  Curvature curvature = Curvature::singular;
  int steps = 0;
  double loss = 0;
  double gradient = 0;          // sup-norm
  double step = 0;              // sup-norm of the last Newton step tried
  std::vector<double> z;        // n
  std::vector<double> outputs;  // Phi, m d_y, sample by sample
};

struct SolverOptions {
  int max_steps = 1000;
  double gradient = 1e-13;  // below it (times 1 + loss) a gradient may be rounding error: time to look closer
  double far = 1e8;         // parameters beyond which a run counts as one to infinity
  const std::atomic<bool>* stop = nullptr;  // once it is set nothing that is returned may be used

  bool stopped() const { return stop != nullptr && *stop; }
};

}  // namespace pgb::search
