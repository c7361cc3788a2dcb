// The checker's own evaluation: values against formulas in long double, derivatives against difference
// quotients at high precision, boxes against points in them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include "pgb/io/problem_file.h"
#include "support/random.h"
#include "verifier/network.h"
#include "verifier/support.h"

namespace pgb::test {
namespace {

using verifier::Ball;
using verifier::Balls;
using verifier::Rational;
using verifier::Setting;

class WithPrecision {
 public:
  explicit WithPrecision(long bits) : before_(verifier::working_bits) { verifier::working_bits = bits; }
  ~WithPrecision() { verifier::working_bits = before_; }
  WithPrecision(const WithPrecision&) = delete;
  WithPrecision& operator=(const WithPrecision&) = delete;

 private:
  long before_;
};

double middle(const Ball& x) { return arf_get_d(arb_midref(x.get()), ARF_RND_NEAR); }
double radius(const Ball& x) { return mag_get_d(arb_radref(x.get())); }
bool overlap(const Ball& a, const Ball& b) { return arb_overlaps(a.get(), b.get()) != 0; }
bool contains(const Ball& box, const Ball& point) { return arb_contains(box.get(), point.get()) != 0; }

verifier::Activation activation(const std::string& op, double number = -1, const std::string& form = "") {
  io::NodeSpec node;
  node.op = op;
  if (number >= 0) node.numbers["number"] = number;
  if (!form.empty()) node.words["approximate"] = form;
  verifier::Activation f;
  EXPECT_TRUE(verifier::read_activation(node, f)) << op;
  return f;
}

struct Reference {
  std::string name;
  verifier::Activation f;
  std::function<long double(long double)> value;
};

std::vector<Reference> references() {
  const long double pi = std::acos(-1.0L), k = 0.044715;
  const auto sigmoid = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto leaky = [](long double slope) {
    return [slope](long double x) { return x > 0 ? x : slope * x; };
  };
  const auto elu = [](long double scale, long double alpha) {
    return [=](long double x) { return scale * (x > 0 ? x : alpha * std::expm1(x)); };
  };
  return {
      {"relu", activation("relu"), leaky(0)},
      {"leaky_relu", activation("leaky_relu"), leaky(0.01)},
      {"leaky_relu 1/4", activation("leaky_relu", 0.25), leaky(0.25)},
      {"elu", activation("elu"), elu(1, 1)},
      {"elu 2", activation("elu", 2), elu(1, 2)},
      {"selu", activation("selu"), elu(1.0507009873554805, 1.6732632423543772)},
      {"softplus", activation("softplus"), [](long double x) { return std::log1p(std::exp(x)); }},
      {"softplus 3", activation("softplus", 3),
       [](long double x) { return std::log1p(std::exp(3 * x)) / 3; }},
      {"sigmoid", activation("sigmoid"), sigmoid},
      {"tanh", activation("tanh"), [](long double x) { return std::tanh(x); }},
      {"erf", activation("erf"), [](long double x) { return std::erf(x); }},
      {"gelu", activation("gelu"), [](long double x) { return x * (1 + std::erf(x / std::sqrt(2.0L))) / 2; }},
      {"gelu tanh", activation("gelu", -1, "tanh"),
       [=](long double x) { return x * (1 + std::tanh(std::sqrt(2 / pi) * (x + k * x * x * x))) / 2; }},
      {"silu", activation("silu"), [=](long double x) { return x * sigmoid(x); }},
      {"exp", activation("exp"), [](long double x) { return std::exp(x); }},
      {"sin", activation("sin"), [](long double x) { return std::sin(x); }},
      {"square", activation("square"), [](long double x) { return x * x; }}};
}

TEST(Activations, ValuesAgreeWithTheFormulas) {
  for_each_trial(200, [](Random& random) {
    for (const Reference& r : references()) {
      const double x = random.uniform(-6, 6);
      const Ball y = verifier::range(r.f, Ball(x)).value;
      EXPECT_NEAR(middle(y), static_cast<double>(r.value(x)), 1e-13) << r.name << " at " << x;
      EXPECT_LT(radius(y), 1e-25) << r.name << " at " << x;
    }
  });
}

// (f(x + h) - f(x - h)) / 2h with h = 2^-90 has an error of about 2^-180.
TEST(Activations, SlopesAndCurvaturesAgreeWithDifferences) {
  const WithPrecision bits(400);
  for_each_trial(50, [](Random& random) {
    for (const Reference& r : references()) {
      const double x = random.uniform(-4, 4);
      const Ball h(std::ldexp(1, -90)),
          error(Rational(0), Rational("1/1000000000000000000000000000000000000"));
      const auto at = [&](const Ball& t) { return verifier::range(r.f, t); };
      const auto high = at(Ball(x) + h), low = at(Ball(x) - h), here = at(Ball(x));
      EXPECT_TRUE(overlap(here.slope + error, (high.value - low.value) / (Ball(2) * h)))
          << r.name << " at " << x;
      EXPECT_TRUE(overlap(here.curvature + error, (high.slope - low.slope) / (Ball(2) * h)))
          << r.name << " at " << x;
    }
  });
}

TEST(Activations, RangesHoldTheirPoints) {
  for_each_trial(300, [](Random& random) {
    for (const Reference& r : references()) {
      const double width = std::ldexp(1, -static_cast<int>(random.index(20)) + 2);
      const double x = random.uniform(-3, 3);
      const auto all = verifier::range(r.f, Ball(Rational(x), Rational(width)));
      for (int i = 0; i < 5; ++i) {
        const double t = x + width * random.uniform(-0.999, 0.999);
        const auto here = verifier::range(r.f, Ball(t));
        EXPECT_TRUE(contains(all.value, here.value)) << r.name << " " << x << " " << width << " " << t;
        EXPECT_TRUE(contains(all.slope, here.slope)) << r.name << " " << x << " " << width << " " << t;
        if (!all.kink) {
          EXPECT_TRUE(contains(all.curvature, here.curvature))
              << r.name << " " << x << " " << width << " " << t;
        }
      }
      EXPECT_EQ(all.kink, r.f.piecewise() && std::fabs(x) <= width) << r.name;
    }
  });
}

TEST(Activations, AWideRangeOfAnIncreasingOneIsTight) {
  const Ball y = verifier::range(activation("tanh"), Ball(Rational(0), Rational(8))).value;
  EXPECT_LT(radius(y), 1.0000001);
  const Ball s = verifier::range(activation("sigmoid"), Ball(Rational(0), Rational(8))).slope;
  EXPECT_LT(std::fabs(middle(s)) + radius(s), 0.4);
}

// A network with every operation; parameters and data from `random`.
ProblemText network_of_everything(Random& random, const std::string& op, const std::string& loss) {
  const auto numbers = [&](std::size_t count) {
    Numbers list;
    for (std::size_t i = 0; i < count; ++i) list.push_back(random.uniform(-1, 1));
    return list;
  };
  const auto matrix = [&](std::size_t rows, std::size_t cols) {
    Rows list;
    for (std::size_t i = 0; i < rows; ++i) list.push_back(numbers(cols));
    return list;
  };
  ProblemText text(2);
  text.linear("h1", matrix(3, 2), numbers(3)).op(op, {}, "a1");
  text.linear("g1", matrix(3, 2), {}, "x").op("mul", {"a1", "g1", "a1"}, "m");
  text.op("concat", {"m", "x"}, "c").linear("h2", matrix(2, 5), numbers(2)).op(op, {}, "a2");
  text.op("add", {"a2", "x", "a2"}, "s").op("identity").op("flatten");
  text.linear("out", matrix(2, 2), numbers(2)).tied("out2", "out", false);
  const Rows x = matrix(5, 2);
  Rows y = matrix(5, 2);
  for (Numbers& row : y) {
    for (double& value : row)
      value = loss == "logistic" || loss == "polynomial_hinge" ? (value > 0 ? 1 : -1) : value;
  }
  if (loss == "cross_entropy")
    text.classes(x, {0, 1, 1, 0, 1});
  else
    text.data(x, y, loss);
  return text.added("1/3", numbers(2), numbers(2)).regularized("1/7");
}

Setting setting_of(const ProblemText& text) {
  return verifier::read_setting(io::read_problem_text(text.json.dump(), "problem"));
}

Ball objective(const Setting& s, const Balls& z) {
  Ball sum;
  for (const auto& l : verifier::losses(s, z)) sum.add(l.value);
  sum = sum / Ball(Rational(s.samples));
  for (std::size_t k = 0; k < s.parameters; ++k) sum.add(Ball(s.penalty(k)) * z[k] * z[k]);
  return sum;
}

const std::vector<std::string> losses{"squared",          "mse",           "cross_entropy", "logistic",
                                      "polynomial_hinge", "absolute_cubed"};

TEST(Network, GradientHessianAndJacobianAgreeWithDifferences) {
  const WithPrecision bits(500);
  for_each_trial(6, [](Random& random) {
    for (const char* op : {"tanh", "leaky_relu", "gelu", "softplus"}) {
      const std::string& loss = losses[random.index(losses.size())];
      const Setting s = setting_of(network_of_everything(random, op, loss));
      const Balls z(s.saved.begin(), s.saved.end());
      const auto all = verifier::below(s.parameters);
      const Ball h(std::ldexp(1, -100)),
          error(Rational(0), Rational("1/1000000000000000000000000000000000000"));
      const Balls gradient = verifier::gradient(s, z);
      const verifier::Matrix hessian = verifier::hessian(s, z, all);
      const verifier::Matrix jacobian = verifier::jacobian(s, z, verifier::Kinks::refused, all);
      for (std::size_t k = 0; k < s.parameters; ++k) {
        Balls high = z, low = z;
        high[k] = high[k] + h, low[k] = low[k] - h;
        const auto slope = [&](const Ball& up, const Ball& down) {
          return (up - down) / (Ball(2) * h) + error;
        };
        EXPECT_TRUE(overlap(gradient[k], slope(objective(s, high), objective(s, low))))
            << op << " " << loss << " " << k;
        const Balls up = verifier::gradient(s, high), down = verifier::gradient(s, low);
        for (std::size_t j = 0; j < s.parameters; ++j)
          EXPECT_TRUE(overlap(hessian(j, k), slope(up[j], down[j])))
              << op << " " << loss << " " << j << " " << k;
        const verifier::Network at_high(s, high, verifier::Kinks::refused),
            at_low(s, low, verifier::Kinks::refused);
        for (std::size_t i = 0; i < s.samples; ++i) {
          const verifier::State a = at_high.forward(i), b = at_low.forward(i);
          for (std::size_t o = 0; o < 2; ++o) {
            EXPECT_TRUE(overlap(jacobian(2 * i + o, k), slope(a.value[s.outputs[o]], b.value[s.outputs[o]])));
          }
        }
      }
    }
  });
}

TEST(Network, EnclosuresOverABoxHoldThoseOfItsPoints) {
  for_each_trial(20, [](Random& random) {
    for (const char* op : {"tanh", "relu", "elu", "silu"}) {
      const std::string& loss = losses[random.index(losses.size())];
      const Setting s = setting_of(network_of_everything(random, op, loss));
      const Rational width(std::ldexp(1, -static_cast<int>(random.between(1, 14))));
      const auto all = verifier::below(s.parameters);
      const Balls box = verifier::box(s.saved, width, all);
      verifier::Rationals inside = s.saved;
      for (Rational& value : inside) value += width * Rational(random.uniform(-1, 1));
      const Balls point = verifier::box(inside, 0, {});
      const Balls over_box = verifier::gradient(s, box), here = verifier::gradient(s, point);
      for (std::size_t k = 0; k < s.parameters; ++k)
        EXPECT_TRUE(contains(over_box[k], here[k])) << op << " " << loss;
      EXPECT_TRUE(contains(objective(s, box), objective(s, point)));
      const auto wide = verifier::jacobian(s, box, verifier::Kinks::allowed, all);
      const auto narrow = verifier::jacobian(s, point, verifier::Kinks::allowed, all);
      for (std::size_t i = 0; i < wide.rows(); ++i) {
        for (std::size_t k = 0; k < wide.cols(); ++k) EXPECT_TRUE(contains(wide(i, k), narrow(i, k))) << op;
      }
    }
  });
}

TEST(Network, OutputsAgreeWithAnIndependentNetwork) {
  for_each_trial(100, [](Random& random) {
    Network network{{2, 4, 3, 2}, random.coin() ? "tanh" : "relu", random.coin(), {}};
    for (std::size_t k = 0; k < network.parameters(); ++k) network.z.push_back(random.uniform(-2, 2));
    const Numbers x{random.uniform(), random.uniform()};
    const Setting s = setting_of(network.problem().data({x}, {{0, 0}}));
    const Balls z(s.saved.begin(), s.saved.end());
    const auto phi = verifier::losses(s, z)[0].gradient;  // 2 phi
    for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(middle(phi[k]) / 2, network(x)[k], 1e-12);
  });
}

}  // namespace
}  // namespace pgb::test
