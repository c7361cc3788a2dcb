#include "claims/support/points.h"

#include <nlopt.h>
#include <algorithm>
#include <cmath>
#include <memory>

#include "pgb/certify/exclusion.h"
#include "pgb/certify/polish.h"
#include "pgb/derivatives/objective.h"

namespace pgb::claims {

Problem with_penalised_output(Problem problem, const std::string& lambda) {
  const auto& blocks = problem.model->blocks();
  const std::string weight = 'w' + blocks.back().name.substr(1);
  const auto named = [&](const ParameterBlock& block) { return block.name == weight; };
  problem.regularizer.push_back(
      {std::find_if(blocks.begin(), blocks.end(), named)->begin, blocks.back().end, lambda});
  return problem;
}

Problem with_parameters(Problem problem, io::Tensor z) {
  problem.parameters = std::move(z);
  return problem;
}

Problem with_parameters(Problem problem, const Vector<double>& z) {
  return with_parameters(std::move(problem), to_tensor(z));
}

Vector<double> approx_descent(const Problem& problem, int evaluations) {
  struct Descent {
    Objective<double> objective;
    std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimiser;

    static double value(unsigned n, const double* z, double* gradient, void* data) {
      const auto* descent = static_cast<Descent*>(data);
      const auto q = descent->objective.value_gradient(Vector<double>(z, z + n));
      if (gradient != nullptr) std::copy(q.gradient.begin(), q.gradient.end(), gradient);
      if (!std::isfinite(q.value))
        nlopt_force_stop(descent->optimiser.get());  // parameters grew until it overflowed
      return q.value;
    }
  };
  Vector<double> z = to_scalars<double>(problem.parameters);
  Descent descent{Objective<double>(problem),
                  {nlopt_create(NLOPT_LD_SLSQP, static_cast<unsigned>(z.size())), nlopt_destroy}};
  nlopt_opt optimiser = descent.optimiser.get();
  nlopt_set_min_objective(optimiser, Descent::value, &descent);
  nlopt_set_maxeval(optimiser, evaluations);
  nlopt_set_ftol_rel(optimiser, 1e-15);
  double value = 0;
  nlopt_optimize(optimiser, z.data(), &value);  // however it ends, z is where it got to
  return z;
}

std::optional<ProvenPoint> find_critical_point(const std::function<Problem()>& draw, bool strict,
                                               Random& random, int attempts) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    ProvenPoint found{draw(), {}, {}};
    for (double& x : found.problem.parameters.values) x = random.uniform(-1.5, 1.5);
    const Vector<double> end = approx_descent(found.problem);
    const bool small = std::all_of(end.begin(), end.end(), [](double x) { return std::abs(x) < 30; });
    if (!small) continue;
    found.problem = with_parameters(std::move(found.problem), end);
    PolishOptions polishing;
    polishing.radius = 1e-2;
    const PolishedPoint polished = polish(found.problem, std::vector<bool>(end.size(), false), polishing);
    if (!polished.converged) continue;
    found.proof = certify_critical_point(found.problem, polished.z, flat_families(found.problem));
    if (!found.proof.exists || (strict && !found.proof.strict_minimum)) continue;
    found.problem = with_parameters(std::move(found.problem), found.proof.center);
    found.box = parameter_box(found.problem, found.proof.existence_radius);
    return found;
  }
  return std::nullopt;
}

}  // namespace pgb::claims
