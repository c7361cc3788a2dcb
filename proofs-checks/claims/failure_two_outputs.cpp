// Failure mode, two outputs. There is one unit for each output, and under the squared loss each sees its own
// residual alone: at one sample with the residuals r_k every unit with r_k != 0 goes its own way, b_k + w_k .
// x = (1/2) log(4 c r_k^2 lambda t), and adds 1/(4 c t) to Lt, c = 1 + |x|^2; a unit without residual does
// not move at all.
//
// Checked at x = (1, -2), c = 6: proofs that no point near the start is a local minimum, proofs that Lt falls
// along the printed path to t = 1e12, slopes and rate against the closed form;
// the same paths for random inputs and residuals; plain gradient descent, which halts.
#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "claims/support/instances.h"

namespace pgb::claims {
namespace {

PathCase two_outputs(const std::string& name, const std::vector<double>& residuals,
                     const std::vector<double>& x = {1, -2}) {
  const double c = 1 + x[0] * x[0] + x[1] * x[1];
  PathCase path;
  path.name = name;
  path.problem = add_neurons(silent_network(2, 2, x, residuals), "1/10");
  const AddedNeurons& at = *path.problem.model->added();
  path.rate = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    const double speed = residuals[k] == 0 ? 0 : 1 / (2 * c);
    const std::string number = std::to_string(k + 1);
    path.rate += speed / 2;
    path.growth.push_back({at.b + k, "b" + number, speed});
    for (std::size_t i = 0; i < 2; ++i)
      path.growth.push_back({at.w + 2 * k + i, "w" + number + std::to_string(i + 1), speed * x[i]});
  }
  return path;
}

ClaimResult run(const ClaimOptions& options) {
  ClaimResult result;
  for (const PathCase& path :
       {two_outputs("residuals 2 and 0", {2, 0}), two_outputs("residuals 2 and -1", {2, -1})}) {
    options.report("failure-two-outputs", -1);
    CheckOptions region;
    region.at_saved = true;
    region.region = 0.125;
    region.threads = options.threads;
    result.instances.push_back(
        checked(path.name + ": all points within 1/8", path.problem, region, Answer::violated));
    result.add(path_result(path));
    result.add(plain_descent(path));
  }
  Random random(options.seed);
  for (std::size_t k = 0; k < options.count(1) && !options.stopped(); ++k) {
    const std::vector<double> x{random.eighth(), random.eighth()};
    const double first = random.uniform(0.5, 2), second = -random.uniform(0.5, 2);
    result.add(path_result(two_outputs("random input and residuals", {first, second}, x)));
  }
  return result;
}

}  // namespace

Claim failure_two_outputs() {
  Claim claim;
  claim.name = "failure-two-outputs";
  claim.group = "failure";
  claim.statement =
      "Two outputs: every unit whose residual is not 0 diverges on its own, with 1/(4 c t) of Lt each, c = 1 "
      "+ |x|^2; a unit without "
      "residual stays.";
  claim.hypotheses = {"squared loss", "one sample", "a network that is silent near the start",
                      "lambda = 1/10"};
  claim.run = run;
  claim.controls = {{"both units move where one has no residual", [](const ClaimOptions&) {
                       PathCase path = two_outputs("wrong", {2, 0});
                       path.growth = two_outputs("", {2, -1}).growth;
                       return path_result(path);
                     }}};
  return claim;
}

}  // namespace pgb::claims
