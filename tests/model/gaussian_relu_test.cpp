// The closed form of the Gaussian population loss against integrals computed with mpmath
// (make_gaussian_relu_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/model/gaussian_relu.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

const Json& reference() {
  static const Json json = [] {
    std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/model/gaussian_relu_reference.json");
    return Json::parse(file);
  }();
  return json;
}

Problem population(std::size_t units, std::size_t teachers, Vector<double> z) {
  return make_problem(make_gaussian_relu_model(units, teachers), std::move(z), {0}, {0}, "value");
}

// w_i = p e_i + q sum of the other e_j + r e_k for i < k, w_k = s sum e_j + t e_k.
template <class S>
Vector<S> symmetric_weights(std::size_t k, const Vector<S>& z) {
  Vector<S> w(k * k, z[1]);
  for (std::size_t i = 0; i + 1 < k; ++i) {
    w[i * k + i] = z[0];
    w[i * k + k - 1] = z[2];
    w[(k - 1) * k + i] = z[3];
  }
  w[k * k - 1] = z[4];
  return w;
}

template <class S>
class GaussianRelu : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(GaussianRelu, Base);

TYPED_TEST(GaussianRelu, ValueAndGradientAreThoseOfTheIntegral) {
  using S = TypeParam;
  const PrecisionScope scope(128);
  for (const Json& c : reference().at("points")) {
    const Problem problem = population(c.at("units"), c.at("teachers"), c.at("z").get<Vector<double>>());
    const auto at = Objective<S>(problem).value_gradient(to_scalars<S>(problem.parameters));
    EXPECT_NEAR(to_double(at.value), std::stod(c.at("value").get<std::string>()), 1e-14);
    for (std::size_t k = 0; k < at.gradient.size(); ++k) {
      EXPECT_NEAR(to_double(at.gradient[k]), std::stod(c.at("gradient")[k].get<std::string>()), 1e-14);
    }
  }
}

// The gradient that is given is the derivative of the value: directional derivatives by duals, which use the
// value alone.
TYPED_TEST(GaussianRelu, GradientIsThatOfTheValue) {
  using S = TypeParam;
  const PrecisionScope scope(128);
  for_each_trial(10, [&](Random& random) {
    // With one input, units of equal direction would put the kernel's terms where they have no derivative.
    const std::size_t n = 1 + random.index(4), d = 2 + random.index(3);
    const auto model = make_gaussian_relu_model(n, d);
    const Vector<S> w = scalars<S>(random_vector(n * d, random)), x{S(0)};
    const Vector<double> t = random_vector(n * d, random);
    const auto at = model->evaluate(w, ConstView<S>{x.data(), 1, 1});
    const S slope = at->forward_product(scalars<S>(t)).data[0];
    const Vector<S> gradient = at->reverse_product(Matrix<S>(1, 1, {S(1)}));
    S product(0);
    for (std::size_t k = 0; k < t.size(); ++k) product += gradient[k] * S(t[k]);
    EXPECT_NEAR(to_double(S(slope - product)), 0, 1e-13);
  });
}

TYPED_TEST(GaussianRelu, TheTeacherHasNoLoss) {
  using S = TypeParam;
  const Problem problem = population(3, 3, {1, 0, 0, 0, 0, 1, 0, 1, 0});
  const S value = Objective<S>(problem).value(to_scalars<S>(problem.parameters));
  EXPECT_NEAR(to_double(value), 0, 1e-15);
}

TEST(GaussianRelu, PublishedSpuriousPoint) {
  const Json& published = reference().at("published");
  Vector<double> z;
  for (const Json& t : published.at("z")) z.push_back(std::stod(t.get<std::string>()));
  const Problem problem = population(6, 6, symmetric_weights(6, z));
  const auto at = Objective<double>(problem).value_gradient(to_scalars<double>(problem.parameters));
  EXPECT_NEAR(at.value, std::stod(published.at("loss").get<std::string>()), 1e-14);
  for (const double g : at.gradient) EXPECT_NEAR(g, 0, 1e-14);
}

TEST(GaussianRelu, CriticalPointsOfTheReferenceHaveItsLossAndCurvature) {
  for (const Json& c : reference().at("symmetric")) {
    const std::size_t k = c.at("units");
    Vector<double> z;
    for (const Json& t : c.at("z")) z.push_back(std::stod(t.get<std::string>()));
    const Problem problem = population(k, k, symmetric_weights(k, z));
    const Vector<double> w = to_scalars<double>(problem.parameters);
    const auto at = Objective<double>(problem).value_gradient(w);
    EXPECT_NEAR(at.value, std::stod(c.at("loss").get<std::string>()), 1e-13);
    for (const double g : at.gradient) EXPECT_NEAR(g, 0, 1e-13);
    // The Rayleigh quotient of any vector lies between the extreme eigenvalues.
    const HessianOperator<double> hessian(problem, w);
    Random random(k);
    const Vector<double> v = random_vector(k * k, random), hv = hessian(v);
    double numerator = 0, denominator = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      numerator += v[i] * hv[i];
      denominator += v[i] * v[i];
    }
    EXPECT_GE(numerator / denominator, c.at("smallest_eigenvalue").get<double>() - 1e-5);
    EXPECT_LE(numerator / denominator, c.at("largest_eigenvalue").get<double>() + 1e-5);
  }
}

// A box around a point holds the values and gradients at its points.
TEST(GaussianRelu, BoxesHoldTheirPoints) {
  for_each_trial(20, [&](Random& random) {
    const Vector<double> at = random_vector(6, random);
    const Problem problem = population(3, 2, at);
    Vector<Ball> box, point;
    for (const double w : at) {
      box.push_back(Ball::with_radius(Ball(w), 1e-4));
      point.push_back(Ball(w + random.uniform(-1, 1) * 0.99e-4));
    }
    const Objective<Ball> objective(problem);
    const auto outer = objective.value_gradient(box), inner = objective.value_gradient(point);
    EXPECT_TRUE(outer.value.contains(inner.value));
    for (std::size_t k = 0; k < 6; ++k) EXPECT_TRUE(outer.gradient[k].overlaps(inner.gradient[k]));
  });
}

TEST(GaussianRelu, RefusesNothingToFit) {
  EXPECT_THROW(make_gaussian_relu_model(0, 2), std::invalid_argument);
  EXPECT_THROW(make_gaussian_relu_model(2, 0), std::invalid_argument);
}

}  // namespace
}  // namespace pgb::test
