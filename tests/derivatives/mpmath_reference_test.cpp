// Objective and gradient of a small network with a skip connection against 50 digits of mpmath
// (make_mpmath_reference.py).
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "pgb/derivatives/objective.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

Real read(const Json& digits) { return Real(digits.get<std::string>()); }

template <class S>
class MpmathReference : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(MpmathReference, Base);

TYPED_TEST(MpmathReference, ValueAndGradient) {
  using S = TypeParam;
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/derivatives/mpmath_reference.json");
  for (const Json& c : Json::parse(file)) {
    SCOPED_TRACE(c.at("loss").get<std::string>());
    Random random(1);
    Network net(2);
    const std::string hidden = net.node("gelu", {net.linear("x", 2, 3, random)});
    const std::string y = net.linear(hidden, 3, 2, random);
    const auto model = net.build(net.node("add", {y, net.linear("x", 2, 2, random, false)}));
    Problem problem = make_problem(model, c.at("z").get<Vector<double>>(), c.at("x").get<Vector<double>>(),
                                   c.at("y").get<Vector<double>>(), c.at("loss").get<std::string>());
    problem.regularizer.push_back({0, model->parameters(), "1/10"});
    const auto at = Objective<S>(problem).value_gradient(to_scalars<S>(problem.parameters));
    const PrecisionScope reference(300);
    // 50 digits are right to within 1e-49 relative; Real and Ball have 128 bits, 39 digits.
    const auto check = [](const S& found, const Real& expected) -> AssertionResult {
      if constexpr (std::is_same_v<S, Ball>)
        return holds(Ball::with_radius(found, 1e-47), expected);
      else
        return agrees(found, expected, 200, 1);
    };
    EXPECT_TRUE(check(at.value, read(c.at("value"))));
    ASSERT_EQ(at.gradient.size(), c.at("gradient").size());
    for (std::size_t k = 0; k < at.gradient.size(); ++k) {
      EXPECT_TRUE(check(at.gradient[k], read(c.at("gradient")[k]))) << "entry " << k;
    }
  }
}

}  // namespace
}  // namespace pgb::test
