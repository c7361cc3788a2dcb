// Safran and Shamir's spurious minima. k ReLU units are fitted to k ReLU units with orthonormal weights, on
// standard Gaussian inputs, by the population loss (gaussian_relu.h). The teacher has loss 0. For 6 to 20
// units:
//   1. near the point p, q, r, s, t a critical point exists; all k^2 eigenvalues of its Hessian are positive:
//   a strict local minimum;
//   2. its loss is above 0;
//   3. with a exp(w . x + b) added to the network and lambda a^2 to the loss no local minimum is left near
//   it. As for samples:
//      a = 0 at a critical point, and then E c(x) exp(w . x + b) = 0 for all (w, b) near, c the difference of
//      both networks. As c grows linearly at most, E c(x) exp(w . x) is an entire function of w; 0 near one w
//      it is 0 for all complex w, so the Fourier transform of c times the Gaussian density is 0, and c = 0:
//      impossible where Q = E c^2 / 2 > 0. So a box on which Q > 0 holds no local minimum.
#include <cstdlib>
#include <string>

#include "claims/population_minimum.h"
#include "claims/registry.h"
#include "pgb/certify/checker.h"
#include "pgb/report/numbers.h"

namespace pgb::claims {
namespace {

// All parameters at once up to this many units: k^2 columns of the Hessian, k^3 operations each.
constexpr std::size_t kLastDirect = 12;

Instance instance_of(const PopulationPoint& point) {
  Instance instance;
  instance.what =
      std::to_string(point.units) + " units, " + std::to_string(point.units * point.units) + " parameters";
  if (!point.exists || !point.strict_minimum) {
    instance.shown = point.saddle
                         ? "a saddle: an eigenvalue is below " + report::rounded(point.curvature_bound)
                         : point.failure;
    return instance;
  }
  if (!point.loss.certainly_positive() || !(point.positive_radius > 0)) {
    instance.shown = "its loss is not proven to be above that of the teacher";
    return instance;
  }
  instance.standing = Standing::proved;
  instance.shown = "strict local minimum, loss above that of the teacher";
  const char* const names[] = {"p", "q", "r", "s", "t"};
  for (std::size_t c = 0; c < 5; ++c)
    instance.numbers.push_back({names[c], report::rounded(to_text(point.z[c]))});
  instance.numbers.push_back({"loss", report::rounded(to_text(point.loss))});
  instance.numbers.push_back({"eigenvalues above", text_below(point.curvature_bound)});
  instance.numbers.push_back({"with the neuron, no minimum within", text_below(point.positive_radius)});
  return instance;
}

// The same without use of the symmetry: Krawczyk's test and Cholesky's factorisation in all parameters.
Instance direct(const PopulationPoint& point, const ClaimOptions& options) {
  Vector<double> z;
  for (const Ball& x : point.z) z.push_back(x.midpoint());
  CheckOptions check_options;
  check_options.threads = options.threads;
  check_options.stop = options.stop;
  const Verdict verdict = check(population_problem(point.units, z), check_options);
  Instance instance;
  instance.what = std::to_string(point.units) + " units, all parameters at once";
  const bool proven = verdict.certified && verdict.reason == Reason::strict_local_minimum;
  instance.standing = proven ? Standing::proved : Standing::failed;
  instance.shown = verdict.explanation;
  instance.numbers = {{"loss", report::rounded(verdict.loss)},
                      {"eigenvalues above",
                       proven ? text_below(std::strtod(verdict.smallest_curvature.c_str(), nullptr)) : "-"}};
  return instance;
}

Figure figure_of(const std::vector<PopulationPoint>& points) {
  Figure figure;
  figure.name = "population-minima";
  figure.title = "Spurious minima of ReLU networks";
  figure.caption =
      "Loss of the symmetric local minimum, where the best has loss 0, and the proven lower bound of the "
      "smallest eigenvalue of its "
      "Hessian.";
  figure.x.label = "units";
  figure.y.label = "loss, eigenvalue";
  figure.curves = {{"loss", {}}, {"smallest eigenvalue", {}}};
  for (const PopulationPoint& point : points) {
    if (!point.strict_minimum) continue;
    const double units = static_cast<double>(point.units);
    figure.curves[0].points.emplace_back(units, point.loss.midpoint());
    figure.curves[1].points.emplace_back(units, point.curvature_bound);
  }
  return figure;
}

ClaimResult check_all(const ClaimOptions& options) {
  ClaimResult result;
  options.report("symmetric minima", -1);
  const std::vector<PopulationPoint> points = spurious_population_minima(5 + options.count(15));
  result.figures.push_back(figure_of(points));
  for (const PopulationPoint& point : points) {
    if (options.stopped()) return result;
    options.report(std::to_string(point.units) + " units", -1);
    result.instances.push_back(instance_of(point));
    if (point.exists && point.units <= kLastDirect) result.instances.push_back(direct(point, options));
  }
  return result;
}

}  // namespace

Claim population_loss() {
  Claim claim;
  claim.name = "population-loss";
  claim.group = "zoo";
  claim.statement =
      "The population loss of k ReLU units fitted to k orthonormal ones under Gaussian inputs has a strict "
      "local minimum that is not global, "
      "for k from 6 to 20 (--instances K: to K + 5); with one added neuron no local minimum is left near it.";
  claim.hypotheses = {"standard Gaussian inputs", "squared loss", "orthonormal teacher weights"};
  claim.run = check_all;
  claim.controls = {{"5 units, where the point is a saddle", [](const ClaimOptions&) {
                       ClaimResult result;
                       result.instances.push_back(
                           instance_of(certify_population_point(5, {0.96, -0.08, 0.376, 0.288, -0.56})));
                       return result;
                     }}};
  return claim;
}

}  // namespace pgb::claims
