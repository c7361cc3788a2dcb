// Symmetric critical points of the Gaussian population loss against mpmath
// (tests/model/make_gaussian_relu_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "claims/population_minimum.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"

namespace pgb::claims {
namespace {

using Json = nlohmann::json;

Json reference() {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/model/gaussian_relu_reference.json");
  return Json::parse(file);
}

Vector<double> numbers(const Json& list) {
  Vector<double> values;
  for (const Json& text : list) values.push_back(std::stod(text.get<std::string>()));
  return values;
}

// A proven bound below (minimum) or above (saddle) the eigenvalue, and as close as the bisection brings it.
TEST(PopulationMinimum, AgreesWithTheReference) {
  const Json cases = reference().at("symmetric");
  ASSERT_EQ(cases.size(), 16u);
  for (const Json& c : cases) {
    const std::size_t units = c.at("units");
    SCOPED_TRACE(units);
    const Vector<double> z = numbers(c.at("z"));
    Vector<double> start = z;
    for (double& x : start) x += 1e-4;
    const PopulationPoint point = certify_population_point(units, start);
    ASSERT_TRUE(point.exists) << point.failure;
    for (std::size_t k = 0; k < 5; ++k) {
      EXPECT_NEAR(point.z[k].midpoint(), z[k], 1e-15);
      EXPECT_LT(point.z[k].radius(), 1e-30);
    }
    EXPECT_NEAR(point.loss.midpoint(), std::stod(c.at("loss").get<std::string>()), 1e-15);
    EXPECT_EQ(point.strict_minimum, units >= 6);
    EXPECT_EQ(point.saddle, units < 6);
    EXPECT_NEAR(point.curvature_bound, c.at("smallest_eigenvalue").get<double>(), 1e-5);
    EXPECT_GT(point.positive_radius, 1e-4);
  }
}

// The whole Hessian in double has no eigenvalue below the bound from the blocks.
TEST(PopulationMinimum, BlocksHoldTheSmallestEigenvalueOfTheWholeHessian) {
  for (const PopulationPoint& point : spurious_population_minima(9)) {
    Vector<double> z;
    for (const Ball& x : point.z) z.push_back(x.midpoint());
    const Problem problem = population_problem(point.units, z);
    const Vector<double> w = to_scalars<double>(problem.parameters);
    const Vector<double> eigenvalues =
        approx_symmetric_eigen(HessianOperator<double>(problem, w).dense()).values;
    EXPECT_GE(eigenvalues.front(), point.curvature_bound - 1e-12);
    EXPECT_LE(eigenvalues.front(), point.curvature_bound + 1e-6);
  }
}

// At the teacher second derivatives are not finite and the loss is 0: nothing may be claimed.
TEST(PopulationMinimum, TheTeacherIsNotSpurious) {
  const PopulationPoint point = certify_population_point(6, {1, 0, 0, 0, 1});
  EXPECT_FALSE(point.exists && point.positive_radius > 0);
}

TEST(PopulationMinimum, NothingNearAnywhereElse) {
  const PopulationPoint point = certify_population_point(6, {0.5, 0.5, 0.25, -0.25, 2});
  EXPECT_FALSE(point.exists && point.strict_minimum && std::abs(point.z[0].midpoint() - 0.5) < 0.01);
}

TEST(PopulationMinimum, RefusesFewerUnits) {
  EXPECT_THROW(certify_population_point(4, {1, 0, 0, 0, 1}), std::invalid_argument);
  EXPECT_THROW(certify_population_point(6, {1, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace pgb::claims
