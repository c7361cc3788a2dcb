// Every family found on random graphs with planted structure keeps what it promises, and symmetries bound the
// rank.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "flat/checks.h"
#include "pgb/derivatives/objective.h"
#include "pgb/span/span.h"
#include "support/compare.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

// One change of the parameters or the data that makes flat directions likely.
void plant(Problem& problem, Random& random) {
  const Graph& graph = *problem.model->graph();
  std::vector<std::size_t> affine;
  for (std::size_t k = 0; k < graph.nodes().size(); ++k) {
    if (graph.nodes()[k].weight != kNone) affine.push_back(k);
  }
  const GraphNode& node = graph.nodes()[affine[random.index(affine.size())]];
  Vector<double>& z = problem.parameters.values;
  const std::size_t w = graph.blocks()[node.weight].begin;
  const std::size_t b = node.bias == kNone ? kNone : graph.blocks()[node.bias].begin;
  const std::size_t rows = graph.blocks()[node.weight].shape[0], cols = graph.blocks()[node.weight].shape[1];
  const std::size_t r = random.index(rows), c = random.index(cols);
  switch (random.index(8)) {
    case 0:  // an outgoing column
      for (std::size_t i = 0; i < rows; ++i) z[w + i * cols + c] = 0;
      break;
    case 1:  // a whole weight, sometimes with its bias
      std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(w), rows * cols, 0.0);
      if (b != kNone && random.coin()) std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(b), rows, 0.0);
      break;
    case 2: {  // row r again, or with the other sign
      const std::size_t other = random.index(rows);
      const double sign = random.coin() || other == r ? 1 : -1;
      for (std::size_t j = 0; j < cols; ++j) z[w + other * cols + j] = sign * z[w + r * cols + j];
      if (b != kNone) z[b + other] = sign * z[b + r];
      break;
    }
    case 3:  // a row of zeros: a constant feature
      for (std::size_t j = 0; j < cols; ++j) z[w + r * cols + j] = 0;
      if (b != kNone && random.coin()) z[b + r] = 0;
      break;
    case 4:  // far to the negative side
      if (b != kNone) z[b + r] = -50;
      break;
    case 5:  // one input feature is 0, or another's double
      for (std::size_t i = 0, d = graph.inputs(); i < problem.samples(); ++i) {
        problem.x.values[i * d] = d == 1 || random.coin() ? 0 : 2 * problem.x.values[i * d + 1];
      }
      break;
    case 6:  // everything
      std::fill(z.begin(), z.end(), 0.0);
      break;
    default:  // a parameter that is no double
      z[w] = 0x1.5555555555555p-2;
      problem.parameters.exact[w] = "1/3";
  }
  if (z[w] != 0x1.5555555555555p-2) problem.parameters.exact.erase(w);
}

Problem planted_problem(Random& random) {
  NetworkOptions options;
  options.nodes = random.between(2, 8);
  Problem problem = random_problem(random_network(random, options), random.between(1, 6), "squared", random);
  if (random.coin()) {  // short numbers, so that features can be exact
    for (double& z : problem.parameters.values) z = random.eighth() / 2;
    for (double& x : problem.x.values) x = random.eighth() / 2;
  }
  for (std::size_t changes = random.between(1, 3); changes > 0; --changes) plant(problem, random);
  const std::size_t n = problem.model->parameters();
  if (random.coin(0.3)) problem.regularizer.push_back({random.coin() ? 0 : random.index(n), n, "1/10"});
  if (random.coin(0.2)) problem.regularizer.push_back({0, random.index(n), random.coin() ? "2/7" : "0"});
  if (random.coin(0.3)) {
    problem = add_neurons(problem, "1/4");
    const AddedNeurons* added = problem.model->added();
    for (std::size_t k = added->a; k < problem.model->parameters(); ++k) {
      if (random.coin(0.7)) continue;
      problem.parameters.values[k] = random.eighth() / 4;
    }
  }
  return problem;
}

// Finite, and of a size at which 1e-30 is above the noise of Quad.
bool is_tame(const Problem& problem) {
  const Graph& graph = *problem.model->graph();
  const Vector<double> x = to_scalars<double>(problem.x);
  for (const auto& value :
       graph.values<double>(problem.parameters.values, {x.data(), graph.inputs(), problem.samples()})) {
    for (const double v : value.data) {
      if (!(std::abs(v) < 1e3)) return false;
    }
  }
  return true;
}

TEST(FlatFamilies, KeepTheirPromisesOnPlantedGraphs) {
  std::map<Kind, std::size_t> found;
  for_each_trial(600, [&](Random& random) {
    const Problem problem = planted_problem(random);
    if (!is_tame(problem)) return;
    for (const FlatFamily& family : flat_families(problem)) {
      ++found[family.kind];
      EXPECT_TRUE(keeps_its_promises(problem, family, random));
    }
  });
  if (HasFailure() || trials(600) < 600) return;
  for (const Kind kind :
       {Kind::added_neurons, Kind::zero_outgoing_weights, Kind::equal_features, Kind::constant_features,
        Kind::feature_relation, Kind::dead_unit, Kind::orthogonal_inputs, Kind::scaling, Kind::linear_maps}) {
    EXPECT_GE(found[kind], 5u) << kind_name(kind) << ": the generator must reach it";
  }
}

// J t = 0 for every tangent of a family, and rank J <= n - s for the symmetries.
TEST(FlatFamilies, TangentsAreInTheNullSpaceOfTheGradientBasis) {
  for_each_trial(150, [&](Random& random) {
    const Problem problem = planted_problem(random);
    if (!is_tame(problem)) return;
    const auto families = flat_families(problem);
    const PrecisionScope scope(600);
    const Vector<Real> z = to_scalars<Real>(problem.parameters);
    const Matrix<Real> j = gradient_basis<Real>(problem);
    const auto at = Objective<Ball>(problem).kinks(to_scalars<Ball>(problem.parameters));
    if (!at.empty()) return;  // no derivative
    for (const FlatFamily& family : families) {
      for (const Vector<Real>& t : flat_tangents(family, z)) {
        for (std::size_t r = 0; r < j.rows; ++r) {
          Real sum(0);
          for (std::size_t k = 0; k < z.size(); ++k) sum += j(r, k) * t[k];
          EXPECT_LT(to_double(Real(abs(sum))), 1e-150) << kind_name(family.kind) << " " << family.where;
        }
      }
    }
    const std::size_t s = reference_rank(symmetry_tangents(problem, families));
    EXPECT_LE(reference_rank(j) + s, problem.model->parameters());
  });
}

// Without planted structure nothing is there but the symmetries that every parameter has, and relations.
TEST(FlatFamilies, GenericNetworksHaveNone) {
  for_each_trial(60, [](Random& random) {
    const std::vector<std::size_t> widths{random.between(1, 3), random.between(1, 4), random.between(1, 4),
                                          random.between(1, 2)};
    for (const char* activation : {"tanh", "sigmoid", "gelu", "softplus", "sin"}) {
      Problem problem = random_problem(mlp(widths, activation, random.coin()), 6, "squared", random);
      EXPECT_TRUE(flat_families(problem).empty()) << activation;
      problem = add_neurons(problem, "1/4");
      for (double& z : problem.parameters.values) z = random.uniform();
      EXPECT_TRUE(flat_families(problem).empty()) << activation << " with added neurons that are on";
    }
    for (const char* activation : {"relu", "leaky_relu"}) {
      const Problem problem =
          random_problem(mlp({widths[0], widths[1], 1}, activation, random.coin()), 40, "squared", random);
      for (const FlatFamily& family : flat_families(problem)) {
        // Units that are linear on all samples are related; null_space_test.cpp counts them.
        EXPECT_TRUE(family.kind == Kind::scaling || family.kind == Kind::dead_unit ||
                    family.kind == Kind::feature_relation)
            << kind_name(family.kind);
      }
    }
  });
}

TEST(FlatFamilies, ModelsWithoutAGraphHaveOnlyTheAddedNeurons) {
  Random random(3);
  const Problem base = random_problem(mlp({2, 3, 2}), 4, "squared", random);
  Problem problem = add_neurons(base, "1/4");
  const auto families = flat_families(problem);
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].kind, Kind::added_neurons);
  EXPECT_EQ(families[0].dimension, 2u * (1 + 2));
}

}  // namespace
}  // namespace pgb::test
