#include "pgb/certify/check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "pgb/certify/checker.h"
#include "pgb/certify/claims.h"
#include "pgb/certify/describe.h"
#include "pgb/certify/evidence.h"
#include "pgb/certify/exact_critical.h"
#include "pgb/certify/polish.h"
#include "pgb/certify/span_bound.h"
#include "pgb/derivatives/objective.h"
#include "pgb/io/errors.h"
#include "pgb/model/problem_text.h"
#include "pgb/scalar/functions.h"
#include "pgb/scalar/rounded.h"
#include "pgb/version.h"

namespace pgb {
namespace {

constexpr double kCritical =
    1e-20;  // |grad Q| of a polished point's held parameters, in units of approx_gradient_scale
constexpr long kGradientBits = 2048;  // beyond these a component that holds 0 is taken to be undecidable
constexpr long kPolishedBits = 256;   // of the numbers reported at a polished point

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

}  // namespace

std::string short_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", x);
  return text;
}

std::string short_text(const Ball& x) {
  const double midpoint = x.midpoint();
  if (std::isfinite(midpoint) && (midpoint != 0 || x.is_exactly_zero())) return short_text(midpoint);
  const Real wide = to_real(x);
  if (sign_of(wide) != Sign::zero) return wide.str(3, std::ios_base::scientific);
  return x.certainly_positive() ? "positive and below 5e-324" : "closer to 0 than 5e-324";
}

std::string text_below(double x) {
  for (int digits = 3;; ++digits) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*g", digits, x);
    if (digits == 17 || std::strtod(text, nullptr) <= x) return text;
  }
}

std::string text_above(double x) {
  for (int digits = 3;; ++digits) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*g", digits, x);
    if (digits == 17 || std::strtod(text, nullptr) >= x) return text;
  }
}

Checker::Checker(const Problem& problem, const CheckOptions& options)
    : problem_(problem),
      options_(completed(options)),
      v_(described(problem)),
      subject_(problem),
      size_(largest_parameter(problem)) {}

Verdict Checker::run() {
  const auto start = std::chrono::steady_clock::now();
  v_.subject.radius = options_.at_saved ? 0 : options_.radius * size_;
  identify();
  show("gradient at the saved point");
  saved_ = exact_gradient(problem_, std::min(options_.max_precision_bits, kGradientBits));
  if (options_.compare && options_.compare->size() != v_.parameters) {
    throw InputError(problem_.name + ": the point to compare with: expected " +
                     std::to_string(v_.parameters) + " parameters, found " +
                     std::to_string(options_.compare->size()));
  }
  if (!saved_.value.is_finite()) {
    throw InputError(problem_.name + ": the loss at the saved parameters is not finite");
  }
  v_.precision_bits = saved_.precision_bits;
  // Balls cannot show that a sum of numbers such as 7/3 is 0; exact numbers can.
  if (!saved_.certainly_zero() && !saved_.certainly_nonzero() && certify_critical(problem_))
    saved_.gradient.assign(v_.parameters, Ball(0));
  if (saved_.certainly_zero()) v_.subject.radius = 0;  // nothing to look for
  choose_subject();
  FlatSet found = flat_set(subject_);
  families_ = std::move(found.families);
  v_.skipped.insert(v_.skipped.end(), found.skipped.begin(), found.skipped.end());
  for (const FlatFamily& family : families_) v_.families.push_back(family_report(family));
  numbers_at_subject();
  add_gradient_basis(subject_, options_, v_);
  v_.symmetry_dimension = symmetry_dimension(subject_, families_, options_);
  if (!stopped()) find_numerical_flats();
  std::vector<Vector<double>> points;
  for (const NumericalFlat& flat : numerical_flats_) points.push_back(rounded(flat.point));
  if (!stopped()) add_span(subject_, families_, points, options_, v_);
  if (options_.region || options_.region_max) {
    decide_region();
  } else {
    decide();
  }
  if (!stopped() && options_.compare) suboptimal();
  if (!stopped()) curvature_and_slices();
  if (!stopped()) certify_rank();
  if (rank_) {
    v_.notes.push_back("The gradient basis has rank " + std::to_string(rank_->at_least) +
                       (v_.unperturbed_rank_certified ? "" : " or more") +
                       " at the saved point (proven by a minor" +
                       (rank_->prime == 0 ? ")." : " modulo a prime)."));
    prove(*rank_, v_.notes.back());
  }
  note_unknown_operations();
  if (stopped()) v_.notes.push_back("Stopped before the end; this is what was found so far.");
  v_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(v_);
}

void Checker::show(const std::string& stage) const {
  if (options_.progress) options_.progress(stage, -1);
}

void Checker::answer(Answer answer, bool certified, Reason reason, std::string explanation) {
  v_.answer = answer;
  v_.certified = certified;
  v_.reason = reason;
  v_.explanation = std::move(explanation);
}

// The digest and text that certificates speak of: those of its file, or of one that would hold the same
// problem.
void Checker::identify() {
  sha256_ = problem_.sha256;
  canonical_ = problem_.canonical;
  if (!sha256_.empty()) return;
  try {
    const io::ProblemFile file = as_problem_file(problem_);
    sha256_ = v_.problem_sha256 = io::problem_sha256(file);
    if (problem_.x.size() + problem_.y.size() + problem_.parameters.size() <= kLongestInline) {
      canonical_ = io::canonical_json(file);
    }
  } catch (const InputError& reason) {
    v_.skipped.push_back(
        {"certificate", "no problem file can hold this problem: " + std::string(reason.what())});
  }
}

void Checker::prove(certificate::Claim claim, const std::string& text) {
  if (sha256_.empty()) return;
  certificate::Certificate proof;
  proof.producer = "pgbcheck " PGB_VERSION;
  proof.problem_sha256 = sha256_;
  if (!canonical_.empty()) proof.problem = canonical_;
  proof.claim = std::move(claim);
  proof.text = text;
  v_.proofs.push_back(std::move(proof));
}

// A proof that nobody else can check is said to be one.
void Checker::note_unknown_operations() {
  const std::vector<std::string> unknown = unknown_to_checker(problem_);
  if (v_.proofs.empty() || unknown.empty()) return;
  std::string names;
  for (const std::string& name : unknown) names += (names.empty() ? "" : ", ") + name;
  v_.notes.push_back("The proof rests on pgbcheck alone: pgbverify does not know " + names +
                     " and rejects the certificate for that reason.");
}

void Checker::enclose(const Ball& ball, Witness& witness) const {
  witness.gradient_lower = to_text(ball.lower());
  witness.gradient_upper = to_text(ball.upper());
}

std::vector<Kink> Checker::hard_kinks() const {
  std::vector<Kink> hard;
  std::copy_if(saved_.kinks.begin(), saved_.kinks.end(), std::back_inserter(hard),
               [](const Kink& k) { return !k.differentiable; });
  return hard;
}

// An exact critical point at the saved parameters, one found close by, or the saved point.
void Checker::choose_subject() {
  if (options_.at_saved || saved_.certainly_zero() || !hard_kinks().empty()) return;
  if (!saved_.certainly_nonzero() && certify_orthogonal(problem_))
    return;  // critical, though not in dyadic numbers
  PolishOptions polish_options;
  polish_options.radius = v_.subject.radius;
  if (options_.region) polish_options.radius = std::max(polish_options.radius, *options_.region);
  polish_options.max_memory = options_.max_memory;
  polish_options.progress = options_.progress;
  polish_options.stop = options_.stop;
  polish_options.tied = tied_structure(problem_);
  const PolishedPoint point = polish(problem_, frozen_structure(problem_), polish_options);
  if (!point.converged) {
    v_.notes.push_back("No critical point was found near the saved one: " + point.failure + ".");
    return;
  }
  const double unit = approx_gradient_scale(problem_, rounded(point.z), options_.seed);
  if (point.held_gradient > kCritical * unit) {
    v_.notes.push_back("The network without its added neurons has a critical point " +
                       short_text(point.distance) +
                       " away, but there the gradient with respect to the added neurons is " +
                       short_text(point.held_gradient) + ".");
    return;
  }
  v_.subject.polished = true;
  v_.subject.distance = point.distance;
  v_.precision_bits = std::max(v_.precision_bits, point.precision_bits);
  interpolates_ = point.interpolates;
  subject_.parameters = to_tensor(point.z);
  exact_ = exact_critical_point_near(problem_, point.z);
  if (exact_) {
    v_.subject.existence_certified = true;
    settle(*exact_, 0);
    v_.notes.push_back("A point with rational parameters " + text_above(reach_) +
                       " away is critical (proven in exact numbers).");
  }
}

void Checker::numbers_at_subject() {
  const PrecisionScope scope(v_.subject.polished ? kPolishedBits : saved_.precision_bits);
  v_.saved_loss = to_text(saved_.value);
  v_.saved_gradient_norm = norm_text(saved_.gradient);
  const Objective<Ball> objective(subject_);
  const Vector<Ball> z = to_scalars<Ball>(subject_.parameters);
  if (v_.subject.polished) {
    const auto at = objective.value_gradient(z);
    v_.loss = to_text(at.value);
    v_.gradient_norm = exact_ ? "0" : norm_text(at.gradient);
  } else {
    v_.loss = v_.saved_loss;
    v_.gradient_norm = v_.saved_gradient_norm;
  }
  const Matrix<Ball> phi = objective.outputs(z);
  if (!objective.regularizer(z).is_exactly_zero()) v_.existing_loss_part = to_text(objective.mean_loss(phi));
  const auto largest_gradient = [&](const Matrix<Ball>& outputs) {
    double largest = 0;
    for (const Ball& g : objective.output_gradient(outputs).data) largest = std::max(largest, g.magnitude());
    return largest;
  };
  output_gradient_ = largest_gradient(phi);
  Matrix<Ball> zeros(phi.rows, phi.cols), twice = phi;
  for (Ball& q : twice.data) q += q;
  output_scale_ = std::max(largest_gradient(zeros), largest_gradient(twice));
}

void Checker::decide() {
  const bool critical = saved_.certainly_zero();
  if (!v_.subject.polished && critical && hard_kinks().empty() && violated_on_flat()) return;
  if (!(options_.at_saved && saved_.certainly_nonzero()) && no_minimum_in_region()) return;
  if (!v_.subject.polished && on_kink()) return;
  if (!v_.subject.polished && !critical) {
    if (not_critical() || orthogonal_to_bound()) return;
    answer(Answer::undecided, false, Reason::no_evidence,
           "At the saved point the gradient cannot be told from 0 with " +
               std::to_string(saved_.precision_bits) + " bits.");
    v_.next_steps.push_back("Let a critical point be looked for nearby (without --at saved).");
    return;
  }
  if (v_.subject.polished && violated_on_flat()) return;
  satisfied();
}

void Checker::curvature_and_slices() {
  // At an interpolating minimum the Hessian is that of a sum of squares: no negative curvature, n - N zeros.
  const bool known = interpolates_ && v_.parameters > kDenseHessian;
  if (hard_kinks().empty() && v_.answer != Answer::undecided && !known) {
    const Vector<double> direction = add_curvature(subject_, v_.symmetry_dimension, options_, v_);
    if (!direction.empty()) {
      add_slice(subject_, "along the direction of smallest curvature", direction, 1e-2 * size_, v_);
    }
    if (v_.negative_curvatures && *v_.negative_curvatures > 0 && v_.answer == Answer::satisfied) {
      v_.notes.push_back(
          "The Hessian has " + std::to_string(*v_.negative_curvatures) +
          " negative eigenvalues, in double: a saddle, although the first-order condition holds.");
      if (!saddle_ && !direction.empty()) no_minimum_by_curvature(direction);
    }
  }
  if (curvature_bound_ != 0) {
    v_.smallest_curvature = to_text(curvature_bound_);
    v_.curvature_certified = true;
  }
  if (flat_point_.empty()) return;
  Problem moved = subject_;
  moved.parameters = to_tensor(flat_point_);
  const Vector<double> slope = Objective<double>(moved).value_gradient(flat_point_).gradient;
  add_slice(moved, "from the flat point of the witness, along its gradient", slope, 1e-1 * size_, v_);
}

Verdict check(const Problem& problem, const CheckOptions& options) { return Checker(problem, options).run(); }

}  // namespace pgb
