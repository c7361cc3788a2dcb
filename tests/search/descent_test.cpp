// Gradient flow and gradient descent against scipy (make_descent_reference.py) and closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pgb/search/descent/flow.h"
#include "pgb/search/descent/one_unit.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;
using search::approx_number;

Problem augmented(const std::shared_ptr<const Model>& model, const std::vector<double>& z,
                  const std::vector<double>& x, const std::vector<double>& y, const std::string& lambda) {
  const std::vector<double> base(z.begin(), z.begin() + static_cast<std::ptrdiff_t>(model->parameters()));
  Problem problem = add_neurons(make_problem(model, base, x, y), lambda);
  problem.parameters.values = z;
  return problem;
}

class DescentReference : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/search/descent_reference.json");
    reference = Json::parse(file);
  }
  Problem problem(const Json& c) const {
    const auto model = c.at("model") == "linear" ? mlp({1, 1}, "", false) : mlp({1, 1, 1}, "tanh");
    return augmented(model, c.at("parameters"), c.at("x"), c.at("y"), reference.at("lambda"));
  }
  Json reference;
};

TEST_F(DescentReference, Flow) {
  for (const auto& [name, c] : reference.at("cases").items()) {
    SCOPED_TRACE(name);
    const Problem q = problem(c);
    search::FlowOptions options;
    options.log_time_end = std::log(1001);
    options.points = 10;
    options.tolerance = 1e-8;
    options.frozen = c.at("frozen").get<std::vector<std::size_t>>();
    options.logarithmic = search::scale_parameters(q);
    const search::Flow flow = search::approx_gradient_flow(q, options);
    ASSERT_EQ(flow.status, search::Flow::Status::reached);
    ASSERT_EQ(flow.points.size(), 10U);
    const search::Decrease decrease = search::certify_decrease(q, flow.points);
    EXPECT_TRUE(decrease.whole());
    // d/dt (b - a^2/2) = 2 lambda a^2 >= 0 along every gradient flow, from a d_a - d_b = 2 lambda a^2
    const AddedNeurons& at = *q.model->added();
    const auto rising = [&](const search::PathPoint& point) {
      const double a = approx_number(point.z[at.a]);
      return approx_number(point.z[at.b]) - a * a / 2;
    };
    for (std::size_t p = 1; p < flow.points.size(); ++p)
      EXPECT_GT(rising(flow.points[p]), rising(flow.points[p - 1]) - 1e-6);
    for (std::size_t p = 1; p < flow.points.size(); ++p) {
      const Json& row = c.at("flow")[p - 1];
      EXPECT_NEAR(std::expm1(flow.points[p].log_time), row[0].get<double>(), 1e-9 * row[0].get<double>());
      for (std::size_t k = 0; k + 1 < row.size(); ++k) {
        const double expected = row[k + 1];
        EXPECT_NEAR(approx_number(flow.points[p].z[k]), expected, 2e-5 * (0.1 + std::abs(expected)))
            << "parameter " << k << " at t = " << row[0];
      }
      EXPECT_NEAR(decrease.values[p].midpoint(), c.at("values")[p - 1].get<double>(), 1e-5);
    }
  }
}

TEST_F(DescentReference, PlainDescent) {
  for (const auto& [name, c] : reference.at("cases").items()) {
    SCOPED_TRACE(name);
    search::DescentOptions options;
    options.rate = reference.at("rate");
    options.steps = reference.at("steps");
    options.frozen = c.at("frozen").get<std::vector<std::size_t>>();
    const search::Descent descent = search::approx_gradient_descent(problem(c), options);
    EXPECT_EQ(descent.steps, options.steps);
    for (std::size_t k = 0; k < descent.z.size(); ++k)
      EXPECT_NEAR(descent.z[k], c.at("descent")[k].get<double>(), 1e-12);
    EXPECT_EQ(approx_number(descent.points.back().z.back()), descent.z.back());
  }
}

// On the slow path s = (1/2) log(4 c r^2 lambda t) and a is the best one for it.
TEST(Flow, FarOutTheSlowPathIsExact) {
  for_each_trial(3, [](Random& random) {
    const double r = random.uniform(0.5, 3), x = random.uniform(-1.5, 1.5), c = 1 + x * x;
    const Problem q = augmented(mlp({1, 1}, "", false), {0, 0, 0, 0}, {x}, {r}, "1/4");
    search::FlowOptions options;
    options.log_time_end = 80;  // t = 5e34: exp(2 b) t exceeds 1e60
    options.points = 9;
    options.frozen = {0};
    options.logarithmic = search::scale_parameters(q);
    const search::Flow flow = search::approx_gradient_flow(q, options);
    ASSERT_EQ(flow.status, search::Flow::Status::reached);
    const search::PathPoint& end = flow.points.back();
    const double s = approx_number(end.z[2]) + x * approx_number(end.z[3]);
    const search::OneUnit unit{r, 0.25, c};
    EXPECT_NEAR(s, unit.approx_exponent(80), 1e-4);
    EXPECT_NEAR(search::approx_log(end.z[1]), unit.log_best_scale(s), 1e-12);
    EXPECT_TRUE(search::certify_decrease(q, flow.points).whole());
  });
}

TEST(Flow, StaysAtACriticalPointAndStopsWhenAsked) {
  const Problem q = augmented(mlp({1, 1}, "", false), {2, 0, 0.5, 0.25}, {1}, {2}, "1/4");
  search::FlowOptions options;
  options.logarithmic = search::scale_parameters(q);
  const search::Flow flow = search::approx_gradient_flow(q, options);
  for (std::size_t k = 0; k < 4; ++k)
    EXPECT_EQ(approx_number(flow.points.back().z[k]), q.parameters.values[k]);
  const search::Decrease decrease = search::certify_decrease(q, flow.points);
  EXPECT_EQ(decrease.proven, 1U);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  EXPECT_EQ(search::approx_gradient_flow(q, options).status, search::Flow::Status::stopped);
  options.stop = nullptr;
  options.max_steps = 2;
  EXPECT_EQ(search::approx_gradient_flow(q, options).status, search::Flow::Status::too_many_steps);
}

TEST(Flow, RefusesWhatMakesNoSense) {
  const Problem q = augmented(mlp({1, 1}, "", false), {0, 0, 0, 0}, {1}, {2}, "1/4");
  search::FlowOptions options;
  options.frozen = {17};
  EXPECT_THROW(search::approx_gradient_flow(q, options), std::out_of_range);
  options = {};
  options.log_time_end = std::nan("");
  EXPECT_THROW(search::approx_gradient_flow(q, options), std::invalid_argument);
  search::DescentOptions descent;
  descent.rate = 0;
  EXPECT_THROW(search::approx_gradient_descent(q, descent), std::invalid_argument);
}

TEST(PlainDescent, EndsWhereNumbersEnd) {
  const Problem q = augmented(mlp({1, 1}, "", false), {0, 1, 1, 0}, {4}, {-2}, "1/4");
  search::DescentOptions options;
  options.rate = 10;
  const search::Descent descent = search::approx_gradient_descent(q, options);
  EXPECT_LT(descent.steps, options.steps);
  EXPECT_GT(descent.first_rise, 0U);
  for (const double z : descent.z) EXPECT_TRUE(std::isfinite(z));
}

}  // namespace
}  // namespace pgb::test
