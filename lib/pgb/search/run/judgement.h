// What the library proves about the end of a run.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "pgb/search/family/instance.h"
#include "pgb/search/local/ending.h"

namespace pgb::search {

enum class PointKind {
  strict_minimum,  // a local minimum, strict up to symmetry
  local_minimum,   // a local minimum for another reason
  global_minimum,  // as good as any function of x, or no perturbed gradient can lower the loss
  saddle,          // a critical point with a direction of negative curvature
  no_minimum,      // no point nearby is a local minimum
  degenerate,      // critical to extended precision, and neither of the above could be told
  at_infinity,     // the run leads away without end
  stalled,         // neither critical nor on the way to infinity
  on_kink,         // the loss is not differentiable there
  not_finite
};
const char* point_kind_name(PointKind kind);  // "strict local minimum", ...
PointKind point_kind_named(const std::string& name);

struct Judgement {
  PointKind kind = PointKind::stalled;
  // With a proof. For at_infinity and stalled: that the end is not a critical point; the rest of the name is
  // evidence.
  bool certified = false;
  std::string reason;       // of the verdict of pgb::check, "" where it was not asked
  std::string explanation;  // one sentence
  std::string problem;  // canonical text, its parameters the polished point (the run's end where that failed)
  std::string sha256;
  std::string loss;  // at these parameters, decimal
  // Proven: Q at these parameters is at most loss_upper; Q is at least loss_lower in the whole box of radius
  // `reach` about `center`, in which the point lies of whose kind something is certified (otherwise: at these
  // parameters).
  double loss_lower = 0, loss_upper = 0;
  std::vector<std::string> center;  // exact numbers; empty: the parameters
  std::string reach = "0";
  double smallest_curvature = 0;          // numerically, or a proven bound where the kind is certified
  std::vector<std::string> certificates;  // texts for pgbverify, that of the kind first

  bool is_minimum() const {
    return certified && (kind == PointKind::strict_minimum || kind == PointKind::local_minimum ||
                         kind == PointKind::global_minimum);
  }
};

// `instance` is the problem (its parameters do not matter), z the end of the run. Polishes in quadruple
// precision, then asks pgb::check. Not to be used when *stop was set meanwhile.
Judgement judge(Instance instance, const Ending& ending, const std::atomic<bool>* stop = nullptr);

// The proof (FORMAT.md, lower-value) that Q at the parameters of `other` is less than in the box of
// `minimum`; empty where it cannot be given. Both of the same problem but for its parameters.
std::string lower_value_certificate(const Judgement& minimum, const Judgement& other);

}  // namespace pgb::search
