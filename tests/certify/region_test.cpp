// No local minimum of an augmented objective near a point: group sums of the loss derivatives that exclude 0.
#include <gtest/gtest.h>

#include <cmath>

#include "certify/cases.h"
#include "pgb/certify/exclusion.h"
#include "pgb/derivatives/objective.h"
#include "support/compare.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

// The group sums at a point of the base model, added neurons off.
Matrix<Real> group_sums(const Problem& problem, const Vector<Real>& z) {
  Vector<Real> off = z;
  for (std::size_t k = problem.model->added()->a; k < off.size(); ++k) off[k] = Real(0);
  const Objective<Real> objective(problem);
  const Matrix<Real> g = objective.output_gradient(objective.outputs(off));
  const InputGroups groups = equal_input_groups(problem);
  Matrix<Real> sums(g.rows, groups.count);
  for (std::size_t i = 0; i < g.cols; ++i) {
    for (std::size_t k = 0; k < g.rows; ++k) sums(k, groups.group[i]) += g(k, i);
  }
  return sums;
}

Problem augmented_problem(Random& random, const std::string& loss) {
  Problem problem = random_problem(mlp({1, 2, random.between(2, 3)}), 6, loss, random);
  for (std::size_t i = 0; i < 6; ++i) problem.x.values[i] = static_cast<double>(i / 2);
  problem = add_neurons(problem, "1/4");
  for (std::size_t k = problem.model->added()->a; k < problem.model->parameters(); ++k) {
    problem.parameters.values[k] = random.coin() ? random.uniform() : 0;
  }
  return problem;
}

TEST(NoLocalMinimum, EnclosesTheGroupSumOnTheWholeBox) {
  for_each_trial(10, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const Problem problem = augmented_problem(random, loss);
      const double radius = random.coin() ? 0 : std::ldexp(1.0, -static_cast<int>(random.between(4, 12)));
      const auto proof = certify_no_local_minimum(problem, radius);
      if (!proof) continue;
      EXPECT_EQ(proof->radius, radius);
      EXPECT_FALSE(proof->enclosure.contains_zero());
      const std::size_t group = equal_input_groups(problem).group.at(proof->sample);
      const PrecisionScope scope(300);
      for (int point = 0; point < 10; ++point) {
        Vector<Real> z = to_scalars<Real>(problem.parameters);
        for (Real& entry : z) entry += random.uniform(-radius, radius);
        EXPECT_TRUE(holds(proof->enclosure, group_sums(problem, z)(proof->output, group)));
      }
      // What holds on a box holds on a smaller one.
      for (const double smaller : {radius / 2, radius / 1000, 0.0}) {
        EXPECT_TRUE(certify_no_local_minimum(problem, smaller));
      }
    }
  });
}

// At random points some group sum is not 0: at radius 0 that is always proven.
TEST(NoLocalMinimum, AlwaysAtAGenericPoint) {
  for_each_trial(20, [](Random& random) {
    const std::string loss = kLosses[random.index(4)];
    EXPECT_TRUE(certify_no_local_minimum(augmented_problem(random, loss), 0)) << loss;
  });
}

// Two samples with one input and targets 1, 3: the output 2 is optimal among all functions of x.
TEST(NoLocalMinimum, NeverAtTheGroupMeans) {
  Random random(3);
  Problem base = random_problem(mlp({1, 1}, ""), 2, "squared", random);
  base.x.values = {0.5, 0.5};
  base.y.values = {1, 3};
  base.parameters.values = {0, 2};
  const Problem problem = add_neurons(base, "1/4");
  EXPECT_FALSE(certify_no_local_minimum(problem, 0, 1000));
  EXPECT_FALSE(certify_no_local_minimum(problem, 1));
  EXPECT_FALSE(largest_region_without_minimum(problem, 1));
  base.parameters.values = {0, next_double(2)};
  const Problem off = add_neurons(base, "1/4");
  ASSERT_TRUE(certify_no_local_minimum(off, 0));
  EXPECT_FALSE(certify_no_local_minimum(off, 0x1p-50)) << "2 is in the box";
}

// Minima planted somewhere in the box, by targets that a network of the box fits or meets in the mean.
TEST(NoLocalMinimum, NeverWithAMinimumInTheBox) {
  for_each_trial(40, [](Random& random) {
    const std::string loss = random.coin() ? "squared" : "absolute_cubed";
    Problem problem = random_problem(mlp({1, 2, 1}), 4, loss, random);
    for (std::size_t i = 0; i < 4; ++i) problem.x.values[i] = static_cast<double>(i / 2);
    const double radius = std::ldexp(1.0, -static_cast<int>(random.between(2, 20)));
    Vector<double> z = problem.parameters.values;
    for (double& entry : z) entry += random.uniform(-radius, radius) * 0.999;
    const PrecisionScope scope(400);
    const Matrix<Real> phi = Objective<Real>(problem).outputs(scalars<Real>(z));
    Vector<Real> y;
    for (std::size_t i = 0; i < 4; ++i)
      y.push_back(phi.data[i] + (i % 2 == 0 ? 1 : -1) * Real(random.index(2)) * (i / 2 + 1));
    y[1] = 2 * phi.data[1] - y[0];
    y[3] = 2 * phi.data[3] - y[2];
    problem.y = to_tensor(y);
    problem.y.shape = {4, 1};
    EXPECT_FALSE(certify_no_local_minimum(add_neurons(problem, "1/4"), radius));
  });
}

TEST(NoLocalMinimum, NeedsPenalisedAndFreeNeurons) {
  Random random(5);
  const Problem base = random_problem(mlp({1, 2, 2}), 3, "cross_entropy", random);
  EXPECT_FALSE(certify_no_local_minimum(base, 0)) << "no added neurons";
  Problem problem = add_neurons(base, "1/4");
  EXPECT_TRUE(certify_no_local_minimum(problem, 0));
  const AddedNeurons at = *problem.model->added();
  const std::size_t n = problem.model->parameters();
  for (const std::size_t k : {at.b, at.b + 1, at.w, n - 1}) {
    problem.regularizer.push_back({k, k + 1, "1/10"});
    EXPECT_FALSE(certify_no_local_minimum(problem, 0)) << "(b, W) must be free";
    problem.regularizer.back().lambda = "0";
    EXPECT_TRUE(certify_no_local_minimum(problem, 0));
  }
  problem.regularizer = {{0, at.a, "1/10"}, {at.a, at.a + 1, "1/4"}};
  EXPECT_FALSE(certify_no_local_minimum(problem, 0)) << "the second a_k need not be 0 at a critical point";
  problem.regularizer.push_back({at.a + 1, at.b, "1/7"});
  EXPECT_TRUE(certify_no_local_minimum(problem, 0));
}

TEST(LargestRegion, IsTheFirstOfItsFormThatHolds) {
  for_each_trial(10, [](Random& random) {
    const Problem problem = augmented_problem(random, "squared");
    const double start = random.uniform(0.1, 10);
    const auto proof = largest_region_without_minimum(problem, start);
    ASSERT_TRUE(proof);
    if (proof->radius == 0) return;
    double radius = start;
    while (radius > proof->radius) {
      EXPECT_FALSE(certify_no_local_minimum(problem, radius));
      radius /= 4;
    }
    EXPECT_EQ(radius, proof->radius);
  });
}

}  // namespace
}  // namespace pgb::test
