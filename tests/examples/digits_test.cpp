// Loss and gradient of the trained networks equal PyTorch's, as examples/digits/train.py stored them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "pgb/derivatives/objective.h"
#include "pgb/io/npz.h"
#include "pgb/model/problem.h"

namespace pgb {
namespace {

const std::string folder = PGB_SOURCE_DIR "/examples/digits/";
constexpr double kRelative = 1e-12;

nlohmann::json points() {
  std::ifstream file(folder + "reference.json");
  return nlohmann::json::parse(file).at("points");
}

Problem problem_at(const nlohmann::json& point) {
  io::ProblemOverrides overrides;
  overrides.parameters = folder + point.at("parameters").get<std::string>();
  return load_problem(folder + point.at("problem").get<std::string>(), overrides);
}

// At the saved points of the networks that fit their samples the loss is itself a rounding error.
bool is_rounding_error(double loss) { return loss < 1e-20; }

template <class S>
void expect_pytorch_values() {
  const io::Tensors gradients = io::read_npz(folder + "reference.npz");
  std::size_t compared = 0;
  for (const nlohmann::json& point : points()) {
    SCOPED_TRACE(point.at("problem").get<std::string>() + " at " + point.at("parameters").get<std::string>());
    const Problem problem = problem_at(point);
    const auto at = Objective<S>(problem).value_gradient(to_scalars<S>(problem.parameters));
    const double expected = point.at("objective");
    if (!is_rounding_error(expected)) {
      EXPECT_NEAR(to_double(at.value), expected, kRelative * expected);
    } else {
      EXPECT_TRUE(is_rounding_error(to_double(at.value)));
    }
    if (!point.contains("gradient")) continue;
    const io::Tensor& gradient = gradients.at(point.at("gradient"));
    ASSERT_EQ(gradient.size(), at.gradient.size());
    double largest = 0;
    for (const double g : gradient.values) largest = std::max(largest, std::abs(g));
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      EXPECT_NEAR(to_double(at.gradient[k]), gradient.values[k], kRelative * largest) << "component " << k;
    }
    ++compared;
  }
  EXPECT_GE(compared, 7U);
}

TEST(Digits, LossAndGradientEqualPyTorchsInDouble) { expect_pytorch_values<double>(); }
TEST(Digits, LossAndGradientEqualPyTorchsInQuad) { expect_pytorch_values<Quad>(); }

}  // namespace
}  // namespace pgb
