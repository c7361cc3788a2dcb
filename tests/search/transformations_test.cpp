// The transformations of one objective: their values, their hypotheses.
#include "pgb/search/descent/transformations.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using search::Transformation;

Problem hinge(double power) {
  Problem problem = make_problem(mlp({1, 1}, ""), {0.5, 0.25}, {-1, 2}, {1, -1}, "polynomial_hinge");
  problem.loss = Loss("polynomial_hinge", power);
  return problem;
}

// At a, b, w: mean of max(0, 1 - y (x/2 + 1/4 + a exp(b + w x)))^3 and the penalty on a.
double by_hand(double a, double b, double w, double weight) {
  double sum = 0;
  for (const auto& [x, y] : {std::pair<double, double>{-1, 1}, {2, -1}}) {
    sum += std::pow(std::max(0.0, 1 - y * (x / 2 + 0.25 + a * std::exp(b + w * x))), 3) / 2;
  }
  return sum + weight * a * a;
}

TEST(Transformations, ValuesByHand) {
  const Vector<double> z{0.5, 0.25, 0.75, -0.5, 0.125};
  const auto value = [&](Transformation t) {
    return Objective<double>(search::transform(hinge(3), t, "1/5").problem).value(z);
  };
  EXPECT_NEAR(value(Transformation::added_neurons), by_hand(0.75, -0.5, 0.125, 0.2), 1e-14);
  EXPECT_NEAR(value(Transformation::single_neuron), by_hand(0.75, -0.5, 0.125, 0.1), 1e-14);
  const search::Transformed scaled = search::transform(hinge(3), Transformation::scaled_loss, "1/5");
  const double off = 0.75 * std::exp(-0.5) - 1;
  EXPECT_NEAR(Objective<double>(scaled.problem).value({0.5, 0.25, 0.75, -0.5}),
              by_hand(0, 0, 0, 0) * (1 + off * off) + 0.2 * 0.75 * 0.75, 1e-14);
  EXPECT_EQ(scaled.logarithmic, std::vector<std::size_t>{2});
  EXPECT_EQ(scaled.exponents, std::vector<std::size_t>{3});
}

TEST(Transformations, CoerciveWeightsAreGenericAndPositive) {
  const search::Transformed transformed = search::transform(hinge(2), Transformation::coercive, "1/5", 7);
  std::set<std::string> weights;
  std::vector<bool> covered(transformed.problem.model->parameters(), false);
  for (std::size_t t = 1; t < transformed.problem.regularizer.size(); ++t) {  // the first is lambda |a|^2
    const QuadraticTerm& term = transformed.problem.regularizer[t];
    weights.insert(term.lambda);
    EXPECT_GT(from_rational<double>(term.lambda), 0);
    for (std::size_t k = term.begin; k < term.end; ++k) covered[k] = true;
  }
  EXPECT_GT(weights.size(), 3U);
  EXPECT_EQ(std::count(covered.begin(), covered.end(), false), 0);
}

TEST(Transformations, HypothesesAreChecked) {
  EXPECT_THROW(search::transform(hinge(2), Transformation::single_neuron, "1/5"), std::invalid_argument);
  const Problem squared = make_problem(mlp({1, 1}, ""), {0, 0}, {1}, {1});
  EXPECT_THROW(search::transform(squared, Transformation::single_neuron, "1/5"), std::invalid_argument);
  EXPECT_NO_THROW(search::transform(squared, Transformation::scaled_loss, "1/5"));
}

}  // namespace
}  // namespace pgb::test
