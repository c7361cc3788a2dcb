// certify_critical_point against points known to 80 digits (make_critical_point_reference.py) and against
// planted ones: what is claimed has to be true, and near misses must not be claimed.
#include "pgb/certify/critical_point.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "certify/points.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"
#include "pgb/model/callable.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;
constexpr long kBits = 400;

Problem reference_problem(const Json& c) {
  const std::string name = c.at("name");
  if (name == "regression") {
    return make_problem(one_unit("tanh", true), Vector<double>(4, 0.0), c.at("x").get<Vector<double>>(),
                        c.at("y").get<Vector<double>>());
  }
  if (name == "product") return make_problem(one_unit("tanh", false), {0, 0}, {1, 2, 3}, {1, 3, 1});
  Random random(1);
  Network net(1);
  const auto model = net.build(net.node("sigmoid", {net.linear("x", 1, 1, random, false)}));
  return make_problem(model, {0}, {16, 1}, {0.75, 0.75});
}

Json reference() {
  std::ifstream file(std::string(PGB_SOURCE_DIR) + "/tests/certify/critical_point_reference.json");
  return Json::parse(file);
}

// The first `digits` digits of each entry (0: its double).
Vector<Real> start(const Json& z, std::size_t digits) {
  Vector<Real> values;
  for (const std::string text : z) {
    values.push_back(digits == 0 ? Real(std::stod(text)) : Real(text.substr(0, text.find('.') + 1 + digits)));
  }
  return values;
}

void check_reference(const Json& c, std::size_t digits, double radius) {
  SCOPED_TRACE(c.at("name").get<std::string>() + ", digits " + std::to_string(digits));
  const PrecisionScope scope(kBits);
  const Problem problem = reference_problem(c);
  Vector<Real> exact;
  for (const std::string text : c.at("z")) exact.push_back(Real(text));
  const auto proof = certify_critical_point(problem, start(c.at("z"), digits), {});
  ASSERT_TRUE(proof.exists) << proof.failure;
  const double off = sup_distance(reals(proof.center), exact);
  EXPECT_LE(off, proof.existence_radius + 1e-78);
  EXPECT_LE(off, radius);
  EXPECT_LE(proof.existence_radius, radius);
  EXPECT_GT(proof.uniqueness_radius, 1e-4);
  EXPECT_TRUE(proof.pinned.empty());
  const double smallest = std::stod(c.at("eigenvalues")[0].get<std::string>());
  EXPECT_EQ(proof.strict_minimum, smallest > 0) << proof.failure;
  EXPECT_EQ(proof.saddle, smallest < 0) << proof.failure;
  if (smallest > 0) {
    EXPECT_LE(proof.curvature_bound, smallest);
    EXPECT_GE(proof.curvature_bound, 0.8 * smallest);
  } else {
    EXPECT_GE(proof.curvature_bound, smallest);
    EXPECT_LE(proof.curvature_bound, 0.9 * smallest);
  }
}

TEST(CriticalPoint, KnownPointsFromDoubles) {
  for (const Json& c : reference()) check_reference(c, 0, 1e-12);
}

TEST(CriticalPoint, KnownPointsFromFiftyDigits) {
  for (const Json& c : reference()) check_reference(c, 50, 1e-45);
}

// From a thousandth away Newton's method finds the way.
TEST(CriticalPoint, KnownPointsFromAfar) {
  for (const Json& c : reference()) check_reference(c, 3, 1e-45);
}

// Q(z) = sum_i p_i(t_i), t_i = z_i - c_i + k_i tanh(z_{i+1} - c_{i+1})^2 + l_i (z_{i+2} - c_{i+2}): t is a
// diffeomorphism of z, so that the critical points are those of the polynomials p_i of degree 4, and of the
// same kind.
struct Disguised {
  Vector<double> c, k, l;
  Vector<std::array<double, 5>> p;

  template <class S>
  Vector<S> inner(const Vector<S>& z) const {
    Vector<S> t;
    for (std::size_t i = 0; i < c.size(); ++i) {
      t.push_back(z[i] - S(c[i]));
      if (i + 1 < c.size()) t[i] += S(k[i]) * square(tanh(S(z[i + 1] - S(c[i + 1]))));
      if (i + 2 < c.size()) t[i] += S(l[i]) * (z[i + 2] - S(c[i + 2]));
    }
    return t;
  }
  template <class S>
  S operator()(const Vector<S>& z) const {
    const Vector<S> t = inner(z);
    S sum(0);
    for (std::size_t i = 0; i < c.size(); ++i) {
      S value(p[i][4]);
      for (std::size_t d = 4; d-- > 0;) value = value * t[i] + S(p[i][d]);
      sum += value;
    }
    return sum;
  }
  // z with t(z) = t
  Vector<Real> outer(const Vector<Real>& t) const {
    Vector<Real> z(t.size());
    for (std::size_t i = t.size(); i-- > 0;) {
      z[i] = Real(c[i]) + t[i];
      if (i + 1 < c.size()) z[i] -= Real(k[i]) * square(Real(tanh(Real(z[i + 1] - Real(c[i + 1])))));
      if (i + 2 < c.size()) z[i] -= Real(l[i]) * (z[i + 2] - Real(c[i + 2]));
    }
    return z;
  }
};

Disguised disguised(std::size_t n, Random& random) {
  Disguised q;
  for (std::size_t i = 0; i < n; ++i) {
    q.c.push_back(random.coin(0.2) ? 0 : random.of_any_size(-3, 1));
    q.k.push_back(random.uniform());
    q.l.push_back(random.uniform());
    q.p.push_back({random.uniform(), 0, random.uniform(0.1, 2), random.uniform(), random.uniform()});
  }
  return q;
}

Problem problem_of(const Disguised& q) {
  const std::size_t n = q.c.size();
  return make_problem(make_objective_model(q, n), Vector<double>(n, 0.0), {0}, {0}, "value");
}

TEST(CriticalPoint, PlantedMinimaAndSaddles) {
  for_each_trial(150, [](Random& random) {
    const PrecisionScope scope(kBits);
    Disguised q = disguised(random.between(1, 6), random);
    bool minimum = true;
    for (auto& p : q.p) {
      if (!random.coin(0.2)) continue;
      p[2] = -p[2];
      minimum = false;
    }
    const Vector<Real> exact = q.outer(Vector<Real>(q.c.size(), Real(0)));
    const Problem problem = problem_of(q);
    const auto proof =
        certify_critical_point(problem, nudged(exact, std::exp2(random.uniform(-40, -10)), random), {});
    ASSERT_TRUE(proof.exists) << proof.failure;
    EXPECT_LE(sup_distance(reals(proof.center), exact), proof.existence_radius + 1e-100);
    EXPECT_LE(proof.existence_radius, 1e-45);
    EXPECT_EQ(proof.strict_minimum, minimum) << proof.failure;
    EXPECT_EQ(proof.saddle, !minimum) << proof.failure;
  });
}

// p = t^3 + e t has no critical point near 0, t^3 - e t has two, 0 is a degenerate one of t^3 and t^4.
TEST(CriticalPoint, NearMisses) {
  std::size_t proven = 0;
  for_each_trial(200, [&](Random& random) {
    const PrecisionScope scope(kBits);
    Disguised q = disguised(random.between(1, 5), random);
    const std::size_t i = random.index(q.c.size());
    const int kind = static_cast<int>(random.index(4));
    const double e = std::exp2(random.uniform(-45, -12));
    q.p[i] = {0, 0, 0, 0, 0};
    if (kind < 3) q.p[i][3] = 1;
    if (kind == 0) q.p[i][1] = e;
    if (kind == 1) q.p[i][1] = -e;
    if (kind == 3) q.p[i][4] = random.coin() ? 1 : -1;
    Vector<Real> t(q.c.size(), Real(0));
    if (kind == 1) t[i] = sqrt(Real(Real(e) / 3)) * (random.coin() ? 1 : -1);
    const Problem problem = problem_of(q);
    const double nearby = kind == 1 ? 0.01 * std::sqrt(e) : std::exp2(random.uniform(-60, -8));
    CriticalPointOptions options;
    options.largest_radius = 0.05;
    const auto proof = certify_critical_point(problem, nudged(q.outer(t), nearby, random), {}, options);
    if (kind == 1) {
      ASSERT_TRUE(proof.exists) << proof.failure;
      ++proven;
      EXPECT_LE(sup_distance(reals(proof.center), q.outer(t)), proof.existence_radius + 1e-100);
      Vector<Real> other = t;
      other[i] = -t[i];
      EXPECT_LE(proof.uniqueness_radius, sup_distance(q.outer(t), q.outer(other)));
      EXPECT_EQ(proof.strict_minimum, t[i] > 0) << proof.failure;
      EXPECT_EQ(proof.saddle, t[i] < 0) << proof.failure;
    } else {
      // Other critical points, where p_i of degree 4 has some, are further away than largest_radius or not
      // degenerate.
      EXPECT_FALSE(proof.exists) << "kind " << kind << ", e " << e << ", seed " << random.seed();
      EXPECT_FALSE(proof.failure.empty());
    }
  });
  EXPECT_GT(proven, 0u);
}

// A network large enough for many columns of the Hessian at a time, near the one that made its targets.
TEST(CriticalPoint, ATeacherIsAMinimum) {
  const PrecisionScope scope(kBits);
  Random random(11);
  Network net(4);
  const std::string hidden = net.node("tanh", {net.linear("x", 4, 9, random)});
  const auto model = net.build(net.linear(hidden, 9, 3, random));
  Problem problem = random_problem(model, 90, "mse", random);
  problem.y.values = Objective<double>(problem).outputs(problem.parameters.values).data;
  const auto proof = certify_critical_point(problem, nudged(reals(problem.parameters), 1e-6, random), {});
  ASSERT_TRUE(proof.exists) << proof.failure;
  EXPECT_TRUE(proof.strict_minimum) << proof.failure;
  EXPECT_LE(sup_distance(reals(proof.center), reals(problem.parameters)), 1e-10);
  EXPECT_LE(proof.existence_radius, 1e-45);
  const Matrix<double> h = HessianOperator<double>(problem, problem.parameters.values).dense();
  const double smallest = approx_symmetric_eigen(h).values.front();
  EXPECT_LE(proof.curvature_bound, smallest * (1 + 1e-6));
  EXPECT_GE(proof.curvature_bound, 0.5 * smallest);
}

// At z = 0 a tanh network v tanh(W x) without biases has grad Q = 0 and Hessian 2 lambda I + E, E of
// eigenvalues 0 and
// +-|c| with c = (2 / m) sum_i y_i x_i.
TEST(CriticalPoint, TheOriginIsASaddle) {
  Random random(12);
  for (const std::size_t width : {3u, 21u}) {
    Network net(20);
    const std::string hidden = net.node("tanh", {net.linear("x", 20, width, random, false)});
    const auto model = net.build(net.linear(hidden, width, 1, random, false));
    Problem problem = random_problem(model, 30, "squared", random);
    problem.parameters = to_tensor(Vector<double>(model->parameters(), 0.0));
    problem.regularizer.push_back({0, model->parameters(), "1/100"});
    double norm = 0;
    for (std::size_t j = 0; j < 20; ++j) {
      double c = 0;
      for (std::size_t i = 0; i < 30; ++i) c += 2 * problem.y.values[i] * problem.x.values[i * 20 + j] / 30;
      norm = std::hypot(norm, c);
    }
    const auto proof = certify_critical_point(problem, reals(problem.parameters), {});
    ASSERT_TRUE(proof.exists) << proof.failure;
    EXPECT_EQ(proof.existence_radius, 0);
    EXPECT_FALSE(proof.strict_minimum);
    EXPECT_TRUE(proof.saddle) << proof.failure;
    EXPECT_NEAR(proof.curvature_bound, 0.02 - norm, 1e-5 * norm);
    // With a penalty above |c| / 2 it is a minimum.
    problem.regularizer.back().lambda = "1";
    const auto minimum = certify_critical_point(problem, reals(problem.parameters), {});
    EXPECT_TRUE(minimum.strict_minimum) << minimum.failure;
    EXPECT_LE(minimum.curvature_bound, 2 - norm);
    EXPECT_GE(minimum.curvature_bound, 0.9 * (2 - norm));
  }
}

TEST(CriticalPoint, LimitsAndMisuse) {
  const Problem problem = make_problem(one_unit("tanh", false), {0.94, 1.88}, {1, 2, 3}, {1, 3, 1});
  const Vector<Real> z = reals(problem.parameters);
  EXPECT_THROW(certify_critical_point(problem, {Real(1)}, {}), std::invalid_argument);
  EXPECT_THROW(certify_critical_point(problem, {Real(1), Real(std::nan(""))}, {}), std::invalid_argument);
  CriticalPointOptions options;
  options.max_memory = 16;
  EXPECT_NE(certify_critical_point(problem, z, {}, options).failure.find("memory"), std::string::npos);
  options = {};
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  EXPECT_EQ(certify_critical_point(problem, z, {}, options).failure, "stopped");
  options = {};
  options.largest_radius = 1e-3;  // the point is 4e-3 away
  const auto near = certify_critical_point(problem, z, {}, options);
  EXPECT_FALSE(near.exists);
  EXPECT_NE(near.failure.find("largest radius"), std::string::npos) << near.failure;
  options.largest_radius = 1e-2;
  options.threads = 3;
  const auto proof = certify_critical_point(problem, z, {}, options);
  EXPECT_TRUE(proof.exists);
  EXPECT_LE(proof.uniqueness_radius, 1e-2);
}

}  // namespace
}  // namespace pgb::test
