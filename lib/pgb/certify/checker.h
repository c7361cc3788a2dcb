// The steps from a saved point to a verdict; behind pgb::check.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgb/certify/boxes/search.h"
#include "pgb/certify/check.h"
#include "pgb/certify/critical_point.h"
#include "pgb/certify/embedding.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/interpolation.h"
#include "pgb/flat/family.h"
#include "pgb/flat/numerical_flats.h"

namespace pgb {

// Gradients at flat points of a polished point count as 0 below this, in units of approx_gradient_scale.
constexpr double kVanishes = 1e-18;

std::string short_text(double x);       // three digits
std::string short_text(const Ball& x);  // of the midpoint, whatever its magnitude
// Three digits, or as many as it takes for a value not above, or not below, x >= 0: for what is proven.
std::string text_below(double x);
std::string text_above(double x);

// One use each: run() once. The first step that decides ends the ladder; evidence comes before and after it.
class Checker {
 public:
  Checker(const Problem& problem, const CheckOptions& options);
  Verdict run();

 private:
  bool stopped() const { return options_.stop != nullptr && *options_.stop; }
  void show(const std::string& stage) const;
  void answer(Answer answer, bool certified, Reason reason, std::string explanation);
  void note_unknown_operations();
  void prove(certificate::Claim claim, const std::string& text);
  void identify();
  void enclose(const Ball& ball, Witness& witness) const;
  std::vector<Kink> hard_kinks() const;

  void choose_subject();
  void numbers_at_subject();
  void decide();
  void curvature_and_slices();

  // checker_numerical.cpp
  void find_numerical_flats();
  bool violated_on_numerical_flat();  // by evidence: never certified

  // checker_violated.cpp: each answers and returns true, or leaves the verdict alone.
  bool on_kink();
  bool not_critical();
  bool violated_on_flat();
  bool no_minimum_in_region();

  // checker_satisfied.cpp
  void satisfied();
  void settle(const io::Tensor& center, double radius);
  bool interpolating_minimum();
  bool orthogonal_to_bound();
  bool certified_critical_point();  // true: a local minimum; else point_ holds what was proven
  bool certified_embedded_point(const EmbeddedPoint& point);
  IsolationProof isolated(const CriticalPointProof& proof) const;
  bool level_set_minimum(const Vector<Real>& center);
  void certify_rank();
  void numerically_satisfied();

  // checker_region.cpp: the answers to options.region.
  void decide_region();
  void decide_largest_region();
  double largest_radius(double start, const std::function<bool(double)>& holds) const;
  Vector<Real> saved_parameters() const;
  bool no_critical_point_within(double radius);
  void no_minimum_by_curvature(
      const Vector<double>& direction);  // adds a proof; the first-order answer stays
  bool negative_curvature_within(double radius);
  bool no_suboptimal_minimum_within(double radius);
  bool rank_in_parts_fits(const FullRankProof& proof) const;
  double largest_whole_box(double start);
  boxes::SearchResult searched(double radius, const std::vector<std::size_t>& columns, double work) const;
  bool decided_in_parts(double radius);
  bool decided_in_parts(double radius, boxes::SearchResult result);
  bool local_minimum_within(double radius);
  void suboptimal();  // adds what is known of a lower value elsewhere

  CriticalPointOptions critical_point_options() const;
  InterpolationOptions interpolation_options() const;

  const Problem& problem_;
  std::string sha256_, canonical_;  // of the problem, where it has a text
  CheckOptions options_;
  Verdict v_;
  Problem subject_;  // the problem with the subject's parameters
  ExactGradient saved_;
  std::vector<FlatFamily> families_;   // at the subject
  double size_ = 1;                    // the largest |parameter|, 1 where all are 0
  double output_gradient_ = 0;         // largest |component of g| at the subject
  double output_scale_ = 0;            // the same at outputs 0 and at twice those of the subject
  double largest_flat_gradient_ = 0;   // met at the flat points tried
  double relative_flat_gradient_ = 0;  // the same in units of approx_gradient_scale
  std::vector<NumericalFlat> numerical_flats_;
  bool interpolates_ = false;
  std::optional<io::Tensor> exact_;  // an exact critical point near the saved one, the subject at first
  Vector<double> flat_point_;        // of the witness
  bool saddle_ = false;              // proven: negative curvature
  std::string existence_;            // the proven statement, in words
  std::optional<certificate::CriticalPoint> point_;  // proven to exist, but not to be a local minimum
  double curvature_bound_ = 0;                       // proven bound, 0 where there is none
  std::optional<certificate::Rank> rank_;            // of J at the saved point
  double reach_ = 0;             // distance from the saved point within which the proven point lies
  double reach_of_subject_ = 0;  // the same from the subject's parameters
};

}  // namespace pgb
