// Every claim on an instance or two, and its checks against wrong statements.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "claims/registry.h"
#include "claims/support/exact.h"
#include "claims/support/polynomial.h"
#include "claims/support/value_form.h"
#include "report/outcomes.h"
#include "report/page.h"
#include "support/random.h"

namespace pgb::claims {
namespace {

ClaimOptions few(std::uint64_t seed) {
  ClaimOptions options;
  options.instances = 1;
  options.seed = seed;
  options.examples = std::string(PGB_SOURCE_DIR) + "/examples";
  return options;
}

const std::set<std::string> own_groups{"theorems", "hypotheses"};

TEST(Claims, HoldAndTheirChecksCanFail) {
  for (const Claim& claim : all_claims()) {
    if (own_groups.count(claim.group) == 0) continue;
    for (std::uint64_t seed = 1; seed <= test::trials(2); ++seed) {
      const Outcome outcome = run_claim(claim, few(seed));
      EXPECT_TRUE(outcome.passed()) << claim.name << ", seed " << seed << '\n' << instances_text(outcome);
      EXPECT_TRUE(outcome.finished);
      EXPECT_FALSE(claim.controls.empty()) << claim.name;
      EXPECT_EQ(outcome.refused.size(), claim.controls.size());
      EXPECT_GT(outcome.result.count(Standing::proved), 0u) << claim.name;
    }
  }
}

TEST(Claims, NamesAreDistinct) {
  std::set<std::string> names;
  for (const Claim& claim : all_claims()) {
    EXPECT_TRUE(names.insert(claim.name).second) << claim.name;
    EXPECT_FALSE(claim.statement.empty());
    EXPECT_TRUE(claims_named(claim.name).size() == 1 || claim.name == claim.group);
  }
  EXPECT_TRUE(claims_named("no such claim").empty());
  EXPECT_GT(claims_named("theorems").size(), 1u);
}

Claim made_of(std::vector<Instance> instances, bool refusable = true) {
  Claim claim;
  claim.name = "made-up";
  claim.run = [instances](const ClaimOptions&) {
    ClaimResult result;
    result.instances = instances;
    return result;
  };
  const Standing standing = refusable ? Standing::failed : Standing::proved;
  claim.controls = {{"the opposite", [standing](const ClaimOptions&) {
                       ClaimResult result;
                       result.instances = {{"", standing, ""}};
                       return result;
                     }}};
  return claim;
}

TEST(Outcomes, PassOnlyWhereSomethingWasShown) {
  const Instance proved{"a", Standing::proved, ""}, failed{"b", Standing::failed, ""};
  const Claim good = made_of({proved}), bad = made_of({proved, failed}), empty = made_of({}),
              toothless = made_of({proved}, false);
  EXPECT_TRUE(run_claim(good, {}).passed());
  EXPECT_FALSE(run_claim(bad, {}).passed());
  EXPECT_FALSE(run_claim(empty, {}).passed());
  EXPECT_FALSE(run_claim(toothless, {}).passed());
}

TEST(Outcomes, AnExceptionIsAFailure) {
  Claim claim = made_of({});
  claim.run = [](const ClaimOptions&) -> ClaimResult { throw std::runtime_error("out of numbers"); };
  const Outcome outcome = run_claim(claim, {});
  EXPECT_FALSE(outcome.passed());
  EXPECT_NE(outcomes_text({outcome}).find("out of numbers"), std::string::npos);
}

TEST(Outcomes, MarkupIsEscaped) {
  const Claim claim = made_of({{"<script>", Standing::failed, "a & b", {{"<x>", "\""}}}});
  const std::string page = outcomes_html({run_claim(claim, {})}, "pgbrepro '<'");
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(page.find("a &amp; b"), std::string::npos);
}

// Oracles by hand for what the claims rest on.
TEST(Exact, RanksAndKernels) {
  // 1, x, x^2 at 0, 1, 1: rank 2; the kernel of the transpose is spanned by (0, 1, -1).
  const IntegerMatrix values = monomials({{0}, {1}, {1}}, exponents(1, 0, 2));
  EXPECT_EQ(values.rank(), 2u);
  IntegerMatrix transposed(3, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) fmpz_set(transposed(j, i), values(i, j));
  }
  const IntegerMatrix kernel = transposed.kernel();
  ASSERT_EQ(kernel.columns(), 1u);
  EXPECT_TRUE(fmpz_is_zero(kernel(0, 0)));
  EXPECT_FALSE(fmpz_is_zero(kernel(1, 0)));
  fmpz_t sum;
  fmpz_init(sum);
  fmpz_add(sum, kernel(1, 0), kernel(2, 0));
  EXPECT_TRUE(fmpz_is_zero(sum));
  fmpz_clear(sum);
  EXPECT_EQ(exponents(3, 2, 2).size(), 6u);
  EXPECT_EQ(exponents(2, 0, 3).size(), 10u);
  EXPECT_EQ(with_column(values, {0, 1, 1}).rank(), 2u);
  EXPECT_EQ(with_column(values, {0, 1, 2}).rank(), 3u);
}

TEST(Exact, Polynomials) {
  const PolynomialRing ring({"x", "y"});
  const Polynomial x = Polynomial::variable(ring, 0), y = Polynomial::variable(ring, 1);
  EXPECT_TRUE(((x + y) * (x - y) - (x * x - y * y)).is_zero());
  EXPECT_TRUE(((x * x * y).derivative(0) - Polynomial(ring, 2) * x * y).is_zero());
  EXPECT_FALSE((x - y).is_zero());
  EXPECT_TRUE((Polynomial(ring, 1, 3) + Polynomial(ring, 2, 3) - Polynomial(ring, 1)).is_zero());
}

// f = v with one sample y = 3, R = v^2 / 4: h = v, rho = 2. Qt(alpha) = (alpha - 3)^2 + alpha v / 2 - v^2 /
// 4, by hand.
TEST(ValueForm, ByHand) {
  const PrecisionScope precision(256);
  Problem problem = make_problem(network({1, 1}, "linear"), {0, 1}, {0}, {3});
  problem.regularizer = {{1, 2, "1/4"}};
  const Objective<Ball> objective(problem);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const GradientBasis basis = gradient_basis_of(problem);
  EXPECT_EQ(basis.rho, 2);
  const auto qt = [&](double alpha) {
    return perturbed_value(objective, z, basis.rho, {{z, {Ball(0), Ball(alpha)}}}).midpoint();
  };
  EXPECT_EQ(qt(1), 4.25);  // Q itself
  EXPECT_EQ(qt(2), 1.75);
  EXPECT_EQ(qt(-2), 23.75);
  const Drop drop = certify_drop(objective, z, basis, z);
  EXPECT_TRUE(drop.proved);
  EXPECT_LT(drop.excess.upper(), 0);
}

}  // namespace
}  // namespace pgb::claims
