// pgb::check with models of the caller's own, limits, the stop flag, seeds, regions and a point to compare
// with.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <set>

#include "certify/cases.h"
#include "pgb/certify/check.h"
#include "pgb/io/errors.h"
#include "pgb/model/callable.h"
#include "pgb/report/json.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

struct Decay {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    return {z[0] * exp(S(-z[1] * x[0]))};
  }
};

// (1 - z_0)^2 + 100 (z_1 - z_0^2)^2
struct Rosenbrock {
  template <class S>
  S operator()(const Vector<S>& z) const {
    return square(S(S(1) - z[0])) + S(100) * square(S(z[1] - z[0] * z[0]));
  }
};

struct Saddle {
  template <class S>
  S operator()(const Vector<S>& z) const {
    return z[0] * z[0] - z[1] * z[1];
  }
};

CheckOptions at_saved() {
  CheckOptions options;
  options.at_saved = true;
  return options;
}

Problem decay(double a, double b) {
  Vector<double> y;
  for (int i = 0; i < 4; ++i) y.push_back(2 * std::exp(-0.5 * i));
  return make_problem(make_callable_model(Decay{}, 1, 1, 2), {a, b}, {0, 1, 2, 3}, y);
}

TEST(CheckCallable, CurveFit) {
  Verdict v = check(decay(2.00001, 0.49999));
  EXPECT_EQ(v.answer, Answer::satisfied) << v.explanation;
  EXPECT_TRUE(v.certified) << v.explanation;
  EXPECT_NEAR(v.subject.distance, 1e-5, 1e-12);
  EXPECT_EQ(v.rank, std::optional<std::size_t>(2));
  EXPECT_TRUE(v.families.empty());
  EXPECT_TRUE(v.basis_holds) << "Phi = z_0 dPhi/dz_0 " << v.basis_reason;
  EXPECT_FALSE(v.basis_certified) << "found by a test in double";
  v = check(decay(2.5, 0.5), at_saved());
  EXPECT_EQ(v.answer, Answer::violated);
  EXPECT_EQ(v.reason, Reason::not_critical);
  EXPECT_TRUE(v.certified);
}

TEST(CheckCallable, WithAddedNeurons) {
  const Verdict v = check(add_neurons(decay(2.5, 0.5), "1/4"));
  EXPECT_EQ(v.answer, Answer::violated);
  EXPECT_TRUE(v.certified);
  EXPECT_EQ(v.reason, Reason::no_local_minimum_in_region);
  EXPECT_EQ(v.rank, std::optional<std::size_t>(4));
}

TEST(CheckCallable, WholeObjectives) {
  const auto model = make_objective_model(Rosenbrock{}, 2);
  Verdict v = check(make_problem(model, {1, 1}, {0}, {0}, "value"));
  EXPECT_EQ(v.answer, Answer::satisfied);
  EXPECT_TRUE(v.certified);
  EXPECT_EQ(v.reason, Reason::strict_local_minimum);
  v = check(make_problem(model, {1 - 1e-4, 1}, {0}, {0}, "value"));
  EXPECT_TRUE(v.certified);
  EXPECT_NEAR(v.subject.distance, 1e-4, 1e-12);
  v = check(make_problem(model, {0, 0}, {0}, {0}, "value"));
  EXPECT_EQ(v.answer, Answer::violated);
  EXPECT_EQ(v.reason, Reason::not_critical);
  v = check(make_problem(make_objective_model(Saddle{}, 2), {0, 0}, {0}, {0}, "value"));
  EXPECT_EQ(v.answer, Answer::violated) << "level lines lead to points with a gradient";
  EXPECT_FALSE(v.certified) << v.explanation;
  EXPECT_NE(v.explanation.find("no local minimum"), std::string::npos) << v.explanation;
}

Problem regression(double w, double b) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1}, ""), 3, "squared", random);
  problem.x.values = {-1, 0, 1};
  problem.y.values = {3, 0, 3};
  problem.parameters.values = {w, b};
  return problem;
}

TEST(CheckLimits, LittleMemoryIsSaidAndDecidesNothing) {
  Random random(2);
  Problem problem = random_problem(mlp({2, 6, 2}), 30, "squared", random);
  fill(problem, "w2", 0);
  CheckOptions options = at_saved();
  const Verdict with = check(problem, options);
  options.max_memory = 2000;
  const Verdict without = check(problem, options);
  EXPECT_TRUE(with.skipped.empty());
  EXPECT_FALSE(without.skipped.empty());
  for (const Skipped& skipped : without.skipped) {
    EXPECT_FALSE(skipped.what.empty());
    EXPECT_NE(skipped.why.find("GiB"), std::string::npos) << skipped.why;
  }
  EXPECT_EQ(with.answer, without.answer);
  EXPECT_EQ(with.certified, without.certified);
  EXPECT_EQ(with.reason, without.reason);
  EXPECT_TRUE(with.rank);
  EXPECT_FALSE(without.rank);
}

TEST(CheckLimits, StopFlag) {
  const std::atomic<bool> stop{true};
  for (const Problem& problem : {regression(1e-4, 2), regression(0, 2), regression(1, 1)}) {
    CheckOptions options;
    options.stop = &stop;
    const Verdict v = check(problem, options);
    EXPECT_NE(v.notes.back().find("Stopped"), std::string::npos);
    EXPECT_FALSE(v.rank);
    EXPECT_FALSE(v.loss.empty());
    // What was decided all the same is true.
    if (v.certified) {
      EXPECT_EQ(v.answer, problem.parameters.values[0] == 0 ? Answer::satisfied : Answer::violated);
    }
  }
}

TEST(CheckLimits, ProgressNamesStages) {
  Random random(2);
  std::set<std::string> stages;
  CheckOptions options;
  options.progress = [&](const std::string& stage, double fraction) {
    stages.insert(stage);
    EXPECT_LE(fraction, 1);
  };
  check(random_problem(mlp({2, 3, 1}), 8, "squared", random), options);
  EXPECT_GE(stages.size(), 3u);
}

TEST(CheckSeeds, SameSeedSameVerdict) {
  Random random(3);
  Problem problem = random_problem(mlp({1, 2, 1}), 6, "squared", random);
  fill(problem, "w2", 0);
  set(problem, "b2", {0.5});
  problem.y.values = {0, 1, 0.25, 0.75, 0.5, 0.5};  // mean 1/2
  const auto json = [&](std::uint64_t seed) {
    CheckOptions options;
    options.seed = seed;
    Verdict v = check(problem, options);
    v.seconds = 0;
    return verdict_json(v);
  };
  EXPECT_EQ(json(1), json(1));
  EXPECT_NE(json(1), json(2));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CheckOptions options;
    options.seed = seed;
    const Verdict v = check(problem, options);
    EXPECT_EQ(v.answer, Answer::violated);
    EXPECT_EQ(v.reason, Reason::not_critical) << "d w2 sees the features of the units as they are";
    EXPECT_EQ(v.rank, std::optional<std::size_t>(6));
  }
}

TEST(CheckSeeds, ThreadsDoNotChangeTheVerdict) {
  Random random(4);
  const Problem problem = random_problem(mlp({2, 3, 1}), 12, "squared", random);
  CheckOptions one = at_saved(), four = at_saved();
  four.threads = 4;
  Verdict a = check(problem, one), b = check(problem, four);
  a.seconds = b.seconds = 0;
  EXPECT_EQ(verdict_json(a), verdict_json(b));
}

TEST(CheckRegion, AroundARegression) {
  CheckOptions options;
  options.region = 0.5;
  Verdict v = check(regression(1, 1), options);  // the minimum (0, 2) is 1 away
  EXPECT_EQ(v.answer, Answer::violated);
  EXPECT_TRUE(v.certified);
  EXPECT_EQ(v.reason, Reason::no_local_minimum_in_region);
  options.region = 1.5;
  v = check(regression(1, 1), options);
  EXPECT_FALSE(v.certified && v.answer == Answer::violated) << "it holds the minimum";
  options.region = 1e-3;
  v = check(regression(1e-4, 2), options);
  EXPECT_EQ(v.answer, Answer::satisfied) << v.explanation;
  EXPECT_EQ(v.reason, Reason::local_minimum_in_region);
  EXPECT_TRUE(v.certified);
}

TEST(CheckRegion, LargestNeverReachesTheMinimum) {
  for_each_trial(5, [](Random& random) {
    const double off = random.uniform(0.1, 2);
    CheckOptions options;
    options.region_max = true;
    const Verdict v = check(regression(off, 2), options);
    EXPECT_EQ(v.answer, Answer::violated) << v.explanation;
    ASSERT_TRUE(v.certified);
    ASSERT_TRUE(v.witness);
    // "No point within 1.23 of the saved one …"
    const double radius =
        std::strtod(v.explanation.c_str() + std::string("No point within ").size(), nullptr);
    EXPECT_LT(radius, off) << v.explanation;
    EXPECT_GT(radius, 0.9 * off) << v.explanation;
  });
}

// Q = ((w^2 - 1)^2 + …) has its minima at +-1 and a maximum at 0: f = w^2, target 1.
Problem double_well(double w) {
  Random random(1);
  Network net(1);
  const std::string f = net.node("square", {net.linear("x", 1, 1, random, false)});
  Problem problem = random_problem(net.build(f), 1, "squared", random);
  problem.x.values = {1};
  problem.y.values = {1};
  problem.parameters.values = {w};
  return problem;
}

TEST(CheckRegion, InPartsWhereOneEnclosureIsTooWide) {
  CheckOptions options;
  options.at_saved = true;
  options.region = 0.99;  // holds the maximum 0 and the points where the curvature changes its sign
  Verdict v = check(double_well(0), options);
  EXPECT_EQ(v.answer, Answer::violated) << v.explanation;
  EXPECT_TRUE(v.certified);
  EXPECT_EQ(v.reason, Reason::no_local_minimum_in_region);
  ASSERT_TRUE(v.witness);
  EXPECT_EQ(v.witness->kind, "boxes");
  options.region = 1.5;  // holds both minima, and nothing else that is one
  v = check(double_well(0), options);
  EXPECT_EQ(v.answer, Answer::satisfied) << v.explanation;
  EXPECT_EQ(v.reason, Reason::local_minimum_in_region);
  EXPECT_TRUE(v.certified);
  EXPECT_NE(v.explanation.find("2 local minima"), std::string::npos) << v.explanation;
  options.region.reset();
  options.region_max = true;
  v = check(double_well(0.5), options);
  EXPECT_EQ(v.answer, Answer::violated) << v.explanation;
  const double radius = std::strtod(v.explanation.c_str() + std::string("No point within ").size(), nullptr);
  EXPECT_LT(radius, 0.5);
  EXPECT_GT(radius, 0.49);
}

TEST(CheckRegion, StopsInParts) {
  const std::atomic<bool> stop{true};
  CheckOptions options;
  options.at_saved = true;
  options.region = 1.5;
  options.stop = &stop;
  EXPECT_FALSE(check(double_well(0), options).certified);
}

TEST(CheckCompare, LowerElsewhere) {
  CheckOptions options = at_saved();
  options.compare = to_tensor(Vector<double>{0, 2});
  std::string all;
  for (const std::string& note : check(regression(1, 2), options).notes) all += note;
  EXPECT_NE(all.find("Suboptimal (proven)"), std::string::npos) << all;
  all.clear();
  for (const std::string& note : check(regression(0, 2), options).notes) all += note;
  EXPECT_EQ(all.find("Suboptimal (proven)"), std::string::npos) << all;
  options.compare = to_tensor(Vector<double>{0, 2, 3});
  EXPECT_THROW(check(regression(0, 2), options), InputError);
}

TEST(CheckInput, LossesThatAreNotFinite) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1, 1, 1}, "exp"), 2, "squared", random);
  problem.x.values = {1, 2};
  set(problem, "w1", {1e300});
  set(problem, "w2", {1});
  EXPECT_THROW(check(problem), InputError);
  // Far outside the doubles, but finite: there is an answer.
  problem = random_problem(mlp({1, 1, 1}, "exp"), 2, "squared", random);
  problem.x.values = {1, 2};
  set(problem, "w1", {1e4});
  set(problem, "w2", {1});
  const Verdict v = check(problem);
  EXPECT_EQ(v.answer, Answer::violated) << v.explanation;
  EXPECT_EQ(v.reason, Reason::not_critical);
}

}  // namespace
}  // namespace pgb::test
