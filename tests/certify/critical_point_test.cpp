// certify_critical_point against points known to 80 digits (make_critical_point_reference.py) and against
// planted ones: what is claimed has to be true, and near misses must not be claimed.
#include "pgb/certify/critical_point.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pgb/derivatives/objective.h"
#include "pgb/model/callable.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;
constexpr long kBits = 400;

Vector<Real> reals(const io::Tensor& t) { return to_scalars<Real>(t); }

// |a - b| in the sup-norm.
double distance(const Vector<Real>& a, const Vector<Real>& b) {
  Real largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, Real(abs(Real(a[k] - b[k]))));
  return to_double(largest);
}

// One hidden unit: v tanh(w x + b) + c, z = w b v c, or without biases a tanh(w x), z = w a.
std::shared_ptr<const Model> one_unit(const std::string& activation, bool bias) {
  Random random(1);
  Network net(1);
  return net.build(
      net.linear(net.node(activation, {net.linear("x", 1, 1, random, bias)}), 1, 1, random, bias));
}

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
  const double off = distance(reals(proof.center), exact);
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

// `exact` moved by up to `size` in every coordinate and rounded to doubles.
Vector<Real> nudged(const Vector<Real>& exact, double size, Random& random) {
  Vector<Real> z;
  for (const Real& x : exact) z.push_back(Real(to_double(x) + size * random.uniform()));
  return z;
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
    EXPECT_LE(distance(reals(proof.center), exact), proof.existence_radius + 1e-100);
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
      EXPECT_LE(distance(reals(proof.center), q.outer(t)), proof.existence_radius + 1e-100);
      Vector<Real> other = t;
      other[i] = -t[i];
      EXPECT_LE(proof.uniqueness_radius, distance(q.outer(t), q.outer(other)));
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

// A deep linear network, its minimum is unique up to A W_1, W_2 A^-1; a ReLU network up to scaling.
TEST(CriticalPoint, MinimaModuloSymmetry) {
  for_each_trial(12, [](Random& random) {
    const PrecisionScope scope(kBits);
    const bool linear = random.coin();
    const std::size_t d = 2, m = 24;
    Network net(d);
    const std::string hidden = net.linear("x", d, 2, random, !linear);
    const auto model = net.build(net.linear(linear ? hidden : net.node("relu", {hidden}), 2, 2, random));
    // Targets of a network of the same shape, rounded: one with a residual near 0 is close to z.
    Problem problem = random_problem(model, m, "squared", random);
    const Matrix<double> phi = Objective<double>(problem).outputs(problem.parameters.values);
    problem.y.values = phi.data;
    const auto families = flat_families(problem);
    const auto proof = certify_critical_point(problem, reals(problem.parameters), families);
    bool dead = false;
    for (const FlatFamily& family : families) dead = dead || family.kind == FlatFamily::Kind::dead_unit;
    if (!proof.exists && !linear) return;  // a unit that is on for all samples, or for too few of them
    ASSERT_TRUE(proof.exists) << proof.failure;
    EXPECT_TRUE(proof.strict_minimum) << proof.failure;
    if (!dead) {
      EXPECT_EQ(proof.pinned.size(), linear ? 4u : 2u);
    }
    EXPECT_EQ(proof.symmetries.size(), proof.pinned.size());
    for (const std::size_t k : proof.pinned) {
      EXPECT_EQ(proof.center.values[k], problem.parameters.values[k]);
      EXPECT_EQ(proof.center.exact.count(k), 0u);
    }
    EXPECT_LE(distance(reals(proof.center), reals(problem.parameters)), 1e-10);
    // Without the symmetries nothing can be proven: the Hessian is singular.
    const auto blind = certify_critical_point(problem, reals(problem.parameters), {});
    EXPECT_FALSE(blind.exists);
    EXPECT_NE(blind.failure.find("singular"), std::string::npos) << blind.failure;
  });
}

// One unit is off on all samples at z; a family that says so is not believed where the unit is on.
TEST(CriticalPoint, DeadUnits) {
  Random random(3);
  Network net(1);
  const auto model =
      net.build(net.linear(net.node("relu", {net.linear("x", 1, 2, random)}), 2, 1, random, false));
  // relu(x + 4) v_0 + relu(-x - 9) v_1: z = w_0 w_1 b_0 b_1 v_0 v_1
  Problem problem = make_problem(model, {1, -1, 4, -9, 0.5, 3}, {-2, -1, 0, 1, 2}, {1, 1.5, 2, 2.5, 3});
  const auto families = flat_families(problem);
  const auto proof = certify_critical_point(problem, reals(problem.parameters), families);
  ASSERT_TRUE(proof.exists) << proof.failure;
  EXPECT_TRUE(proof.strict_minimum) << proof.failure;
  EXPECT_EQ(proof.pinned.size(), 4u);    // the dead unit's three, and the other's scale
  EXPECT_EQ(proof.existence_radius, 0);  // grad Q is exactly 0
  Problem other = problem;
  other.y.values[0] = 1.25;
  Vector<Real> alive = reals(problem.parameters);
  alive[3] = 9;
  const auto wrong = certify_critical_point(other, alive, families);
  EXPECT_FALSE(wrong.exists);
}

TEST(CriticalPoint, KinksAreNamed) {
  Random random(3);
  Network net(1);
  const std::string hidden = net.linear("x", 1, 1, random);
  const auto model = net.build(net.linear(net.node("relu", {hidden}), 1, 1, random));
  // relu(x - 1) at x = 1
  const Problem problem = make_problem(model, {1, -1, 1, 0}, {0, 1, 2, 3, 4}, {0, 0, 1, 2, 3});
  const auto proof = certify_critical_point(problem, reals(problem.parameters), flat_families(problem));
  EXPECT_FALSE(proof.exists);
  EXPECT_NE(proof.failure.find("node n1, unit 0, sample 1"), std::string::npos) << proof.failure;
}

TEST(CriticalPoint, DegeneratePointsAreNotClaimed) {
  // w = b = v = 0 and c the mean: grad Q = 0 exactly, the Hessian is singular.
  const Problem flat = make_problem(one_unit("tanh", true), {0, 0, 0, 2}, {-1, 0, 1}, {1, 2, 3});
  const auto proof = certify_critical_point(flat, reals(flat.parameters), {});
  EXPECT_FALSE(proof.exists);
  EXPECT_NE(proof.failure.find("singular"), std::string::npos) << proof.failure;
  // max(0, 1 - q)^2 at q = 1: the gradient is 0, there and for every q > 1.
  Random random(1);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random, false));
  for (const double w : {1.0, 2.0}) {
    const Problem hinge = make_problem(model, {w}, {1}, {1}, "polynomial_hinge");
    EXPECT_FALSE(certify_critical_point(hinge, reals(hinge.parameters), {}).exists);
  }
}

// The Hessian of a hinge jumps where 1 - y q = 0, and the objective is strictly convex all the same.
TEST(CriticalPoint, JumpingSecondDerivatives) {
  const PrecisionScope scope(kBits);
  Random random(1);
  Network net(1);
  const auto model = net.build(net.linear("x", 1, 1, random, false));
  // (max(0, 1 - w)^2 + max(0, 1 + w / 2)^2) / 2 has its minimum at w = 2/5; with x = 5/2 a third sample has 1
  // - y q = 0 there and adds max(0, 1 - 5/2 w)^2, which vanishes for w >= 2/5.
  const Problem problem = make_problem(model, {0.4}, {1, 0.5, 2.5}, {1, -1, 1}, "polynomial_hinge");
  const auto proof = certify_critical_point(problem, reals(problem.parameters), {});
  ASSERT_TRUE(proof.exists) << proof.failure;
  EXPECT_TRUE(proof.strict_minimum) << proof.failure;
  EXPECT_LE(distance(reals(proof.center), {Real(2) / 5}), proof.existence_radius);
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
