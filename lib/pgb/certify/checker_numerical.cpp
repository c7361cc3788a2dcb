// Flat points found numerically: what they add to the report, and an answer by evidence.
#include <algorithm>
#include <cmath>

#include "pgb/certify/checker.h"
#include "pgb/certify/describe.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/rounded.h"

namespace pgb {
namespace {

std::string residual_text(double residual) {
  return residual > 0 ? short_text(residual) : "the last of 113 bits";
}

}  // namespace

void Checker::find_numerical_flats() {
  if (!v_.subject.polished && !saved_.certainly_zero()) return;  // of interest at critical points only
  if (interpolates_) return;  // J has full row rank: the span is everything already
  if (!hard_kinks().empty() || added_neurons_span_everything(subject_, families_)) return;
  show("numerical flats");
  NumericalFlatOptions options;
  options.max_memory = options_.max_memory;
  options.seed = options_.seed;
  const Problem distinct = distinct_inputs(subject_, equal_input_groups(subject_));
  NumericalFlats found = approx_numerical_flats(distinct, families_, options);
  if (found.skipped) v_.skipped.push_back(*found.skipped);
  if (found.flats.empty()) return;
  const std::string directions = std::to_string(found.dimension) + " direction" +
                                 (found.dimension == 1 ? "" : "s") +
                                 " in the null space of the gradient basis that no exact family explains";
  FamilyReport report;
  report.kind = "numerical flat";
  double residual = 0, reach = 0;
  for (const NumericalFlat& flat : found.flats) {
    residual = std::max(residual, flat.residual);
    reach = std::max(reach, flat.distance);
    const Vector<Quad> g = Objective<Quad>(subject_).value_gradient(flat.point).gradient;
    double largest = 0;
    for (const Quad& d : g) largest = std::max(largest, std::abs(to_double(d)));
    report.largest_gradient = std::max(report.largest_gradient, largest);
  }
  report.where = directions + ", corrected to points " + short_text(reach) + " away";
  report.dimension = found.dimension;
  report.perturbations = found.flats.size();
  report.why_exact =
      "not exact: found by Newton's method; the outputs are the same to " + residual_text(residual);
  v_.families.push_back(std::move(report));
  numerical_flats_ = std::move(found.flats);
}

bool Checker::violated_on_numerical_flat() {
  for (const NumericalFlat& flat : numerical_flats_) {
    const Vector<double> at = rounded(flat.point);
    const Vector<Quad> g = Objective<Quad>(subject_).value_gradient(flat.point).gradient;
    std::size_t k = 0;
    for (std::size_t j = 1; j < g.size(); ++j) {
      if (std::abs(to_double(g[j])) > std::abs(to_double(g[k]))) k = j;
    }
    if (!(std::abs(to_double(g[k])) > kVanishes * approx_gradient_scale(subject_, at, options_.seed)))
      continue;
    Witness witness;
    witness.kind = "numerical-flat";
    witness.parameter = k;
    witness.parameter_name = parameter_name(*problem_.model, k);
    witness.text = "a numerical flat: a point " + short_text(flat.distance) +
                   " away with the same outputs to " + residual_text(flat.residual);
    answer(Answer::violated, false, Reason::flat_direction,
           "At a point " + short_text(flat.distance) + " away the outputs are the same to " +
               residual_text(flat.residual) + ", but the derivative with respect to " +
               witness.parameter_name + " is " + short_text(to_double(g[k])) +
               " instead of 0; no exact family explains this flat curve, so it is evidence, not a proof." +
               (saddle_ ? " That the point is no local minimum is proven (negative curvature)." : ""));
    flat_point_ = at;
    v_.witness = std::move(witness);
    v_.next_steps.push_back("Restart training from that point: descent should go on from there.");
    return true;
  }
  return false;
}

}  // namespace pgb
