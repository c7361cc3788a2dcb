// The fast evaluation against the library's objective and Hessian.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pgb/derivatives/objective.h"
#include "pgb/search/local/batch_solver.h"
#include "pgb/search/local/lanes.h"
#include "search/families.h"
#include "support/random.h"

namespace pgb::search {
namespace {

struct Case {
  std::string activation, output, loss, extra;
};

class LanesTest : public ::testing::TestWithParam<Case> {};

// Value, gradient and Hessian in every lane equal the library's to rounding, which shares no code with the
// lanes.
TEST_P(LanesTest, EqualTheLibrary) {
  const Case& c = GetParam();
  const Family family = family_from_text(
      R"({"model": {"widths": [2, 3, 2, 2], "activation": ")" + c.activation +
          R"(", "output_activation": ")" + c.output +
          R"("}, "data": {"x": {"kind": "normal", "samples": 5}, "y": {"kind": "choice", "values": [-1, 1]}},
      "loss": )" +
          c.loss + c.extra + "}",
      "test");
  Problem problem = make_problem(family.problem(0));
  const auto net = layered(problem);
  ASSERT_TRUE(net.has_value());
  LaneEvaluator lanes(*net);
  const std::size_t n = net->n;
  std::vector<double> z(n * kLanes), second(kLanes, 1.0);
  for (std::size_t l = 0; l < kLanes; ++l) {
    const std::vector<double> start = family.start(0, l);
    for (std::size_t k = 0; k < n; ++k) z[k * kLanes + l] = start[k] / 2;
  }
  LaneResult result;
  lanes.evaluate(z.data(), second.data(), result);
  for (std::size_t l = 0; l < kLanes; ++l) {
    Vector<double> point;
    for (std::size_t k = 0; k < n; ++k) point.push_back(z[k * kLanes + l]);
    const auto expected = Objective<double>(problem).value_gradient(point);
    const Matrix<double> hessian = HessianOperator<double>(problem, point).dense();
    const double scale = 1 + std::abs(expected.value);
    EXPECT_NEAR(result.value[l], expected.value, 1e-14 * scale);
    const Vector<double> outputs = Objective<double>(problem).outputs(point).data;
    const std::vector<double> found = lanes.outputs(point);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      EXPECT_NEAR(found[i], outputs[i], 1e-13 * (1 + std::abs(outputs[i])));
    double largest = 1;
    for (const double h : hessian.data) largest = std::max(largest, std::abs(h));
    for (std::size_t r = 0; r < n; ++r) {
      EXPECT_NEAR(result.gradient[r * kLanes + l], expected.gradient[r], 1e-13 * largest)
          << "component " << r;
      for (std::size_t q = 0; q <= r; ++q) {
        EXPECT_NEAR(result.matrix[(r * (r + 1) / 2 + q) * kLanes + l], hessian(r, q), 1e-13 * largest)
            << r << ", " << q;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Problems, LanesTest,
    ::testing::Values(
        Case{"tanh", "identity", R"("squared")", ""}, Case{"sigmoid", "sigmoid", R"("mse")", ""},
        Case{"relu", "identity", R"("squared")", R"(, "regularizer": {"kind": "l2", "lambda": "1/7"})"},
        Case{"leaky_relu", "tanh", R"("squared")", ""}, Case{"softplus", "identity", R"("logistic")", ""},
        Case{"exp", "identity", R"({"kind": "polynomial_hinge", "p": 3})", ""},
        Case{"square", "identity", R"("absolute_cubed")", ""}, Case{"sin", "identity", R"("squared")", ""},
        Case{"erf", "identity", R"("squared")", ""}, Case{"elu", "identity", R"("squared")", ""},
        Case{"selu", "identity", R"("squared")", ""}, Case{"silu", "identity", R"("squared")", ""},
        Case{"gelu", "identity", R"("squared")", ""}, Case{"identity", "identity", R"("squared")", ""},
        Case{"tanh", "sigmoid", R"("squared")", R"(, "augment": {"kind": "exponential", "lambda": "1/4"})"}),
    [](const auto& test) { return test.param.activation + "_" + std::to_string(test.index); });

// An ending does not depend on what ran beside it, to the last bit.
TEST(BatchSolverTest, IsTheSameForEachStartAlone) {
  const Family family = shipped("three-samples.json");
  const auto net = layered(make_problem(family.problem(0)));
  std::vector<std::vector<double>> starts;
  for (std::size_t s = 0; s < 41; ++s) starts.push_back(family.start(0, s));
  const std::vector<Ending> together = solve_batch(*net, starts);
  for (const std::size_t s : {0, 5, 17, 40}) {
    const Ending alone = solve_batch(*net, {starts[s]}).front();
    EXPECT_EQ(alone.z, together[s].z) << "start " << s;
    EXPECT_EQ(alone.loss, together[s].loss);
    EXPECT_EQ(alone.steps, together[s].steps);
  }
}

TEST(LayeredTest, RefusesWhatItCannotDo) {
  Family family = shipped("three-samples.json");
  EXPECT_TRUE(layered(make_problem(family.problem(0))).has_value());
  const Family classes = family_from_text(
      R"({"model": {"widths": [1, 2], "activation": "tanh"}, "data": {"x": [1, 2], "y": [0, 1]}, "loss": "cross_entropy"})",
      "test");
  EXPECT_FALSE(layered(make_problem(classes.problem(0))).has_value());
}

}  // namespace
}  // namespace pgb::search
