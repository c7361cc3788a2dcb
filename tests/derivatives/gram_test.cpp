// J J^T without J against the product of the J that Objective forms.
#include "pgb/derivatives/gram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "pgb/derivatives/objective.h"
#include "pgb/model/augmented.h"
#include "pgb/model/callable.h"
#include "pgb/scalar/product.h"
#include "support/images.h"
#include "support/networks.h"

namespace pgb::test {
namespace {

// Every entry is a sum of n products, each right to a few ulp of what its factors are made of: the factors in
// both ways are compared with the product of the largest rows of J.
void expect_gram(const Problem& problem, int threads = 1) {
  const Matrix<double> j = Objective<double>(problem).jacobian(to_scalars<double>(problem.parameters));
  GramOptions options;
  options.threads = threads;
  const Matrix<double> k = approx_gram(problem, options);
  ASSERT_EQ(k.rows, j.rows);
  ASSERT_EQ(k.cols, j.rows);
  Vector<double> norm(j.rows);
  double largest = 0;
  for (std::size_t r = 0; r < j.rows; ++r) {
    for (std::size_t c = 0; c < j.cols; ++c) norm[r] += j(r, c) * j(r, c);
    norm[r] = std::sqrt(norm[r]);
    largest = std::max(largest, norm[r]);
  }
  if (!std::isfinite(largest)) return;
  for (std::size_t r = 0; r < j.rows; ++r) {
    for (std::size_t s = 0; s < j.rows; ++s) {
      double expected = 0;
      for (std::size_t c = 0; c < j.cols; ++c) expected += j(r, c) * j(s, c);
      ASSERT_NEAR(k(r, s), expected, 1e-11 * largest * largest) << "row " << r << ", column " << s;
      ASSERT_EQ(k(r, s), k(s, r));
    }
  }
}

TEST(Gram, OfRandomGraphs) {
  for_each_trial(300, [](Random& random) {
    const auto model = random_network(random);
    expect_gram(random_problem(model, random.between(1, 7), "squared", random));
  });
}

TEST(Gram, WithAddedNeurons) {
  for_each_trial(60, [](Random& random) {
    const auto model = std::make_shared<AugmentedModel>(random_network(random));
    expect_gram(random_problem(model, random.between(1, 6), "squared", random));
  });
}

// Convolution, normalisation and pooling: their parameters have no structure that is used.
TEST(Gram, OfImageNetworks) {
  for_each_trial(30, [](Random& random) {
    std::string output;
    Network net = random_image_network(random, true, output);
    expect_gram(random_problem(net.build(output), random.between(1, 4), "squared", random));
  });
}

// More rows than one tile holds, more than one tile high and wide, with a last one that is not full.
TEST(Gram, OfSeveralTiles) {
  for_each_trial(4, [](Random& random) {
    for (const std::size_t d_y : {1, 3, 200}) {
      Network net(4);
      const std::string h = net.node("tanh", {net.linear("x", 4, 5, random)});
      const std::string skip = net.node("add", {h, net.linear(h, 5, 5, random, true)});
      const Problem problem =
          random_problem(net.build(net.linear(skip, 5, d_y, random)), 1 + 400 / d_y, "squared", random);
      expect_gram(problem, 2);
    }
  });
}

// One tensor as the weight of two nodes, of which only one has a bias, and one bias of two nodes of different
// weights.
TEST(Gram, CrossTermsOfTiedTensors) {
  for_each_trial(20, [](Random& random) {
    Network net(3);
    const std::string first = net.linear("x", 3, 3, random);
    const std::string again = net.linear(net.node("tanh", {first}), 3, 3, random, false, first + ".w");
    const std::string other = net.linear(again, 3, 3, random, true, "", first + ".b");
    const std::string twice =
        net.linear(net.node("sin", {other}), 3, 3, random, true, first + ".w", first + ".b");
    expect_gram(random_problem(net.build(net.node("add", {twice, first})), 5, "squared", random));
  });
}

struct Waves {
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const {
    return {S(z[0] * sin(S(z[1] * x[0]))), S(z[1] * z[2] + x[0])};
  }
};

TEST(Gram, OfAModelThatIsNoGraph) {
  Random random(3);
  const auto model = make_callable_model(Waves{}, 1, 2, 3);
  expect_gram(random_problem(model, 5, "squared", random));
  expect_gram(random_problem(std::make_shared<AugmentedModel>(model), 5, "squared", random));
}

TEST(Gram, SameForEveryNumberOfThreads) {
  Random random(4);
  Network net(6);
  const std::string h = net.node("gelu", {net.linear("x", 6, 9, random)});
  const Problem problem = random_problem(net.build(net.linear(h, 9, 3, random)), 300, "squared", random);
  GramOptions options;
  const Matrix<double> one = approx_gram(problem, options);
  for (const int threads : {2, 3, 7}) {
    options.threads = threads;
    EXPECT_EQ(approx_gram(problem, options).data, one.data) << threads << " threads";
  }
}

TEST(Gram, OfOneSampleWithoutAnyParameterOnThePath) {
  Random random(5);
  Network net(2);
  net.linear("x", 2, 2, random);
  const Problem problem = random_problem(net.build(net.node("tanh", {"x"})), 3, "squared", random);
  for (const double entry : approx_gram(problem).data) EXPECT_EQ(entry, 0);
}

TEST(Gram, MoreMemoryThanAllowedIsRefused) {
  Random random(6);
  const Problem problem = random_problem(random_network(random), 50, "squared", random);
  GramOptions options;
  options.max_memory = 1000;
  EXPECT_GT(gram_bytes(problem), 8.0 * 50 * 50);
  try {
    approx_gram(problem, options);
    FAIL() << "not refused";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("max_memory"), std::string::npos) << error.what();
  }
}

// In balls: what J of more than twice the precision gives lies in the enclosure, but for its own tiny radius.
TEST(Gram, InBalls) {
  for_each_trial(60, [](Random& random) {
    std::shared_ptr<const Model> model = random_network(random);
    if (random.coin(0.3)) model = std::make_shared<AugmentedModel>(random_network(random));
    const Problem problem = random_problem(model, random.between(1, 6), "squared", random);
    const long bits = static_cast<long>(random.between(60, 180));
    Matrix<Ball> j;
    {
      const PrecisionScope more(2 * bits + 60);
      const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
      if (!Objective<Ball>(problem).kinks(z).empty()) return;
      j = Objective<Ball>(problem).jacobian(z);
    }
    GramOptions options;
    options.threads = 2;
    const PrecisionScope scope(bits);
    const Matrix<Ball> k = gram(problem, options);
    const PrecisionScope more(2 * bits + 60);
    for (std::size_t r = 0; r < j.rows; ++r) {
      for (std::size_t s = 0; s < j.rows; ++s) {
        const Ball truth = dot<Ball>(j.cols, &j(r, 0), j.rows, &j(s, 0), j.rows);
        ASSERT_TRUE(k(r, s).overlaps(truth)) << r << ", " << s;
        ASSERT_TRUE(arb_equal(k(r, s).get(), k(s, r).get()));
      }
    }
  });
}

}  // namespace
}  // namespace pgb::test
