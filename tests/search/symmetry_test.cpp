#include "pgb/search/local/symmetry.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "pgb/derivatives/objective.h"
#include "search/families.h"

namespace pgb::search {
namespace {

Family network(const std::string& activation, const std::string& extra = "") {
  return family_from_text(
      R"({"model": {"widths": [2, 3, 2, 1], "activation": ")" + activation +
          R"("}, "data": {"x": {"kind": "normal", "samples": 4}, "y": {"kind": "normal"}}, "loss": "squared")" +
          extra + "}",
      "test");
}

// Swaps hidden units 0 and 2 of the first layer of 2-3-2-1, and flips unit 1 of the second.
std::vector<double> transformed(std::vector<double> z, bool sigmoid, bool flip) {
  const auto w1 = [](std::size_t j, std::size_t i) { return j * 2 + i; };
  const auto w2 = [](std::size_t j, std::size_t i) { return 9 + j * 3 + i; };
  for (std::size_t i = 0; i < 2; ++i) std::swap(z[w1(0, i)], z[w1(2, i)]);
  std::swap(z[6], z[8]);
  for (std::size_t j = 0; j < 2; ++j) std::swap(z[w2(j, 0)], z[w2(j, 2)]);
  if (!flip) return z;
  for (std::size_t i = 0; i < 3; ++i) z[w2(1, i)] *= -1;
  z[9 + 6 + 1] *= -1;  // its bias
  const std::size_t outgoing = 17 + 1, bias = 19;
  if (sigmoid) z[bias] += z[outgoing];
  z[outgoing] *= -1;
  return z;
}

void expect_same_outputs(const Family& family, const std::vector<double>& a, const std::vector<double>& b) {
  const Problem problem = make_problem(family.problem(0));
  const Objective<double> objective(problem);
  const Vector<double> at_a = objective.outputs(a).data, at_b = objective.outputs(b).data;
  for (std::size_t i = 0; i < at_a.size(); ++i) ASSERT_NEAR(at_a[i], at_b[i], 1e-12);
}

TEST(SymmetryTest, PermutationsAndSignFlipsAreFound) {
  for (const std::string activation : {"tanh", "sigmoid", "softplus"}) {
    const Family family = network(activation);
    const auto net = layered(make_problem(family.problem(0)));
    for (std::size_t s = 0; s < 20; ++s) {
      const std::vector<double> a = family.start(0, s);
      const std::vector<double> b = transformed(a, activation == "sigmoid", activation != "softplus");
      expect_same_outputs(family, a, b);
      EXPECT_TRUE(same_up_to_symmetry(*net, a, b, 1e-9)) << activation << ", start " << s;
      EXPECT_FALSE(same_up_to_symmetry(*net, a, family.start(0, s + 1), 1e-3));
    }
  }
}

TEST(SymmetryTest, SoftplusHasNoSignFlip) {
  const Family family = network("softplus");
  const auto net = layered(make_problem(family.problem(0)));
  const std::vector<double> a = family.start(0, 0);
  EXPECT_FALSE(same_up_to_symmetry(*net, a, transformed(a, false, true), 1e-6));
}

// |z|^2 changes when the constant of a flipped sigmoid moves into a bias.
TEST(SymmetryTest, FlippedSigmoidsDifferUnderARegularizer) {
  const Family family = network("sigmoid", R"(, "regularizer": {"kind": "l2", "lambda": 1})");
  const auto net = layered(make_problem(family.problem(0)));
  const std::vector<double> a = family.start(0, 0);
  EXPECT_FALSE(same_up_to_symmetry(*net, a, transformed(a, true, true), 1e-6));
  EXPECT_TRUE(same_up_to_symmetry(*net, a, transformed(a, true, false), 1e-6));
}

}  // namespace
}  // namespace pgb::search
