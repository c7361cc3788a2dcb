// Losses and their gradients, in every scalar.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "pgb/model/loss.h"
#include "support/compare.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

constexpr long kReferenceBits = 900;

Real exp_of(const Real& x) {
  Real y = x;
  mpfr_exp(y.backend().data(), x.backend().data(), MPFR_RNDN);
  return y;
}
Real log1p_of(const Real& x) {
  Real y = x;
  mpfr_log1p(y.backend().data(), x.backend().data(), MPFR_RNDN);
  return y;
}

struct ValueGradient {
  Real value;
  Vector<Real> gradient;
};

// From the definitions, by MPFR.
ValueGradient closed_form(const Loss& loss, const Vector<Real>& q, const Vector<double>& y) {
  ValueGradient r{Real(0), Vector<Real>(q.size(), Real(0))};
  Real sum(0);
  const auto label = static_cast<std::size_t>(y[0]);
  for (std::size_t k = 0; k < q.size(); ++k) {
    switch (loss.kind()) {
      case Loss::Kind::squared:
      case Loss::Kind::mse: {
        const double d = loss.kind() == Loss::Kind::mse ? static_cast<double>(q.size()) : 1;
        r.value += (q[k] - y[k]) * (q[k] - y[k]) / d;
        r.gradient[k] = 2 * (q[k] - y[k]) / d;
        break;
      }
      case Loss::Kind::cross_entropy:
        if (k != label) sum += exp_of(Real(q[k] - q[label]));
        break;
      case Loss::Kind::logistic:
        r.value += log1p_of(exp_of(Real(-y[k] * q[k])));
        r.gradient[k] = -y[k] / (1 + exp_of(Real(y[k] * q[k])));
        break;
      case Loss::Kind::polynomial_hinge: {
        const Real t = 1 - y[k] * q[k];
        if (t > 0) r.value += pow(t, loss.power());
        if (t > 0) r.gradient[k] = -loss.power() * y[k] * pow(t, loss.power() - 1);
        break;
      }
      case Loss::Kind::absolute_cubed: {
        const Real t = abs(Real(q[k] - y[k]));
        r.value += t * t * t;
        r.gradient[k] = (q[k] > y[k] ? 3 : -3) * t * t;
        break;
      }
      case Loss::Kind::value:
        r.value = q[0];
        r.gradient[0] = 1;
    }
  }
  if (loss.class_targets()) {
    r.value = log1p_of(sum);
    for (std::size_t k = 0; k < q.size(); ++k) {
      r.gradient[k] = k == label ? Real(-sum / (1 + sum)) : Real(exp_of(Real(q[k] - q[label])) / (1 + sum));
    }
  }
  return r;
}

std::vector<Loss> all_losses() {
  std::vector<Loss> list;
  for (const std::string& name : kLosses) list.emplace_back(name);
  list.emplace_back("polynomial_hinge", 3);
  list.emplace_back("polynomial_hinge", 7);
  return list;
}

Vector<double> random_target(const Loss& loss, std::size_t d, Random& random) {
  if (loss.class_targets()) return {static_cast<double>(random.index(d))};
  Vector<double> y(d);
  for (double& t : y) t = loss.sign_targets() ? (random.coin() ? 1 : -1) : random.uniform();
  return y;
}

template <class S>
class Losses : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Losses, Base);

TYPED_TEST(Losses, ValueAndGradient) {
  using S = TypeParam;
  for_each_trial(60, [](Random& random) {
    const PrecisionScope scope(static_cast<long>(random.between(60, 250)));
    for (const Loss& loss : all_losses()) {
      SCOPED_TRACE(loss.name());
      const std::size_t d = random.between(1, 5);
      const Vector<double> y = random_target(loss, d, random);
      const double size = random.coin(0.3) ? 40 : 2;
      Vector<double> q(d);
      for (double& x : q) x = random.uniform(-size, size);
      const Vector<S> sq = scalars<S>(q), sy = scalars<S>(y);
      Vector<S> g(d);
      const S value = loss.value(sq.data(), sy.data(), d);
      loss.gradient(sq.data(), sy.data(), d, g.data());
      // Dual<S> with a tangent in direction t: the tangent of the value is g . t.
      Vector<Dual<S>> dual;
      Vector<double> t = random_vector(d, random);
      for (std::size_t k = 0; k < d; ++k) dual.push_back({S(q[k]), S(t[k])});
      const Vector<Dual<S>> dual_y(y.begin(), y.end());
      const Dual<S> along = loss.value(dual.data(), dual_y.data(), d);

      const PrecisionScope reference(kReferenceBits);
      const ValueGradient expected = closed_form(loss, scalars<Real>(q), y);
      Real slope(0);
      for (std::size_t k = 0; k < d; ++k) slope += expected.gradient[k] * Real(t[k]);
      const double scale = loss.kind() == Loss::Kind::polynomial_hinge ? size_of(expected.gradient) : size;
      EXPECT_TRUE(agrees(value, expected.value, 100, scale));
      EXPECT_TRUE(agrees(g, expected.gradient, 100, scale));
      EXPECT_TRUE(agrees(along, expected.value, slope, 200, scale * 10));
    }
  });
}

// The gradient's own tangent, which Hessians are made of, against a central difference at 900 bits.
TYPED_TEST(Losses, SecondDerivatives) {
  using S = TypeParam;
  for_each_trial(20, [](Random& random) {
    for (const Loss& loss : all_losses()) {
      SCOPED_TRACE(loss.name());
      const std::size_t d = random.between(1, 4);
      const Vector<double> y = random_target(loss, d, random), t = random_vector(d, random);
      const Vector<double> q = random_vector(d, random);
      Vector<Dual<S>> dual, g(d);
      for (std::size_t k = 0; k < d; ++k) dual.push_back({S(q[k]), S(t[k])});
      const Vector<Dual<S>> dual_y(y.begin(), y.end());
      loss.gradient(dual.data(), dual_y.data(), d, g.data());
      const PrecisionScope reference(kReferenceBits);
      const Real h = std::ldexp(1.0, -300);
      Vector<Real> up, down;
      for (std::size_t k = 0; k < d; ++k) {
        up.push_back(Real(q[k]) + h * t[k]);
        down.push_back(Real(q[k]) - h * t[k]);
      }
      const ValueGradient a = closed_form(loss, up, y), b = closed_form(loss, down, y);
      for (std::size_t k = 0; k < d; ++k) {
        const Real expected = (a.gradient[k] - b.gradient[k]) / (2 * h);
        EXPECT_LE(std::abs(to_double(Real(to_real(g[k].tangent) - expected))), 2e-12);
      }
    }
  });
}

// Logits that overflow exp, and losses far smaller than the unit roundoff.
TYPED_TEST(Losses, CrossEntropyWithLargeLogits) {
  using S = TypeParam;
  const Loss loss("cross_entropy");
  for (const Vector<double>& q : std::vector<Vector<double>>{{1e4, 0, -1e4},
                                                             {-1e4, -1e4, 1e4},
                                                             {1e4, 1e4, 1e4},
                                                             {5e3, 9e3, 1e4},
                                                             {400, -400, 399},
                                                             {0, -50, -60},
                                                             {1e300, -1e300, 0}}) {
    for (const double label : {0.0, 1.0, 2.0}) {
      SCOPED_TRACE(to_text(q[0]) + ", " + to_text(q[1]) + ", " + to_text(q[2]) + " label " + to_text(label));
      const Vector<S> sq = scalars<S>(q), sy{S(label)};
      Vector<S> g(3);
      const S value = loss.value(sq.data(), sy.data(), 3);
      loss.gradient(sq.data(), sy.data(), 3, g.data());
      const PrecisionScope reference(kReferenceBits);
      if (std::abs(q[0]) < 1e5) {
        const ValueGradient expected = closed_form(loss, scalars<Real>(q), {label});
        EXPECT_TRUE(agrees(value, expected.value, 8, 1e-300));
        EXPECT_TRUE(agrees(g, expected.gradient, 16, 1e-300));
      }
      EXPECT_TRUE(std::isfinite(to_double(value)));
      for (const S& x : g) EXPECT_LE(std::abs(to_double(x)), 1);
    }
  }
}

// Balls without bounds give results without bounds, not exceptions.
TEST(LossesOfBalls, UnboundedOutputs) {
  for (const Loss& loss : all_losses()) {
    SCOPED_TRACE(loss.name());
    for (const Ball& odd : {inf(), exp(Ball(1e6)), Ball(0) / Ball(0)}) {
      const Vector<Ball> q{odd, Ball(1)}, y{Ball(1), Ball(1)};
      Vector<Ball> g(2);
      EXPECT_NO_THROW(loss.value(q.data(), y.data(), 2));
      EXPECT_NO_THROW(loss.gradient(q.data(), y.data(), 2, g.data()));
    }
  }
}

// Wide balls: values, gradients and the tangents of both hold those of every point, hinge and |.|^3 kinks
// included.
TEST(LossesOfBalls, ContainEveryPoint) {
  for_each_trial(150, [](Random& random) {
    for (const Loss& loss : all_losses()) {
      SCOPED_TRACE(loss.name());
      const std::size_t d = random.between(1, 4);
      const Vector<double> y = random_target(loss, d, random);
      Vector<double> low(d), high(d), t = random_vector(d, random);
      Vector<Ball> q, g(d), sy = scalars<Ball>(y);
      Vector<Dual<Ball>> dual, dual_g(d);
      const Vector<Dual<Ball>> dual_y(y.begin(), y.end());
      for (std::size_t k = 0; k < d; ++k) {
        low[k] = random.coin(0.2) && !loss.class_targets() ? y[k] : random.uniform(-2, 2);
        high[k] = low[k] + (random.coin(0.2) ? 0 : std::abs(random.of_any_size(-30, 1)));
        q.push_back(Ball::hull(Ball(low[k]), Ball(high[k])));
        dual.push_back({q[k], Ball(t[k])});
      }
      const Ball value = loss.value(q.data(), sy.data(), d);
      loss.gradient(q.data(), sy.data(), d, g.data());
      const Dual<Ball> along = loss.value(dual.data(), dual_y.data(), d);
      loss.gradient(dual.data(), dual_y.data(), d, dual_g.data());
      const PrecisionScope reference(kReferenceBits);
      for (int sample = 0; sample < 5; ++sample) {
        Vector<Real> p, up;
        const Real h = std::ldexp(1.0, -300);
        for (std::size_t k = 0; k < d; ++k) {
          const double s = sample == 0 ? 0 : sample == 1 ? 1 : random.uniform(0, 1);
          p.push_back(Real(low[k]) + Real(s) * (Real(high[k]) - Real(low[k])));
          up.push_back(p[k] + h * t[k]);
        }
        const ValueGradient at = closed_form(loss, p, y), beside = closed_form(loss, up, y);
        Real slope(0);
        for (std::size_t k = 0; k < d; ++k) slope += at.gradient[k] * Real(t[k]);
        EXPECT_TRUE(holds(value, at.value));
        EXPECT_TRUE(holds(along.value, at.value));
        EXPECT_TRUE(holds(along.tangent, slope));
        EXPECT_TRUE(agrees(g, at.gradient, 0));
        for (std::size_t k = 0; k < d; ++k) {
          EXPECT_TRUE(holds(dual_g[k].value, at.gradient[k]));
          const Ball second = to_ball(Real((beside.gradient[k] - at.gradient[k]) / h));
          EXPECT_TRUE(Ball::with_radius(dual_g[k].tangent, 1e-60).contains(second)) << k;
        }
      }
    }
  });
}

TEST(LossesOfBalls, CrossEntropyGradientIsTight) {
  const Loss loss("cross_entropy");
  const Vector<Ball> q{Ball::hull(Ball(-1), Ball(1)), Ball(0)}, y{Ball(1)};
  Vector<Ball> g(2);
  loss.gradient(q.data(), y.data(), 2, g.data());
  const double range = 1 / (1 + std::exp(-1)) - 1 / (1 + std::exp(1));
  EXPECT_LE(2 * g[0].radius(), 1.01 * range);
  EXPECT_LE(2 * g[1].radius(), 1.01 * range);
}

TEST(LossFacts, ConvexAlongRandomLines) {
  for_each_trial(100, [](Random& random) {
    for (const Loss& loss : all_losses()) {
      const std::size_t d = random.between(1, 4);
      const Vector<Real> y = scalars<Real>(random_target(loss, d, random));
      Vector<Real> a, b, mid;
      for (std::size_t k = 0; k < d; ++k) {
        a.emplace_back(random.uniform(-3, 3));
        b.emplace_back(random.uniform(-3, 3));
        mid.push_back((a[k] + b[k]) / 2);
      }
      EXPECT_TRUE(loss.value(mid.data(), y.data(), d) <=
                  (loss.value(a.data(), y.data(), d) + loss.value(b.data(), y.data(), d)) / 2 + Real(1e-30))
          << loss.name();
    }
  });
}

TEST(LossFacts, NamesAndPowers) {
  EXPECT_THROW(Loss("huber"), std::invalid_argument);
  for (const double p : {1.0, 2.5, 65.0, -2.0, 1e300, std::nan("")}) {
    EXPECT_THROW(Loss("polynomial_hinge", p), std::invalid_argument) << p;
  }
  EXPECT_EQ(Loss("polynomial_hinge", 5).power(), 5);
  EXPECT_NO_THROW(Loss("squared", 1e300));
  EXPECT_TRUE(Loss("cross_entropy").class_targets());
  EXPECT_TRUE(Loss("logistic").sign_targets());
  EXPECT_FALSE(Loss("logistic").zero_is_reached());
  EXPECT_TRUE(Loss("polynomial_hinge").zero_is_reached());
}

}  // namespace
}  // namespace pgb::test
