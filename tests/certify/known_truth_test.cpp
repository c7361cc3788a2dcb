// pgb::check on at least 500 random problems whose truth is known without it: not one false "certified". The
// counts are printed; PGB_TEST_SCALE scales them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "certify/cases.h"
#include "pgb/certify/check.h"
#include "pgb/derivatives/objective.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

// What is true of the critical point that is nearest to the saved one; `violated` where flat perturbations
// lead away.
enum class Truth { minimum, saddle, violated };

struct Known {
  Problem problem;
  Truth truth = Truth::minimum;
  bool global = false;   // a global minimum
  double tolerance = 0;  // how far the critical point may be from the saved one; 0: it is the saved one
};

struct Count {
  std::size_t problems = 0, certified = 0, existence = 0, accepted = 0;
};

std::string words(const Verdict& v) {
  std::string text = std::string(answer_name(v.answer)) + (v.certified ? ", certified, " : ", ") +
                     reason_name(v.reason) + ": " + v.explanation;
  for (const std::string& note : v.notes) text += "\n  " + note;
  return text;
}

bool mentions(const Verdict& v, const std::string& what) {
  for (const std::string& note : v.notes) {
    if (note.find(what) != std::string::npos) return true;
  }
  return v.explanation.find(what) != std::string::npos;
}

// Every statement of the verdict that is called certified or proven, against the truth.
void expect_true(const Verdict& v, const Known& known) {
  const bool minimum_claimed =
      v.certified && (v.reason == Reason::strict_local_minimum || v.reason == Reason::global_minimum ||
                      mentions(v, "is a local minimum (proven)"));
  if (minimum_claimed) {
    EXPECT_EQ(known.truth, Truth::minimum) << words(v);
  }
  if (v.certified && v.reason == Reason::global_minimum) {
    EXPECT_TRUE(known.global) << words(v);
  }
  if (v.certified && v.answer == Answer::satisfied) {
    EXPECT_NE(known.truth, Truth::violated) << words(v);
  }
  if (v.certified && v.answer == Answer::violated && v.reason != Reason::not_critical) {
    EXPECT_NE(known.truth, Truth::minimum) << words(v);
  }
  if (v.certified && v.reason == Reason::flat_direction) {
    EXPECT_EQ(known.truth, Truth::violated) << words(v);
  }
  if (v.certified && v.reason == Reason::not_critical) {
    EXPECT_GT(known.tolerance, 0) << words(v);
  }
  if (mentions(v, "Not a local minimum (proven)") || mentions(v, "negative curvature (proven)")) {
    EXPECT_NE(known.truth, Truth::minimum) << words(v);
  }
  if (v.subject.existence_certified && v.subject.polished) {
    EXPECT_LE(v.subject.distance, known.tolerance) << words(v);
  }
}

double smooth(double t, const std::string& s) { return s == "tanh" ? std::tanh(t) : std::erf(t); }

// |A (z - c)|^2, a quadratic in coordinates of its own: A random and invertible as data, A c as targets.
Known quadratic(Random& random) {
  const std::size_t n = random.between(1, 4);
  Problem problem = random_problem(mlp({n, 1}, "", false), n + random.index(3), "squared", random);
  Vector<double> c;
  for (std::size_t k = 0; k < n; ++k) c.push_back(random.eighth());
  for (double& x : problem.x.values) x = random.eighth();
  for (std::size_t i = 0; i < n; ++i)
    problem.x.values[i * n + i] += 4;  // diagonally dominant in the first n samples
  problem.parameters.values = c;
  problem.y.values = Objective<double>(problem).outputs(c).data;
  const bool exact = random.coin();
  if (!exact) problem.parameters.values[0] += 1e-9;
  return {std::move(problem), Truth::minimum, true, exact ? 0 : 2e-9};
}

// Targets that the network itself gives, rounded: an interpolating minimum, or with more samples than
// parameters a strict one with small residuals.
Known planted(Random& random) {
  const std::size_t width = random.between(1, 2);
  const std::string s = random.coin() ? "tanh" : "erf";
  const std::size_t m = random.between(2, 8);
  Problem problem = random_problem(mlp({1, width, 1}, s), m, "squared", random);
  Vector<double>& z = problem.parameters.values;
  for (double& x : z) x = random.uniform(0.5, 1.5) * (random.coin() ? 1 : -1);
  for (std::size_t i = 0; i < m; ++i)
    problem.x.values[i] = -2 + 4.0 * static_cast<double>(i) / static_cast<double>(m);
  problem.y.values = Objective<double>(problem).outputs(z).data;
  const bool fits = m <= z.size();
  for (double& x : z) x += random.uniform(-1e-9, 1e-9);
  return {std::move(problem), Truth::minimum, fits, 1.5e-3};
}

// y = w_2 w_1 x with w_1 w_2 = 0 at one of two singular directions: a saddle that is regular, or all zeros:
// violated.
Known saddle(Random& random) {
  Problem problem = random_problem(mlp({2, 1, 2}, "", false), 2, "squared", random);
  const double large = random.uniform(1.5, 3), small = random.uniform(0.5, 1.2),
               scale = std::ldexp(1.0, static_cast<int>(random.index(3)) - 1);
  problem.x.values = {1, 0, 0, 1};
  problem.y.values = {large, 0, 0, small};
  const bool zero = random.coin(0.3);
  problem.parameters.values = {0, zero ? 0 : scale, 0, zero ? 0 : small / scale};
  return {std::move(problem), zero ? Truth::violated : Truth::saddle, false, 1e-9};
}

// The minimum of mean (a s(w x) - y)^2 over (w, a), by Newton's method from a scan in double, and the sign of
// C = mean residual a s''(w x) x^2, which decides what the split point is (see below).
struct Small {
  double w = 0, a = 0, c = 0;
  bool good = false;
};
Small small_minimum(const Vector<double>& x, const Vector<double>& y, const std::string& s) {
  const auto best_a = [&](double w) {
    double hh = 0, hy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double h = smooth(w * x[i], s);
      hh += h * h;
      hy += h * y[i];
    }
    return hy / hh;
  };
  const auto value = [&](double w) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(best_a(w) * smooth(w * x[i], s) - y[i], 2);
    return sum;
  };
  Small best;
  double lowest = 1e300;
  for (double w = 0.1; w < 3; w += 0.02) {
    if (value(w) < lowest) lowest = value(best.w = w);
  }
  if (best.w < 0.11 || best.w > 2.97) return best;
  double low = best.w - 0.02, high = best.w + 0.02;
  for (int k = 0; k < 200; ++k) {  // golden section; Newton's method of the program does the rest
    const double p = low + 0.382 * (high - low), q = high - 0.382 * (high - low);
    (value(p) < value(q) ? high : low) = value(p) < value(q) ? q : p;
  }
  best.w = (low + high) / 2;
  best.a = best_a(best.w);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = best.w * x[i], u = smooth(t, s);
    const double bend = s == "tanh" ? -2 * u * (1 - u * u) : -4 * t / std::sqrt(M_PI) * std::exp(-t * t);
    best.c += (best.a * u - y[i]) * best.a * bend * x[i] * x[i];
  }
  best.good = std::abs(best.a) > 0.2 && std::abs(best.c) > 1e-2 && lowest > 1e-2;
  return best;
}

// (t a, w), ((1 - t) a, w) where (a, w) is a strict minimum of the smaller network. Along (w_1, w_2) = ((1 -
// t), -t) the second derivative is 2 t (1 - t) c / m times a positive number, everywhere else it is that of
// the smaller network: a minimum (strict up to t) for t (1 - t) c > 0, a saddle for t (1 - t) c < 0.
Known embedded(Random& random) {
  const std::string s = random.coin() ? "tanh" : "erf";
  for (;;) {
    const std::size_t m = random.between(3, 6);
    Vector<double> x, y;
    for (std::size_t i = 0; i < m; ++i) {
      x.push_back(random.uniform(0.2, 3));
      y.push_back(random.uniform(-1, 3));
    }
    const Small small = small_minimum(x, y, s);
    if (!small.good) continue;
    Problem problem = random_problem(mlp({1, 2, 1}, s, false), m, "squared", random);
    problem.x.values = x;
    problem.y.values = y;
    const double t = random.coin()   ? random.uniform(0.2, 0.8)
                     : random.coin() ? random.uniform(1.2, 2)
                                     : -random.uniform(0.2, 1);
    problem.parameters.values = {small.w, small.w, t * small.a, (1 - t) * small.a};
    return {std::move(problem), t * (1 - t) * small.c > 0 ? Truth::minimum : Truth::saddle, false, 1e-5};
  }
}

// A line through residuals orthogonal to x and 1, as relu units on one piece: a minimum, global for the
// identity.
Known on_one_piece(Random& random) {
  const bool relu = random.coin(0.7);
  Problem problem = random_problem(mlp({1, 1, 1}, relu ? "relu" : ""), 3, "squared", random);
  const double w = std::ldexp(random.coin() ? 1 : -1, static_cast<int>(random.index(3))),
               v = random.eighth() + 0.0625, c = random.eighth(), r = random.eighth() + 0.0625, b = 8;
  problem.x.values = {-1, 0, 1};
  problem.parameters.values = {w, b, v, c};
  for (std::size_t i = 0; i < 3; ++i) {
    problem.y.values[i] = v * (w * problem.x.values[i] + b) + c + (i == 1 ? -2 * r : r);
  }
  return {std::move(problem), Truth::minimum, !relu, 0};
}

// Zero outgoing weights and targets that correlate with what the free units could add.
Known zero_outgoing(Random& random) {
  Problem problem = random_problem(mlp({1, 1, 1}, "tanh"), 3, "squared", random);
  const double c = random.eighth(), r = random.eighth() + 0.0625;
  problem.x.values = {-1, 0, 2};
  problem.parameters.values = {random.eighth() + 0.0625, 0, 0, c};
  problem.y.values = {c + 2 * r, c - r, c - r};  // mean c
  problem.parameters.values[0] = 0;
  return {std::move(problem), Truth::violated, false, 0};
}

TEST(KnownTruth, NotOneFalseCertified) {
  const std::vector<std::pair<std::string, std::function<Known(Random&)>>> kinds{
      {"quadratics in disguise", quadratic},
      {"planted minima", planted},
      {"saddles", saddle},
      {"embedded networks", embedded},
      {"units on one piece", on_one_piece},
      {"zero outgoing weights", zero_outgoing}};
  std::map<std::string, Count> counts;
  Count total;
  for (const auto& [name, make] : kinds) {
    Count& count = counts[name];
    for_each_trial(150, [&](Random& random) {
      const Known known = make(random);
      CheckOptions options;
      options.seed = random.seed();
      const Verdict v = check(known.problem, options);
      expect_true(v, known);
      ++count.problems;
      count.certified += v.certified ? 1 : 0;
      count.existence += v.subject.existence_certified ? 1 : 0;
      EXPECT_EQ(v.certified && v.proofs.empty(), false) << words(v);
      for (const certificate::Certificate& proof : v.proofs) {
        if (count.problems % 10 != 0) continue;  // of every tenth problem
        EXPECT_TRUE(accepted(proof)) << words(v) << "\n" << certificate::write_certificate(proof);
        ++count.accepted;
      }
    });
    total.problems += count.problems;
    total.certified += count.certified;
    std::printf(
        "%-24s %4zu problems, %4zu verdicts certified, %4zu with existence; pgbverify tried on %zu proofs\n",
        name.c_str(), count.problems, count.certified, count.existence, count.accepted);
  }
  std::printf("%-24s %4zu problems, %4zu verdicts certified, none false\n", "in all", total.problems,
              total.certified);
  EXPECT_GE(total.problems, trials(900));
  EXPECT_GE(total.certified, total.problems / 2);
}

}  // namespace
}  // namespace pgb::test
