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

constexpr int kSearch = 14;               // steps of the search for the largest radius
constexpr double kSmallest = 1e-12;       // radius tried, relative to the first
constexpr double kWork = 4e7;             // boxes times parameters times samples
constexpr double kLessWork = 4e6;         // the same where many radii are tried
constexpr double kLeastBox = 1000;        // work of the smallest box, its Hessian and bookkeeping
constexpr double kSecondOrder = 16;       // parameters up to which Hessians of parts are enclosed
constexpr std::size_t kRankInParts = 64;  // outputs up to which the gradient basis of parts is

bool holds_minimum(const boxes::SearchResult& result) {
  return std::any_of(result.points.begin(), result.points.end(),
                     [](const auto& p) { return p.kind == boxes::IsolatedPoint::Kind::minimum; });
}

// "12 parts: 7 by a derivative that is not 0, …"
Witness in_parts(const boxes::SearchResult& result) {
  using Kind = certificate::BoxTree::Node::Kind;
  Witness witness;
  witness.kind = "boxes";
  std::size_t leaves = 0;
  std::string list;
  for (const auto& [kind, name] : {std::pair{Kind::gradient, "a derivative that is nowhere 0"},
                                   {Kind::combination, "a combination of derivatives that is nowhere 0"},
                                   {Kind::curvature, "negative curvature"},
                                   {Kind::off, "a unit that is off but would not stay so"},
                                   {Kind::added, "residuals that the added neurons would remove"},
                                   {Kind::rank, "a gradient basis that spans all functions of x"},
                                   {Kind::point, "the only critical point there"}}) {
    const auto is_kind = [k = kind](const auto& node) { return node.kind == k; };
    const auto count = std::count_if(result.claim.tree.begin(), result.claim.tree.end(), is_kind);
    if (count == 0) continue;
    leaves += static_cast<std::size_t>(count);
    list += (list.empty() ? "" : ", ") + std::to_string(count) + " by " + name;
  }
  witness.text = std::to_string(leaves) + (leaves == 1 ? " part: " : " parts: ") + list;
  return witness;
}

}  // namespace

void Checker::decide_region() {
  if (options_.region_max) {
    decide_largest_region();
    return;
  }
  const double radius = *options_.region;
  if (no_minimum_in_region() || no_critical_point_within(radius) || local_minimum_within(radius) ||
      negative_curvature_within(radius) || decided_in_parts(radius) || no_suboptimal_minimum_within(radius)) {
    return;
  }
  answer(Answer::undecided, false, Reason::no_evidence,
         "Nothing was proven of all points within " + short_text(radius) + " of the saved one.");
  v_.next_steps.push_back("Try a smaller --region, or --region max for the largest that can be proven.");
}

// Doubles, then bisects (on a logarithmic scale), from a radius for which `holds` is true to the largest
// found.
double Checker::largest_radius(double start, const std::function<bool(double)>& holds) const {
  double low = start, high = 0;
  for (int i = 0; i < kSearch && !stopped(); ++i) {
    const double next = high == 0 ? 4 * low : std::sqrt(low * high);
    (holds(next) ? low : high) = next;
  }
  return low;
}

// The largest radius for which one enclosure shows that no local minimum is there, 0 where none does.
double Checker::largest_whole_box(double start) {
  if (problem_.model->added() != nullptr) {
    const auto proof = largest_region_without_minimum(problem_, start);
    if (!proof || proof->radius == 0) return 0;
    return largest_radius(proof->radius, [&](double r) {
      show("largest region without a local minimum");
      return certify_no_local_minimum(problem_, r).has_value();
    });
  }
  if (!saved_.certainly_nonzero()) return 0;
  double radius = start;
  while (radius > start * kSmallest && !certify_not_critical(problem_, radius)) radius /= 4;
  if (!(radius > start * kSmallest)) return 0;
  return largest_radius(radius, [&](double r) { return certify_not_critical(problem_, r).has_value(); });
}

void Checker::decide_largest_region() {
  const double start = options_.radius * size_;
  const double whole = largest_whole_box(start);
  // The same in parts goes further, as far as the work allowed.
  std::optional<boxes::SearchResult> best;
  double reached = 0;
  const auto free_of_minima = [&](double r) {
    boxes::SearchResult result = searched(r, {}, kLessWork);
    if (!result.complete() || holds_minimum(result)) return false;
    reached = r;
    best = std::move(result);
    return true;
  };
  if (boxes::can_search(problem_)) {
    double from = whole > 0 ? whole : start;
    while (whole == 0 && from > start * kSmallest && !stopped() && !free_of_minima(from)) from /= 16;
    if (whole > 0 || best) largest_radius(from, free_of_minima);
  }
  if (best && reached > whole && decided_in_parts(reached, std::move(*best))) return;
  options_.region = whole;
  options_.region_max = false;
  if (whole > 0 && (no_minimum_in_region() || no_critical_point_within(whole))) return;
  InterpolationOptions interpolation = interpolation_options();
  interpolation.largest_radius = size_;
  FullRankProof proof;
  if (v_.regularizer_summary.empty())
    proof = largest_full_rank_box(problem_, saved_parameters(), interpolation);
  if (proof.full_rank) {
    const double radius =
        rank_in_parts_fits(proof)
            ? largest_radius(proof.radius,
                             [&](double r) { return searched(r, proof.coordinates, kLessWork).complete(); })
            : proof.radius;
    if (no_suboptimal_minimum_within(radius) || no_suboptimal_minimum_within(proof.radius)) return;
  }
  if (local_minimum_within(std::max(options_.radius * size_, v_.subject.distance))) return;
  answer(Answer::undecided, false, Reason::no_evidence,
         "Nothing was proven of any region around the saved point.");
  if (!proof.failure.empty()) v_.notes.push_back("Full rank: " + proof.failure + ".");
}

boxes::SearchResult Checker::searched(double radius, const std::vector<std::size_t>& columns,
                                      double work) const {
  boxes::SearchOptions options;
  options.subject = columns.empty() ? boxes::Subject::local_minima : boxes::Subject::suboptimal_local_minima;
  options.columns = columns;
  const double n = static_cast<double>(v_.parameters), m = static_cast<double>(v_.samples);
  options.second_order = columns.empty() && n <= kSecondOrder;
  options.max_boxes = static_cast<std::size_t>(std::clamp(work / (n * m), 16.0, work / kLeastBox));
  options.threads = options_.threads;
  options.stop = options_.stop;
  if (options_.progress) {
    const std::string stage = "region of radius " + short_text(radius) + " in parts";
    options.progress = [this, stage](const boxes::SearchProgress& p) { options_.progress(stage, p.decided); };
  }
  return boxes::search_box(problem_, problem_.parameters, {radius}, options);
}

bool Checker::decided_in_parts(double radius) {
  std::string why;
  if (!boxes::can_search(problem_, &why)) {
    v_.notes.push_back("The region was not cut into parts: " + why + ".");
    return false;
  }
  return decided_in_parts(radius, searched(radius, {}, kWork));
}

bool Checker::decided_in_parts(double radius, boxes::SearchResult result) {
  if (!result.complete()) {
    v_.notes.push_back("Cut into parts, " + std::to_string(result.examined) + " of them looked at, " +
                       short_text(100 * result.undecided_volume) + "% of the region stayed undecided" +
                       (result.difficulty.empty() ? ""
                                                  : ": on one of the smallest parts " + result.difficulty +
                                                        "; a smaller region needs fewer parts") +
                       ".");
    return false;
  }
  const std::string parts = std::to_string((result.claim.tree.size() + 1) / 2);
  v_.witness = in_parts(result);
  const auto minima =
      static_cast<std::size_t>(std::count_if(result.points.begin(), result.points.end(), [](const auto& p) {
        return p.kind == boxes::IsolatedPoint::Kind::minimum;
      }));
  if (minima == 0) {
    answer(Answer::violated, true, Reason::no_local_minimum_in_region,
           "No point within " + text_below(radius) +
               " of the saved one is a local minimum: the region was cut into " + parts +
               " parts, with a reason for each.");
  } else {
    answer(Answer::satisfied, true, Reason::local_minimum_in_region,
           std::to_string(minima) + (minima == 1 ? " local minimum lies" : " local minima lie") + " within " +
               text_below(radius) +
               " of the saved point, strict and no more than that: the region was cut into " + parts +
               " parts, with a reason for each.");
  }
  prove(std::move(result.claim), v_.explanation);
  return true;
}

Vector<Real> Checker::saved_parameters() const {
  const PrecisionScope scope(256);
  return to_scalars<Real>(problem_.parameters);
}

bool Checker::no_critical_point_within(double radius) {
  show("gradient over the region");
  const auto proof = certify_not_critical(problem_, radius);
  if (!proof) return false;
  Witness witness;
  witness.kind = "gradient-component";
  witness.parameter = proof->component;
  witness.parameter_name = parameter_name(*problem_.model, proof->component);
  witness.text =
      "the derivative with respect to " + witness.parameter_name + " is not 0 anywhere in the region";
  enclose(proof->enclosure, witness);
  answer(Answer::violated, true, Reason::no_local_minimum_in_region,
         "No point within " + text_below(radius) +
             " of the saved one is a local minimum: the derivative with respect to " +
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
  if (penalised || v_.distinct_inputs < v_.samples)
    return false;  // the certificate's theorem needs J of rank N, R = 0
  show("rank over the region");
  FullRankProof proof = certify_full_rank(problem_, saved_parameters(), radius, interpolation_options());
  const std::string statement =
      "Every local minimum within " + text_below(radius) +
      " of the saved point is a global one: the gradient basis spans every function of x on ";
  std::string where = "the whole region.";
  if (proof.full_rank) {
    prove(claim_of(proof), statement + where);
  } else if (rank_in_parts_fits(proof)) {
    boxes::SearchResult result = searched(radius, proof.coordinates, kWork);
    if (result.complete()) {
      proof.full_rank = true;
      where = "each part of the region.";
      prove(std::move(result.claim), statement + where);
    } else {
      proof.failure += "; in parts, on one of the smallest, " + result.difficulty;
    }
  }
  if (!proof.full_rank) {
    v_.notes.push_back("Full rank on the region was not proven: " + proof.failure + ".");
    return false;
  }
  v_.rank = v_.unperturbed_rank = proof.rank;
  v_.rank_certified = v_.unperturbed_rank_certified = true;
  answer(Answer::satisfied, true, Reason::no_suboptimal_local_minimum_in_region, statement + where);
  return true;
}

// Whether the columns found for one box can be tried on its parts.
bool Checker::rank_in_parts_fits(const FullRankProof& proof) const {
  return proof.coordinates.size() == proof.rank && proof.rank <= kRankInParts && boxes::can_search(problem_);
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
  v_.notes.push_back("Suboptimal (proven): the point to compare with has a loss lower by " +
                     difference.to_string(6) + ".");
  certificate::LowerValue claim;
  if (v_.subject.polished) claim.center = listed_point(subject_.parameters);
  claim.radius = hex_text(reach_of_subject_);
  claim.other = listed_point(other.parameters);
  claim.precision = 256;
  prove(claim, v_.notes.back());
}

}  // namespace pgb
