// pgb::check on small random problems whose answer is known: no certified verdict is false.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "certify/cases.h"
#include "pgb/certify/check.h"
#include "pgb/certify/polish.h"
#include "pgb/derivatives/objective.h"
#include "pgb/io/exact_number.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

CheckOptions saved_with(std::uint64_t seed) {
  CheckOptions options;
  options.at_saved = true;
  options.seed = seed;
  return options;
}

std::string words(const Verdict& v) {
  return std::string(answer_name(v.answer)) + (v.certified ? ", certified, " : ", ") + reason_name(v.reason) +
         ": " + v.explanation;
}

// Some value below Q(z) within `radius` of z, by steps down the gradient from flat and other points around z;
// a negative difference computed in 400 bits is proof enough that z is no local minimum, for a radius as
// small as wanted.
bool has_lower_value_nearby(const Problem& problem, double radius, Random& random) {
  const PrecisionScope scope(400);
  const Objective<Real> objective(problem);
  const Vector<Real> z = to_scalars<Real>(problem.parameters);
  const Real here = reference_value(problem, z);
  const auto families = flat_families(problem);
  for (int trial = 0; trial < 60; ++trial) {
    Vector<Real> at = z;
    for (const FlatFamily& family : families) {
      if (!family.straight || random.coin(0.3)) continue;
      Vector<double> c(family.dimension);
      for (double& entry : c) entry = random.uniform(-radius, radius) / 8;
      at = flat_point(family, at, c);
    }
    const Vector<Real> g = objective.value_gradient(at).gradient;
    Real size(0);
    for (const Real& entry : g) size = std::max(size, Real(abs(entry)));
    if (size == 0) continue;
    for (double step = radius / 4; step > radius * 1e-12; step /= 8) {
      Vector<Real> next = at;
      for (std::size_t k = 0; k < z.size(); ++k) next[k] -= Real(step) / size * g[k];
      if (reference_value(problem, next) < here) return true;
    }
  }
  return false;
}

// Short exact numbers everywhere.
void make_dyadic(Problem& problem, Random& random) {
  for (double& z : problem.parameters.values) z = random.eighth();
  for (double& x : problem.x.values) x = random.eighth();
  for (double& y : problem.y.values) y = random.eighth();
}

// A network of linear and ReLU nodes whose targets are its outputs: an exact global minimum, with planted
// degeneracies.
TEST(CheckRandom, ExactGlobalMinimaAreNeverCalledViolated) {
  std::size_t certified = 0;
  for_each_trial(120, [&](Random& random) {
    const std::vector<std::size_t> widths{random.between(1, 2), random.between(1, 3), random.between(1, 2),
                                          random.between(1, 2)};
    Problem problem =
        random_problem(mlp(widths, random.coin() ? "relu" : "", random.coin(0.7)), random.between(1, 5),
                       random.coin() ? "squared" : "absolute_cubed", random);
    make_dyadic(problem, random);
    if (random.coin(0.3)) fill(problem, "w" + std::to_string(random.between(1, 3)), 0);
    if (random.coin(0.2)) problem.parameters.values.assign(problem.parameters.size(), 0.0);
    problem.y.values = Objective<double>(problem).outputs(problem.parameters.values).data;
    if (random.coin(0.3)) problem = add_neurons(problem, "1/4");
    CheckOptions options = saved_with(random.seed());
    options.at_saved = random.coin();
    const Verdict v = check(problem, options);
    EXPECT_NE(v.answer, Answer::violated) << words(v);
    certified += v.certified ? 1 : 0;
    if (v.certified) {
      EXPECT_EQ(v.answer, Answer::satisfied);
      EXPECT_GT(to_double(lowest_nearby(problem, to_scalars<Real>(problem.parameters), 0.125, 5, random)),
                -1e-100);
    }
  });
  EXPECT_GT(certified, trials(120) / 2) << "residuals that are exactly 0 are a proof";
}

// Generic points: a certified violation, and lower values close by.
TEST(CheckRandom, GenericPointsAreViolated) {
  for_each_trial(80, [](Random& random) {
    const std::vector<std::size_t> widths{random.between(1, 2), random.between(1, 3), random.between(1, 2)};
    const char* activation = random.coin() ? "tanh" : "relu";
    Problem problem =
        random_problem(mlp(widths, activation), random.between(1, 5), kLosses[random.index(6)], random);
    if (random.coin(0.3)) problem.regularizer = {{0, problem.model->parameters(), "1/10"}};
    if (random.coin(0.3)) problem = add_neurons(problem, "1/4");
    const Verdict v = check(problem, saved_with(random.seed()));
    if (v.answer == Answer::satisfied && !v.certified)
      return;  // e.g. a hinge whose margin is kept by every sample
    if (v.answer == Answer::satisfied) {
      EXPECT_EQ(v.reason, Reason::global_minimum) << words(v);
      EXPECT_GT(to_double(lowest_nearby(problem, to_scalars<Real>(problem.parameters), 0.125, 5, random)),
                -1e-100);
      return;
    }
    ASSERT_EQ(v.answer, Answer::violated) << words(v);
    EXPECT_TRUE(v.certified);
    EXPECT_TRUE(has_lower_value_nearby(problem, 1e-3, random)) << words(v);
  });
}

// All weights 0, the output at the mean of the targets: violated unless the mean is the same at every input.
TEST(CheckRandom, AllZeroNetworks) {
  std::map<Answer, std::size_t> answers;
  for_each_trial(60, [&](Random& random) {
    const std::size_t m = 4, k = random.between(1, 2);
    std::vector<std::size_t> widths{1, random.between(1, 2), k};
    if (random.coin()) widths.insert(widths.begin() + 1, random.between(1, 2));
    Problem problem = random_problem(mlp(widths), m, "squared", random);
    problem.parameters.values.assign(problem.parameters.size(), 0.0);
    for (std::size_t i = 0; i < m; ++i) problem.x.values[i] = static_cast<double>(random.index(3));
    const bool flat = random.coin(0.3);  // the same targets at both visits of an input
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t o = 0; o < k; ++o)
        problem.y.values[i * k + o] = flat ? (i % 2 == 0 ? 1 : -1) : random.eighth();
      if (flat) problem.x.values[i] = static_cast<double>(i / 2);
    }
    const std::string bias = "b" + std::to_string(widths.size() - 1);
    std::vector<double> mean(k, 0.0);
    for (std::size_t e = 0; e < m * k; ++e) mean[e % k] += problem.y.values[e] / 4;  // exact
    set(problem, bias, mean);
    std::map<double, std::vector<double>> sums;
    for (std::size_t e = 0; e < m * k; ++e) {
      auto& sum = sums[problem.x.values[e / k]];
      sum.resize(k, 0.0);
      sum[e % k] += mean[e % k] - problem.y.values[e];
    }
    bool optimal = true;
    for (const auto& entry : sums) {
      for (const double sum : entry.second) optimal = optimal && sum == 0;
    }
    const Verdict v = check(problem, saved_with(random.seed()));
    EXPECT_EQ(v.answer, optimal ? Answer::satisfied : Answer::violated) << words(v);
    EXPECT_TRUE(v.certified) << words(v);
    EXPECT_EQ(v.reason, optimal ? Reason::global_minimum : Reason::flat_direction);
    EXPECT_EQ(has_lower_value_nearby(problem, 1e-2, random), !optimal) << words(v);
    ++answers[v.answer];
  });
  EXPECT_GT(answers[Answer::satisfied], trials(60) / 20);
}

// Deep linear networks at 0: violated unless sum y x^T = 0.
TEST(CheckRandom, DeepLinearNetworksAtZero) {
  for_each_trial(40, [](Random& random) {
    const std::size_t d = random.between(1, 2), k = random.between(1, 2), m = random.between(2, 4);
    std::vector<std::size_t> widths{d};
    for (std::size_t layers = random.between(1, 3); layers > 0; --layers)
      widths.push_back(random.between(1, 2));
    widths.push_back(k);
    Problem problem = random_problem(mlp(widths, "", false), m, "squared", random);
    make_dyadic(problem, random);
    problem.parameters.values.assign(problem.parameters.size(), 0.0);
    if (random.coin(0.4)) {  // a second half that cancels the first
      problem.x.values.insert(problem.x.values.end(), problem.x.values.begin(), problem.x.values.end());
      const Vector<double> y = problem.y.values;
      for (const double t : y) problem.y.values.push_back(-t);
      problem.x.shape[0] = problem.y.shape[0] = 2 * m;
    }
    bool zero = true;
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t o = 0; o < k; ++o) {
        double sum = 0;
        for (std::size_t i = 0; i < problem.samples(); ++i)
          sum += problem.x.values[i * d + j] * problem.y.values[i * k + o];
        zero = zero && sum == 0;
      }
    }
    const Verdict v = check(problem, saved_with(random.seed()));
    EXPECT_EQ(v.answer, zero ? Answer::satisfied : Answer::violated) << words(v);
    EXPECT_TRUE(v.certified) << words(v);
    EXPECT_EQ(has_lower_value_nearby(problem, 1e-1, random), !zero) << words(v);
  });
}

// ReLU units with zero outgoing weights: T is spanned by 1 and (x, 1) over each unit's active samples,
// whatever lies beyond the kinks. Rank and verdict from exact rationals.
TEST(CheckRandom, ReluUnitsWithZeroOutgoingWeights) {
  std::map<Answer, std::size_t> answers;
  for_each_trial(80, [&](Random& random) {
    const std::size_t m = 5, h = random.between(1, 2);
    Problem problem = random_problem(mlp({1, h, 1}, "relu"), m, "squared", random);
    problem.x.values = {-2, -1, 0, 1, 2};
    fill(problem, "w2", 0);
    Rows<Rational> columns{std::vector<Rational>(m, 1)};
    for (std::size_t u = 0; u < h; ++u) {
      const double w = random.coin() ? 1 : -1, b = static_cast<double>(random.index(6)) - 2.5;
      problem.parameters.values[u] = w;
      problem.parameters.values[h + u] = b;
      columns.emplace_back(m, 0);
      columns.emplace_back(m, 0);
      for (std::size_t i = 0; i < m; ++i) {
        if (w * problem.x.values[i] + b < 0) continue;
        columns[columns.size() - 2][i] = exact(problem.x.values[i]);
        columns.back()[i] = 1;
      }
    }
    // Residuals that are, or are not, orthogonal to T; the mean of the targets is 0 or 1/2 (a bias of 1/2).
    static const std::vector<std::vector<double>> residuals{{1, -2, 1, 0, 0}, {0, 1, -2, 1, 0},
                                                            {0, 0, 1, -2, 1}, {1, -3, 3, -1, 0},
                                                            {1, -1, 0, 0, 0}, {2, -1, -2, -1, 2}};
    const std::vector<double>& r = residuals[random.index(residuals.size())];
    for (std::size_t i = 0; i < m; ++i) problem.y.values[i] = 0.5 - r[i];
    set(problem, "b2", {0.5});
    bool orthogonal = true;
    for (const auto& column : columns) {
      Rational sum;
      for (std::size_t i = 0; i < m; ++i) sum += column[i] * exact(r[i]);
      orthogonal = orthogonal && sum == 0;
    }
    const Verdict v = check(problem, saved_with(random.seed()));
    EXPECT_EQ(v.rank, std::optional<std::size_t>(exact_rank(columns)));
    EXPECT_EQ(v.answer, orthogonal ? Answer::satisfied : Answer::violated) << words(v);
    if (!orthogonal) {
      EXPECT_TRUE(v.certified) << words(v);
    }
    ++answers[v.answer];
  });
  EXPECT_GT(answers[Answer::satisfied], trials(80) / 10);
  EXPECT_GT(answers[Answer::violated], trials(80) / 10);
}

// Added neurons, on or off: satisfied only with a = 0 and group sums 0.
TEST(CheckRandom, AddedNeurons) {
  for_each_trial(60, [](Random& random) {
    Problem base = random_problem(mlp({1, 2, 1}, "relu"), 4, "squared", random);
    make_dyadic(base, random);
    for (std::size_t i = 0; i < 4; ++i) base.x.values[i] = static_cast<double>(i / 2) + 1;
    base.y.values = Objective<double>(base).outputs(base.parameters.values).data;
    const double off = random.coin() ? 0 : 0.125, apart = random.eighth();
    base.y.values[0] += apart + off;
    base.y.values[1] -= apart;
    Problem problem = add_neurons(base, "1/4");
    const AddedNeurons at = *problem.model->added();
    problem.parameters.values[at.b] = random.eighth();
    problem.parameters.values[at.w] = random.eighth();
    const bool on = random.coin(0.3);
    if (on) problem.parameters.values[at.a] = 0.25;
    const Verdict v = check(problem, saved_with(random.seed()));
    if (v.reason == Reason::non_differentiable) return;
    const bool minimum = !on && off == 0;
    EXPECT_EQ(v.answer, minimum ? Answer::satisfied : Answer::violated) << words(v);
    EXPECT_TRUE(v.certified) << words(v);
    EXPECT_EQ(has_lower_value_nearby(problem, 1e-1, random), !minimum) << words(v);
  });
}

// Convex problems with weight decay: the saved point is their minimum rounded to 6 digits.
TEST(CheckRandom, StrictMinimaNearTheSavedPoint) {
  for_each_trial(40, [](Random& random) {
    const std::string loss = random.coin() ? "cross_entropy" : random.coin() ? "logistic" : "squared";
    Problem problem = random_problem(mlp({random.between(1, 2), random.between(1, 3)}, ""),
                                     random.between(2, 6), loss, random);
    problem.regularizer = {{0, problem.model->parameters(), "1/8"}};
    Vector<double>& z = problem.parameters.values;
    for (int step = 0; step < 3000; ++step) {  // near it
      const Vector<double> g = Objective<double>(problem).value_gradient(z).gradient;
      for (std::size_t k = 0; k < z.size(); ++k) z[k] -= 0.2 * g[k];
    }
    const PolishOptions options;
    const PolishedPoint point = polish(problem, frozen_structure(problem), options);
    ASSERT_TRUE(point.converged) << point.failure;
    double size = 0;
    for (std::size_t k = 0; k < point.z.size(); ++k) {
      problem.parameters.values[k] = std::nearbyint(to_double(point.z[k]) * 1e6) / 1e6;
      size = std::max(size, std::abs(problem.parameters.values[k]));
    }
    if (size < 1e-2) return;  // the radius is relative to it
    const Verdict v = check(problem);
    EXPECT_EQ(v.answer, Answer::satisfied) << words(v);
    EXPECT_TRUE(v.certified) << words(v);
    EXPECT_EQ(v.reason, Reason::strict_local_minimum);
    EXPECT_LE(v.subject.distance, 5.1e-7);
    // At the polished point, off by 1e-30, nothing is lower by more than that costs.
    EXPECT_GT(to_double(lowest_nearby(problem, point.z, 0.1, 5, random)), -1e-50);
    const Verdict at_point = check(problem, saved_with(1));
    EXPECT_EQ(at_point.answer, Answer::violated) << words(at_point);
    EXPECT_TRUE(at_point.certified) << words(at_point);
  });
}

// Saddles where only curvature falls: never a certified minimum.
TEST(CheckRandom, SaddlesAreNeverMinima) {
  for_each_trial(30, [](Random& random) {
    // x -> w2 w1 x in two dimensions, one singular direction fitted, the larger one not.
    Problem problem = random_problem(mlp({2, 1, 2}, "", false), 2, "squared", random);
    const double large = random.uniform(1.5, 3), small = random.uniform(0.5, 1.2),
                 scale = std::ldexp(1.0, static_cast<int>(random.index(3)) - 1);
    problem.x.values = {1, 0, 0, 1};
    problem.y.values = {large, 0, 0, small};
    problem.parameters.values = {0, scale, 0, small / scale};
    CheckOptions options = saved_with(random.seed());
    options.at_saved = random.coin();
    const Verdict v = check(problem, options);
    EXPECT_NE(v.reason, Reason::global_minimum) << words(v);
    EXPECT_NE(v.reason, Reason::strict_local_minimum) << words(v);
    if (v.certified && v.reason != Reason::regular_critical_point) {
      EXPECT_EQ(v.answer, Answer::violated) << words(v);
    }
  });
}

}  // namespace
}  // namespace pgb::test
