// Degenerate critical points: local minima on level sets, and saddles whose flat set is known to be the
// critical points next to them. Truth from closed forms of the Hessian, and from samples of the loss nearby.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "certify/cases.h"
#include "pgb/certify/check.h"
#include "pgb/io/exact_number.h"
#include "pgb/linalg/approx_dense.h"

namespace pgb::test {
namespace {

std::string text(double x) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", x);
  return buffer;
}

std::string list(const std::vector<double>& values, std::size_t width = 0) {
  std::string all;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (k > 0) all += width > 0 && k % width == 0 ? "], [" : ", ";
    all += text(values[k]);
  }
  return width > 0 ? "[[" + all + "]]" : "[" + all + "]";
}

// c + sum_j v_j s(w_j . x + b_j), two inputs, four samples and two units, all w_j = 0. The deviations of the
// targets from their mean are orthogonal to the inputs, so all points with these outputs are critical.
struct Plateau {
  std::string activation = "tanh";
  std::vector<double> x, deviation, b, v;
  double c = 0.5;

  double s(double t) const { return activation == "tanh" ? std::tanh(t) : 1 / (1 + std::exp(-t)); }
  double slope(double t) const { return activation == "tanh" ? 1 - s(t) * s(t) : s(t) * (1 - s(t)); }
  double curvature(double t) const {
    return activation == "tanh" ? -2 * s(t) * slope(t) : slope(t) * (1 - 2 * s(t));
  }
  // The output bias at which the output is the mean 1/4 of the targets.
  double bias() const { return 0.25 - v[0] * s(b[0]) - v[1] * s(b[1]); }

  Problem problem(const std::string& last_target = "") const {
    std::string y;
    for (std::size_t i = 0; i < 4; ++i)
      y += (i > 0 ? ", [" : "[") +
           (i == 3 && !last_target.empty() ? last_target : text(0.25 + deviation[i])) + "]";
    return loaded(problem_json(mlp_json({2, 2, 1}, activation),
                               R"({ "w1": [[0, 0], [0, 0]], "b1": )" + list(b) + R"(, "w2": )" + list(v, 2) +
                                   R"(, "b2": )" + list({bias()}) + " }",
                               list(x, 2), "[" + y + "]"));
  }

  // The smallest eigenvalue of the Hessian in w_1, w_2 and c: the directions across the level set.
  double smallest_curvature() const {
    Matrix<double> h(5, 5);
    for (std::size_t i = 0; i < 4; ++i) {
      std::vector<double> column;
      for (std::size_t j = 0; j < 2; ++j) {
        for (std::size_t e = 0; e < 2; ++e) column.push_back(v[j] * slope(b[j]) * x[2 * i + e]);
      }
      column.push_back(1);
      for (std::size_t p = 0; p < 5; ++p) {
        for (std::size_t q = 0; q < 5; ++q) {
          h(p, q) += column[p] * column[q] / 2;
          if (p < 4 && q < 4 && p / 2 == q / 2)
            h(p, q) -=
                deviation[i] * v[p / 2] * curvature(b[p / 2]) * x[2 * i + p % 2] * x[2 * i + q % 2] / 2;
        }
      }
    }
    return approx_symmetric_eigenvalues(h).front();
  }
};

Plateau random_plateau(Random& random) {
  Plateau p;
  p.activation = random.coin() ? "tanh" : "sigmoid";
  for (int k = 0; k < 8; ++k) p.x.push_back(random.eighth());
  // Cofactors of the matrix with the columns (1, x_i) are orthogonal to its rows.
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<std::size_t> o;
    for (std::size_t j = 0; j < 4; ++j)
      if (j != i) o.push_back(2 * j);
    const double d = (p.x[o[1]] - p.x[o[0]]) * (p.x[o[2] + 1] - p.x[o[0] + 1]) -
                     (p.x[o[2]] - p.x[o[0]]) * (p.x[o[1] + 1] - p.x[o[0] + 1]);
    p.deviation.push_back((i % 2 == 0 ? d : -d) / 4);
  }
  for (int j = 0; j < 2; ++j) {
    p.b.push_back(random.uniform(-2, 2));
    p.v.push_back(random.uniform(-2, 2));
  }
  return p;
}

TEST(LevelSet, MinimaAreProvenAndNothingElse) {
  std::size_t all = 0, minima = 0, proven = 0;
  for_each_trial(150, [&](Random& random) {
    const Plateau p = random_plateau(random);
    const double curvature = p.smallest_curvature();
    if (std::abs(curvature) < 1e-3 || std::abs(p.v[0] * p.v[1]) < 1e-2) return;
    ++all;
    minima += curvature > 0 ? 1 : 0;
    const Verdict v = check(p.problem());
    if (v.certified && v.reason == Reason::level_set_minimum) {
      ++proven;
      EXPECT_GT(curvature, 0) << "seed " << random.seed();
      if (proven % 8 == 1) {
        for (const certificate::Certificate& proof : v.proofs) EXPECT_TRUE(accepted(proof)) << proof.text;
        const PrecisionScope scope(400);
        const auto& claim = std::get<certificate::LevelSet>(v.proofs.front().claim);
        Vector<Real> z;
        for (const std::string& number : claim.center.numbers)
          z.push_back(from_rational<Real>(io::canonical_rational(number)));
        EXPECT_GE(lowest_nearby(p.problem(), z, 1e-2, 30, random), Real(-1e-45)) << "seed " << random.seed();
      }
    }
    EXPECT_FALSE(v.certified && v.answer == Answer::satisfied && curvature < 0)
        << "seed " << random.seed() << v.explanation;
    // A target a little off, and the points of the level set are not critical any more.
    const std::string off = text(p.deviation[3] + 0.25);
    const bool decimal = off.find('e') == std::string::npos && off.find('.') != std::string::npos;
    if (!decimal) return;
    EXPECT_NE(check(p.problem('"' + off + std::string(30, '0') + "1\"")).reason, Reason::level_set_minimum)
        << "seed " << random.seed();
  });
  std::printf("%zu plateaus, %zu of them minima, %zu proven\n", all, minima, proven);
  EXPECT_GE(10 * proven, 9 * minima);
  EXPECT_GT(minima, 0U);
}

// As examples/zoo/sigmoid, with the targets 0, 0, 1 + delta.
std::string three_samples(const std::string& first_target, const std::string& input = "0") {
  return problem_json(mlp_json({2, 2, 1}, "sigmoid", false),
                      R"({ "w1": [[-1, -1], [-1, -1]], "w2": [["0.6197136380765075392267145785587770829595",
                           "0.6197136380765075392267145785587770829595"]] })",
                      "[[1, " + input + "], [0, 1], [0.5, 0.5]]", "[[" + first_target + "], [0], [1]]");
}

TEST(LevelSet, DataThatAreOffByLittleAreRefused) {
  const Verdict good = check(loaded(three_samples("0")));
  EXPECT_EQ(good.reason, Reason::level_set_minimum);
  EXPECT_TRUE(good.certified);
  EXPECT_TRUE(good.subject.existence_certified);
  EXPECT_LT(good.subject.distance, 1e-39);
  for (const char* const tiny : {"\"1e-40\"", "\"-1e-100\"", "1e-300", "5e-324"}) {
    EXPECT_NE(check(loaded(three_samples(tiny))).reason, Reason::level_set_minimum) << tiny;
    EXPECT_NE(check(loaded(three_samples("0", tiny))).reason, Reason::level_set_minimum) << tiny;
  }
}

TEST(LevelSet, ARegionHoldsItsMinimum) {
  CheckOptions options;
  options.region = 1e-3;
  const Verdict v = check(loaded(three_samples("0")), options);
  EXPECT_EQ(v.answer, Answer::satisfied);
  EXPECT_TRUE(v.certified);
  EXPECT_EQ(v.reason, Reason::local_minimum_in_region);
}

// a tanh(w x) with its strict minimum, split into shares t and 1 - t: a minimum on one side of a sign
// condition, here for 0 < t < 1, and else a saddle at which the condition holds, unless a unit is off.
TEST(IsolatedFlatSet, SplitUnits) {
  const double w = 0.9401757121042769456877459, a = 1.883669255248155324219138;
  const auto verdict = [&](double share) {
    return check(loaded(problem_json(
        mlp_json({1, 2, 1}, "tanh", false),
        R"({ "w1": )" + list({w, w}, 1) + R"(, "w2": )" + list({share * a, (1 - share) * a}, 2) + " }",
        "[[1], [2], [3]]", "[[1], [3], [1]]")));
  };
  for (const double share : {2.0, -1.0, 1.5, -0.25, 17.0, 1.0009765625}) {
    const Verdict v = verdict(share);
    EXPECT_EQ(v.answer, Answer::satisfied) << share;
    EXPECT_EQ(v.reason, Reason::isolated_flat_set) << share << v.explanation;
    EXPECT_TRUE(v.certified);
    EXPECT_NE(v.explanation.find("no local minimum"), std::string::npos) << v.explanation;
    for (const certificate::Certificate& proof : v.proofs)
      EXPECT_TRUE(accepted(proof)) << share << proof.text;
  }
  for (const double share : {0.5, 0.25, 0.9990234375}) {
    const Verdict v = verdict(share);
    EXPECT_EQ(v.reason, Reason::strict_local_minimum) << share;
    EXPECT_TRUE(v.certified);
  }
  // A unit that is off may turn, and then the gradient with respect to its weight is not 0: nothing is said
  // of these shares, but maybe of a point nearby.
  for (const double share : {0.0, 1.0}) {
    const Verdict v = verdict(share);
    if (!v.certified || v.answer != Answer::satisfied) continue;
    for (const certificate::Certificate& proof : v.proofs) {
      const auto* point = std::get_if<certificate::CriticalPoint>(&proof.claim);
      if (point == nullptr) continue;
      ASSERT_FALSE(point->splits.empty());
      const std::string exact = io::canonical_rational(point->splits[0].share);
      EXPECT_NE(exact, "0");
      EXPECT_NE(exact, "1");
      EXPECT_EQ(point->isolated, point->saddle);
    }
  }
}

// (w x)^2 at w = 0 below the target: J = 0, but nearby no other w has the output 0. With a second weight of
// the same size and the other sign the outputs are the same on two lines, and nothing is proven.
TEST(IsolatedFlatSet, MaximaOfSquares) {
  const auto verdict = [](const std::string& model, const std::string& parameters) {
    return check(loaded(problem_json(model, parameters, "[[1], [2]]", "[[1], [3]]")));
  };
  const Verdict one =
      verdict(R"({ "input": 1, "nodes": [{ "op": "linear", "weight": "w" }, { "op": "square" }] })",
              R"({ "w": [[0]] })");
  EXPECT_EQ(one.reason, Reason::isolated_flat_set) << one.explanation;
  EXPECT_TRUE(one.certified);
  for (const certificate::Certificate& proof : one.proofs) EXPECT_TRUE(accepted(proof)) << proof.text;
  const Verdict two = verdict(R"({ "input": 1, "nodes": [{ "op": "linear", "weight": "a" },
                                   { "op": "linear", "weight": "b", "inputs": ["x"] }, { "op": "mul", "inputs": ["0", "1"] }] })",
                              R"({ "a": [[0]], "b": [[0]] })");
  EXPECT_EQ(two.answer, Answer::violated) << two.explanation;
}

}  // namespace
}  // namespace pgb::test
