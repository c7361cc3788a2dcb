// The answers "satisfied".
#include <algorithm>
#include <cmath>
#include <limits>

#include "pgb/certify/checker.h"
#include "pgb/certify/claims.h"
#include "pgb/certify/jacobian_rank.h"
#include "pgb/certify/span_bound.h"

namespace pgb {
namespace {

constexpr double kAtMinimum =
    1e-20;  // |g| relative to output_scale_: every sample's loss counts as minimal, without proof
constexpr double kLargestRank = 4e6;            // entries of J up to which its rank is certified
constexpr std::size_t kLargestKrawczyk = 2500;  // parameters up to which the Hessian is enclosed

}  // namespace

CriticalPointOptions Checker::critical_point_options() const {
  CriticalPointOptions options;
  options.max_precision_bits = std::min(options_.max_precision_bits, 4096L);
  options.threads = options_.threads;
  options.max_memory = options_.max_memory;
  options.largest_radius = std::max(options_.radius * size_, v_.subject.distance);
  options.stop = options_.stop;
  options.progress = options_.progress;
  return options;
}

InterpolationOptions Checker::interpolation_options() const {
  InterpolationOptions options;
  options.max_precision_bits = std::min(options_.max_precision_bits, 4096L);
  options.max_memory = options_.max_memory;
  options.largest_radius = std::max(options_.radius * size_, v_.subject.distance);
  options.stop = options_.stop;
  options.progress = options_.progress;
  return options;
}

// The subject becomes the centre of a proof, which holds a point of the kind proven within `radius`.
void Checker::settle(const io::Tensor& center, double radius) {
  const PrecisionScope scope(512);
  const Vector<Real> saved = to_scalars<Real>(problem_.parameters), at = to_scalars<Real>(center);
  double distance = 0;
  for (std::size_t k = 0; k < at.size(); ++k) {
    distance = std::max(distance, std::abs(to_double(Real(at[k] - saved[k]))));
  }
  subject_.parameters = center;
  reach_of_subject_ = radius;
  reach_ = std::nextafter(distance + radius, std::numeric_limits<double>::infinity());
  if (v_.subject.polished) v_.subject.distance = reach_;
}

void Checker::satisfied() {
  if (!exact_ && orthogonal_to_bound()) return;
  if (interpolating_minimum() || certified_critical_point()) return;
  if (exact_) {
    settle(*exact_, 0);
    if (orthogonal_to_bound()) return;
  }
  const std::string saddle =
      saddle_ ? " It is no local minimum: its Hessian has negative curvature (proven), which this "
                "first-order condition does not see."
              : "";
  if (point_ && point_->regular) {
    answer(Answer::satisfied, true, Reason::regular_critical_point,
           existence_ +
               ", and it is regular: the gradient basis has the largest rank its symmetries allow, so no "
               "perturbation along the flat set enlarges its span, and the condition holds." +
               saddle);
  } else if (point_ && point_->isolated) {
    answer(Answer::satisfied, true, Reason::isolated_flat_set,
           existence_ + ", and near it the same outputs are found only at critical points" +
               (point_->splits.empty() ? "" : " that split its units in other shares") +
               ", so the condition holds." + saddle);
  } else {
    numerically_satisfied();
  }
  if (point_) prove(*point_, existence_ + "." + saddle);
}

// g is exactly orthogonal to a space that holds T.
bool Checker::orthogonal_to_bound() {
  if (v_.subject.polished && !exact_) return false;
  const std::optional<SpanBound> bound = certify_orthogonal(subject_);
  if (!bound) return false;
  const std::string the_point = exact_ ? "The critical point nearby" : "The saved point";
  const bool optimal = *bound == SpanBound::functions_of_x;
  const bool named = *bound == SpanBound::affine_in_x || *bound == SpanBound::affine_near;
  answer(
      Answer::satisfied, true, optimal ? Reason::global_minimum : Reason::orthogonal_to_span_bound,
      optimal
          ? the_point +
                " is a global minimum: no function of x has a smaller loss on these "
                "samples (the loss "
                "derivatives of equal inputs cancel exactly)."
          : "The loss derivatives " + std::string(exact_ ? "at the critical point nearby " : "") +
                "are exactly orthogonal to all " +
                (*bound == SpanBound::linear_in_x
                     ? "linear functions of x, and the network stays such a function"
                 : named
                     ? "affine functions of x, and the network stays such a function"
                     : "combinations of certain functions of x, and the network stays such a combination") +
                " near " + (exact_ ? "it." : "the saved point."));
  if (!optimal) {
    v_.notes.push_back(
        is_local(*bound) ? the_point + " is a local minimum (proven): the loss is convex in these functions."
                         : the_point +
                               " is a global minimum of this model (proven): the loss is convex "
                               "in these functions, and the network is one of them for all parameters.");
  }
  certificate::SpanOrthogonal claim = claim_of(*bound);
  if (exact_) claim.center = listed_point(subject_.parameters);
  prove(claim, v_.explanation);
  return true;
}

bool Checker::interpolating_minimum() {
  const bool at_minimum = std::isfinite(output_gradient_) && output_gradient_ <= kAtMinimum * output_scale_;
  if (!interpolates_ && !at_minimum) return false;
  show("interpolating minimum");
  Vector<Real> center;
  {
    const PrecisionScope scope(std::max(v_.precision_bits, 128L));
    center = to_scalars<Real>(subject_.parameters);
  }
  const InterpolationProof proof = certify_interpolation(problem_, center, interpolation_options());
  const std::string point = v_.subject.polished ? "the critical point nearby" : "the saved point";
  if (!proof.exists) {
    v_.notes.push_back("An interpolating minimum was not proven: " + proof.failure + ".");
    answer(Answer::satisfied, false, Reason::global_minimum,
           "To the precision computed " + point +
               " is a global minimum: every sample's loss is as small as it can be.");
    return true;
  }
  v_.subject.existence_certified = true;
  settle(proof.center, proof.radius);
  answer(Answer::satisfied, true, Reason::global_minimum,
         "A global minimum that fits every input as well as any function can lies within " +
             text_above(reach_) + " of the saved point.");
  if (!proof.coordinates.empty()) {
    prove(claim_of(proof), v_.explanation);
  } else {
    certificate::SpanOrthogonal exact = claim_of(SpanBound::functions_of_x);
    exact.center = listed_point(proof.center);
    prove(exact, v_.explanation);
  }
  return true;
}

bool Checker::certified_critical_point() {
  if (problem_.model->parameters() > kLargestKrawczyk) {
    v_.skipped.push_back(
        {"proof that a critical point exists", "the Hessian of " + std::to_string(v_.parameters) +
                                                   " parameters would be enclosed, more than " +
                                                   std::to_string(kLargestKrawczyk)});
    return false;
  }
  show("Krawczyk's test");
  Vector<Real> center;
  {
    const PrecisionScope scope(std::max(v_.precision_bits, 128L));
    center = to_scalars<Real>(subject_.parameters);
  }
  const std::vector<UnitSplit> splits = find_splits(subject_);
  std::string in_smaller_network;
  if (!splits.empty()) {
    const EmbeddedPoint point = certify_embedded_point(subject_, splits, critical_point_options());
    if (point.smaller.exists) return certified_embedded_point(point);
    in_smaller_network = point.failure;
  }
  const CriticalPointProof proof =
      certify_critical_point(subject_, center, families_, critical_point_options());
  v_.precision_bits = std::max(v_.precision_bits, proof.precision_bits);
  if (!proof.exists) {
    const EmbeddedPoint point = certify_embedded_point(subject_, {}, critical_point_options());
    if (point.smaller.exists) return certified_embedded_point(point);
    if (level_set_minimum(center)) return true;
    if (!in_smaller_network.empty()) {
      v_.notes.push_back("In the smaller network that it holds the critical point was not proven to exist: " +
                         in_smaller_network + ".");
    }
    v_.notes.push_back("The existence of a critical point was not proven: " + proof.failure + ".");
    return false;
  }
  if (proof.regular) {
    v_.unperturbed_rank = v_.rank = v_.parameters - proof.pinned.size();
    v_.unperturbed_rank_certified = v_.rank_certified = true;
    v_.rank_reason = "a regular point: as many as the symmetries leave, by a nonzero minor";
  }
  v_.subject.existence_certified = true;
  settle(proof.center, proof.existence_radius);
  existence_ = "A critical point exists within " + text_above(reach_) + " of the saved point";
  v_.notes.push_back(existence_ + ", and no other within " + text_below(proof.uniqueness_radius) + " of it" +
                     (proof.pinned.empty() ? "" : " modulo symmetry") + " (Krawczyk).");
  if (proof.strict_minimum) {
    curvature_bound_ = proof.curvature_bound;
    answer(Answer::satisfied, true, Reason::strict_local_minimum,
           std::string(v_.subject.polished ? "A strict local minimum"
                                           : "The saved point is a strict local minimum") +
               (proof.pinned.empty() ? "" : " modulo symmetry") +
               (v_.subject.polished ? " lies within " + text_above(reach_) + " of the saved point" : "") +
               ", so the condition holds there.");
    prove(claim_of(proof, subject_, families_), v_.explanation);
    return true;
  }
  if (proof.saddle) curvature_bound_ = proof.curvature_bound;
  saddle_ = proof.saddle;
  point_ = claim_of(proof, subject_, families_);
  if (!proof.regular) add_isolation(isolated(proof), *point_);
  return false;
}

// Of a point that is no strict minimum: all parameters but the pinned ones move on the box in which it lies.
IsolationProof Checker::isolated(const CriticalPointProof& proof) const {
  const PrecisionScope scope(std::max(128L, proof.precision_bits));
  Vector<Ball> box = to_scalars<Ball>(proof.center);
  std::vector<std::size_t> across;
  for (std::size_t k = 0; k < box.size(); ++k) {
    if (std::binary_search(proof.pinned.begin(), proof.pinned.end(), k)) continue;
    across.push_back(k);
    box[k] = Ball::with_radius(box[k], proof.existence_radius);
  }
  return certify_isolated(problem_, box, across);
}

// A local minimum on a surface of such, where units see the same at several samples.
bool Checker::level_set_minimum(const Vector<Real>& center) {
  const LevelSetProof proof = certify_level_set(subject_, center, critical_point_options());
  if (!proof.exists) {
    if (!proof.failure.empty())
      v_.notes.push_back("A local minimum on a level set was not proven: " + proof.failure + ".");
    return false;
  }
  v_.precision_bits = std::max(v_.precision_bits, proof.precision_bits);
  v_.subject.existence_certified = true;
  settle(proof.center, proof.radius);
  const std::string dimension = std::to_string(v_.parameters - proof.across.size());
  answer(Answer::satisfied, true, Reason::level_set_minimum,
         "A local minimum lies within " + text_above(reach_) +
             " of the saved point, on a level set of local minima of dimension " + dimension +
             " where units see the same at several samples, so the condition holds there.");
  prove(claim_of(proof), v_.explanation);
  return true;
}

// The same for a critical point that belongs to a smaller network.
bool Checker::certified_embedded_point(const EmbeddedPoint& point) {
  v_.precision_bits = std::max(v_.precision_bits, point.smaller.precision_bits);
  v_.subject.existence_certified = true;
  settle(point.center, point.radius);
  existence_ = "A critical point exists within " + text_above(reach_) + " of the saved point";
  std::string how;
  for (const UnitSplit& split : point.splits) {
    how += (how.empty() ? "" : ", ") + std::string("unit ") + std::to_string(split.other) + " of " +
           split.node + " is the twin of unit " + std::to_string(split.unit) + ", which has " +
           short_text(split.share) + " of their outgoing weights";
  }
  if (!point.still.empty()) {
    how += (how.empty() ? "" : "; ") + std::to_string(point.still.size()) +
           " parameters are 0, and derivatives by them vanish exactly there";
  }
  v_.notes.push_back(
      existence_ + " (Krawczyk), as that of a smaller network: " + how + "." +
      (point.splits.empty() ? "" : " With any other shares it is critical, too.") +
      (point.smaller.strict_minimum ? " In the smaller network it is a strict local minimum." : ""));
  if (point.saddle || point.minimum) curvature_bound_ = point.curvature_bound;
  saddle_ = point.saddle;
  if (point.minimum) {
    answer(Answer::satisfied, true, Reason::strict_local_minimum,
           std::string(v_.subject.polished ? "A local minimum" : "The saved point is a local minimum") +
               ", strict up to how equal units share their outgoing weights," +
               (v_.subject.polished ? " lies within " + text_above(reach_) + " of the saved point" : "") +
               ", so the condition holds there.");
    prove(claim_of(point, subject_), v_.explanation);
    return true;
  }
  if (!point.failure.empty()) v_.notes.push_back("Of what kind it is: " + point.failure + ".");
  point_ = claim_of(point, subject_);
  return false;
}

// A lower bound of rank J at the saved point, exact where it is as large as the distinct inputs and
// symmetries allow.
void Checker::certify_rank() {
  const double entries = static_cast<double>(v_.ambient) * static_cast<double>(v_.parameters);
  if (v_.subject.polished || entries > kLargestRank) return;
  show("rank of the gradient basis");
  const RankBound bound = rank_at_point(problem_);
  if (bound.at_least == 0) return;
  std::size_t symmetries = 0, kinds = 0;  // one straight family's directions are independent, as they are
  for (const FlatFamily& family : families_) {
    if (!family.symmetry) continue;
    ++kinds;
    symmetries = family.straight ? family.dimension : 0;
  }
  if (kinds != 1) symmetries = 0;
  if (bound.at_least == std::min(v_.distinct_inputs * v_.outputs, v_.parameters - symmetries)) {
    v_.unperturbed_rank = bound.at_least;
    v_.unperturbed_rank_certified = true;
  }
  rank_ = claim_of(bound);
}

void Checker::numerically_satisfied() {
  if (violated_on_numerical_flat()) return;
  const std::string point = v_.subject.polished ? "The critical point nearby" : "The saved point";
  const bool regular = v_.unperturbed_rank && *v_.unperturbed_rank + v_.symmetry_dimension == v_.parameters;
  const std::string saddle = saddle_ ? " It is proven to be no local minimum (negative curvature), which "
                                       "this first-order condition does not see."
                                     : "";
  if (relative_flat_gradient_ > kVanishes) {
    answer(Answer::undecided, false, Reason::no_evidence,
           "At some flat perturbations the gradient is not 0 (up to " + short_text(largest_flat_gradient_) +
               "), but no flat segment that stays clear of kinks was found to prove it.");
  } else if (regular) {
    answer(
        Answer::satisfied, false, Reason::regular_critical_point,
        point +
            " is regular: the gradient basis has the largest rank its symmetries allow, so no perturbation "
            "along the flat set enlarges its span, and the gradient is 0." +
            saddle);
  } else {
    answer(Answer::satisfied, false, Reason::flat_gradients_vanish,
           "The gradient is 0 at " +
               std::string(v_.subject.polished ? "the critical point nearby" : "the saved point") +
               " and at every flat perturbation of it that was tried." + saddle);
  }
  v_.next_steps.push_back(
      "This is numerical evidence that the condition holds, not a proof; a local minimum is not "
      "implied.");
}

}  // namespace pgb
