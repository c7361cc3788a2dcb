// The answers "violated", and "undecided" on a kink.
#include <algorithm>

#include "pgb/certify/checker.h"
#include "pgb/certify/claims.h"
#include "pgb/certify/describe.h"

namespace pgb {

bool Checker::on_kink() {
  const std::vector<Kink> kinks = hard_kinks();
  if (kinks.empty()) return false;
  const bool exact = std::any_of(kinks.begin(), kinks.end(), [](const Kink& k) { return k.exact; });
  Witness witness;
  witness.kind = "kink";
  for (const Kink& kink : kinks) witness.kinks.push_back(kink_text(kink));
  witness.text = exact ? "the input of the activation is exactly 0"
                       : "the input of the activation cannot be told from 0";
  answer(Answer::undecided, false, Reason::non_differentiable,
         "The saved point is on a kink (" + witness.kinks.front() +
             "), where the loss is not differentiable; the condition speaks of differentiable points only.");
  v_.next_steps.push_back(
      "Move the parameters off the kink, or look at the activation's input at that sample.");
  v_.witness = std::move(witness);
  return true;
}

bool Checker::not_critical() {
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
             " is " + short_text(saved_.gradient[*k]) + ", so it is no local minimum.");
  v_.witness = std::move(witness);
  v_.next_steps.push_back(
      options_.at_saved ? "Drop --at saved to look for a critical point nearby."
                        : "Train further, or raise --radius to look for a critical point farther away.");
  prove(claim_of(NotCritical{*k, saved_.gradient[*k], 0, saved_.precision_bits}), v_.explanation);
  return true;
}

bool Checker::violated_on_flat() {
  show("gradients on the flat set");
  const bool exact = !v_.subject.polished || exact_.has_value();
  const std::vector<FlatTrial> trials = approx_flat_gradients(subject_, families_, options_.seed);
  for (std::size_t f = 0; f < trials.size(); ++f) {
    v_.families[f].largest_gradient = trials[f].largest;
    v_.families[f].perturbations = trials[f].points;
    largest_flat_gradient_ = std::max(largest_flat_gradient_, trials[f].largest);
    relative_flat_gradient_ = std::max(relative_flat_gradient_, trials[f].relative);
  }
  if (!exact && !(relative_flat_gradient_ > kVanishes)) return false;
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
         "The outputs stay the same along the flat family of " + witness.text +
             ", but there the derivative with respect to " + witness.parameter_name + " is " +
             short_text(violation->enclosure) + " instead of 0: not a local minimum.");
  v_.next_steps.push_back("Restart training from the flat point of the witness: descent goes on from there.");
  if (exact) {
    certificate::FlatDirection claim = claim_of(family, *violation);
    if (exact_) claim.center = listed_point(subject_.parameters);
    prove(claim, v_.explanation);
  }
  v_.witness = std::move(witness);
  return true;
}

bool Checker::no_minimum_in_region() {
  if (problem_.model->added() == nullptr) return false;
  show("residuals of the added neurons");
  const double start = std::max(options_.radius * size_, v_.subject.distance);
  const auto proof = options_.region && !options_.region_max
                         ? certify_no_local_minimum(problem_, *options_.region)
                         : largest_region_without_minimum(problem_, start);
  if (!proof || proof->radius < v_.subject.distance) return false;
  const std::string output = std::to_string(proof->output), sample = std::to_string(proof->sample);
  Witness witness;
  witness.kind = "group-sum";
  witness.text = "the sum of the loss derivatives of output " + output +
                 " over the samples with the input of sample " + sample +
                 " is not 0, so the added neuron of that output cannot be at a local minimum";
  enclose(proof->enclosure, witness);
  const std::string what = proof->radius > 0
                               ? "No point within " + text_below(proof->radius) + " of the saved one is"
                               : std::string("The saved point is not");
  answer(Answer::violated, true, Reason::no_local_minimum_in_region,
         what +
             " a local minimum: with added neurons the outputs would have to be optimal among all functions "
             "of x, "
             "and output " +
             output + " at sample " + sample + " is not (residual " + short_text(proof->enclosure) + ").");
  v_.witness = std::move(witness);
  v_.next_steps.push_back(
      "Descent on the augmented loss will drive a to 0 and b to infinity unless the network "
      "itself reaches a better fit.");
  prove(claim_of(*proof), v_.explanation);
  return true;
}

}  // namespace pgb
