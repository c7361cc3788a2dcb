// Derivative products of models against central differences and against one another.
#include <gtest/gtest.h>

#include <memory>

#include "derivatives/differences.h"
#include "pgb/model/augmented.h"
#include "support/closed_forms.h"
#include "support/images.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

template <class S>
class Products : public ::testing::Test {};
using Base = ::testing::Types<double, Quad, Real, Ball>;
TYPED_TEST_SUITE(Products, Base);

// What one model gives at one point on m samples, in the scalar S.
template <class S>
struct At {
  Vector<S> z, x;
  std::unique_ptr<Evaluation<S>> evaluation;
  At(const Model& model, const Vector<double>& at, const Vector<double>& inputs)
      : z(scalars<S>(at)), x(scalars<S>(inputs)) {
    evaluation = model.evaluate(z, ConstView<S>{x.data(), model.inputs(), x.size() / model.inputs()});
  }
};

template <class S>
void expect_derivatives(const Model& model, const Vector<double>& z, const Vector<double>& x,
                        Random& random) {
  const std::size_t n = model.parameters(), rows = model.outputs() * x.size() / model.inputs();
  const At<S> at(model, z, x);
  const Matrix<S> j = at.evaluation->jacobian();
  ASSERT_EQ(j.rows, rows);
  ASSERT_EQ(j.cols, n);
  const Vector<double> t = random_vector(n, random), w = random_vector(rows, random);
  const Matrix<double> weights(model.outputs(), rows / model.outputs(), w);
  const Matrix<S> forward = at.evaluation->forward_product(scalars<S>(t));
  const Vector<S> reverse = at.evaluation->reverse_product(scalars<S>(weights));

  Matrix<Ball> bound;
  Vector<Ball> forward_bound, reverse_bound;
  {
    const PrecisionScope same(significand_bits<S>());
    const At<Ball> balls(model, z, x);
    bound = balls.evaluation->jacobian();
    forward_bound = balls.evaluation->forward_product(scalars<Ball>(t)).data;
    reverse_bound = balls.evaluation->reverse_product(scalars<Ball>(weights));
  }

  const PrecisionScope reference(kDifferenceBits);
  const Matrix<Real> expected = central_differences(scalars<Real>(z), [&](const Vector<Real>& at_z) {
    const Vector<Real> inputs = scalars<Real>(x);
    return model
        .evaluate(at_z, ConstView<Real>{inputs.data(), model.inputs(), inputs.size() / model.inputs()})
        ->outputs()
        .data;
  });
  EXPECT_TRUE(within_accuracy(j.data, expected.data, bound.data)) << "jacobian";
  Vector<Real> jt(rows, Real(0)), jw(n, Real(0));
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = 0; r < rows; ++r) {
      jt[r] += expected(r, c) * t[c];
      jw[c] += expected(r, c) * w[r];
    }
  }
  EXPECT_TRUE(within_accuracy(forward.data, jt, forward_bound)) << "forward product";
  EXPECT_TRUE(within_accuracy(reverse, jw, reverse_bound)) << "reverse product";
}

TYPED_TEST(Products, OfEveryActivation) {
  for_each_trial(2, [](Random& random) {
    for (const io::NodeSpec& node : all_activations()) {
      SCOPED_TRACE(name_of(node));
      Network net(2);
      const std::string u = net.node(node, {net.linear("x", 2, 3, random)});
      const auto graph = net.build(net.linear(net.node(node, {u}), 3, 2, random));
      const Vector<double> z = random_vector(graph->parameters(), random), x = random_vector(6, random);
      expect_derivatives<TypeParam>(*graph, z, x, random);
    }
  });
}

TYPED_TEST(Products, OfCombinations) {
  for_each_trial(3, [](Random& random) {
    Network net(2);
    const std::string u = net.linear("x", 2, 2, random),
                      v = net.linear(u, 2, 2, random, true, "n0.w", "n0.b");
    const std::string product = net.node("mul", {u, v, u, "x"});
    const std::string sum = net.node("add", {u, product, "x", u});
    const std::string all = net.node("concat", {"x", sum, net.node("flatten", {v}), sum});
    const auto graph = net.build(net.node("identity", {all}));
    expect_derivatives<TypeParam>(*graph, random_vector(graph->parameters(), random),
                                  random_vector(4, random), random);
  });
}

TYPED_TEST(Products, OfRandomNetworks) {
  for_each_trial(25, [](Random& random) {
    const auto graph = random_network(random);
    const Vector<double> z = random_vector(graph->parameters(), random);
    const Vector<double> x = random_vector(graph->inputs() * random.between(1, 3), random);
    expect_derivatives<TypeParam>(*graph, z, x, random);
  });
}

TYPED_TEST(Products, OfOperationsOnImages) {
  for_each_trial(6, [](Random& random) {
    std::string output;
    Network net = random_image_network(random, false, output);
    const auto graph = net.build(output);
    expect_derivatives<TypeParam>(*graph, random_vector(graph->parameters(), random),
                                  random_vector(2 * graph->inputs(), random), random);
  });
}

TYPED_TEST(Products, OfAddedNeurons) {
  for_each_trial(5, [](Random& random) {
    const AugmentedModel model(random_network(random, {true, 3}));
    const Vector<double> z = random_vector(model.parameters(), random);
    expect_derivatives<TypeParam>(model, z, random_vector(2 * model.inputs(), random), random);
  });
}

// Balls around z: the Jacobian holds the derivatives of every z inside, those of piecewise activations
// included.
TEST(ProductsOfBalls, ContainDerivativesAtEveryPoint) {
  for_each_trial(40, [](Random& random) {
    std::string output;
    const auto graph = random.coin(0.3) ? random_image_network(random, false, output).build(output)
                                        : random_network(random, {false, 3});
    const Vector<double> z = random_vector(graph->parameters(), random),
                         x = random_vector(graph->inputs(), random);
    const double radius = std::ldexp(1.0, -static_cast<int>(random.between(1, 12)));
    Vector<Ball> region = scalars<Ball>(z), inputs = scalars<Ball>(x);
    for (Ball& b : region) b = Ball::with_radius(b, radius);
    const auto over = graph->evaluate(region, ConstView<Ball>{inputs.data(), inputs.size(), 1});
    const Matrix<Ball> j = over->jacobian();
    for (int sample = 0; sample < 3; ++sample) {
      Vector<double> point = z;
      for (double& v : point) v += radius * (sample == 0 ? 1 : random.uniform());
      const PrecisionScope reference(kDifferenceBits);
      const Vector<Real> rz = scalars<Real>(point), rx = scalars<Real>(x);
      const auto at = graph->evaluate(rz, ConstView<Real>{rx.data(), rx.size(), 1});
      EXPECT_TRUE(agrees(over->outputs(), at->outputs(), 0));
      EXPECT_TRUE(agrees(j, at->jacobian(), 0));
    }
  });
}

}  // namespace
}  // namespace pgb::test
