// Failure mode, two distinct inputs. The network is silent near the start, so the residuals are the targets;
// lambda = 1/10, (a, b, W) free, s_i = b + w . x_i. The unit can fit residuals of one sign only, and inf Lt
// is the mean of the squares of the others. Along gradient flow (b, w) = (1/2) log(t) v + o(log t) and Lt -
// inf Lt = |v|^2/(4t) (1 + o(1)), where v is the shortest vector with
//
//     (1, x_i) . v = 1   for the samples that are fitted,
//     (1, x_j) . v <= 0  for samples without residual, so that a exp(s_j) shrinks like t^{-1/2}, as a does,
//     (1, x_j) . v <= -1 for samples whose residual has the other sign, so that it shrinks like 1/t.
//
// For then lambda a^2 and the squares of a exp(s_j) fall like 1/t, and v is the direction in which they fall
// fastest: the argument for gradient flow on separable data of D. Soudry, E. Hoffer, M. S. Nacson, S.
// Gunasekar, N. Srebro, "The implicit bias of gradient descent on separable data", JMLR 19 (2018). Here it is
// a derivation at leading order, not a proof; what is checked against it are measured slopes.
//
// Checked: proofs that no point near the start is a local minimum, proofs that Lt falls along the printed
// path to t = 1e12, and its slopes and rate for the inputs 0 and 1 and for random pairs in the plane, both
// misfit; plain gradient descent, which halts.
#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"

namespace pgb::claims {
namespace {

PathCase two_inputs(const std::string& name, const std::vector<double>& x, const std::vector<double>& y,
                    const std::vector<double>& v, const std::string& infimum) {
  PathCase path;
  path.name = name;
  path.problem = add_neurons(silent_network(x.size() / 2, 1, x, y), "1/10");
  path.infimum = infimum;
  const AddedNeurons& at = *path.problem.model->added();
  path.rate = 0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    path.growth.push_back({at.b + k, k == 0 ? "b" : "w" + std::to_string(k), v[k] / 2});  // W comes after b
    path.rate += v[k] * v[k] / 4;
  }
  return path;
}

// Both residuals positive, inputs in the plane: v = X^T (X X^T)^{-1} 1, X with the rows (1, x_i).
PathCase both_misfit(Random& random) {
  std::vector<double> x(4), v(3);
  double determinant = 0, coefficients[2] = {0, 0};
  while (determinant < 0.5) {
    for (double& entry : x) entry = random.eighth();
    const double p = 1 + x[0] * x[0] + x[1] * x[1], q = 1 + x[0] * x[2] + x[1] * x[3],
                 r = 1 + x[2] * x[2] + x[3] * x[3];
    determinant = p * r - q * q;
    coefficients[0] = (r - q) / determinant;
    coefficients[1] = (p - q) / determinant;
  }
  v[0] = coefficients[0] + coefficients[1];
  for (std::size_t k = 0; k < 2; ++k) v[k + 1] = coefficients[0] * x[k] + coefficients[1] * x[2 + k];
  const std::vector<double> y{random.uniform(0.5, 2), random.uniform(0.5, 2)};
  return two_inputs("random inputs in the plane, both misfit", x, y, v, "0");
}

ClaimResult run(const ClaimOptions& options) {
  ClaimResult result;
  Figure growth, loss;
  growth.name = "two-inputs-b-and-w";
  growth.title = "w of the added neuron along gradient flow, inputs 0 and 1";
  growth.caption =
      "Where the input 1 must not be touched w runs off to minus infinity, twice as fast where its residual "
      "has the other sign; b "
      "grows like (1/2) log t in all three.";
  growth.x = {"1 + t", Scale::log10};
  growth.y.label = "w";
  loss = growth;
  loss.name = "two-inputs-loss";
  loss.title = "Lt minus its infimum along gradient flow, inputs 0 and 1";
  loss.caption = "The same paths; they tend to |v|^2/(4t) with |v|^2 = 1, 2, 5.";
  loss.y = {"Lt - inf Lt", Scale::log10};
  const std::vector<PathCase> cases{two_inputs("residuals 2 and 1", {0, 1}, {2, 1}, {1, 0}, "0"),
                                    two_inputs("residuals 2 and 0", {0, 1}, {2, 0}, {1, -1}, "0"),
                                    two_inputs("residuals 2 and -1", {0, 1}, {2, -1}, {1, -2}, "1/2")};
  for (const PathCase& path : cases) {
    options.report("failure-two-inputs", -1);
    CheckOptions region;
    region.at_saved = true;
    region.region = 0.125;
    region.threads = options.threads;
    result.instances.push_back(
        checked(path.name + ": all points within 1/8", path.problem, region, Answer::violated));
    PathCase by_w = path;
    std::swap(by_w.growth.front(), by_w.growth.back());  // the figure shows w
    result.add(path_result(by_w, &growth, &loss));
    result.add(plain_descent(path));
  }
  result.figures = {growth, loss};
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(3) && !options.stopped(); ++k)
    result.add(path_result(both_misfit(random)));
  return result;
}

}  // namespace

Claim failure_two_inputs() {
  Claim claim;
  claim.name = "failure-two-inputs";
  claim.group = "failure";
  claim.statement =
      "Two distinct inputs, one or both misfit: Lt has no local minimum in (a, b, W); gradient flow has (b, "
      "w) = (1/2) log(t) v "
      "and Lt - inf Lt = |v|^2/(4t) at leading order.";
  claim.hypotheses = {"squared loss", "a network that is silent near the start", "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"the path from its end to its start",
                     [](const ClaimOptions&) {
                       return backwards(two_inputs("backwards", {0, 1}, {2, 1}, {1, 0}, "0"));
                     }},
                    {"w at half its speed", [](const ClaimOptions&) {
                       return path_result(two_inputs("half of w", {0, 1}, {2, -1}, {1, -1}, "1/2"));
                     }}};
  return claim;
}

}  // namespace pgb::claims
