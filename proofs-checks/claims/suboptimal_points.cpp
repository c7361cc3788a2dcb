// The zoo: critical points from the literature that are not global minima (examples/zoo). For each,
//   1. what it is (strict local minimum, local minimum on a level set, saddle, ...) is proven, by pgb::check
//   or by an argument of
//      degenerate_points.h;
//   2. the point in better.json has a lower loss;
//   3. with one exponential neuron added (augmented.json) no local minimum lies near it, as the elimination
//   theorem says.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "claims/degenerate_points.h"
#include "claims/registry.h"
#include "claims/support/instances.h"
#include "pgb/certify/checker.h"
#include "pgb/certify/describe.h"
#include "pgb/certify/exclusion.h"
#include "pgb/derivatives/objective.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

struct Member {
  std::string name, what, model;  // folder; in words; as pgb::check describes it
  std::function<PointProof(const Problem&, const Verdict&)> status;
};

template <class Kind>
const Kind* proof_in(const Verdict& verdict) {
  for (const certificate::Certificate& proof : verdict.proofs) {
    if (const Kind* claim = std::get_if<Kind>(&proof.claim)) return claim;
  }
  return nullptr;
}

bool same_numbers(const io::Tensor& a, const io::Tensor& b, std::size_t count) {
  if (a.size() < count || b.size() < count) return false;
  const auto exact = [](const io::Tensor& t, std::size_t k) {
    const auto found = t.exact.find(k);
    return found == t.exact.end() ? std::string() : found->second;
  };
  for (std::size_t k = 0; k < count; ++k) {
    if (a.values[k] != b.values[k] || exact(a, k) != exact(b, k)) return false;
  }
  return true;
}

// Whether `augmented` is `problem` with added neurons.
bool same_point(const Problem& problem, const Problem& augmented) {
  return augmented.model->added() != nullptr && augmented.x.size() == problem.x.size() &&
         augmented.y.size() == problem.y.size() && augmented.loss.name() == problem.loss.name() &&
         same_numbers(problem.parameters, augmented.parameters, problem.parameters.size()) &&
         same_numbers(problem.x, augmented.x, problem.x.size()) &&
         same_numbers(problem.y, augmented.y, problem.y.size());
}

PointProof from_verdict(const Verdict& verdict, Answer answer, Reason reason, const std::string& shown) {
  PointProof proof;
  proof.proven = verdict.certified && verdict.answer == answer && verdict.reason == reason;
  proof.distance = verdict.subject.distance;
  if (verdict.curvature_certified) proof.curvature = std::strtod(verdict.smallest_curvature.c_str(), nullptr);
  proof.shown = proof.proven ? shown : verdict.explanation;
  return proof;
}

PointProof strict_minimum(const Problem&, const Verdict& verdict) {
  return from_verdict(verdict, Answer::satisfied, Reason::strict_local_minimum,
                      "strict local minimum, so the condition holds");
}

// Negative curvature all around, and yet the condition holds.
PointProof saddle_in_spite(const Problem& problem, const Verdict& verdict) {
  PointProof proof = certify_isolated_segment(problem);
  const auto* critical = proof_in<certificate::CriticalPoint>(verdict);
  const bool descends = proof_in<certificate::NegativeCurvature>(verdict) != nullptr ||
                        (critical != nullptr && critical->saddle);
  if (proof.proven && !descends) {
    proof.proven = false;
    proof.shown = "negative curvature was not proven";
  }
  if (proof.proven) proof.shown = "saddle that " + proof.shown;
  return proof;
}

const char* const kTanh = "linear 1 -> 2 without bias, tanh, linear 2 -> 1 without bias";
const char* const kRelu = "linear 1 -> 2, relu, linear 2 -> 1";

std::vector<Member> members() {
  const auto three = [](const char* activation) {
    return [activation](const Problem& p, const Verdict&) { return certify_three_samples(p, activation); };
  };
  const auto alone = [](PointProof (*argument)(const Problem&)) {
    return [argument](const Problem& p, const Verdict&) { return argument(p); };
  };
  return {{"sigmoid", "2-2-1 sigmoid net, three samples (Yun, Sra & Jadbabaie 2019)",
           "linear 2 -> 2 without bias, sigmoid, linear 2 -> 1 without bias", three("sigmoid")},
          {"tanh", "2-2-1 tanh net, three samples (Yun, Sra & Jadbabaie 2019)",
           "linear 2 -> 2 without bias, tanh, linear 2 -> 1 without bias", three("tanh")},
          {"relu_affine", "1-2-1 ReLU net, all units active (Yun, Sra & Jadbabaie 2019)", kRelu,
           alone(certify_affine_region)},
          {"relu_dead", "1-2-1 ReLU net, all units dead (Swirszcz, Czarnecki & Pascanu 2016)", kRelu,
           alone(certify_affine_region)},
          {"split", "1-2-1 tanh net, one unit split in halves (Fukumizu & Amari 2000)", kTanh,
           alone(certify_split)},
          {"saddle", "1-2-1 tanh net, one unit split into 2 and -1 (Fukumizu & Amari 2000)", kTanh,
           saddle_in_spite},
          {"neuron", "one sigmoid neuron, two samples (Auer, Herbster & Warmuth 1996)",
           "linear 1 -> 1 without bias, sigmoid", strict_minimum},
          {"neuron_2d", "one sigmoid neuron with two inputs (Auer, Herbster & Warmuth 1996)",
           "linear 2 -> 1 without bias, sigmoid", strict_minimum},
          {"chain", "linear chain of three layers at 0 (Kawaguchi 2016)",
           "linear 1 -> 1 without bias, linear 1 -> 1 without bias, linear 1 -> 1 without bias",
           [](const Problem&, const Verdict& verdict) {
             return from_verdict(verdict, Answer::violated, Reason::flat_direction,
                                 "critical, but not a local minimum: the condition is violated");
           }}};
}

Instance check_member(const Member& member, const ClaimOptions& options) {
  const std::string folder = options.examples + "/zoo/" + member.name;
  const Problem problem = load_problem(folder + "/problem.json");
  CheckOptions check_options;
  check_options.threads = options.threads;
  check_options.stop = options.stop;
  io::ProblemOverrides better;
  better.parameters = folder + "/better.json";
  const Problem elsewhere = load_problem(folder + "/problem.json", better);
  check_options.compare = elsewhere.parameters;
  const Verdict verdict = check(problem, check_options);

  Instance instance;
  instance.what = member.what;
  const auto refuse = [&](std::string why) {
    instance.standing = Standing::failed;
    instance.shown = std::move(why);
    return instance;
  };
  if (verdict.model_summary != member.model)
    return refuse("the file holds another network: " + verdict.model_summary);
  const PointProof status = member.status(problem, verdict);
  if (!status.proven) return refuse(status.shown);
  if (proof_in<certificate::LowerValue>(verdict) == nullptr)
    return refuse("the better point is not proven to be better");
  const Problem augmented = load_problem(folder + "/augmented.json");
  const bool same_model = model_summary(*augmented.model).rfind(member.model + ';', 0) == 0;
  if (!same_model || !same_point(problem, augmented)) return refuse("augmented.json holds another point");
  const auto excluded = largest_region_without_minimum(augmented, 0.0625);
  // Far enough to hold the critical point as well as the saved one.
  if (!excluded || !(excluded->radius > status.distance)) {
    return refuse("with an added neuron a local minimum nearby was not excluded");
  }
  instance.standing = Standing::proved;
  instance.shown = status.shown;
  instance.numbers = {
      {"loss", report::rounded(verdict.loss)},
      {"loss of the better point", report::rounded(to_text(exact_gradient(elsewhere, 128).value))},
      {"curvature at least", status.curvature > 0 ? text_below(status.curvature) : "-"},
      {"with the neuron, no minimum within", text_below(excluded->radius)}};
  return instance;
}

// The unit of `split` and `saddle` in all shares t : 1 - t.
Instance check_segment(const ClaimOptions& options, double from, double to, bool minima) {
  const PointProof proof =
      certify_segment(load_problem(options.examples + "/zoo/split/problem.json"), from, to, minima);
  return {"1-2-1 tanh net, one unit split, its first share from " + report::rounded(from) + " to " +
              report::rounded(to),
          proof.proven ? Standing::proved : Standing::failed, proof.shown};
}

// Random relatives of relu_affine: two units that are active at -1, 0, 1 and cancel, so that the output is
// 2/3. |x| itself is relu(x) + relu(-x).
Instance random_affine_region(Random& random) {
  const PrecisionScope precision(128);
  double w[2], b[2];
  for (std::size_t j = 0; j < 2; ++j) {
    w[j] = (random.eighth() > 0 ? 1 : -1) * static_cast<double>(random.between(1, 16)) / 8;
    b[j] = std::abs(w[j]) + static_cast<double>(random.between(1, 8)) / 8;
  }
  const double t = static_cast<double>(random.between(1, 8)) / 8;
  const double v[] = {t * w[1], -t * w[0]}, rest = v[0] * b[0] + v[1] * b[1];  // a multiple of 1/512
  const std::vector<double> x{-1, 0, 1}, y{1, 0, 1};
  const auto model = network({1, 2, 1}, "relu");
  Problem problem = make_problem(model, {w[0], w[1], b[0], b[1], v[0], v[1], 2.0 / 3 - rest}, x, y);
  problem.parameters.exact[6] = std::to_string(std::lround(1024 - 3 * 512 * rest)) + "/1536";
  const Problem better = make_problem(model, {1, -1, 0, 0, 1, 1, 0}, x, y);
  const Ball loss = Objective<Ball>(problem).value(parameter_box(problem, 0));
  const PointProof status = certify_affine_region(problem);
  const auto excluded = largest_region_without_minimum(add_neurons(problem, "1/10"), 0.0625);
  const bool suboptimal =
      loss.certainly_positive() &&
      Objective<Ball>(better).value(to_scalars<Ball>(better.parameters)).is_exactly_zero();
  const bool proved = status.proven && suboptimal && excluded && excluded->radius > 0;
  return {"random 1-2-1 ReLU net, all units active",
          proved ? Standing::proved : Standing::failed,
          proved           ? status.shown
          : !status.proven ? status.shown
                           : "not proven to be suboptimal, or not free of local minima with the neuron",
          {{"loss", report::rounded(loss.midpoint())}, {"loss of the better point", "0"}}};
}

ClaimResult check_all(const ClaimOptions& options) {
  ClaimResult result;
  const std::vector<Member> all = members();
  for (const Member& member : all) {
    if (options.stopped()) break;
    options.report(member.name,
                   static_cast<double>(result.instances.size()) / static_cast<double>(all.size()));
    result.instances.push_back(check_member(member, options));
  }
  if (options.stopped()) return result;
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(3) && !options.stopped(); ++k)
    result.instances.push_back(random_affine_region(random));
  result.instances.push_back(check_segment(options, -3, -0.0625, false));
  result.instances.push_back(check_segment(options, 0.0625, 0.9375, true));
  result.instances.push_back(check_segment(options, 1.0625, 4, false));
  return result;
}

// The argument for one member applied to another, for which it is false.
Control confusion(std::string what, std::string name, std::function<PointProof(const Problem&)> argument) {
  return {
      std::move(what), [name = std::move(name), argument = std::move(argument)](const ClaimOptions& options) {
        const PointProof proof = argument(load_problem(options.examples + "/zoo/" + name + "/problem.json"));
        ClaimResult result;
        result.instances.push_back({name, proof.proven ? Standing::proved : Standing::failed, proof.shown});
        return result;
      }};
}

}  // namespace

Claim suboptimal_points() {
  Claim claim;
  claim.name = "suboptimal-points";
  claim.group = "zoo";
  claim.statement =
      "Critical points from the literature are of the kind they are said to be (local minimum, saddle, ...) "
      "and have a loss above that "
      "of another point; with one added neuron no local minimum is left near them.";
  claim.hypotheses = {"the problems of examples/zoo, squared loss"};
  claim.run = check_all;
  claim.controls = {
      confusion("the saddle of the split unit as a local minimum", "saddle", certify_split),
      confusion("the sigmoid net with tanh in the argument", "sigmoid",
                [](const Problem& p) { return certify_three_samples(p, "tanh"); }),
      confusion("a tanh net as a ReLU net in its affine region", "split", certify_affine_region)};
  return claim;
}

}  // namespace pgb::claims
