// Answers about every point within a distance of the saved one.
#include <algorithm>
#include <cmath>

#include "pgb/certify/checker.h"
#include "pgb/certify/claims.h"
#include "pgb/certify/curvature.h"
#include "pgb/certify/describe.h"
#include "pgb/certify/evidence.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/functions.h"

namespace pgb {
namespace {

constexpr int kSearch = 14;  // steps of the search for the largest radius

}  // namespace

void Checker::decide_region() {
  if (options_.region_max) {
    decide_largest_region();
    return;
  }
  const double radius = *options_.region;
  if (no_minimum_in_region() || no_critical_point_within(radius) || local_minimum_within(radius) ||
      negative_curvature_within(radius) || no_suboptimal_minimum_within(radius)) {
    return;
  }
  answer(Answer::undecided, false, Reason::no_evidence,
         "Nothing was proven of all points within " + short_text(radius) + " of the saved one.");
  v_.next_steps.push_back("Try a smaller --region, or --region max for the largest that can be proven.");
}

// Doubles, then bisects (on a logarithmic scale), from a radius for which `holds` is true to the largest found.
double Checker::largest_radius(double start, const std::function<bool(double)>& holds) const {
  double low = start, high = 0;
  for (int i = 0; i < kSearch && !stopped(); ++i) {
    const double next = high == 0 ? 4 * low : std::sqrt(low * high);
    (holds(next) ? low : high) = next;
  }
  return low;
}

void Checker::decide_largest_region() {
  const double start = options_.radius * size_;
  if (problem_.model->added() != nullptr) {
    if (const auto proof = largest_region_without_minimum(problem_, start); proof && proof->radius > 0) {
      options_.region = largest_radius(proof->radius, [&](double r) {
        show("largest region without a local minimum");
        return certify_no_local_minimum(problem_, r).has_value();
      });
      options_.region_max = false;
      if (no_minimum_in_region()) return;
    }
  }
  if (saved_.certainly_nonzero()) {
    double radius = start;
    while (radius > start * 1e-12 && !certify_not_critical(problem_, radius)) radius /= 4;
    if (radius > start * 1e-12) {
      radius = largest_radius(radius, [&](double r) { return certify_not_critical(problem_, r).has_value(); });
      if (no_critical_point_within(radius)) return;
    }
  }
  InterpolationOptions interpolation = interpolation_options();
  interpolation.largest_radius = size_;
  FullRankProof proof;
  if (v_.regularizer_summary.empty()) proof = largest_full_rank_box(problem_, saved_parameters(), interpolation);
  if (proof.full_rank && no_suboptimal_minimum_within(proof.radius)) return;
  if (local_minimum_within(std::max(options_.radius * size_, v_.subject.distance))) return;
  answer(Answer::undecided, false, Reason::no_evidence, "Nothing was proven of any region around the saved point.");
  if (!proof.failure.empty()) v_.notes.push_back("Full rank: " + proof.failure + ".");
}

Vector<Real> Checker::saved_parameters() const {
  const PrecisionScope scope(256);
  return to_scalars<Real>(problem_.parameters);
}

bool Checker::no_critical_point_within(double radius) {
  show("gradient over the region");
  const auto proof = certify_not_critical_by_parts(problem_, radius, options_.progress, options_.stop);
  if (!proof) return false;
  Witness witness;
  witness.kind = "gradient-component";
  witness.parameter = proof->component;
  witness.parameter_name = parameter_name(*problem_.model, proof->component);
  witness.text = "the derivative with respect to " + witness.parameter_name + " is not 0 anywhere in the region";
  enclose(proof->enclosure, witness);
  answer(Answer::violated, true, Reason::no_local_minimum_in_region,
         "No point within " + text_below(radius) + " of the saved one is a local minimum: the derivative with respect to " +
             witness.parameter_name + " is nowhere 0 there.");
  v_.witness = std::move(witness);
  prove(claim_of(*proof), v_.explanation);
  return true;
}

void Checker::no_minimum_by_curvature(const Vector<double>& direction) {
  const auto proof = largest_region_of_negative_curvature(
      problem_, direction, std::max(options_.radius * size_, v_.subject.distance), v_.subject.distance);
  if (!proof) return;
  saddle_ = true;
  v_.notes.push_back("Not a local minimum (proven): no point within " + text_below(proof->radius) +
                     " of the saved one is, because one direction has negative curvature there, " +
                     "at most " + short_text(proof->enclosure.upper()) + " along it.");
  prove(claim_of(*proof), v_.notes.back());
}

bool Checker::negative_curvature_within(double radius) {
  const Vector<double> direction = add_curvature(subject_, v_.symmetry_dimension, options_, v_);
  if (direction.empty()) return false;
  const auto proof = certify_negative_curvature(problem_, radius, direction);
  if (!proof) return false;
  saddle_ = true;
  answer(Answer::violated, true, Reason::no_local_minimum_in_region,
         "No point within " + text_below(radius) +
             " of the saved one is a local minimum: one direction has negative curvature everywhere there.");
  prove(claim_of(*proof), v_.explanation);
  return true;
}

bool Checker::local_minimum_within(double radius) {
  if (!v_.subject.polished && !saved_.certainly_zero()) return false;
  if (interpolates_) {
    if (!interpolating_minimum() || !v_.certified) return false;
  } else if (!certified_critical_point()) {
    return false;
  }
  if (!(reach_ <= radius)) {
    answer(Answer::undecided, false, Reason::no_evidence, "");
    v_.proofs.clear();
    return false;
  }
  v_.reason = Reason::local_minimum_in_region;
  return true;
}

bool Checker::no_suboptimal_minimum_within(double radius) {
  const bool penalised = !v_.regularizer_summary.empty();
  if (penalised || v_.distinct_inputs < v_.samples) return false;  // the certificate's theorem needs J of rank N, R = 0
  show("rank over the region");
  const FullRankProof proof = certify_full_rank(problem_, saved_parameters(), radius, interpolation_options());
  if (!proof.full_rank) {
    v_.notes.push_back("Full rank on the region was not proven: " + proof.failure + ".");
    return false;
  }
  v_.rank = v_.unperturbed_rank = proof.rank;
  v_.rank_certified = v_.unperturbed_rank_certified = true;
  answer(Answer::satisfied, true, Reason::no_suboptimal_local_minimum_in_region,
         "Every local minimum within " + text_below(radius) +
             " of the saved point is a global one: the gradient basis spans every function of x on the whole region.");
  prove(claim_of(proof), v_.explanation);
  return true;
}

// A lower value at the parameters to compare with.
void Checker::suboptimal() {
  Problem other = problem_;
  other.parameters = *options_.compare;
  const PrecisionScope scope(256);
  const Objective<Ball> objective(problem_);
  const Ball there = objective.value(to_scalars<Ball>(other.parameters));
  const Ball here = objective.value(parameter_box(subject_, reach_of_subject_));
  const Ball difference = here - there;
  if (!difference.certainly_positive()) {
    v_.notes.push_back("The point to compare with is not proven to have a lower loss (difference " +
                       difference.to_string(6) + ").");
    return;
  }
  v_.notes.push_back("Suboptimal (proven): the point to compare with has a loss lower by " + difference.to_string(6) + ".");
  certificate::LowerValue claim;
  if (v_.subject.polished) claim.center = listed_point(subject_.parameters);
  claim.radius = hex_text(reach_of_subject_);
  claim.other = listed_point(other.parameters);
  claim.precision = 256;
  prove(claim, v_.notes.back());
}

}  // namespace pgb
