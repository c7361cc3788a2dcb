// Convolution, pooling, normalisation, LeNet and a ResNet: what PyTorch computed (make_image_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pgb/derivatives/objective.h"
#include "pgb/io/model_spec.h"
#include "pgb/model/graph.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

const Json& reference() {
  static const Json json = [] {
    std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/model/image_reference.json");
    return Json::parse(file);
  }();
  return json;
}

// The formula of the script, whose numbers are doubles.
io::Tensor pattern(const Shape& shape, std::size_t t, double scale, bool positive = false) {
  io::Tensor tensor{shape, Vector<double>(element_count(shape)), {}};
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    const double value = (static_cast<double>((7919 * k + 104729 * t) % 2047) - 1023) / 1024 * scale;
    tensor.values[k] = positive ? std::abs(value) + 0.5 : value;
  }
  return tensor;
}

Problem problem_of(const Json& c) {
  io::ProblemFile file;
  file.model = io::read_model(c.at("model"), "model");
  for (const Json& t : c.at("tensors")) {
    file.parameters[t.at("name").get<std::string>()] =
        pattern(t.at("shape").get<Shape>(), t.at("t").get<std::size_t>(), t.at("scale").get<double>(),
                t.at("positive").get<bool>());
  }
  const auto m = c.at("samples").get<std::size_t>();
  Shape shape = file.model.input;
  shape.insert(shape.begin(), m);
  file.x = pattern(shape, 0, 1);
  file.loss = c.at("loss").get<std::string>();
  const auto y = c.at("y").get<Vector<double>>();
  file.y = {y.size() == m ? Shape{m} : Shape{m, y.size() / m}, y, {}};
  return make_problem(file);
}

TEST(ImageReference, OutputsLossAndGradientAreThoseOfTorch) {
  ASSERT_EQ(reference().at("cases").size(), 22u);
  for (const Json& c : reference().at("cases")) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const Problem problem = problem_of(c);
    const Objective<double> objective(problem);
    const Vector<double>& z = problem.parameters.values;
    const auto outputs = c.at("outputs").get<Vector<double>>();
    const Matrix<double> phi = objective.outputs(z);
    ASSERT_EQ(phi.data.size(), outputs.size());
    for (std::size_t k = 0; k < outputs.size(); ++k)
      EXPECT_NEAR(phi.data[k], outputs[k], 1e-12 * std::max(1.0, std::abs(outputs[k]))) << k;
    const auto at = objective.value_gradient(z);
    const double value = c.at("value").get<double>();
    EXPECT_NEAR(at.value, value, 1e-12 * value);
    std::size_t compared = 0;
    for (const Json& g : c.at("gradients")) {
      for (const ParameterBlock& block : problem.model->blocks()) {
        if (block.name != g.at("name").get<std::string>()) continue;
        ++compared;
        SCOPED_TRACE(block.name);
        const double norm = g.at("norm").get<double>();
        const auto every = g.at("every").get<std::size_t>();
        const io::Tensor weights = pattern({block.end - block.begin}, 55, 1);
        double squares = 0, sum = 0;
        for (std::size_t k = 0; k < weights.size(); ++k) {
          const double entry = at.gradient[block.begin + k];
          squares += entry * entry;
          sum += entry * weights.values[k];
          if (k % every == 0) {
            EXPECT_NEAR(entry, g.at("entries").at(k / every).get<double>(), 1e-12 * std::max(1.0, norm)) << k;
          }
        }
        EXPECT_NEAR(std::sqrt(squares), norm, 1e-12 * std::max(1.0, norm));
        EXPECT_NEAR(sum, g.at("sum").get<double>(),
                    1e-12 * std::max(1.0, norm) * std::sqrt(static_cast<double>(weights.size())));
      }
    }
    EXPECT_EQ(compared, c.at("gradients").size());
  }
}

// At 128 bits the gradient is known to 25 digits, and double agrees with it.
TEST(ImageReference, BallsAgreeOnTheResNet) {
  for (const Json& c : reference().at("cases")) {
    if (c.at("name").get<std::string>().rfind("ResNet", 0) != 0) continue;
    const Problem problem = problem_of(c);
    const PrecisionScope scope(128);
    const auto balls = Objective<Ball>(problem).value_gradient(to_scalars<Ball>(problem.parameters));
    const auto doubles = Objective<double>(problem).value_gradient(problem.parameters.values);
    for (std::size_t k = 0; k < doubles.gradient.size(); ++k) {
      EXPECT_LE(balls.gradient[k].radius(), 1e-25);
      EXPECT_NEAR(balls.gradient[k].midpoint(), doubles.gradient[k], 1e-12);
    }
  }
}

}  // namespace
}  // namespace pgb::test
