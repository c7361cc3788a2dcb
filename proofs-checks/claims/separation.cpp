// Separation. Let D be the number of distinct inputs. Then
//
//     rank [ x_i^alpha ]_{i; |alpha| <= D - 1}  =  D,
//
// so sum_i c_i x_i^alpha = 0 for all these alpha if and only if, for every distinct input x, the group sum of
// the c_i over the samples with x_i = x is 0. Hence also: sum_i c_i exp(w . x_i + b) = 0 for all (w, b) in an
// open set if and only if all group sums are 0.
//
// Checked over the integers (FLINT): the rank, at the least degree at which it is D; the kernel, every vector
// of which has group sums 0, and whose dimension is that of these vectors; on a line degree D - 2 is not
// enough. In balls: where a group sum is not 0 the exponential sum is not 0 at some (w, b).
#include <algorithm>
#include <string>

#include "claims/registry.h"
#include "claims/support/exact.h"
#include "claims/support/instances.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/scalar/ball.h"

namespace pgb::claims {
namespace {

struct Inputs {
  std::vector<IntegerPoint> points;
  std::vector<std::size_t> group;  // number of the distinct input
  std::size_t distinct = 0;
  std::string name;
};

Inputs draw(bool on_a_line, Random& random) {
  const std::size_t d = random.between(1, 4), m = random.between(4, 10), repeated = random.between(1, 3);
  Inputs inputs;
  IntegerPoint base(d), along(d, 1);
  for (long& x : along) x += static_cast<long>(random.index(3));
  for (std::size_t i = 0; i < m; ++i) {
    IntegerPoint x(d);
    const long t = static_cast<long>(random.index(33)) - 16;
    for (std::size_t c = 0; c < d; ++c)
      x[c] = on_a_line ? base[c] + t * along[c] : static_cast<long>(random.index(33)) - 16;
    inputs.points.push_back(i + repeated < m ? x : inputs.points[random.index(m - repeated)]);
  }
  for (std::size_t i = 0; i < m; ++i) {
    const auto first = std::find(inputs.points.begin(), inputs.points.end(), inputs.points[i]);
    const auto at = static_cast<std::size_t>(first - inputs.points.begin());
    inputs.group.push_back(at == i ? inputs.distinct++ : inputs.group[at]);
  }
  inputs.name = report::counted(m, "input") + (on_a_line ? " on a line in" : " in") + " dimension " +
                std::to_string(d) + ", " + std::to_string(inputs.distinct) + " distinct";
  return inputs;
}

Instance rank(const Inputs& inputs, std::size_t expected) {
  const std::size_t d = inputs.points.front().size();
  unsigned degree = 0;
  std::size_t found = 0;
  for (;; ++degree) {
    found = monomials(inputs.points, exponents(d, 0, degree)).rank();
    if (found >= expected || degree + 1 >= expected) break;
  }
  const bool equal = found == expected;
  return {inputs.name + ": rank",
          equal ? Standing::proved : Standing::failed,
          equal ? "the monomials have full rank on the distinct inputs" : "the rank is another",
          {{"rank", std::to_string(found)},
           {"at degree", std::to_string(degree)},
           {"asked for", std::to_string(expected)}}};
}

// The vectors c with sum_i c_i x_i^alpha = 0 are those with group sums 0.
Instance kernel(const Inputs& inputs) {
  const std::size_t d = inputs.points.front().size(), m = inputs.points.size();
  const auto alpha = exponents(d, 0, static_cast<unsigned>(inputs.distinct - 1));
  const IntegerMatrix values = monomials(inputs.points, alpha);
  IntegerMatrix moments(alpha.size(), m);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < alpha.size(); ++j) fmpz_set(moments(j, i), values(i, j));
  }
  const IntegerMatrix basis = moments.kernel();
  bool sums_vanish = basis.columns() == m - inputs.distinct;
  for (std::size_t j = 0; j < basis.columns(); ++j) {
    IntegerMatrix sums(inputs.distinct, 1);
    for (std::size_t i = 0; i < m; ++i)
      fmpz_add(sums(inputs.group[i], 0), sums(inputs.group[i], 0), basis(i, j));
    for (std::size_t g = 0; g < inputs.distinct; ++g)
      sums_vanish = sums_vanish && fmpz_is_zero(sums(g, 0)) != 0;
  }
  return {inputs.name + ": kernel",
          sums_vanish ? Standing::proved : Standing::failed,
          sums_vanish ? "moments vanish exactly where all group sums do"
                      : "a vector with vanishing moments has a group sum",
          {{"dimension", std::to_string(basis.columns())}}};
}

// On a line no lower degree would do.
Instance sharp(const Inputs& inputs) {
  const std::size_t d = inputs.points.front().size();
  const auto degree = static_cast<unsigned>(inputs.distinct - 2);
  const std::size_t found = monomials(inputs.points, exponents(d, 0, degree)).rank();
  const bool lower = found + 1 == inputs.distinct;
  return {inputs.name + ": one degree less",
          lower ? Standing::proved : Standing::failed,
          lower ? "degree D - 2 does not separate them: every order is needed" : "the rank is not D - 1",
          {{"rank", std::to_string(found)}, {"at degree", std::to_string(degree)}}};
}

Instance exponentials(const Inputs& inputs, bool group_sums, Random& random) {
  const PrecisionScope precision(128);
  const std::size_t d = inputs.points.front().size(), m = inputs.points.size();
  Vector<Ball> c(m);
  std::vector<double> sum(inputs.distinct, 0);
  for (std::size_t i = 0; i < m; ++i) {
    const double value = random.eighth() + (i == 0 ? 1.0 / 16 : 0);  // so that the first group sum is not 0
    c[i] = Ball(value);
    sum[inputs.group[i]] += value;
  }
  if (!group_sums) {  // take them away from the first sample of each group
    for (std::size_t i = m; i-- > 0;) {
      if (std::find(inputs.group.begin(), inputs.group.end(), inputs.group[i]) ==
          inputs.group.begin() + static_cast<std::ptrdiff_t>(i))
        c[i] -= Ball(sum[inputs.group[i]]);
    }
  }
  Ball largest;
  for (int trial = 0; trial < 8; ++trial) {
    Ball value;
    Vector<Ball> w(d);
    for (Ball& entry : w) entry = Ball(random.uniform(-0.25, 0.25));
    for (std::size_t i = 0; i < m; ++i) {
      Ball exponent;
      for (std::size_t k = 0; k < d; ++k) exponent += w[k] * Ball(static_cast<double>(inputs.points[i][k]));
      value += c[i] * exp(exponent);
    }
    if (value.mignitude() > largest.mignitude()) largest = value;
  }
  const bool nonzero = !largest.contains_zero();
  return {inputs.name + ": exponentials",
          nonzero ? Standing::proved : Standing::failed,
          nonzero ? "group sums are not all 0, and the sum of exponentials is not 0 somewhere"
                  : "the sum of exponentials may be 0 everywhere",
          {{"sum of exponentials", report::rounded(largest.midpoint())}}};
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  for (std::size_t trial = 0; trial < options.count(16) && !options.stopped(); ++trial) {
    options.report("separation", static_cast<double>(trial) / static_cast<double>(options.count(16)));
    const Inputs general = draw(false, random), line = draw(true, random);
    for (const Inputs* inputs : {&general, &line}) {
      result.instances.push_back(rank(*inputs, inputs->distinct));
      result.instances.push_back(kernel(*inputs));
      result.instances.push_back(exponentials(*inputs, true, random));
    }
    if (line.distinct >= 2) result.instances.push_back(sharp(line));
  }
  return result;
}

ClaimResult all_samples_separated(const ClaimOptions& options) {
  Random random(options.seed);
  const Inputs inputs = draw(false, random);
  ClaimResult result;
  result.instances.push_back(rank(inputs, inputs.points.size()));
  return result;
}

ClaimResult vanishing_group_sums(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  result.instances.push_back(exponentials(draw(false, random), false, random));
  return result;
}

}  // namespace

Claim separation() {
  Claim claim;
  claim.name = "separation";
  claim.group = "theorems";
  claim.statement =
      "Polynomials of degree at most D - 1 separate the D distinct inputs; so all moments, or all sums of "
      "exponentials, vanish "
      "only where the sum over every group of equal inputs does.";
  claim.run = check;
  claim.controls = {{"samples in place of distinct inputs", all_samples_separated},
                    {"residuals whose group sums are all 0", vanishing_group_sums}};
  return claim;
}

}  // namespace pgb::claims
