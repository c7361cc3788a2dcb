// The claims on failure modes hold, and their controls are refused.
#include <gtest/gtest.h>

#include <cmath>

#include "claims/failure_paths.h"
#include "claims/registry.h"
#include "pgb/derivatives/objective.h"

namespace pgb::claims {
namespace {

TEST(FailureClaims, PassAndRefuseTheirControls) {
  ClaimOptions options;
  options.instances = 1;
  for (const Claim& claim : {failure_one_sample(), failure_two_inputs(), failure_equal_inputs(),
                             failure_two_outputs(), failure_suboptimal(), failure_transformations()}) {
    const Outcome outcome = run_claim(claim, options);
    EXPECT_TRUE(outcome.passed()) << claim.name;
    EXPECT_EQ(outcome.refused.size(), claim.controls.size());
    for (const Instance& instance : outcome.result.instances) {
      EXPECT_NE(instance.standing, Standing::failed)
          << claim.name << ": " << instance.what << ": " << instance.shown;
    }
    for (const Figure& figure : outcome.result.figures) {
      EXPECT_LE(figure.curves.size(), 4U) << figure.name;
      for (const Curve& curve : figure.curves) {
        EXPECT_FALSE(curve.points.empty()) << figure.name << ": " << curve.label;
        for (const auto& [x, y] : curve.points)
          EXPECT_TRUE(std::isfinite(x) && std::isfinite(y)) << figure.name;
      }
    }
  }
}

// The network that is silent is: its outputs and gradients are 0 around the start.
TEST(FailureClaims, TheSilentNetworkIsSilent) {
  const Problem problem = silent_network(2, 2, {1, -2, 0.5, 3}, {1, 2, 3, 4});
  const Objective<Ball> objective(problem);
  Vector<Ball> box;
  for (const double z : problem.parameters.values) box.push_back(Ball::with_radius(Ball(z), 0.125));
  for (const Ball& output : objective.outputs(box).data) EXPECT_TRUE(output.is_exactly_zero());
  for (const Ball& derivative : objective.value_gradient(box).gradient)
    EXPECT_TRUE(derivative.is_exactly_zero());
}

}  // namespace
}  // namespace pgb::claims
