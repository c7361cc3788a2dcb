// What a check found, in the terms of the verdict file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/certificate/certificate.h"
#include "pgb/span/span.h"

namespace pgb {

enum class Answer { satisfied, violated, undecided };

// Why. Each has a fixed name in the JSON (see reason_name).
enum class Reason {
  not_critical,              // grad Q != 0 at the subject
  flat_direction,            // grad Q != 0 somewhere on the flat set
  global_minimum,            // g = 0: every sample's loss is at its minimum
  regular_critical_point,    // rank J = n - s: the span is range J and grad Q = 0
  strict_local_minimum,      // modulo symmetry
  level_set_minimum,         // a local minimum on a surface of points with the same outputs
  isolated_flat_set,         // critical, and all points near it with its outputs are
  flat_gradients_vanish,     // grad Q = 0 at every flat perturbation tried (evidence, not a proof)
  orthogonal_to_span_bound,  // g is orthogonal to a space that holds the span
  non_differentiable,        // the subject is on, or cannot be told from, a kink
  no_local_minimum_in_region,
  no_suboptimal_local_minimum_in_region,
  local_minimum_in_region,
  no_evidence  // nothing decided either way
};
const char* reason_name(Reason reason);
const char* answer_name(Answer answer);

struct Subject {
  bool polished = false;             // false: the saved point itself
  double distance = 0;               // sup-norm distance from the saved point
  bool existence_certified = false;  // the saved point always exists
  double radius = 0;                 // how far a critical point was looked for
};

// One family of flat perturbations at the subject.
struct FamilyReport {
  std::string kind;           // "zero outgoing weights", "added neurons", …
  std::string where;          // which units, in words
  std::size_t dimension = 0;  // of the flat set it spans (straight families: of the affine space)
  bool straight = false;
  bool symmetry = false;          // an orbit of a symmetry: it cannot enlarge the span
  std::string why_exact;          // one sentence
  double largest_gradient = 0;    // largest |grad Q| component met along it (0 where not tried)
  std::size_t perturbations = 0;  // flat points at which gradients were evaluated
};

struct Witness {
  std::string kind;            // "gradient-component", "flat-direction", "kink"
  std::string text;            // in words
  std::size_t parameter = 0;   // index k of the component of grad Q
  std::string parameter_name;  // "fc1.weight[3, 2]"
  double epsilon = 0;          // step along the flat direction
  std::vector<std::pair<std::size_t, std::string>> direction;  // nonzero entries of v, exact text
  std::string gradient_lower, gradient_upper;                  // enclosure of the component, decimal
  std::vector<std::string> kinks;                              // "node relu1, unit 3, sample 17"
};

struct Verdict {
  std::string tool = "pgbcheck";
  std::string problem_name, problem_sha256;
  std::size_t samples = 0, outputs = 0, parameters = 0, distinct_inputs = 0;
  std::string model_summary;  // "linear 64 -> 10, tanh, linear 10 -> 10; 10 added neurons"
  std::string loss_name;
  std::string regularizer_summary;  // "" or "l2, lambda 1/1000"
  bool convex_loss = true;

  Subject subject;
  Answer answer = Answer::undecided;
  bool certified = false;
  Reason reason = Reason::no_evidence;
  std::string explanation;  // one sentence a person can read
  std::vector<std::string> next_steps;

  std::string loss, gradient_norm;              // at the subject: Q and |grad Q|_2
  std::string saved_loss, saved_gradient_norm;  // at the saved point
  std::string existing_loss_part;               // mean loss without the regulariser, "" where R = 0

  bool basis_holds = false, basis_certified = false;
  std::string basis_reason;  // "the last linear layer", …

  std::size_t ambient = 0;  // N
  std::optional<std::size_t> unperturbed_rank, rank;
  bool unperturbed_rank_certified = false, rank_certified = false;
  std::string rank_reason;             // how the rank was found
  std::size_t symmetry_dimension = 0;  // s(z)
  std::vector<FamilyReport> families;
  std::vector<Spectrum> spectra;

  std::string pgb_value, gap;      // inf Qt and Q - inf Qt; "" where not computed, "-inf" possible
  std::string smallest_curvature;  // modulo symmetry, "" where not computed
  bool curvature_certified = false;
  std::optional<std::size_t> negative_curvatures, zero_curvatures;

  std::optional<Witness> witness;
  std::vector<Skipped> skipped;
  std::vector<std::string> notes;
  // Loss along one flat or gradient line, for the report's plots: pairs (t, Q).
  struct Slice {
    std::string label;
    std::vector<std::pair<double, double>> points;
  };
  std::vector<Slice> slices;

  long precision_bits = 53;
  double seconds = 0;
  std::vector<certificate::Certificate> proofs;  // of the verdict first, where it is certified
  std::string certificate;                       // file name, "" where none was written
};

// 0 satisfied, 1 violated, 3 undecided.
int exit_status(const Verdict& verdict);

}  // namespace pgb
