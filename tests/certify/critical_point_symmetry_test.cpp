// Critical points that are isolated only modulo symmetry, points on kinks, and degenerate ones.
#include <gtest/gtest.h>

#include "certify/points.h"
#include "linalg/exact.h"
#include "pgb/certify/critical_point.h"
#include "pgb/derivatives/objective.h"
#include "pgb/model/callable.h"

namespace pgb::test {
namespace {

constexpr long kBits = 400;

// A deep linear network, its minimum is unique up to A W_1, W_2 A^-1; a ReLU network up to scaling.
TEST(CriticalPoint, MinimaModuloSymmetry) {
  std::size_t proven = 0;
  for_each_trial(16, [&](Random& random) {
    const PrecisionScope scope(kBits);
    const bool linear = random.coin();
    const std::size_t d = 2, m = 24;
    Network net(d);
    const std::string hidden = net.linear("x", d, 2, random, !linear);
    const auto model = net.build(net.linear(linear ? hidden : net.node("relu", {hidden}), 2, 2, random));
    // Targets of a network of the same shape, rounded: one with a residual near 0 is close to z.
    Problem problem = random_problem(model, m, "squared", random);
    const Matrix<double> phi = Objective<double>(problem).outputs(problem.parameters.values);
    problem.y.values = phi.data;
    const auto families = flat_families(problem);
    const auto proof = certify_critical_point(problem, reals(problem.parameters), families);
    bool dead = false;
    for (const FlatFamily& family : families) dead = dead || family.kind == FlatFamily::Kind::dead_unit;
    if (!proof.exists && !linear) return;  // a unit that is on for all samples, or for too few of them
    ASSERT_TRUE(proof.exists) << proof.failure;
    EXPECT_TRUE(proof.strict_minimum) << proof.failure;
    if (!dead) {
      EXPECT_EQ(proof.pinned.size(), linear ? 4u : 2u);
    }
    if (!linear) ++proven;
    EXPECT_EQ(proof.symmetries.size(), proof.pinned.size());
    for (const std::size_t k : proof.pinned) {
      EXPECT_EQ(proof.center.values[k], problem.parameters.values[k]);
      EXPECT_EQ(proof.center.exact.count(k), 0u);
    }
    EXPECT_LE(sup_distance(reals(proof.center), reals(problem.parameters)), 1e-10);
    // Without the symmetries nothing can be proven: the Hessian is singular.
    const auto blind = certify_critical_point(problem, reals(problem.parameters), {});
    EXPECT_FALSE(blind.exists);
    EXPECT_NE(blind.failure.find("singular"), std::string::npos) << blind.failure;
  });
  EXPECT_GT(proven, 0u);
}

// One unit is off on all samples at z; a family that says so is not believed where the unit is on.
TEST(CriticalPoint, DeadUnits) {
  Random random(3);
  Network net(1);
  const auto model =
      net.build(net.linear(net.node("relu", {net.linear("x", 1, 2, random)}), 2, 1, random, false));
  // relu(x + 4) v_0 + relu(-x - 9) v_1: z = w_0 w_1 b_0 b_1 v_0 v_1
  Problem problem = make_problem(model, {1, -1, 4, -9, 0.5, 3}, {-2, -1, 0, 1, 2}, {1, 1.5, 2, 2.5, 3});
  const auto families = flat_families(problem);
  const auto proof = certify_critical_point(problem, reals(problem.parameters), families);
  ASSERT_TRUE(proof.exists) << proof.failure;
  EXPECT_TRUE(proof.strict_minimum) << proof.failure;
  EXPECT_EQ(proof.pinned.size(), 4u);    // the dead unit's three, and the other's scale
  EXPECT_EQ(proof.existence_radius, 0);  // grad Q is exactly 0
  Problem other = problem;
  other.y.values[0] = 1.25;
  Vector<Real> alive = reals(problem.parameters);
  alive[3] = 9;
  const auto wrong = certify_critical_point(other, alive, families);
  EXPECT_FALSE(wrong.exists);
  // relu(x + 4) / 2 with the other unit on and its outgoing weight 0: its incoming weights do not matter, its
  // outgoing one does. With the residuals chosen so that grad Q is exactly 0 there only the claim of death is
  // false.
  Problem on = make_problem(model, {1, 1, 4, 16, 0.5, 0}, {-2, -1, 0, 1, 2}, {0.75, 2, 1.75, 2.5, 3});
  for (const double g : Objective<double>(on).value_gradient(on.parameters.values).gradient) EXPECT_EQ(g, 0);
  const auto still_wrong = certify_critical_point(on, reals(on.parameters), families);
  EXPECT_FALSE(still_wrong.exists);
  EXPECT_NE(still_wrong.failure.find("dead"), std::string::npos) << still_wrong.failure;
}

TEST(CriticalPoint, KinksAreNamed) {
  Random random(3);
  Network net(1);
  const std::string hidden = net.linear("x", 1, 1, random);
  const auto model = net.build(net.linear(net.node("relu", {hidden}), 1, 1, random));
  // relu(x - 1) at x = 1
  const Problem problem = make_problem(model, {1, -1, 1, 0}, {0, 1, 2, 3, 4}, {0, 0, 1, 2, 3});
  const auto proof = certify_critical_point(problem, reals(problem.parameters), flat_families(problem));
  EXPECT_FALSE(proof.exists);
  EXPECT_NE(proof.failure.find("node n1, unit 0, sample 1"), std::string::npos) << proof.failure;
}

TEST(CriticalPoint, DegeneratePointsAreNotClaimed) {
  // w = b = v = 0 and c the mean: grad Q = 0 exactly, the Hessian is singular.
  const Problem flat = make_problem(one_unit("tanh", true), {0, 0, 0, 2}, {-1, 0, 1}, {1, 2, 3});
  const auto proof = certify_critical_point(flat, reals(flat.parameters), {});
  EXPECT_FALSE(proof.exists);
  EXPECT_NE(proof.failure.find("singular"), std::string::npos) << proof.failure;
  // max(0, 1 - q)^2 at q = 1: the gradient is 0, there and for every q > 1.
  Random random(1);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random, false));
  for (const double w : {1.0, 2.0}) {
    const Problem hinge = make_problem(model, {w}, {1}, {1}, "polynomial_hinge");
    EXPECT_FALSE(certify_critical_point(hinge, reals(hinge.parameters), {}).exists);
  }
}

// (z - c)^T A (z - c)
struct Quadratic {
  Matrix<double> a;
  Vector<double> c;
  template <class S>
  S operator()(const Vector<S>& z) const {
    S sum(0);
    for (std::size_t j = 0; j < a.cols; ++j) {
      for (std::size_t i = 0; i < a.rows; ++i) sum += S(a(i, j)) * (z[i] - S(c[i])) * (z[j] - S(c[j]));
    }
    return sum;
  }
};

// 1 / (i + j + 1) rounded to double is definite or not by 1e-18 from n = 12 on, where eigenvalues in double
// are noise.
TEST(CriticalPoint, RoundedHilbertMatrices) {
  const PrecisionScope scope(kBits);
  Random random(13);
  std::size_t minima = 0, others = 0;
  for (const std::size_t n : {2u, 6u, 9u, 11u, 12u, 13u, 14u}) {
    Quadratic q{Matrix<double>(n, n), random_vector(n, random)};
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) q.a(i, j) = 1 / static_cast<double>(i + j + 1);
    }
    const Problem problem = make_problem(make_objective_model(q, n), q.c, {0}, {0}, "value");
    const bool truth = positive_definite(q.a);
    ++(truth ? minima : others);
    const auto proof = certify_critical_point(problem, nudged(reals(problem.parameters), 0.01, random), {});
    ASSERT_TRUE(proof.exists) << n << ": " << proof.failure;
    EXPECT_LE(sup_distance(reals(proof.center), reals(problem.parameters)), proof.existence_radius);
    EXPECT_EQ(proof.strict_minimum, truth) << n << ": " << proof.failure;
    EXPECT_LE(proof.saddle, !truth) << n;
  }
  EXPECT_GT(minima, 0u);
  EXPECT_GT(others, 0u);
}

// The Hessian of a hinge jumps where 1 - y q = 0, and the objective is strictly convex all the same.
TEST(CriticalPoint, JumpingSecondDerivatives) {
  const PrecisionScope scope(kBits);
  Random random(1);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random, false));
  // (max(0, 1 - w)^2 + max(0, 1 + w / 2)^2) / 2 has its minimum at w = 2/5; with x = 5/2 a third sample has 1
  // - y q = 0 there and adds max(0, 1 - 5/2 w)^2, which vanishes for w >= 2/5.
  const Problem problem = make_problem(model, {0.4}, {1, 0.5, 2.5}, {1, -1, 1}, "polynomial_hinge");
  const auto proof = certify_critical_point(problem, reals(problem.parameters), {});
  ASSERT_TRUE(proof.exists) << proof.failure;
  EXPECT_TRUE(proof.strict_minimum) << proof.failure;
  EXPECT_LE(sup_distance(reals(proof.center), {Real(2) / 5}), proof.existence_radius);
}

}  // namespace
}  // namespace pgb::test
