// rank J(z) <= n - s(z), with equality at generic points.
#include <gtest/gtest.h>

#include "flat/checks.h"
#include "pgb/span/span.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

struct Count {
  std::size_t rank = 0, symmetries = 0, parameters = 0;
};

Count count(const Problem& problem) {
  const PrecisionScope scope(1500);
  const auto families = flat_families(problem);
  return {reference_rank(gradient_basis<Real>(problem)), reference_rank(symmetry_tangents(problem, families)),
          problem.model->parameters()};
}

// More samples than parameters.
TEST(SymmetryCount, SmoothNetworksHaveFullRank) {
  for_each_trial(10, [](Random& random) {
    const Problem problem = random_problem(
        mlp({random.between(1, 2), random.between(1, 3), random.between(1, 2)}), 30, "squared", random);
    const Count c = count(problem);
    EXPECT_EQ(c.symmetries, 0u);
    EXPECT_EQ(c.rank, c.parameters);
  });
}

// Hidden layers as wide as the product's rank: where they are wider the fibre is larger than the orbit.
TEST(SymmetryCount, DeepLinearNetworks) {
  for_each_trial(15, [](Random& random) {
    const bool bias = random.coin();
    const std::size_t h = random.between(1, 3);
    const std::vector<std::size_t> widths{random.between(h, 3), h, h, random.between(h, 3)};
    const Problem problem = random_problem(mlp(widths, "", bias), 12, "squared", random);
    const Count c = count(problem);
    EXPECT_EQ(c.rank + c.symmetries, c.parameters)
        << widths[0] << widths[1] << widths[2] << widths[3] << bias;
  });
}

// One hidden ReLU layer on a fine grid: every unit has a kink among the data, at a place of its own.
TEST(SymmetryCount, ReluNetworksScaleEveryLiveUnit) {
  for_each_trial(15, [](Random& random) {
    const std::size_t hidden = random.between(1, 4);
    Problem problem = random_problem(mlp({1, hidden, random.between(1, 2)}, "relu"), 1, "squared", random);
    const std::size_t m = 60;
    problem.x = {{m, 1}, {}, {}};
    problem.y = {{m, problem.model->outputs()}, Vector<double>(m * problem.model->outputs(), 0.5), {}};
    for (std::size_t i = 0; i < m; ++i) problem.x.values.push_back((static_cast<double>(i) - 29.7) / 30);
    // Kinks at -b / w, well apart and inside the data.
    for (std::size_t u = 0; u < hidden; ++u) {
      const double w = random.coin() ? 1.25 : -0.75;
      const double kink =
          -0.8 + 1.6 * (static_cast<double>(u) + random.uniform(0.2, 0.8)) / static_cast<double>(hidden);
      set_entry(problem, "w1", u, 0, w);
      problem.parameters.values[begin_of(*problem.model, "b1") + u] = -w * kink;
    }
    const std::size_t dead = random.index(hidden);
    if (random.coin()) problem.parameters.values[begin_of(*problem.model, "b1") + dead] = -10;
    const Count c = count(problem);
    EXPECT_EQ(c.rank + c.symmetries, c.parameters);
    EXPECT_GE(c.symmetries, hidden);
  });
}

TEST(SymmetryCount, InputsInASubspace) {
  for_each_trial(10, [](Random& random) {
    const std::size_t m = 40, hidden = random.between(1, 3);
    Problem problem = random_problem(mlp({3, hidden, 1}), m, "squared", random);
    for (std::size_t i = 0; i < m; ++i) {
      double* x = &problem.x.values[3 * i];
      x[0] = random.eighth();
      x[1] = random.eighth();
      x[2] = 0.5 * x[0] - 2 * x[1] + 0.25;  // exact
    }
    const Count c = count(problem);
    EXPECT_EQ(c.symmetries, hidden);
    EXPECT_EQ(c.rank, c.parameters - hidden);
  });
}

}  // namespace
}  // namespace pgb::test
