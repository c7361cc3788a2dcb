// Proofs that there is no local minimum: what they enclose is true, and true minima are never excluded.
#include "pgb/certify/exclusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "certify/cases.h"
#include "pgb/derivatives/objective.h"
#include "pgb/model/callable.h"
#include "support/compare.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

// A component of the gradient, far more precisely than the proofs.
Real slope_at(const Problem& problem, const Vector<Real>& z, std::size_t component) {
  return Objective<Real>(problem).value_gradient(z).gradient[component];
}

Vector<Real> point_in_box(const Problem& problem, double radius, Random& random) {
  Vector<Real> z = to_scalars<Real>(problem.parameters);
  for (Real& entry : z)
    entry += random.coin(0.3) ? (random.coin() ? radius : -radius) : random.uniform(-radius, radius);
  return z;
}

TEST(ExactGradient, ExactZero) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1}, ""), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  problem.y.values = {3, 0, 3};
  problem.parameters.values = {0, 2};
  const ExactGradient at = exact_gradient(problem, 2048);
  EXPECT_TRUE(at.certainly_zero());
  EXPECT_FALSE(at.certainly_nonzero());
  EXPECT_EQ(at.precision_bits, 128);
  EXPECT_TRUE(at.kinks.empty());
  EXPECT_TRUE(at.value.contains(Ball(2)));
}

// The gradient is 2 (w - 1): 2^-199, which 128 bits cannot tell from 0.
TEST(ExactGradient, PrecisionGrowsUntilDecided) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1}, "", false), 1, "squared", random);
  problem.x.values = {1};
  problem.y.values = {1};
  Real w;
  {
    const PrecisionScope scope(400);
    w = Real(1) + ldexp(Real(1), -200);
  }
  problem.parameters = to_tensor(Vector<Real>{w});
  const ExactGradient at = exact_gradient(problem, 2048);
  EXPECT_FALSE(at.certainly_zero());
  EXPECT_EQ(at.certainly_nonzero(), std::optional<std::size_t>(0));
  EXPECT_GT(at.precision_bits, 200);
  const ExactGradient blunt = exact_gradient(problem, 150);
  EXPECT_FALSE(blunt.certainly_nonzero());
  EXPECT_FALSE(blunt.certainly_zero());
  EXPECT_EQ(blunt.precision_bits, 150);
}

// 3 w - 1 at w = 1/3: zero, but no ball shows it.
TEST(ExactGradient, ZeroThatBallsCannotShow) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1}, "", false), 1, "squared", random);
  problem.x.values = {3};
  problem.y.values = {1};
  set_exact(problem, "w1", 0, "1/3");
  const ExactGradient at = exact_gradient(problem, 1000);
  EXPECT_FALSE(at.certainly_zero());
  EXPECT_FALSE(at.certainly_nonzero());
  EXPECT_EQ(at.precision_bits, 1000);
}

TEST(ExactGradient, KinksExactAndNot) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1, 1}, "relu"), 2, "squared", random);
  problem.x.values = {3, 5};
  set(problem, "w1", {1});
  set(problem, "b1", {-3});
  ExactGradient at = exact_gradient(problem, 1000);
  ASSERT_EQ(at.kinks.size(), 1u);
  EXPECT_EQ(at.kinks[0].node, "s1");
  EXPECT_EQ(at.kinks[0].sample, 0u);
  EXPECT_TRUE(at.kinks[0].exact);
  set_exact(problem, "w1", 0, "1/3");
  set(problem, "b1", {-1});
  at = exact_gradient(problem, 1000);
  ASSERT_EQ(at.kinks.size(), 1u);
  EXPECT_FALSE(at.kinks[0].exact);
  set(problem, "b1", {next_double(-1)});
  EXPECT_TRUE(exact_gradient(problem, 1000).kinks.empty());
}

TEST(NotCritical, EnclosesTheGradientOnTheWholeBox) {
  std::size_t proven = 0;
  for_each_trial(60, [&](Random& random) {
    const char* activation = random.coin() ? "relu" : "tanh";
    const Problem problem = random_problem(mlp({2, 3, 1}, activation), 4, kLosses[random.index(2)], random);
    const double radius = std::ldexp(1.0, -static_cast<int>(random.between(1, 12)));
    const auto proof = certify_not_critical(problem, radius);
    if (!proof) return;
    ++proven;
    EXPECT_EQ(proof->radius, radius);
    EXPECT_FALSE(proof->enclosure.contains_zero());
    const PrecisionScope scope(300);
    for (int point = 0; point < 30; ++point) {
      const Vector<Real> z = point_in_box(problem, radius, random);
      EXPECT_TRUE(holds(proof->enclosure, slope_at(problem, z, proof->component)));
    }
  });
  EXPECT_GT(proven, trials(60) / 4);
}

// The minimum of a linear regression is in the box: nothing may be proven.
TEST(NotCritical, NeverWithACriticalPointInTheBox) {
  for_each_trial(40, [](Random& random) {
    Problem problem = random_problem(mlp({1, 1}, ""), 3, "squared", random);
    problem.x.values = {-1, 0, 1};
    const double w = random.uniform(), b = random.uniform(), r = random.uniform();
    problem.y.values = {b - w + r, b - 2 * r, b + w + r};  // about: minimum (w, b)
    const double radius = random.uniform(0.01, 1), off = random.uniform(-1, 1) * 0.99;
    problem.parameters.values = {w + off * radius, b - off * radius};
    EXPECT_FALSE(certify_not_critical(problem, radius));
  });
}

// ---- along flat directions ----

// Whether what is claimed of the flat point is so, by values far more precise than the proof's.
void expect_true(const Problem& problem, const std::vector<FlatFamily>& families,
                 const FlatViolation& found) {
  const PrecisionScope scope(500);
  const FlatFamily& family = families.at(found.family);
  EXPECT_FALSE(family.symmetry);
  const Vector<Real> z = to_scalars<Real>(problem.parameters), at = flat_point(family, z, found.coordinates);
  const Objective<Real> objective(problem);
  const Matrix<Real> before = objective.outputs(z), after = objective.outputs(at);
  for (std::size_t e = 0; e < before.data.size(); ++e)
    EXPECT_LT(abs(Real(before.data[e] - after.data[e])), 1e-100);
  EXPECT_TRUE(holds(found.enclosure, slope_at(problem, at, found.component)));
  EXPECT_FALSE(found.enclosure.contains_zero());
  for (const double c : found.coordinates) EXPECT_LE(std::abs(c), found.epsilon);
}

TEST(FlatViolation, ChainsAndAddedNeurons) {
  for_each_trial(10, [](Random& random) {
    Problem problem =
        random_problem(mlp({1, 1, 1, 1}, random.coin() ? "" : "tanh", false), 3, "squared", random);
    problem.parameters.values = {0, 0, 0};
    auto families = flat_families(problem);
    auto found = certify_flat_violation(problem, families, random.seed());
    ASSERT_TRUE(found);
    expect_true(problem, families, *found);
    problem.regularizer = {{0, 3, "1"}};
    EXPECT_FALSE(certify_flat_violation(problem, flat_families(problem), random.seed()));

    problem = add_neurons(random_problem(mlp({2, 2, 2}, "relu"), 4, "squared", random), "1/4");
    families = flat_families(problem);
    found = certify_flat_violation(problem, families, random.seed());
    ASSERT_TRUE(found);
    expect_true(problem, families, *found);
    EXPECT_EQ(families[found->family].kind, FlatFamily::Kind::added_neurons);
    EXPECT_TRUE(problem.model->added()->a <= found->component &&
                found->component < problem.model->added()->b);
  });
}

// a = 0, w = (1, -1), b = (2, 2), c = 2/3: a large move of b crosses kinks, a small one shows nothing.
TEST(FlatViolation, NotAcrossKinks) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 2, 1}, "relu"), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  problem.y.values = {1, 0, 1};
  set(problem, "w1", {1, -1});
  set(problem, "b1", {2, 2});
  set(problem, "w2", {0, 0});
  set_exact(problem, "b2", 0, "2/3");
  const auto families = flat_families(problem);
  ASSERT_FALSE(families.empty());
  for (std::uint64_t seed = 1; seed <= trials(100); ++seed) {
    EXPECT_FALSE(certify_flat_violation(problem, families, seed)) << seed;
    for (const FlatTrial& trial : approx_flat_gradients(problem, families, seed))
      EXPECT_LT(trial.largest, 1e-25);
  }
}

// The same with w = 0: inside its cell the unit turns to x, which the residuals are not orthogonal to.
TEST(FlatViolation, WithinACell) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1, 1}, "relu"), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  problem.y.values = {-1, 0, 1};
  set(problem, "w1", {0});
  set(problem, "b1", {0.5});
  set(problem, "w2", {0});
  set(problem, "b2", {0});
  EXPECT_TRUE(exact_gradient(problem, 128).certainly_zero());
  const auto families = flat_families(problem);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto found = certify_flat_violation(problem, families, seed);
    ASSERT_TRUE(found) << seed;
    expect_true(problem, families, *found);
    ASSERT_EQ(found->coordinates.size(), 2u);  // of w and b: w x + b > 0 on the way
    EXPECT_LT(std::abs(found->coordinates[0]), 0.5 + found->coordinates[1]);
  }
}

// Inputs of the unit -2^-20, 2^-20 and about 2: most directions leave the cell at once, so small steps are
// tried.
TEST(FlatViolation, InATinyCell) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1, 1}, "relu"), 3, "squared", random);
  problem.x.values = {1, 1 + 0x1p-19, 3 + 0x1p-20};
  problem.y.values = {1 - 0x1p21, 0x1p21, -1};
  set(problem, "w1", {1});
  set(problem, "b1", {-1 - 0x1p-20});
  set(problem, "w2", {0});
  set(problem, "b2", {0});
  ASSERT_TRUE(exact_gradient(problem, 128).certainly_zero());
  const auto families = flat_families(problem);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto found = certify_flat_violation(problem, families, seed);
    ASSERT_TRUE(found) << seed;
    expect_true(problem, families, *found);
    EXPECT_LT(found->epsilon, 0x1p-10);
  }
}

// Residuals are 0: every gradient vanishes, whatever is free.
TEST(FlatViolation, NeverAtAGlobalMinimum) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d_y = random.between(1, 2);
    Problem problem =
        random_problem(mlp({1, 2, 2, d_y}, random.coin() ? "tanh" : "relu"), 4, "squared", random);
    fill(problem, random.coin() ? "w3" : "w2", 0);
    if (random.coin()) problem.parameters.values.assign(problem.parameters.size(), 0.0);
    for (double& z : problem.parameters.values) z = std::ldexp(std::round(std::ldexp(z, 4)), -4);
    const Matrix<double> phi = Objective<double>(problem).outputs(problem.parameters.values);
    problem.y.values = phi.data;
    if (random.coin()) problem = add_neurons(problem, "1/4");
    const Matrix<double> after = Objective<double>(problem).outputs(problem.parameters.values);
    if (problem.model->graph()->nodes()[1].op_name ==
        "tanh") {  // exact outputs only where tanh does not matter
      for (const double out : after.data) {
        if (out != problem.parameters.values[begin_of(*problem.model, "b3")]) return;
      }
    }
    EXPECT_FALSE(certify_flat_violation(problem, flat_families(problem), random.seed()));
  });
}

// z_0 and z_1 |x|^3 through added neurons: only d a_k counts, as nothing is known of the rest.
struct OpaqueCubic {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    return {z[0] + z[1] * x[0] * x[0] * x[0]};
  }
};

TEST(FlatViolation, ModelsOfTheCallersOwn) {
  const auto model = make_callable_model(OpaqueCubic{}, 1, 1, 2);
  const Problem plain = make_problem(model, {2, 0}, {-1, 0, 1}, {3, 0, 3});
  EXPECT_FALSE(certify_flat_violation(plain, flat_families(plain), 1));
  const Problem problem = add_neurons(plain, "1/4");
  const auto families = flat_families(problem);
  const auto found = certify_flat_violation(problem, families, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->component, problem.model->added()->a);
  expect_true(problem, families, *found);
}

}  // namespace
}  // namespace pgb::test
