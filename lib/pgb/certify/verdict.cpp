#include "pgb/certify/verdict.h"

namespace pgb {

const char* reason_name(Reason reason) {
  switch (reason) {
    case Reason::not_critical:
      return "not-critical";
    case Reason::flat_direction:
      return "flat-direction";
    case Reason::global_minimum:
      return "global-minimum";
    case Reason::regular_critical_point:
      return "regular-critical-point";
    case Reason::strict_local_minimum:
      return "strict-local-minimum";
    case Reason::level_set_minimum:
      return "level-set-minimum";
    case Reason::isolated_flat_set:
      return "isolated-flat-set";
    case Reason::flat_gradients_vanish:
      return "flat-gradients-vanish";
    case Reason::orthogonal_to_span_bound:
      return "orthogonal-to-span-bound";
    case Reason::non_differentiable:
      return "non-differentiable";
    case Reason::no_local_minimum_in_region:
      return "no-local-minimum-in-region";
    case Reason::no_suboptimal_local_minimum_in_region:
      return "no-suboptimal-local-minimum-in-region";
    case Reason::local_minimum_in_region:
      return "local-minimum-in-region";
    case Reason::no_evidence:
      return "no-evidence";
  }
  return "no-evidence";
}

const char* answer_name(Answer answer) {
  switch (answer) {
    case Answer::satisfied:
      return "satisfied";
    case Answer::violated:
      return "violated";
    case Answer::undecided:
      return "undecided";
  }
  return "undecided";
}

int exit_status(const Verdict& verdict) {
  switch (verdict.answer) {
    case Answer::satisfied:
      return 0;
    case Answer::violated:
      return 1;
    case Answer::undecided:
      return 3;
  }
  return 3;
}

}  // namespace pgb
