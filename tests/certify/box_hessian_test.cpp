// Enclosures of Hessians over boxes, column by column and many columns at a time: every Hessian in the box is
// in them.
#include "pgb/certify/box_hessian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "pgb/certify/graph_hessian.h"
#include "pgb/certify/interval_panel.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/parallel.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

std::vector<std::size_t> all_of(std::size_t n) {
  std::vector<std::size_t> s(n);
  std::iota(s.begin(), s.end(), std::size_t{0});
  return s;
}

Vector<Ball> box_around(const Vector<double>& z, double radius) {
  Vector<Ball> box;
  for (const double x : z) box.push_back(Ball::with_radius(Ball(x), radius));
  return box;
}

void expect_inside(const Matrix<Ball>& exact, const std::vector<std::size_t>& s, const IntervalMatrix& h) {
  ASSERT_EQ(h.rows(), s.size());
  for (std::size_t c = 0; c < s.size(); ++c) {
    for (std::size_t r = 0; r < s.size(); ++r) {
      const Ball slack = Ball(h.radius(r, c)) - pgb::abs(exact(s[r], s[c]) - Ball(h.mid(r, c)));
      ASSERT_FALSE(slack.certainly_negative())
          << "entry " << r << ", " << c << ": " << exact(s[r], s[c]).to_string() << " not in " << h.mid(r, c)
          << " +- " << h.radius(r, c);
    }
  }
}

// A random graph, with every loss; nothing where a box holds a kink.
TEST(BoxHessian, HoldsTheHessiansOfTheBox) {
  std::size_t covered = 0;
  for_each_trial(60, [&](Random& random) {
    NetworkOptions network;
    network.nodes = random.between(2, 8);
    const auto model = random_network(random, network);
    Problem problem =
        random_problem(model, random.between(1, 5), kLosses[random.index(kLosses.size())], random);
    const std::size_t n = model->parameters();
    if (random.coin()) problem.regularizer.push_back({0, random.between(1, n), "1/3"});
    const double radius = random.coin(0.2) ? 0 : std::exp2(random.uniform(-40, -6));
    std::vector<std::size_t> s;
    for (std::size_t k = 0; k < n; ++k) {
      if (random.coin(0.8)) s.push_back(k);
    }
    if (s.empty()) s = all_of(n);
    const PrecisionScope scope(100);
    const Vector<Ball> box = box_around(problem.parameters.values, radius);
    if (!Objective<Ball>(problem).kinks(box).empty()) return;
    const IntervalMatrix slow = box_hessian(problem, box, s),
                         precise = to_interval(box_hessian_balls(problem, box, s));
    const auto fast = graph_hessian(problem, box, s, {});
    covered += fast ? 1 : 0;
    for (int t = 0; t < 3; ++t) {
      Vector<double> z = problem.parameters.values;
      for (double& x : z) x += radius * 0.999 * (random.coin() ? random.uniform() : random.coin() ? 1 : -1);
      const PrecisionScope exact(200);
      const Vector<Ball> point = box_around(z, 0);
      const Matrix<Ball> h = HessianOperator<Ball>(problem, point).dense();
      expect_inside(h, s, slow);
      expect_inside(h, s, precise);
      if (fast) expect_inside(h, s, *fast);
    }
    if (!fast) return;
    double largest_fast = 0, largest_slow = 0, size = 1;
    for (std::size_t t = 0; t < slow.radius.data.size(); ++t) {
      largest_fast = std::max(largest_fast, fast->radius.data[t]);
      largest_slow = std::max(largest_slow, slow.radius.data[t]);
      size = std::max(size, std::abs(slow.mid.data[t]));
    }
    EXPECT_LE(largest_fast, 20 * largest_slow + 1e-11 * size);
  });
  EXPECT_GT(covered, 0u);
}

// Several blocks of samples, several panels, several threads: the same enclosures.
TEST(BoxHessian, BlocksAndThreads) {
  Random random(4);
  Network net(3);
  const std::string hidden = net.node("tanh", {net.linear("x", 3, 16, random)});
  const auto model = net.build(net.linear(hidden, 16, 2, random));
  const Problem problem = random_problem(model, 700, "cross_entropy", random);
  const PrecisionScope scope(80);
  const Vector<Ball> box = box_around(problem.parameters.values, 1e-7);
  const auto s = all_of(model->parameters());
  BoxHessianOptions options;
  const IntervalMatrix one = box_hessian(problem, box, s, options);
  options.threads = 3;
  double last = 0;
  options.progress = [&](double fraction) { last = std::max(last, fraction); };
  const IntervalMatrix three = box_hessian(problem, box, s, options);
  EXPECT_EQ(one.mid.data, three.mid.data);
  EXPECT_EQ(one.radius.data, three.radius.data);
  EXPECT_LE(last, 1);
  const Vector<Ball> point = box_around(problem.parameters.values, 0);
  const HessianOperator<Ball> hessian(problem, point);
  for (const std::size_t c : {0u, 50u, 97u}) {
    Vector<Ball> unit(s.size(), Ball(0));
    unit[c] = Ball(1);
    const Vector<Ball> column = hessian(unit);
    for (std::size_t r = 0; r < s.size(); ++r) {
      EXPECT_TRUE(Ball::with_radius(Ball(one.mid(r, c)), one.radius(r, c)).overlaps(column[r]))
          << r << " " << c;
    }
  }
  for (std::size_t c = 0; c < s.size(); ++c) {
    for (std::size_t r = 0; r < c; ++r) ASSERT_EQ(one.mid(r, c), one.mid(c, r));
  }
  const Matrix<double> about = approx_hessian(problem, problem.parameters.values, s, options);
  for (std::size_t t = 0; t < about.data.size(); ++t) EXPECT_NEAR(about.data[t], one.mid.data[t], 1e-6);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  for (const double r : box_hessian(problem, box, s, options).radius.data) ASSERT_EQ(r, inf().radius());
}

// exp over a box on which it overflows: nothing is known, nothing is claimed.
TEST(BoxHessian, Overflow) {
  Random random(4);
  Network net(1);
  const auto model = net.build(net.node("exp", {net.linear("x", 1, 1, random)}));
  const Problem problem = make_problem(model, {1, 0}, {1000}, {0});
  const PrecisionScope scope(64);
  const Vector<Ball> box = box_around({1, 0}, 0.5);
  for (const IntervalMatrix& h :
       {box_hessian(problem, box, {0, 1}), *graph_hessian(problem, box, {0, 1}, {})}) {
    for (const double r : h.radius.data) EXPECT_EQ(r, inf().radius());
  }
}

TEST(BoxHessian, NotCovered) {
  Random random(4);
  Network net(2);
  const std::string a = net.linear("x", 2, 1, random);
  const auto model = net.build(net.node("mul", {a, a}));
  const Problem problem = random_problem(model, 3, "squared", random);
  const Vector<Ball> box = box_around(problem.parameters.values, 1e-3);
  EXPECT_FALSE(graph_hessian(problem, box, {0}, {}));
  const Problem augmented = add_neurons(random_problem(net.build(a), 3, "squared", random), "1");
  EXPECT_FALSE(graph_hessian(augmented, box_around(augmented.parameters.values, 0), {0}, {}));
}

// Products and sums of two enclosures hold those of every pair of points, at the ends as well and where
// doubles underflow.
TEST(IntervalPanel, Entries) {
  using graph_hessian_detail::Entry;
  const PrecisionScope exact(8000);
  for_each_trial(500, [](Random& random) {
    const int low = random.coin(0.2) ? -700 : -20, high = random.coin(0.2) ? 400 : 20;
    const auto entry = [&] {
      const double m = random.coin(0.1) ? 0 : random.of_any_size(low, high);
      return Entry{m, random.coin(0.2) ? 0 : std::abs(random.of_any_size(low, high))};
    };
    const auto point = [&](const Entry& e) {
      return Ball(e.m) + Ball(e.r) * Ball(random.coin() ? random.uniform() : random.coin() ? 1 : -1);
    };
    const auto holds = [](const Entry& e, const Ball& x) {
      return (Ball(e.r) - pgb::abs(x - Ball(e.m))).certainly_nonnegative();
    };
    const Entry a = entry(), b = entry();
    for (int t = 0; t < 8; ++t) {
      const Ball x = point(a), y = point(b);
      EXPECT_TRUE(holds(product(a, b), x * y));
      EXPECT_TRUE(holds(sum(a, b), x + y));
    }
  });
}

TEST(ParallelFor, EveryIndexOnceAndExceptionsPass) {
  for (const int threads : {-1, 1, 4}) {
    std::vector<std::atomic<int>> seen(1000);
    const PrecisionScope scope(77);
    EXPECT_TRUE(parallel_for(seen.size(), threads, nullptr,
                             [&](std::size_t k, bool) { seen[k] += working_precision() == 77 ? 1 : 1000; }));
    for (const auto& count : seen) EXPECT_EQ(count, 1);
    const auto fails = [](std::size_t k, bool) {
      if (k == 50) throw std::runtime_error("fifty");
    };
    EXPECT_THROW(parallel_for(100, threads, nullptr, fails), std::runtime_error);
  }
  EXPECT_EQ(working_precision(), 128);
  EXPECT_TRUE(parallel_for(0, 4, nullptr, [](std::size_t, bool) { FAIL(); }));
}

}  // namespace
}  // namespace pgb::test
