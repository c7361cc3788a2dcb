// Printed points and proofs of descent; the closed forms of one unit.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/search/descent/one_unit.h"
#include "pgb/search/descent/path.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

using search::LogNumber;
using search::PathPoint;

Problem one_sample(double y, const std::string& lambda) {
  return add_neurons(make_problem(mlp({1, 1}, "", false), {0}, {1}, {y}), lambda);
}

PathPoint unit_at(const LogNumber& a, const std::string& b) { return {0, {{}, a, {b, "0"}, {}}}; }

TEST(LogNumbers, KeepWhatDoubleCannot) {
  EXPECT_EQ(search::approx_log({"-2", "-1000000"}), -1e6 + std::log(2));
  EXPECT_EQ(search::approx_number({"-2", "0"}), -2);
  EXPECT_EQ(search::approx_number({"1/4", "0"}), 0.25);
  EXPECT_EQ(search::approx_log({}), -std::numeric_limits<double>::infinity());
  const PrecisionScope precision(200);
  const PathPoint point = search::printed({Real("-0.1"), Real(0), exp(Real(-5000))}, 3, {0, 1, 2});
  EXPECT_EQ(point.z[0].coefficient, "-1");
  EXPECT_NEAR(search::approx_number(point.z[0]), -0.1, 1e-17);
  EXPECT_EQ(point.z[1].coefficient, "0");
  EXPECT_NEAR(search::approx_log(point.z[2]), -5000, 1e-10);
}

// The enclosure holds the value the objective has in 300 bits.
TEST(Values, AreEnclosed) {
  for_each_trial(20, [](Random& random) {
    const std::size_t d_y = random.between(1, 3), d_x = random.between(1, 3);
    Problem q =
        random_problem(mlp({d_x, 2, d_y}, "tanh"), 5, random.coin() ? "squared" : "absolute_cubed", random);
    if (random.coin()) q = add_neurons(q, "1/3");
    Vector<double> z;
    for (std::size_t k = 0; k < q.model->parameters(); ++k) z.push_back(random.uniform(-2, 2));
    const PathPoint point = search::printed(z, 0);
    const PrecisionScope wide(300);
    Vector<Real> exact;  // the point as printed
    for (const LogNumber& entry : point.z) exact.push_back(Real(entry.coefficient));
    const Ball expected = Ball::with_radius(to_ball(Objective<Real>(q).value(exact)), 1e-75);
    for (const long bits : {24L, 53L, 128L, 256L}) {
      const PrecisionScope precision(bits);
      EXPECT_TRUE(search::enclose_value(q, point).overlaps(expected)) << bits << " bits";
      EXPECT_LT(search::enclose_value(q, point).radius(), std::ldexp(1e6, static_cast<int>(-bits)));
    }
  });
}

TEST(Values, SizesAreChecked) {
  EXPECT_THROW(search::enclose_value(one_sample(2, "1/10"), PathPoint{0, {{}, {}}}), std::invalid_argument);
}

TEST(Decrease, IsProvenWhereItHoldsAndOnlyThere) {
  const Problem q = one_sample(2, "1/10");
  const PathPoint low = unit_at({"2", "-1000000"}, "1000000"), high = unit_at({"2", "-10"}, "10");
  EXPECT_TRUE(search::certify_decrease(q, {high, low}).whole());
  const search::Decrease rising = search::certify_decrease(q, {low, high});
  EXPECT_EQ(rising.proven, 1U);
  EXPECT_TRUE(rising.rises);
  const search::Decrease same = search::certify_decrease(q, {high, high});
  EXPECT_EQ(same.proven, 1U);
  EXPECT_FALSE(same.whole());
  EXPECT_TRUE(search::certify_decrease(q, {}).whole());
}

TEST(Decrease, RaisesThePrecision) {
  const Problem q = one_sample(2, "1/10");
  const std::string zeros(80, '0');
  const PathPoint first = unit_at({"2", "-1"}, "1"),
                  second = unit_at({"2", "-1." + zeros + "1"}, "1." + zeros + "1");
  const search::Decrease found = search::certify_decrease(q, {first, second});
  EXPECT_TRUE(found.whole());
  EXPECT_GE(found.precision_bits, 256);
  const search::Decrease short_of_bits = search::certify_decrease(q, {first, second}, 128);
  EXPECT_EQ(short_of_bits.proven, 1U);
  EXPECT_FALSE(short_of_bits.rises);
}

TEST(Slopes, OfALine) {
  EXPECT_FALSE(search::approx_slope({{1, 2}}, 0));
  EXPECT_FALSE(search::approx_slope({{1, 2}, {2, 3}}, 1.5));
  EXPECT_DOUBLE_EQ(*search::approx_slope({{0, 77}, {1, 2}, {2, 2.5}, {4, 3.5}}, 1), 0.5);
}

// The best a against the zero of the derivative and the value there, in 300 bits.
TEST(OneUnit, BestScale) {
  for_each_trial(50, [](Random& random) {
    const search::OneUnit unit{random.of_any_size(-3, 3), std::exp(random.uniform(-5, 2)), 1};
    const double s = random.uniform(-3, 20);
    const PrecisionScope precision(300);
    const Real e = exp(Real(s)), a = Real(unit.r) * e / (e * e + Real(unit.lambda)),
               off = Real(unit.r) - a * e;
    const Real slope = -2 * off * e + 2 * Real(unit.lambda) * a;
    EXPECT_LT(abs(slope), Real(1e-70) * (1 + e * e));
    EXPECT_NEAR(unit.log_best_scale(s), to_double(Real(log(abs(a)))), 1e-13 * (1 + std::abs(s)));
    const Real value = off * off + Real(unit.lambda) * a * a;
    EXPECT_NEAR(unit.log_best_value(s), to_double(Real(log(value))), 1e-13 * (1 + std::abs(s)));
  });
}

// The creep against its integral, e^{2s}/2 + 2 lambda s - lambda^2 e^{-2s}/2 = 2 c r^2 lambda t + constant.
TEST(OneUnit, CreepAgainstItsIntegral) {
  for_each_trial(10, [](Random& random) {
    const search::OneUnit unit{random.uniform(0.5, 3), std::exp(random.uniform(-4, 1)), random.uniform(1, 5)};
    const auto integral = [&](double s) {
      const long double e = std::exp(2.0L * s), l = unit.lambda;
      return e / 2 + 2 * l * s - l * l / e / 2;
    };
    const double start = random.uniform(-1, 1);
    for (const search::CreepPoint& point : search::approx_creep(unit, start, 30, 20)) {
      const long double expected = 2.0L * unit.c * unit.r * unit.r * unit.lambda *
                                   std::expm1(static_cast<long double>(point.log_time));
      const long double found = integral(point.s) - integral(start);
      EXPECT_NEAR(static_cast<double>(found), static_cast<double>(expected),
                  1e-6 * static_cast<double>(1 + std::abs(integral(point.s)) + expected));
    }
  });
}

TEST(OneUnit, CreepsToAMillion) {
  const search::OneUnit unit{2, 0.1, 1};
  const auto path = search::approx_creep(unit, 0, 2e6, 5);
  for (std::size_t p = 1; p < path.size(); ++p)
    EXPECT_NEAR(path[p].s, (std::log(1.6) + path[p].log_time) / 2, 1e-6);
}

}  // namespace
}  // namespace pgb::test
