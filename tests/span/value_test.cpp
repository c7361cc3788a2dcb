// The smallest mean loss over a span: exact projections, and slow minimisers of other kinds.
#include "pgb/span/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "pgb/span/span.h"
#include "support/compare.h"
#include "support/dense.h"
#include "support/networks.h"
#include "support/planted.h"

namespace pgb::test {
namespace {

PerturbedSpan span_of(const Problem& problem) {
  return perturbed_gradient_span(problem, flat_families(problem));
}

// The loss of one sample in long double, from its definition.
long double naive_loss(const Loss& loss, const std::vector<long double>& q, const double* y) {
  long double sum = 0;
  if (loss.kind() == Loss::Kind::cross_entropy) {
    const long double top = *std::max_element(q.begin(), q.end());
    for (const long double v : q) sum += std::exp(v - top);
    return std::log(sum) + top - q[static_cast<std::size_t>(y[0])];
  }
  for (std::size_t k = 0; k < q.size(); ++k) {
    const long double t = y[k] * q[k], off = std::fabs(q[k] - y[k]);
    switch (loss.kind()) {
      case Loss::Kind::squared:
        sum += off * off;
        break;
      case Loss::Kind::mse:
        sum += off * off / static_cast<long double>(q.size());
        break;
      case Loss::Kind::absolute_cubed:
        sum += off * off * off;
        break;
      case Loss::Kind::logistic:
        sum += t > 0 ? std::log1p(std::exp(-t)) : -t + std::log1p(std::exp(t));
        break;
      default:
        sum += std::pow(std::max(1 - t, 0.0L), loss.power());
    }
  }
  return sum;
}

// The mean loss for outputs q of the distinct inputs (group by group).
long double naive_mean(const Problem& problem, const InputGroups& groups, const std::vector<long double>& q) {
  const std::size_t d = problem.model->outputs(), width = problem.y.shape[1], m = problem.samples();
  long double sum = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const auto first = q.begin() + static_cast<std::ptrdiff_t>(groups.group[i] * d);
    sum += naive_loss(problem.loss, {first, first + static_cast<std::ptrdiff_t>(d)},
                      &problem.y.values[i * width]);
  }
  return sum / static_cast<long double>(m);
}

// A convex function by cyclic searches along the columns of `directions`, each by thirds; slow and sure.
template <class F>
long double descend(const F& f, std::vector<long double> q, const Rows<long double>& directions, int rounds,
                    long double reach) {
  for (int round = 0; round < rounds; ++round) {
    for (const auto& u : directions) {
      const auto at = [&](long double t) {
        std::vector<long double> moved = q;
        for (std::size_t e = 0; e < q.size(); ++e) moved[e] += t * u[e];
        return f(moved);
      };
      long double low = -reach, high = reach;
      for (int i = 0; i < 160; ++i) {
        const long double a = low + (high - low) / 3, b = high - (high - low) / 3;
        (at(a) < at(b) ? high : low) = at(a) < at(b) ? b : a;
      }
      for (std::size_t e = 0; e < q.size(); ++e) q[e] += (low + high) / 2 * u[e];
    }
  }
  return f(q);
}

// Samples in groups of equal inputs, every group with several targets.
Problem grouped_problem(const std::string& loss, std::size_t groups, std::size_t each, std::size_t d_y,
                        Random& random) {
  Problem problem = random_problem(mlp({1, d_y}, ""), groups * each, loss, random);
  for (std::size_t i = 0; i < groups * each; ++i) problem.x.values[i] = static_cast<double>(i % groups) / 4;
  return problem;
}

TEST(ValueOverFunctions, LeastSquaresIsTheVarianceWithinGroups) {
  for_each_trial(20, [](Random& random) {
    for (const std::string loss : {"squared", "mse"}) {
      const std::size_t groups = random.between(1, 4), each = random.between(1, 4), d = random.between(1, 3);
      Problem problem = grouped_problem(loss, groups, each, d, random);
      for (double& y : problem.y.values) y = random.eighth();
      Rational sum;
      for (std::size_t g = 0; g < groups; ++g) {
        for (std::size_t k = 0; k < d; ++k) {
          Rational mean;
          for (std::size_t s = 0; s < each; ++s)
            mean += exact(problem.y.values[(s * groups + g) * d + k]) / each;
          for (std::size_t s = 0; s < each; ++s) {
            const Rational off = exact(problem.y.values[(s * groups + g) * d + k]) - mean;
            sum += off * off;
          }
        }
      }
      sum /= groups * each * (loss == "mse" ? d : 1);
      const double expected = sum.convert_to<double>();
      EXPECT_NEAR(approx_value_over_functions(problem, equal_input_groups(problem)), expected,
                  1e-14 * (1 + expected));
    }
  });
}

TEST(ValueOverFunctions, OtherLossesAgainstASlowSearch) {
  for_each_trial(6, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const std::size_t groups = random.between(1, 2), each = random.between(1, 4), d = random.between(1, 2);
      Problem problem = grouped_problem(loss, groups, each, d, random);
      if (loss == "polynomial_hinge") problem.loss = Loss(loss, random.coin() ? 2 : 3);
      const InputGroups samples = equal_input_groups(problem);
      Rows<long double> axes(groups * d, std::vector<long double>(groups * d, 0));
      for (std::size_t e = 0; e < axes.size(); ++e) axes[e][e] = 1;
      const auto f = [&](const std::vector<long double>& q) { return naive_mean(problem, samples, q); };
      const double slow =
          static_cast<double>(descend(f, std::vector<long double>(groups * d, 0), axes, 3, 40));
      EXPECT_NEAR(approx_value_over_functions(problem, samples), slow, 1e-9);
    }
  });
}

TEST(ValueOverFunctions, WholeObjectivesAreUnbounded) {
  Random random(1);
  Problem problem = random_problem(mlp({1, 1}, ""), 3, "squared", random);
  problem.loss = Loss("value");
  EXPECT_EQ(approx_value_over_functions(problem, equal_input_groups(problem)),
            -std::numeric_limits<double>::infinity());
}

// Least squares over the span of (x, 1), by normal equations in rationals.
TEST(ValueOverSpan, ProjectionByNormalEquations) {
  for_each_trial(30, [](Random& random) {
    const std::size_t d = random.between(1, 3), k = random.between(1, 2), m = random.between(d + 1, 8);
    const std::string loss = random.coin() ? "squared" : "mse";
    const bool bias = random.coin();
    Problem problem = random_problem(mlp({d, k}, "", bias), m, loss, random);
    for (double& x : problem.x.values) x = random.eighth();
    for (double& y : problem.y.values) y = random.eighth();
    if (random.coin())
      std::copy_n(problem.x.values.begin(), d, problem.x.values.end() - static_cast<std::ptrdiff_t>(d));

    Rows<Rational> x(m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < d; ++j) x[i].push_back(exact(problem.x.values[i * d + j]));
      if (bias) x[i].push_back(1);
    }
    const std::vector<std::size_t> columns = independent_columns(x);
    Rational sum;
    for (std::size_t output = 0; output < k; ++output) {
      Rows<Rational> gram(columns.size(), std::vector<Rational>(columns.size()));
      std::vector<Rational> right(columns.size());
      for (std::size_t i = 0; i < m; ++i) {
        const Rational y = exact(problem.y.values[i * k + output]);
        for (std::size_t a = 0; a < columns.size(); ++a) {
          right[a] += x[i][columns[a]] * y;
          for (std::size_t b = 0; b < columns.size(); ++b) gram[a][b] += x[i][columns[a]] * x[i][columns[b]];
        }
      }
      const std::vector<Rational> c = exact_solution(gram, right);
      for (std::size_t i = 0; i < m; ++i) {
        Rational off = -exact(problem.y.values[i * k + output]);
        for (std::size_t a = 0; a < columns.size(); ++a) off += c[a] * x[i][columns[a]];
        sum += off * off;
      }
    }
    sum /= m * (loss == "mse" ? k : 1);
    const PerturbedSpan span = span_of(problem);
    ASSERT_TRUE(span.approx_value());
    const double expected = sum.convert_to<double>();
    EXPECT_NEAR(*span.approx_value(), expected, 1e-12 * (1 + expected));
  });
}

// The other losses over the span of a linear layer against searches along its columns.
TEST(ValueOverSpan, ConvexLossesAgainstASlowSearch) {
  for_each_trial(5, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      const std::size_t d_y = loss == "cross_entropy" ? 2 : 1, m = 8;
      Problem problem = random_problem(mlp({1, d_y}, ""), m, loss, random);
      const bool classes = loss == "cross_entropy";
      for (std::size_t i = 0; i < m; ++i) {  // the same input with both labels: the minimum is attained
        problem.x.values[i] = static_cast<double>(i / 2) - 1.5;
        if (problem.loss.sign_targets()) problem.y.values[i] = i % 2 == 0 ? 1 : -1;
        if (classes) problem.y.values[i] = static_cast<double>(i % 2);
      }
      if (problem.loss.sign_targets() || classes) std::swap(problem.y.values[0], problem.y.values[1]);
      if (problem.loss.sign_targets()) problem.y.values[2] = problem.y.values[3];  // and not symmetric
      if (classes) problem.y.values[2] = problem.y.values[3];
      const InputGroups groups = equal_input_groups(problem);
      Rows<long double> columns;
      for (std::size_t k = 0; k < d_y; ++k) {
        for (const bool slope : {false, true}) {
          columns.emplace_back(groups.count * d_y, 0);
          for (std::size_t i = 0; i < m; ++i) {
            columns.back()[groups.group[i] * d_y + k] =
                slope ? static_cast<long double>(problem.x.values[i]) : 1;
          }
        }
      }
      const auto f = [&](const std::vector<long double>& q) { return naive_mean(problem, groups, q); };
      const double slow =
          static_cast<double>(descend(f, std::vector<long double>(groups.count * d_y, 0), columns, 25, 30));
      const PerturbedSpan span = span_of(problem);
      ASSERT_TRUE(span.approx_value());
      EXPECT_NEAR(*span.approx_value(), slow, 1e-8 * (1 + slow));
    }
  });
}

// Separable data: the infimum 0 is not attained.
TEST(ValueOverSpan, InfimumThatIsNotAttained) {
  Random random(3);
  Problem problem = random_problem(mlp({1, 1}, ""), 4, "logistic", random);
  problem.x.values = {-2, -1, 1, 2};
  problem.y.values = {-1, -1, 1, 1};
  const PerturbedSpan span = span_of(problem);
  ASSERT_EQ(span.rank(), std::optional<std::size_t>(2));
  ASSERT_TRUE(span.approx_value());
  EXPECT_GE(*span.approx_value(), 0);
  EXPECT_LT(*span.approx_value(), 1e-6);
}

TEST(ValueOverSpan, NothingMoves) {
  Random random(4);
  Problem problem = random_problem(mlp({1, 1, 1, 1}, "", false), 3, "squared", random);
  problem.parameters.values = {0, 0, 0};
  problem.x.values = {0, 0, 0};
  problem.y.values = {1, 2, 4};
  const PerturbedSpan span = span_of(problem);
  EXPECT_EQ(span.rank(), std::optional<std::size_t>(0));
  ASSERT_TRUE(span.approx_value());
  EXPECT_NEAR(*span.approx_value(), 7, 1e-14) << "the loss at outputs 0";
}

// Where the rank is proven beyond what double sees, the value belongs to the proven span.
TEST(ValueOverSpan, BeyondDouble) {
  Random random(5);
  const std::size_t m = 24;
  Problem problem = random_problem(mlp({1, 2}, ""), m, "squared", random);
  for (std::size_t i = 0; i < m; ++i) {
    problem.x.values[i] = static_cast<double>(i + 1) / m;
    problem.y.values[2 * i + 1] = problem.x.values[i];  // fits exactly at the second output
  }
  problem = add_neurons(problem, "1/4");
  problem.parameters.values[problem.model->added()->a + 1] = 0.5;
  const PerturbedSpan span = span_of(problem);
  ASSERT_EQ(span.rank(), std::optional<std::size_t>(m + 2));
  ASSERT_TRUE(span.approx_value());
  EXPECT_LT(*span.approx_value(), 1e-20);
}

// No point of the span has a smaller loss.
TEST(ValueOverSpan, IsALowerBound) {
  for_each_trial(10, [](Random& random) {
    for (const std::string& loss : kLosses) {
      SCOPED_TRACE(loss);
      Problem problem = random_problem(mlp({1, 2, 2}), 6, loss, random);
      if (random.coin()) fill(problem, "w2", 0);
      const PerturbedSpan span = span_of(problem);
      ASSERT_TRUE(span.approx_value());
      const Matrix<double> j = gradient_basis<double>(problem);
      const InputGroups alone{{0, 1, 2, 3, 4, 5}, 6};
      for (int point = 0; point < 5; ++point) {
        std::vector<long double> q(j.rows, 0);
        for (std::size_t c = 0; c < j.cols; ++c) {
          const double t = random.uniform(-3, 3);
          for (std::size_t r = 0; r < j.rows; ++r) q[r] += t * j(r, c);
        }
        EXPECT_LE(*span.approx_value(), static_cast<double>(naive_mean(problem, alone, q)) + 1e-9);
      }
    }
  });
}

}  // namespace
}  // namespace pgb::test
