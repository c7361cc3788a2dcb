#include "pgb/certify/check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "pgb/certify/describe.h"
#include "pgb/certify/evidence.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/polish.h"
#include "pgb/derivatives/objective.h"
#include "pgb/io/errors.h"
#include "pgb/scalar/functions.h"
#include "pgb/version.h"

namespace pgb {
namespace {

constexpr double kCritical = 1e-20;   // |grad Q| of a polished point's held parameters, relative to the loss
constexpr double kVanishes = 1e-18;   // gradients at flat points of a polished point count as 0 below this
constexpr long kGradientBits = 2048;  // beyond these a component that holds 0 is taken to be undecidable
constexpr double kAtMinimum = 1e-20;  // |g| relative to its size counts as 0 below this

std::string short_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", x);
  return text;
}

double largest_parameter(const Problem& problem) {
  double largest = 0;
  for (const double z : problem.parameters.values) largest = std::max(largest, std::abs(z));
  return largest > 0 ? largest : 1;
}

std::string norm_text(const Vector<Ball>& gradient) {
  Ball sum(0);
  for (const Ball& g : gradient) sum += square(g);
  return sum.is_exactly_zero() ? "0" : to_text(sqrt(sum.nonnegative_part()));
}

// The steps from a saved point to a verdict. The first that decides ends it; evidence is added afterwards.
class Checker {
 public:
  Checker(const Problem& problem, const CheckOptions& options)
      : problem_(problem), options_(completed(options)), v_(described(problem)), subject_(problem) {}

  Verdict run() {
    const auto start = std::chrono::steady_clock::now();
    v_.subject.radius = options_.at_saved ? 0 : options_.radius * largest_parameter(problem_);
    show("gradient at the saved point");
    saved_ = exact_gradient(problem_, std::min(options_.max_precision_bits, kGradientBits));
    if (!saved_.value.is_finite()) {
      throw InputError(problem_.name + ": the loss at the saved parameters is not finite");
    }
    v_.precision_bits = saved_.precision_bits;
    choose_subject();
    families_ = flat_families(subject_);
    for (const FlatFamily& family : families_) v_.families.push_back(family_report(family));
    numbers_at_subject();
    add_gradient_basis(subject_, options_, v_);
    v_.symmetry_dimension = symmetry_dimension(subject_, families_, options_);
    if (!stopped()) add_span(subject_, families_, options_, v_);
    decide();
    if (!stopped()) curvature_and_slices();
    if (stopped()) v_.notes.push_back("Stopped before the end; this is what was found so far.");
    v_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(v_);
  }

 private:
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }
  void show(const std::string& stage) const {
    if (options_.progress) options_.progress(stage, -1);
  }

  void answer(Answer answer, bool certified, Reason reason, std::string explanation) {
    v_.answer = answer;
    v_.certified = certified;
    v_.reason = reason;
    v_.explanation = std::move(explanation);
  }

  std::vector<Kink> hard_kinks() const {
    std::vector<Kink> hard;
    std::copy_if(saved_.kinks.begin(), saved_.kinks.end(), std::back_inserter(hard),
                 [](const Kink& k) { return !k.differentiable; });
    return hard;
  }

  // The subject rule: an exact critical point at the saved parameters, one found close by, or the saved point.
  void choose_subject() {
    if (options_.at_saved || saved_.certainly_zero() || !hard_kinks().empty()) return;
    PolishOptions polish_options;
    polish_options.radius = v_.subject.radius;
    polish_options.max_memory = options_.max_memory;
    polish_options.progress = options_.progress;
    polish_options.stop = options_.stop;
    const std::vector<bool> frozen = frozen_structure(problem_);
    const PolishedPoint point = polish(problem_, frozen, polish_options);
    if (!point.converged) {
      v_.notes.push_back("No critical point was found near the saved one: " + point.failure + ".");
      return;
    }
    if (point.held_gradient > kCritical * std::max(1.0, saved_.value.magnitude())) {
      v_.notes.push_back("The network without its added neurons has a critical point " + short_text(point.distance) +
                         " away, but there the gradient with respect to the added neurons is " +
                         short_text(point.held_gradient) + ".");
      return;
    }
    v_.subject.polished = true;
    v_.subject.distance = point.distance;
    v_.precision_bits = std::max(v_.precision_bits, point.precision_bits);
    interpolates_ = point.interpolates;
    subject_.parameters = to_tensor(point.z);
  }

  void numbers_at_subject() {
    const PrecisionScope scope(v_.subject.polished ? 256 : saved_.precision_bits);
    v_.saved_loss = to_text(saved_.value);
    v_.saved_gradient_norm = norm_text(saved_.gradient);
    const Objective<Ball> objective(subject_);
    const Vector<Ball> z = to_scalars<Ball>(subject_.parameters);
    if (v_.subject.polished) {
      const auto at = objective.value_gradient(z);
      v_.loss = to_text(at.value);
      v_.gradient_norm = norm_text(at.gradient);
    } else {
      v_.loss = v_.saved_loss;
      v_.gradient_norm = v_.saved_gradient_norm;
    }
    const Matrix<Ball> phi = objective.outputs(z);
    if (!objective.regularizer(z).is_exactly_zero()) v_.existing_loss_part = to_text(objective.mean_loss(phi));
    for (const Ball& g : objective.output_gradient(phi).data) {
      output_gradient_ = std::max(output_gradient_, g.magnitude());
    }
  }

  void decide() {
    const bool critical = saved_.certainly_zero();
    if (!v_.subject.polished && critical && hard_kinks().empty() && violated_on_flat()) return;
    if (!(options_.at_saved && saved_.certainly_nonzero()) && no_minimum_in_region()) return;
    if (!v_.subject.polished && on_kink()) return;
    if (!v_.subject.polished && !critical) {
      if (not_critical()) return;
      answer(Answer::undecided, false, Reason::no_evidence,
             "At the saved point the gradient cannot be told from 0 with " + std::to_string(saved_.precision_bits) +
                 " bits.");
      v_.next_steps.push_back("Allow more precision with --max-precision.");
      return;
    }
    if (v_.subject.polished && violated_on_flat()) return;
    satisfied();
  }

  bool on_kink() {
    const std::vector<Kink> kinks = hard_kinks();
    if (kinks.empty()) return false;
    const bool exact = std::any_of(kinks.begin(), kinks.end(), [](const Kink& k) { return k.exact; });
    Witness witness;
    witness.kind = "kink";
    for (const Kink& kink : kinks) witness.kinks.push_back(kink_text(kink));
    witness.text = exact ? "the input of the activation is exactly 0"
                         : "the input of the activation cannot be told from 0";
    answer(Answer::undecided, false, Reason::non_differentiable,
           "The saved point is on a kink (" + witness.kinks.front() + "), where the loss is not differentiable; the "
           "condition speaks of differentiable points only.");
    v_.next_steps.push_back("Move the parameters off the kink, or look at the activation's input at that sample.");
    v_.witness = std::move(witness);
    return true;
  }

  bool not_critical() {
    const auto k = saved_.certainly_nonzero();
    if (!k) return false;
    Witness witness;
    witness.kind = "gradient-component";
    witness.parameter = *k;
    witness.parameter_name = parameter_name(*problem_.model, *k);
    witness.text = "the derivative with respect to " + witness.parameter_name + " is not 0";
    enclose(saved_.gradient[*k], witness);
    answer(Answer::violated, true, Reason::not_critical,
           "The saved point is not a critical point: the derivative with respect to " + witness.parameter_name +
               " is " + short_text(saved_.gradient[*k].midpoint()) + ", so it is no local minimum.");
    v_.witness = std::move(witness);
    v_.next_steps.push_back(options_.at_saved ? "Drop --at saved to look for a critical point nearby."
                                              : "Train further, or raise --radius to look for a critical point "
                                                "farther away.");
    certificate::NotCritical claim;
    claim.component = *k;
    claim.precision = saved_.precision_bits;
    prove(claim);
    return true;
  }

  bool violated_on_flat() {
    show("gradients on the flat set");
    const bool exact = !v_.subject.polished;
    const std::vector<FlatTrial> trials = approx_flat_gradients(subject_, families_, options_.seed);
    double largest = 0;
    for (std::size_t f = 0; f < trials.size(); ++f) {
      v_.families[f].largest_gradient = trials[f].largest;
      v_.families[f].perturbations = trials[f].points;
      largest = std::max(largest, trials[f].largest);
    }
    if (!exact && !(largest > kVanishes)) return false;
    const auto violation = certify_flat_violation(subject_, families_, options_.seed);
    if (!violation) return false;
    const FlatFamily& family = families_[violation->family];
    Witness witness;
    witness.kind = "flat-direction";
    witness.parameter = violation->component;
    witness.parameter_name = parameter_name(*problem_.model, violation->component);
    witness.epsilon = violation->epsilon;
    witness.direction = direction_of(family, *violation);
    witness.text = std::string(kind_name(family.kind)) + " (" + family.where + ")";
    enclose(violation->enclosure, witness);
    flat_point_ = flat_point(family, to_scalars<double>(subject_.parameters), violation->coordinates);
    answer(Answer::violated, exact, Reason::flat_direction,
           "The outputs stay the same when " + witness.text + " are moved, but then the derivative with respect to " +
               witness.parameter_name + " is " + short_text(violation->enclosure.midpoint()) +
               " instead of 0: not a local minimum.");
    v_.next_steps.push_back("Restart training from the flat point of the witness: descent goes on from there.");
    if (exact) prove(flat_claim(family, *violation, witness));
    v_.witness = std::move(witness);
    return true;
  }

  // Entries of v, where epsilon v = sum_j coordinates_j basis_j.
  static std::vector<std::pair<std::size_t, std::string>> direction_of(const FlatFamily& family,
                                                                       const FlatViolation& violation) {
    const PrecisionScope scope(1024);
    std::size_t n = 0;
    for (const SparseVector& b : family.basis) {
      for (const SparseEntry& entry : b) n = std::max(n, entry.parameter + 1);
    }
    Vector<double> unit = violation.coordinates;
    for (double& c : unit) c /= violation.epsilon;  // a power of two
    const Vector<Real> v = flat_point(family, Vector<Real>(n, Real(0)), unit);
    std::vector<std::pair<std::size_t, std::string>> direction;
    for (std::size_t k = 0; k < n; ++k) {
      if (v[k] != 0) direction.emplace_back(k, to_rational(v[k]));
    }
    return direction;
  }

  static certificate::FlatDirection flat_claim(const FlatFamily& family, const FlatViolation& violation,
                                               const Witness& witness) {
    using Rule = certificate::FlatDirection::Rule;
    certificate::FlatDirection claim;
    claim.rule = family.kind == FlatFamily::Kind::added_neurons           ? Rule::added_neurons
                 : family.kind == FlatFamily::Kind::zero_outgoing_weights ? Rule::free_parameters
                                                                          : Rule::outgoing_relation;
    claim.node = family.node;
    for (const auto& [k, text] : witness.direction) claim.direction.push_back({k, text});
    claim.epsilon = to_text(violation.epsilon);
    claim.component = violation.component;
    claim.precision = violation.precision_bits;
    return claim;
  }

  bool no_minimum_in_region() {
    if (problem_.model->added() == nullptr) return false;
    show("residuals of the added neurons");
    const double start = std::max({v_.subject.radius, options_.radius * largest_parameter(problem_),
                                   v_.subject.distance});
    const auto proof = largest_region_without_minimum(problem_, start);
    if (!proof || proof->radius < v_.subject.distance) return false;
    const std::string output = std::to_string(proof->output), sample = std::to_string(proof->sample);
    const std::string where = proof->radius > 0 ? "No point within " + short_text(proof->radius) + " of the saved one"
                                                : "The saved point is not";
    Witness witness;
    witness.kind = "group-sum";
    witness.text = "the sum of the loss derivatives of output " + output + " over the samples with the input of sample " +
                   sample + " is not 0, so the added neuron of that output cannot be at a local minimum";
    enclose(proof->enclosure, witness);
    answer(Answer::violated, true, Reason::no_local_minimum_in_region,
           where + (proof->radius > 0 ? " is" : "") + " a local minimum: with added neurons the outputs would have to be optimal among all "
           "functions of x, and output " + output + " at sample " + sample + " is not (residual " +
               short_text(proof->enclosure.midpoint()) + ").");
    v_.witness = std::move(witness);
    v_.next_steps.push_back("Descent on the augmented loss will drive a to 0 and b to infinity unless the network "
                            "itself reaches a better fit.");
    certificate::NoLocalMinimum claim;
    claim.radius = to_text(proof->radius);
    claim.output = proof->output;
    claim.sample = proof->sample;
    claim.precision = proof->precision_bits;
    prove(claim);
    return true;
  }

  void satisfied() {
    const std::string point = v_.subject.polished ? "The critical point nearby" : "The saved point";
    const bool regular = v_.unperturbed_rank && *v_.unperturbed_rank + v_.symmetry_dimension == v_.parameters;
    if (interpolates_ || output_gradient_ <= kAtMinimum) {
      answer(Answer::satisfied, false, Reason::global_minimum,
             point + " is a global minimum, to the precision computed: every sample's loss is as small as it can be.");
    } else if (v_.rank && *v_.rank == 0) {
      answer(Answer::satisfied, false, Reason::flat_gradients_vanish, point + " has no direction that moves the outputs.");
    } else if (regular) {
      answer(Answer::satisfied, false, Reason::regular_critical_point,
             point + " is regular: the gradient basis has the largest rank its symmetries allow, so no perturbation "
                     "along the flat set enlarges its span, and the gradient is 0.");
    } else {
      answer(Answer::satisfied, false, Reason::flat_gradients_vanish,
             "The gradient is 0 at " + std::string(v_.subject.polished ? "the critical point nearby" : "the saved point") +
                 " and at every flat perturbation of it that was tried.");
    }
    v_.next_steps.push_back("This is numerical evidence, not a proof.");
  }

  void curvature_and_slices() {
    if (hard_kinks().empty() && v_.answer != Answer::undecided) {
      const Vector<double> direction = add_curvature(subject_, v_.symmetry_dimension, options_, v_);
      const double length = 1e-2 * largest_parameter(subject_);
      if (!direction.empty()) add_slice(subject_, "along the direction of smallest curvature", direction, length, v_);
      if (v_.negative_curvatures && *v_.negative_curvatures > 0 && v_.answer == Answer::satisfied) {
        v_.notes.push_back("The Hessian has " + std::to_string(*v_.negative_curvatures) +
                           " negative eigenvalues: a saddle, although the first-order condition holds.");
      }
    }
    if (flat_point_.empty()) return;
    Problem moved = subject_;
    moved.parameters = to_tensor(flat_point_);
    const Vector<double> slope = Objective<double>(moved).value_gradient(flat_point_).gradient;
    add_slice(moved, "from the flat point of the witness, along its gradient", slope,
              1e-1 * largest_parameter(subject_), v_);
  }

  void enclose(const Ball& ball, Witness& witness) const {
    const PrecisionScope scope(64);
    witness.gradient_lower = to_text(ball.lower());
    witness.gradient_upper = to_text(ball.upper());
  }

  void prove(certificate::Claim claim) {
    if (problem_.sha256.empty()) return;
    certificate::Certificate proof;
    proof.producer = "pgbcheck " PGB_VERSION;
    proof.problem_sha256 = problem_.sha256;
    if (!problem_.canonical.empty()) proof.problem = problem_.canonical;
    proof.claim = std::move(claim);
    proof.text = v_.explanation;
    v_.proof = std::move(proof);
  }

  const Problem& problem_;
  CheckOptions options_;
  Verdict v_;
  Problem subject_;
  ExactGradient saved_;
  std::vector<FlatFamily> families_;
  double output_gradient_ = 0;  // largest |component of g| at the subject
  bool interpolates_ = false;
  Vector<double> flat_point_;   // of the witness
};

}  // namespace

Verdict check(const Problem& problem, const CheckOptions& options) { return Checker(problem, options).run(); }

}  // namespace pgb
