#include "pgb/search/exhaustive.h"

#include <algorithm>

#include "pgb/certify/claims.h"
#include "pgb/derivatives/objective.h"
#include "pgb/io/errors.h"
#include "pgb/scalar/precision.h"
#include "pgb/version.h"

namespace pgb {
namespace {

using Kind = boxes::IsolatedPoint::Kind;

constexpr long kBits = 128;

certificate::Certificate certificate_of(const Problem& problem, certificate::BoxTree claim) {
  certificate::Certificate proof;
  proof.producer = "pgbsearch " PGB_VERSION;
  proof.problem_sha256 = problem.sha256;
  if (!problem.canonical.empty()) proof.problem = problem.canonical;
  proof.text = certificate::in_words(claim);
  proof.claim = std::move(claim);
  return proof;
}

certificate::BoxTree state_of(const Problem& problem, const ExhaustiveOptions& options) {
  const std::string where = problem.name + ": the state of the search";
  const certificate::Certificate saved = certificate::read_certificate(options.resume, where);
  const auto* tree = std::get_if<certificate::BoxTree>(&saved.claim);
  if (tree == nullptr)
    throw InputError(where + ": expected a tree of boxes, found another kind of certificate");
  if (saved.problem_sha256 != problem.sha256) throw InputError(where + ": it is of another problem");
  std::vector<certificate::Number> radii;
  for (const double r : options.box) radii.push_back(hex_text(r));
  if (tree->radii != radii) throw InputError(where + ": it is of another box");
  if (tree->subject != options.subject) throw InputError(where + ": it looks for something else");
  return *tree;
}

ExhaustivePoint with_value(const Objective<Ball>& objective, const boxes::IsolatedPoint& point) {
  Vector<Ball> z;
  for (const double x : point.center) z.push_back(Ball::with_radius(Ball(x), point.radius));
  const Ball value = objective.value(z);
  return {point, value.lower(), value.upper(), false};
}

}  // namespace

std::size_t ExhaustiveResult::minima() const {
  return static_cast<std::size_t>(std::count_if(points.begin(), points.end(),
                                                [](const auto& p) { return p.point.kind == Kind::minimum; }));
}

std::size_t ExhaustiveResult::suboptimal_minima() const {
  return static_cast<std::size_t>(std::count_if(points.begin(), points.end(), [](const auto& p) {
    return p.point.kind == Kind::minimum && p.suboptimal;
  }));
}

ExhaustiveResult exhaustive_search(const Problem& problem, const ExhaustiveOptions& options) {
  boxes::SearchOptions search;
  search.subject = options.subject;
  search.max_boxes = options.max_boxes;
  search.min_width = options.min_width;
  search.threads = options.threads;
  search.stop = options.stop;
  search.progress = options.progress;
  search.checkpoint_boxes = options.checkpoint_boxes;
  if (options.checkpoint) {
    search.checkpoint = [&](certificate::BoxTree claim) {
      options.checkpoint(certificate::write_certificate(certificate_of(problem, std::move(claim))));
    };
  }
  const io::Tensor origin = to_tensor(Vector<double>(problem.model->parameters(), 0.0));
  boxes::SearchResult found = options.resume.empty()
                                  ? boxes::search_box(problem, origin, options.box, search)
                                  : boxes::resume(problem, state_of(problem, options), search);
  ExhaustiveResult result;
  result.status = found.complete() ? ExhaustiveResult::Status::complete
                  : found.stopped  ? ExhaustiveResult::Status::stopped
                                   : ExhaustiveResult::Status::undecided;
  const PrecisionScope scope(kBits);
  const Objective<Ball> objective(problem);
  double lowest = 0;
  for (const boxes::IsolatedPoint& p : found.points) {
    result.points.push_back(with_value(objective, p));
    lowest = result.points.size() == 1 ? result.points[0].value_high
                                       : std::min(lowest, result.points.back().value_high);
  }
  for (ExhaustivePoint& p : result.points) p.suboptimal = p.value_low > lowest;
  std::stable_sort(result.points.begin(), result.points.end(),
                   [](const auto& a, const auto& b) { return a.value_low < b.value_low; });
  result.undecided = std::move(found.undecided);
  result.undecided_volume = found.undecided_volume;
  result.examined = found.examined;
  result.difficulty = std::move(found.difficulty);
  result.proof = certificate_of(problem, std::move(found.claim));
  result.statement = result.proof.text;
  return result;
}

}  // namespace pgb
