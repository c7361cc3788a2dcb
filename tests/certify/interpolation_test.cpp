// certify_interpolation, certify_full_rank and largest_full_rank_box against networks with planted targets,
// evaluated anew with MPFR, and against closed forms.
#include "pgb/certify/interpolation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "certify/points.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "support/closed_forms.h"

namespace pgb::test {
namespace {

constexpr long kBits = 400;

// d_x - width - d_y with tanh, and its description for plain loops.
struct Net {
  Network net;
  std::shared_ptr<const Graph> model;
  Net(std::size_t d_x, std::size_t width, std::size_t d_y, Random& random,
      const std::string& activation = "tanh")
      : net(d_x) {
    const std::string hidden = net.node(activation, {net.linear("x", d_x, width, random)});
    model = net.build(net.linear(hidden, width, d_y, random));
  }
};

// The largest |f(x_i; z) - target_i| by plain loops in MPFR, f a one-hidden-layer tanh network.
double misfit(const Problem& problem, const Vector<Real>& z, const Vector<Real>& targets) {
  const std::size_t d_x = problem.x.shape[1], d_y = problem.model->outputs();
  const std::size_t width = problem.model->blocks()[0].shape[0];
  const Real *w = &z[0], *b = w + width * d_x, *v = b + width, *c = v + d_y * width;
  Real largest = 0;
  io::NodeSpec activation;
  activation.op = "tanh";
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    for (std::size_t k = 0; k < d_y; ++k) {
      Real f = c[k];
      for (std::size_t u = 0; u < width; ++u) {
        Real s = b[u];
        for (std::size_t j = 0; j < d_x; ++j) s += w[u * d_x + j] * Real(problem.x.values[i * d_x + j]);
        f += v[k * width + u] * closed_form(activation, s);
      }
      largest = std::max(largest, Real(abs(Real(f - targets[i * d_y + k]))));
    }
  }
  return to_double(largest);
}

TEST(Interpolation, EightTanhUnitsFitSixPoints) {
  for_each_trial(20, [](Random& random) {
    const PrecisionScope scope(kBits);
    const Net net(1, 8, 1, random);
    Problem problem = random_problem(net.model, 6, "squared", random);
    problem.y.values = Objective<double>(problem).outputs(problem.parameters.values).data;
    const Vector<Real> start = nudged(reals(problem.parameters), std::exp2(random.uniform(-50, -20)), random);
    const auto proof = certify_interpolation(problem, start);
    ASSERT_TRUE(proof.exists) << proof.failure;
    ASSERT_EQ(proof.coordinates.size(), 6u);
    EXPECT_LE(proof.radius, 1e-45);
    EXPECT_GT(proof.uniqueness_radius, proof.radius);
    // Only the coordinates move, and not far.
    const Vector<Real> center = reals(proof.center);
    std::size_t moved = 0;
    for (std::size_t k = 0; k < center.size(); ++k) {
      const bool may =
          std::find(proof.coordinates.begin(), proof.coordinates.end(), k) != proof.coordinates.end();
      if (center[k] != start[k]) ++moved;
      EXPECT_TRUE(may || center[k] == start[k]);
    }
    EXPECT_GT(moved, 0u);
    // Within `radius` of a zero the outputs are off by at most radius times the derivative's row sum.
    EXPECT_LE(misfit(problem, center, reals(problem.y)), 100 * proof.radius);
  });
}

// The derivative test of the claim itself: outputs at the box's ends have both signs for one equation in one
// unknown.
TEST(Interpolation, OneEquation) {
  const PrecisionScope scope(kBits);
  Random random(2);
  Network net(1);
  const auto model = net.build(net.node("tanh", {net.linear("x", 1, 1, random, false)}));
  const Problem problem = make_problem(model, {0.5}, {1}, {0.5});
  const auto proof = certify_interpolation(problem, reals(problem.parameters));
  ASSERT_TRUE(proof.exists) << proof.failure;
  const Real exact = log(Real(3)) / 2;  // atanh(1/2)
  EXPECT_LE(to_double(Real(abs(Real(reals(proof.center)[0] - exact)))), proof.radius);
  EXPECT_GT(proof.uniqueness_radius, 0.01);
  Problem unreachable = problem;
  unreachable.y.values[0] = 1;  // tanh < 1
  EXPECT_FALSE(certify_interpolation(unreachable, reals(problem.parameters)).exists);
  unreachable.y.values[0] = 1 + 0x1p-50;
  EXPECT_FALSE(certify_interpolation(unreachable, {Real(18)}).exists);
}

TEST(Interpolation, EqualInputsHaveTheMeanAsTarget) {
  const PrecisionScope scope(kBits);
  Random random(4);
  const Net net(1, 4, 1, random);
  const Vector<double> z = random_vector(net.model->parameters(), random);
  for (const std::string loss : {"squared", "mse", "absolute_cubed"}) {
    // Inputs 1/2 three times with mean 1/3, not a double; the others once.
    Problem problem = make_problem(net.model, z, {0.5, -1, 0.5, 2, 0.5}, {0, 0, 0, 0, 1}, loss);
    const Matrix<double> phi = Objective<double>(problem).outputs(z);
    problem.y.values[1] = phi.data[1];
    problem.y.values[3] = phi.data[3];
    Vector<Real> targets = reals(problem.y);
    for (const std::size_t i : {0, 2, 4}) targets[i] = Real(1) / 3;
    const auto proof = certify_interpolation(problem, reals(problem.parameters));
    EXPECT_EQ(proof.exists, loss != "absolute_cubed") << proof.failure;
    if (proof.exists) {
      EXPECT_EQ(proof.coordinates.size(), 3u);
      EXPECT_LE(misfit(problem, reals(proof.center), targets), 100 * proof.radius);
    } else {
      EXPECT_NE(proof.failure.find("different targets"), std::string::npos) << proof.failure;
    }
  }
}

TEST(Interpolation, WhatIsRegularisedStays) {
  const PrecisionScope scope(kBits);
  Random random(5);
  const Net net(1, 3, 1, random);
  Problem problem = random_problem(net.model, 4, "squared", random);
  problem.y.values = Objective<double>(problem).outputs(problem.parameters.values).data;
  const Problem augmented = add_neurons(problem, "1/10");
  const auto proof = certify_interpolation(augmented, reals(augmented.parameters));
  ASSERT_TRUE(proof.exists) << proof.failure;
  const std::size_t a = augmented.model->added()->a;
  EXPECT_EQ(std::count(proof.coordinates.begin(), proof.coordinates.end(), a), 0);
  EXPECT_EQ(proof.center.values[a], 0);
  Vector<Real> on = reals(augmented.parameters);
  on[a] = Real(1e-30);
  const auto refused = certify_interpolation(augmented, on);
  EXPECT_FALSE(refused.exists);
  EXPECT_NE(refused.failure.find("regularised"), std::string::npos) << refused.failure;
  Problem l2 = problem;
  l2.regularizer.push_back({0, l2.model->parameters(), "1/1000"});
  EXPECT_FALSE(certify_interpolation(l2, reals(l2.parameters)).exists);
}

TEST(Interpolation, LossesWithoutAMinimumAndHinges) {
  const PrecisionScope scope(kBits);
  Random random(6);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random, false));
  const Problem logistic = make_problem(model, {5}, {1, -1}, {1, -1}, "logistic");
  EXPECT_FALSE(certify_interpolation(logistic, reals(logistic.parameters)).exists);
  const Problem separable = make_problem(model, {1}, {1, -2}, {1, -1}, "polynomial_hinge");
  const auto proof = certify_interpolation(separable, reals(separable.parameters));
  EXPECT_TRUE(proof.exists) << proof.failure;
  EXPECT_EQ(proof.radius, 0);
  EXPECT_FALSE(certify_interpolation(separable, {Real(1) - Real(1e-30)}).exists);
  const Problem mixed = make_problem(model, {1}, {1, 1}, {1, -1}, "polynomial_hinge");
  EXPECT_FALSE(certify_interpolation(mixed, reals(mixed.parameters)).exists);
}

TEST(Interpolation, MoreEquationsThanParameters) {
  const PrecisionScope scope(kBits);
  Random random(7);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random));
  // A line through three points: exactly on it, and off by a bit.
  Problem problem = make_problem(model, {2, 1}, {0, 1, 2}, {1, 3, 5});
  EXPECT_TRUE(certify_interpolation(problem, reals(problem.parameters)).exists);
  problem.y.values[2] = 5 + 0x1p-40;
  const auto proof = certify_interpolation(problem, reals(problem.parameters));
  EXPECT_FALSE(proof.exists);
  EXPECT_NE(proof.failure.find("needs 3"), std::string::npos) << proof.failure;
  EXPECT_THROW(certify_interpolation(problem, {Real(1)}), std::invalid_argument);
}

// J = [v (1 - tanh(w)^2), tanh(w)] for f = v tanh(w x) at x = 1: rank 0 only where v = w = 0.
TEST(FullRank, OneSample) {
  const PrecisionScope scope(kBits);
  Random random(8);
  Network net(1);
  const auto model =
      net.build(net.linear(net.node("tanh", {net.linear("x", 1, 1, random, false)}), 1, 1, random, false));
  const Problem problem = make_problem(model, {0.5, 0}, {1}, {3});
  const Vector<Real> z = reals(problem.parameters);
  const auto proof = largest_full_rank_box(problem, z);
  ASSERT_TRUE(proof.full_rank) << proof.failure;
  EXPECT_EQ(proof.rank, 1u);
  EXPECT_EQ(proof.coordinates, std::vector<std::size_t>{1});
  EXPECT_LT(proof.radius, 0.5);  // (0, 0) is that far
  EXPECT_GT(proof.radius, 0.3);
  EXPECT_LT(proof.contraction, 1);
  EXPECT_TRUE(certify_full_rank(problem, z, 0.9 * proof.radius).full_rank);
  const auto wide = certify_full_rank(problem, z, 0.5);
  EXPECT_FALSE(wide.full_rank);
  EXPECT_NE(wide.failure.find("needs < 1"), std::string::npos) << wide.failure;
  EXPECT_FALSE(certify_full_rank(problem, {Real(0), Real(0)}, 0).full_rank);
  EXPECT_THROW(certify_full_rank(problem, z, -1), std::invalid_argument);
}

// Where a box is proven, J has full rank at random points of it and at its corners; equal inputs count once.
TEST(FullRank, PointsOfProvenBoxes) {
  for_each_trial(20, [](Random& random) {
    const PrecisionScope scope(128);
    const Net net(2, 6, 2, random);
    Problem problem = random_problem(net.model, 5, "squared", random);
    problem.x.values[8] = problem.x.values[0];
    problem.x.values[9] = problem.x.values[1];
    const auto proof = largest_full_rank_box(problem, reals(problem.parameters));
    ASSERT_TRUE(proof.full_rank) << proof.failure;
    EXPECT_EQ(proof.rank, 8u);
    EXPECT_GT(proof.radius, 1e-6);
    for (int t = 0; t < 20; ++t) {
      Vector<double> z = problem.parameters.values;
      for (double& x : z) x += proof.radius * (random.coin() ? random.uniform() : random.coin() ? 1 : -1);
      const Matrix<double> j = Objective<double>(problem).jacobian(z);
      Matrix<double> part(8, 8);
      for (std::size_t c = 0; c < 8; ++c) {
        for (std::size_t r = 0; r < 8; ++r) part(r, c) = j(r, proof.coordinates[c]);
      }
      EXPECT_GT(approx_singular_values(part).back(), 1e-12);
    }
  });
}

// A rank that is too small at a point of the box, planted: two units become equal there.
TEST(FullRank, BoxesWithADefect) {
  for_each_trial(20, [](Random& random) {
    const PrecisionScope scope(128);
    const Net net(1, 2, 1, random);
    // n = 7; with equal units only w b v_1 v_2 c, rank 4 at most, are left; 7 samples want rank 7.
    Problem problem = random_problem(net.model, 7, "squared", random);
    Vector<double>& z = problem.parameters.values;
    const double apart = std::max(std::abs(z[0] - z[1]), std::abs(z[2] - z[3])) / 2;
    const auto proof = largest_full_rank_box(problem, reals(problem.parameters));
    EXPECT_LE(proof.radius, apart);
    EXPECT_FALSE(certify_full_rank(problem, reals(problem.parameters), 1.001 * apart).full_rank);
  });
}

TEST(FullRank, KinksAreNamed) {
  const PrecisionScope scope(128);
  Random random(9);
  const Net net(1, 1, 1, random, "relu");
  const Problem problem = make_problem(net.model, {1, 0.25, 1, 0}, {1}, {2});  // relu(x + 1/4) at x = 1
  const Vector<Real> z = reals(problem.parameters);
  EXPECT_TRUE(certify_full_rank(problem, z, 0.5).full_rank);
  const auto proof = certify_full_rank(problem, z, 0.625);
  EXPECT_FALSE(proof.full_rank);
  EXPECT_NE(proof.failure.find("node n1, unit 0, sample 0"), std::string::npos) << proof.failure;
}

}  // namespace
}  // namespace pgb::test
