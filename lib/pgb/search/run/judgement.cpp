#include "pgb/search/run/judgement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <variant>

#include "pgb/certificate/certificate.h"
#include "pgb/certify/check.h"
#include "pgb/certify/checker.h"
#include "pgb/certify/claims.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/polish.h"
#include "pgb/derivatives/objective.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/version.h"

namespace pgb::search {
namespace {

constexpr long kBits = 256;     // of loss enclosures
constexpr double kNear = 1e-4;  // polishing stays within this, relative to the size of the parameters
constexpr double kTrace = 1e-20;
constexpr double kCritical = 1e-20;  // |grad Q| of the held parameters of a polished point

const std::array<const char*, 10> kNames{
    "strict local minimum",      "local minimum", "global minimum", "saddle",    "no local minimum nearby",
    "degenerate critical point", "at infinity",   "stalled",        "on a kink", "not finite"};

Ball enclosure(const Problem& problem, const std::vector<std::string>& center, const std::string& reach) {
  const PrecisionScope scope(kBits);
  Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  for (std::size_t k = 0; k < center.size(); ++k)
    z[k] = from_rational<Ball>(io::canonical_rational(center[k]));
  const double radius = std::nextafter(io::nearest_double(io::canonical_rational(reach)), HUGE_VAL);
  if (reach != "0") {
    for (Ball& x : z) x = Ball::with_radius(x, radius);
  }
  return Objective<Ball>(problem).value(z);
}

// The box that the proof is about; one around a centre given as changes is not taken apart but made too large
// to say anything.
void take_box(const certificate::Point& center, const certificate::Number& radius, Judgement& j) {
  if (center.form == certificate::Point::Form::listed) j.center = center.numbers;
  j.reach = center.form == certificate::Point::Form::saved_plus ? "0x1p1000" : radius;
}

// Whether the first proof, of orthogonality to a space, is about all parameters and not those near alone.
bool is_global(const Verdict& verdict) {
  const auto* claim =
      verdict.proofs.empty() ? nullptr : std::get_if<certificate::SpanOrthogonal>(&verdict.proofs[0].claim);
  return claim != nullptr && claim->space != certificate::SpanOrthogonal::Space::near;
}

// From the verdict of pgb::check at a critical point.
void from_verdict(const Verdict& verdict, Judgement& j) {
  j.reason = reason_name(verdict.reason);
  j.explanation = verdict.explanation;
  j.certified = verdict.certified;
  if (verdict.subject.polished) j.reach = hex_text(verdict.subject.distance);
  if (!verdict.smallest_curvature.empty())
    j.smallest_curvature = std::strtod(verdict.smallest_curvature.c_str(), nullptr);
  for (const certificate::Certificate& proof : verdict.proofs) {
    j.certificates.push_back(certificate::write_certificate(proof));
  }
  if (verdict.reason == Reason::non_differentiable) j.kind = PointKind::on_kink;
  if (verdict.certified && verdict.answer == Answer::violated) {
    j.kind = verdict.reason == Reason::not_critical ? PointKind::stalled : PointKind::no_minimum;
  }
  if (verdict.certified && verdict.answer == Answer::satisfied) {
    switch (verdict.reason) {
      case Reason::strict_local_minimum:
        j.kind = PointKind::strict_minimum;
        break;
      case Reason::global_minimum:
        j.kind = PointKind::global_minimum;
        break;
      case Reason::orthogonal_to_span_bound:
        j.kind = is_global(verdict) ? PointKind::global_minimum : PointKind::local_minimum;
        break;
      case Reason::level_set_minimum:
      case Reason::local_minimum_in_region:
        j.kind = PointKind::local_minimum;
        break;
      default:  // the condition holds; a minimum it need not be
        break;
    }
  }
  for (std::size_t k = 0; k < verdict.proofs.size(); ++k) {
    const certificate::Claim& claim = verdict.proofs[k].claim;
    const auto* point = std::get_if<certificate::CriticalPoint>(&claim);
    if (point != nullptr) take_box(point->center, point->radius, j);
    if (const auto* minimum = std::get_if<certificate::InterpolatingMinimum>(&claim)) {
      take_box(minimum->center, minimum->radius, j);
    }
    if (const auto* minimum = std::get_if<certificate::LevelSet>(&claim)) {
      take_box(minimum->center, minimum->radius, j);
    }
    const bool saddle = point != nullptr && point->saddle;
    if (!j.is_minimum() && j.kind == PointKind::degenerate && saddle) {
      j.kind = PointKind::saddle;
      j.certified = true;
      std::swap(j.certificates.front(), j.certificates[k]);
      j.explanation = "A critical point with a direction of negative curvature.";
    }
  }
}

// Numbers below kTrace times the size of the point replaced by 0.
io::Tensor without_traces(io::Tensor z, double size) {
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (!(std::abs(z.values[k]) < kTrace * size)) continue;
    z.values[k] = 0;
    z.exact.erase(k);
  }
  return z;
}

void add_certificate(const Problem& problem, certificate::Claim claim, const std::string& text,
                     Judgement& j) {
  if (problem.canonical.empty()) return;
  certificate::Certificate c;
  c.producer = "pgbsearch " PGB_VERSION;
  c.problem_sha256 = problem.sha256;
  c.problem = problem.canonical;
  c.claim = std::move(claim);
  c.text = text;
  j.certificates.push_back(certificate::write_certificate(c));
}

// Where the students of a population loss are, but for rounding, the teachers in some order, that point
// exactly; else nothing. There Q = 0, and nowhere less, being a mean of squares.
std::optional<io::Tensor> teachers_near(const PopulationLoss& loss, const std::vector<double>& z) {
  if (loss.units != loss.teachers) return std::nullopt;
  std::vector<int> row(loss.units), column(loss.teachers);
  io::Tensor exact{{z.size()}, std::vector<double>(z.size(), 0.0), {}};
  for (std::size_t k = 0; k < z.size(); ++k) {
    const bool one = std::abs(z[k] - 1) <= kNear;
    if (!one && !(std::abs(z[k]) <= kNear)) return std::nullopt;
    exact.values[k] = one ? 1 : 0;
    row[k / loss.teachers] += one ? 1 : 0;
    column[k % loss.teachers] += one ? 1 : 0;
  }
  const auto is_one = [](int count) { return count == 1; };
  if (!std::all_of(row.begin(), row.end(), is_one) || !std::all_of(column.begin(), column.end(), is_one))
    return std::nullopt;
  return exact;
}

// The end of a run that no critical point was found at.
void judge_no_critical_point(const Problem& problem, const Ending& ending, double size, Judgement& j) {
  j.kind = ending.kind == EndKind::at_infinity ? PointKind::at_infinity : PointKind::stalled;
  j.reason = reason_name(Reason::no_evidence);
  if (problem.model->added() != nullptr) {
    if (const auto proof = largest_region_without_minimum(problem, kNear * size)) {
      j.kind = PointKind::no_minimum;
      j.certified = true;
      j.reason = reason_name(Reason::no_local_minimum_in_region);
      j.explanation =
          "Sample " + std::to_string(proof->sample) + ", output " + std::to_string(proof->output) +
          " is not fitted as well as any function of x could (residual " + short_text(proof->enclosure) +
          "), so with the added neurons neither this point nor any within " + text_below(proof->radius) +
          " is a local minimum: descent drives a to 0 and b or W to infinity.";
      add_certificate(problem, claim_of(*proof), j.explanation, j);
      return;
    }
  }
  const auto proof = certify_not_critical(problem, 0, kBits);
  j.certified = proof.has_value();
  j.explanation =
      j.kind == PointKind::at_infinity
          ? "The parameters grew without bound, or each further step of Newton's method is long although the "
            "gradient is rounding error"
          : "Descent came to a halt at a point that is not critical to extended precision";
  j.explanation += j.certified ? "; the end itself is proven not to be critical." : ".";
  if (!j.certified) return;
  j.reason = reason_name(Reason::not_critical);
  add_certificate(problem, claim_of(*proof), j.explanation, j);
}

}  // namespace

const char* point_kind_name(PointKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

PointKind point_kind_named(const std::string& name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) throw std::invalid_argument("unknown kind of point \"" + name + '"');
  return static_cast<PointKind>(found - kNames.begin());
}

Judgement judge(Instance instance, const Ending& ending, const std::atomic<bool>* stop) {
  Judgement j;
  Problem problem = make_problem(instance);
  const auto place = [&](const io::Tensor& z) {
    set_parameters(instance, z);
    problem = make_problem(instance);
    j.problem = instance_text(instance);
    j.sha256 = instance_sha256(instance);
  };
  if (ending.kind == EndKind::not_finite) {
    j.kind = PointKind::not_finite;
    place(io::Tensor{{problem.parameters.size()}, std::vector<double>(problem.parameters.size(), 0.0), {}});
    j.explanation = "The loss left the range of double on the way.";
    j.loss_lower = j.loss_upper = HUGE_VAL;
    return j;
  }
  if (instance.population) {
    if (const auto teachers = teachers_near(*instance.population, ending.z)) {
      place(*teachers);
      j.kind = PointKind::global_minimum;
      j.certified = true;
      j.reason = reason_name(Reason::global_minimum);
      j.explanation = "The units are the teachers: the loss, a mean of squares, is 0.";
      j.loss = "0";
      return j;
    }
  }
  place(to_tensor(ending.z));
  double size = 1;
  for (const double z : ending.z) size = std::max(size, std::abs(z));
  PolishOptions options;
  options.radius = kNear * size;
  options.tied = tied_structure(problem);
  options.stop = stop;
  const PolishedPoint point = polish(problem, frozen_structure(problem), options);
  const bool critical = point.converged && point.held_gradient <= kCritical;
  if (critical) {
    place(to_tensor(point.z));
    // Newton's method tends to zeros and does not reach them. Where all that is nearly 0 can be 0, and the
    // gradient is exactly 0 then, the point is known exactly.
    const io::Tensor polished = problem.parameters;
    place(without_traces(polished, size));
    const auto exact = exact_gradient(problem, kBits);
    if (!exact.certainly_zero() || !exact.kinks.empty()) place(polished);
  }
  try {
    if (critical || ending.kind == EndKind::critical) {
      CheckOptions check_options;
      check_options.stop = stop;
      // Relative to the largest parameter there, which may be tiny at a polished point.
      double largest = 0;
      for (const double z : problem.parameters.values) largest = std::max(largest, std::abs(z));
      check_options.radius = largest > 0 ? kNear * size / largest : kNear;
      j.kind = critical ? PointKind::degenerate : PointKind::stalled;
      from_verdict(check(problem, check_options), j);
    } else {
      judge_no_critical_point(problem, ending, size, j);
    }
  } catch (const InputError& error) {
    j.kind = PointKind::not_finite;
    j.certified = false;
    j.explanation = error.what();
  }
  const Ball here = enclosure(problem, {}, "0");
  const Ball box = enclosure(problem, j.center, j.reach);
  j.loss = to_text(here);
  j.loss_upper = here.is_finite() ? here.upper() : HUGE_VAL;
  j.loss_lower = box.is_finite() ? box.lower() : -HUGE_VAL;
  return j;
}

std::string lower_value_certificate(const Judgement& minimum, const Judgement& other) {
  if (!(other.loss_upper < minimum.loss_lower)) return "";
  certificate::LowerValue claim;
  if (!minimum.center.empty()) {
    claim.center.form = certificate::Point::Form::listed;
    claim.center.numbers = minimum.center;
  }
  claim.radius = minimum.reach;
  const Instance elsewhere = instance_from_text(other.problem, "the store's problem");
  if (elsewhere.population) return "";
  const Problem there = make_problem(elsewhere);
  claim.other = listed_point(there.parameters);
  claim.precision = kBits;
  certificate::Certificate c;
  c.producer = "pgbsearch " PGB_VERSION;
  c.problem_sha256 = minimum.sha256;
  c.problem = minimum.problem;
  c.claim = claim;
  c.text = "Suboptimal: at another point the loss is lower.";
  return certificate::write_certificate(c);
}

}  // namespace pgb::search
