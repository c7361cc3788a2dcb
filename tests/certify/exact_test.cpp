// Points that are critical in exact rational numbers, where balls and doubles cannot tell.
#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <string>
#include <variant>
#include <vector>

#include "certify/cases.h"
#include "pgb/certify/check.h"
#include "pgb/certify/exact_critical.h"

namespace pgb::test {
namespace {

using Rational = boost::multiprecision::cpp_rational;
using Rationals = std::vector<Rational>;

std::string quoted(const Rational& q) { return '"' + q.str() + '"'; }

std::string column(const Rationals& list) {
  std::string text;
  for (const Rational& q : list) text += (text.empty() ? "[" : ", [") + quoted(q) + "]";
  return "[" + text + "]";
}

std::string row(const Rationals& list) {
  std::string text;
  for (const Rational& q : list) text += (text.empty() ? "" : ", ") + quoted(q);
  return "[" + text + "]";
}

void expect_all_accepted(const Verdict& v) {
  EXPECT_FALSE(v.proofs.empty());
  for (const certificate::Certificate& proof : v.proofs) EXPECT_TRUE(accepted(proof)) << proof.text;
}

// All weights 0, the output bias `bias`; the mean of the targets is 7/3.
Problem constant_network(const std::string& activation, const std::string& bias,
                         const std::string& loss = "squared") {
  return loaded(problem_json(mlp_json({1, 2, 1}, activation),
                             R"({ "w1": [[0], [0]], "b1": [0, 0], "w2": [[0, 0]], "b2": [)" + bias + "] }",
                             "[[1], [2], [3]]", "[[1], [2], [4]]", loss));
}

TEST(Exact, AllZeroNetworkAtARationalMeanIsProvenToViolate) {
  for (const char* const activation : {"tanh", "sin", "erf", "gelu", "silu"}) {
    for (const char* const loss : {"squared", "mse"}) {
      const Verdict v = check(constant_network(activation, "\"7/3\"", loss));
      EXPECT_EQ(v.answer, Answer::violated) << activation;
      EXPECT_EQ(v.reason, Reason::flat_direction) << activation;
      EXPECT_TRUE(v.certified) << activation;
      EXPECT_FALSE(v.subject.polished);
      EXPECT_EQ(v.gradient_norm, "0");
      expect_all_accepted(v);
    }
  }
}

// The saved point is not critical, by one unit of the 40th digit or of a double; the exact one nearby is.
TEST(Exact, APointNearARationalOneIsNotTakenForIt) {
  for (const char* const bias : {"\"2.3333333333333333333333333333333333333334\"", "2.3333333333333335"}) {
    const Problem problem = constant_network("tanh", bias);
    EXPECT_FALSE(certify_critical(problem));
    CheckOptions saved;
    saved.at_saved = true;
    EXPECT_EQ(check(problem, saved).reason, Reason::not_critical);
    const Verdict v = check(problem);
    EXPECT_EQ(v.answer, Answer::violated);
    EXPECT_TRUE(v.certified);
    EXPECT_TRUE(v.subject.polished && v.subject.existence_certified);
    EXPECT_GT(v.subject.distance, 0);
    ASSERT_FALSE(v.proofs.empty());
    const auto* flat = std::get_if<certificate::FlatDirection>(&v.proofs[0].claim);
    ASSERT_NE(flat, nullptr);
    EXPECT_EQ(flat->center.numbers.back(), "7/3");
    expect_all_accepted(v);
  }
}

// f = v_1 relu(w_1 x + b_1) + v_2 relu(w_2 x + b_2) + c at x = 0, ..., 5 with rational numbers, units that
// are on, off, or on from x = 3; a combination of (1, -2, 1, 0, 0, 0) and (0, 0, 0, 1, -2, 1) for the
// residuals is orthogonal to every column of J. One number in 10^40 changes that, or not: gradients in
// rational numbers tell.
struct Pieces {
  Rationals w, b, v, y;
  Rational c;

  Rational argument(std::size_t j, int x) const { return w[j] * x + b[j]; }
  Rational output(int x) const {
    Rational f = c;
    for (std::size_t j = 0; j < 2; ++j) f += v[j] * std::max(Rational(0), argument(j, x));
    return f;
  }
  bool is_critical() const {
    Rationals gradient(7);
    for (int x = 0; x < 6; ++x) {
      const Rational r = output(x) - y[static_cast<std::size_t>(x)];
      for (std::size_t j = 0; j < 2; ++j) {
        if (argument(j, x) <= 0) continue;
        gradient[j] += r * v[j] * x;
        gradient[2 + j] += r * v[j];
        gradient[4 + j] += r * argument(j, x);
      }
      gradient[6] += r;
    }
    return gradient == Rationals(7);
  }
  Problem problem() const {
    return loaded(problem_json(mlp_json({1, 2, 1}, "relu"),
                               R"({ "w1": )" + column(w) + R"(, "b1": )" + row(b) + R"(, "w2": [)" + row(v) +
                                   R"(], "b2": )" + row({c}) + " }",
                               "[[0], [1], [2], [3], [4], [5]]", column(y)));
  }
};

Rational small(Random& random) {
  return Rational(static_cast<int>(random.between(1, 19)), static_cast<int>(random.between(1, 19)));
}

TEST(Exact, CriticalPointsOfReluNetworksAreToldByRationalGradients) {
  std::size_t critical = 0, proven = 0, checked = 0, all = 0;
  for_each_trial(200, [&](Random& random) {
    Pieces p;
    for (std::size_t j = 0; j < 2; ++j) {
      const Rational w = small(random);
      const std::size_t kind = random.index(3);  // on, off, on from x = 3
      p.w.push_back(kind == 1 ? Rational(-w) : w);
      p.b.push_back(kind == 0 ? small(random) : kind == 1 ? Rational(-small(random)) : Rational(-w * 5 / 2));
      p.v.push_back(random.coin() ? small(random) : Rational(-small(random)));
    }
    p.c = small(random);
    const Rational early = small(random), late = random.coin(0.3) ? Rational(0) : small(random);
    const int pattern[] = {1, -2, 1};
    for (int x = 0; x < 6; ++x) p.y.push_back(p.output(x) - (x < 3 ? early : late) * pattern[x % 3]);
    const Rational tiny = Rational(1) / Rational("10000000000000000000000000000000000000000");
    if (random.coin()) {
      Rationals& list = std::vector<Rationals*>{&p.w, &p.b, &p.v, &p.y}[random.index(4)][0];
      list[random.index(list.size())] += tiny;
    }
    const Problem problem = p.problem();
    ++all;
    critical += p.is_critical() ? 1 : 0;
    EXPECT_EQ(certify_critical(problem), p.is_critical()) << "seed " << random.seed();
    CheckOptions saved;
    saved.at_saved = true;
    const Verdict v = check(problem, saved);
    EXPECT_EQ(v.reason == Reason::not_critical, !p.is_critical())
        << "seed " << random.seed() << v.explanation;
    if (!v.certified || v.reason == Reason::not_critical) return;
    ++proven;
    if (checked < trials(20)) expect_all_accepted(v);
    ++checked;
  });
  std::printf("%zu networks, %zu critical, the condition decided with proof at %zu of these\n", all, critical,
              proven);
  EXPECT_GE(2 * proven, critical);
}

// Features that no parameter enters: their span holds that of the gradients. tanh(-x) = -tanh(x) is all that
// is known of tanh.
TEST(Exact, FixedFeaturesBoundTheSpan) {
  const auto verdict = [](const std::string& y, const std::string& bias) {
    const std::string model = R"({ "input": 1, "nodes": [{ "op": "tanh" },
                                   { "op": "linear", "weight": "v", "bias": "c" }] })";
    return check(
        loaded(problem_json(model, R"({ "v": [[0]], "c": [)" + bias + "] }", "[[-1], [0], [1]]", y)));
  };
  Verdict v = verdict("[[1], [2], [1]]", "\"4/3\"");
  EXPECT_EQ(v.reason, Reason::orthogonal_to_span_bound);
  EXPECT_TRUE(v.certified);
  expect_all_accepted(v);
  EXPECT_NE(v.notes.front().find("global minimum of this model (proven)"), std::string::npos)
      << v.notes.front();
  v = verdict("[[1], [2], [1.0000000000000002]]", "\"4/3\"");
  EXPECT_NE(v.reason, Reason::orthogonal_to_span_bound);
  v = verdict("[[1], [2], [1]]", "\"1.33333333333333333333333333333333333334\"");
  EXPECT_TRUE(v.subject.polished);
}

}  // namespace
}  // namespace pgb::test
