// What each hypothesis of the elimination theorem is for. Every one is dropped in turn, and an instance is
// certified at which Lt has a local minimum whose theta is not a global minimum of L:
//
//   lambda > 0. With lambda = 0 the added neuron may stay on: f = theta x, (x, y) = (0, y0), (x1, y1). At
//   theta with
//     theta x1 = y1 - y0 and u = y0 (W = 0) Lt = 0 is its least value, but L(theta) is not that of L.
//   gradient 0 => minimum. l(q, y) = p(q - y), p with two wells: outputs in the shallow well of every sample.
//   equal targets for equal inputs. l(q, y) = (q - y)^2 / (1 + (q - y)^2) has gradient 0 only at its minimum;
//   one input with
//     targets 0, 0, t: near q = t the sum has a local minimum that is not global.
//   the exponential. ReLU and polynomials of fixed degree p: a relu network whose units are all dead near z;
//   residuals
//     orthogonal to all polynomials of degree p (p = 0 for ReLU, whose unit is dead too). tanh: a local
//     minimum with a != 0, proven by Krawczyk's test.
//
// Proofs that a point is a local minimum are given with each; they are exact, or in balls.
#include <algorithm>
#include <cmath>
#include <string>

#include "claims/registry.h"
#include "claims/support/exact.h"
#include "claims/support/points.h"
#include "pgb/derivatives/objective.h"
#include "pgb/report/numbers.h"
#include "pgb/scalar/functions.h"

namespace pgb::claims {
namespace {

std::string text(const Ball& x) { return report::rounded(x.midpoint()); }

Instance outcome(const std::string& what, bool proved, const std::string& shown,
                 std::vector<Number> numbers) {
  return {what, proved ? Standing::proved : Standing::failed, proved ? shown : "not certified: " + shown,
          std::move(numbers)};
}

// All numbers are whole multiples of 1/8, so that squares of sums are exact.
Instance without_penalty(const std::string& lambda, Random& random) {
  const PrecisionScope precision(256);
  const double y0 = random.eighth(1) + 2, x1 = 1, y1 = random.eighth(1);
  const double theta = (y1 - y0) / x1;
  const auto model = network({1, 1}, "linear", false);
  const Problem base = make_problem(model, {theta}, {0, x1}, {y0, y1});
  Problem problem = add_neurons(base, lambda == "0" ? "1" : lambda);
  if (lambda == "0") problem.regularizer.clear();
  Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  z[problem.model->added()->a] = Ball(y0);
  const Ball augmented = Objective<Ball>(problem).value(z);
  const Objective<Ball> original(base);
  // L = (y0^2 + (theta x1 - y1)^2) / 2: lower where theta x1 = y1.
  const Ball there = original.value({Ball(theta)}), best = original.value({Ball(y1 / x1)});
  const bool proved = augmented.is_exactly_zero() && (there - best).certainly_positive();
  return outcome("lambda = " + lambda + ", affine function plus neuron", proved,
                 "Lt = 0 with the neuron on, but theta is not a minimum of L",
                 {{"Lt", text(augmented)}, {"L(theta)", text(there)}, {"lower L", text(best)}});
}

// p(s) = s^2 (s - 2 r)^2 ... replaced by p(s) = integral of 12 s (s - r)(s - t), r < t / 2: p(0) = 0 and p(t)
// < 0.
struct TwoWells {
  double r, t;
  template <class S>
  S operator()(const S& s) const {
    return s * s * (S(3) * s * s - S(4 * (r + t)) * s + S(6 * r * t));
  }
};

// Outputs f(x_i) = y_i put every sample at s = 0. While |s| <= delta, 3 s^2 - 4 (r + t) s + 6 r t > 0, so l
// >= 0 = l(0); the penalty is >= 0: a local minimum of Lt, whatever the network. With t added to the output
// bias every sample is at p(t) < 0.
Instance two_wells(double t_over_r, Random& random) {
  const PrecisionScope precision(256);
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(2, 4), 1};
  Problem problem = random_problem(network(widths, "relu"), random.between(3, 6), 1, "squared", random);
  const Objective<Ball> objective(problem);
  Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const Matrix<Ball> outputs = objective.outputs(z);
  const double r = static_cast<double>(random.between(4, 12)) / 8;
  const TwoWells p{r, t_over_r * r};
  const Ball s = Ball::with_radius(Ball(0), r / 8);
  const Ball factor = Ball(3) * square(s) - Ball(4 * (r + p.t)) * s + Ball(6 * r * p.t);
  z.back() += Ball(p.t);
  const Matrix<Ball> shifted = objective.outputs(z);
  Ball here, there;
  for (std::size_t i = 0; i < objective.samples(); ++i) {
    here += p(Ball(0));
    there += p(shifted(0, i) - outputs(0, i));
  }
  const bool proved = factor.certainly_positive() && (here - there).certainly_positive();
  return outcome("loss with two wells, " + network_name(widths, "relu"), proved,
                 "all outputs in the shallow well: a local minimum of Lt, lower L with another output bias",
                 {{"L(theta)", text(here)}, {"lower L", text(there)}});
}

// S(q) = sum_j rho(q - y_j), rho(s) = s^2 / (1 + s^2); rho' = 2 s / (1 + s^2)^2, rho'' = (2 - 6 s^2) / (1 +
// s^2)^3.
Instance equal_inputs(double distance, bool equal_targets) {
  const PrecisionScope precision(256);
  const std::vector<double> targets =
      equal_targets ? std::vector<double>(3, distance) : std::vector<double>{0, 0, distance};
  const auto sum = [&](const Ball& q, int derivative) {
    Ball total;
    for (const double y : targets) {
      const Ball s = q - Ball(y), one = Ball(1) + square(s);
      total += derivative == 0   ? square(s) / one
               : derivative == 1 ? Ball(2) * s / square(one)
                                 : (Ball(2) - Ball(6) * square(s)) / (one * one * one);
    }
    return total;
  };
  const double low = distance - 0.25, high = distance + 0.25;
  const bool minimum = sum(Ball(low), 1).certainly_negative() && sum(Ball(high), 1).certainly_positive() &&
                       sum(Ball::hull(Ball(low), Ball(high)), 2).certainly_positive();
  // Whatever q the minimum is in [low, high], S is larger there than at 0.
  Ball least;
  bool larger = true;
  for (int part = 0; part < 64; ++part) {
    const double step = (high - low) / 64;
    const Ball here = sum(Ball::hull(Ball(low + part * step), Ball(low + (part + 1) * step)), 0);
    larger = larger && (here - sum(Ball(0), 0)).certainly_positive();
    if (part == 32) least = here;
  }
  return outcome(
      "equal inputs, targets 0, 0, " + report::rounded(distance), minimum && larger,
      "a strict local minimum of the sum over equal inputs that is not global: a local minimum of Lt",
      {{"L(theta)", text(least)}, {"lower L", text(sum(Ball(0), 0))}});
}

// A relu network with every unit dead on all samples near z: outputs are the bias c. Targets y_i = c + r_i
// with r orthogonal to the polynomials of degree p on the inputs, so that for units of degree p
//     Lt = (1/m) |c' - c + a poly|^2 + (1/m) |r|^2 + lambda a^2  >=  (1/m) |r|^2  =  L(theta)     near z.
Instance fixed_degree(unsigned p, bool orthogonal, Random& random) {
  const PrecisionScope precision(512);
  const unsigned m = p + 3;
  std::vector<double> x, y;
  std::vector<IntegerPoint> points;
  const double c = random.eighth(), size = static_cast<double>(random.between(1, 8)) / 8;
  fmpz_t binomial;
  fmpz_init(binomial);
  for (unsigned i = 0; i < m; ++i) {
    x.push_back(i);
    points.push_back({static_cast<long>(i)});
    fmpz_bin_uiui(binomial, m - 1, i);
    const double difference = orthogonal ? (i % 2 == 0 ? 1 : -1) * fmpz_get_d(binomial) : 1 + i;
    y.push_back(c + size * difference);
  }
  fmpz_clear(binomial);
  // Hidden units: relu(-x - 1), relu(-2 x - 1), …, negative at all x >= 0.
  const std::vector<std::size_t> widths{1, m - 1, 1};
  std::vector<double> z;
  for (unsigned j = 0; j + 1 < m; ++j) z.push_back(-1.0 - j);
  for (unsigned j = 0; j + 1 < m; ++j) z.push_back(-1);
  for (unsigned j = 0; j + 1 < m; ++j) z.push_back(1);
  z.push_back(c);
  const Problem problem = make_problem(network(widths, "relu"), z, x, y);
  // r is orthogonal to 1, x, …, x^p, exactly.
  const IntegerMatrix powers = monomials(points, exponents(1, 0, p));
  bool vanish = true;
  for (unsigned t = 0; t <= p; ++t) {
    Ball moment;
    for (unsigned i = 0; i < m; ++i) {
      Ball power;
      arb_set_fmpz(power.get(), powers(i, t));
      moment += (Ball(y[i]) - Ball(c)) * power;
    }
    vanish = vanish && moment.is_exactly_zero();
  }
  // All units stay dead on a box around z.
  const Objective<Ball> objective(problem);
  Vector<Ball> box;
  for (const double value : z) box.push_back(Ball::with_radius(Ball(value), 0.01));
  box.back() = Ball(c);
  const Matrix<Ball> outputs = objective.outputs(box);
  const bool dead = std::all_of(outputs.data.begin(), outputs.data.end(),
                                [&](const Ball& q) { return (q - Ball(c)).is_exactly_zero(); });
  // The piecewise linear function through all points: kinks at 0, …, m - 2 as relu(x - j).
  Vector<Ball> better;
  for (unsigned j = 0; j + 1 < m; ++j) better.emplace_back(1);
  for (unsigned j = 0; j + 1 < m; ++j) better.emplace_back(-static_cast<double>(j));
  for (unsigned j = 0; j + 1 < m; ++j) {
    const double slope = y[j + 1] - y[j], before = j == 0 ? 0 : y[j] - y[j - 1];
    better.emplace_back(slope - before);
  }
  better.emplace_back(y[0]);
  const Ball here = objective.value(to_scalars<Ball>(problem.parameters)), there = objective.value(better);
  const bool proved = vanish && dead && there.is_exactly_zero() && here.certainly_positive();
  const std::string unit = p == 0 ? "unit relu(w x + b), dead" : "unit (w x + b)^" + std::to_string(p);
  return outcome(unit + " in place of exp, " + network_name(widths, "relu"), proved,
                 "a local minimum of Lt by orthogonality and dead units; another theta has L = 0",
                 {{"L(theta)", text(here)}, {"lower L", text(there)}});
}

// f(x) = v with a unit a tanh(w x + b), R = lambda a^2: as a network 1-1-1 whose outgoing weight is
// penalised.
Instance tanh_unit(const std::string& lambda, Random& random) {
  const auto draw = [&] {
    Problem problem = teacher_problem(network({1, 1, 1}, "tanh"), 9, 1, "squared", random);
    const auto& blocks = problem.model->blocks();
    problem.regularizer.push_back({blocks[2].begin, blocks[2].end, lambda});
    return problem;
  };
  const std::string name = "unit tanh(w x + b) in place of exp, constant network";
  const auto point = find_critical_point(draw, true, random);
  if (!point) return outcome(name, false, "a strict local minimum of Lt", {});
  const PrecisionScope precision(256);
  const auto& blocks = point->problem.model->blocks();
  // L(v) = (1/m) sum (v - y_i)^2 at the minimum of Lt, and at the mean of the y_i.
  const auto loss = [&](const Ball& v) {
    Ball sum;
    for (const double y : point->problem.y.values) sum += square(v - Ball(y));
    return sum / Ball(static_cast<double>(point->problem.samples()));
  };
  double mean = 0;
  for (const double y : point->problem.y.values) mean += y / static_cast<double>(point->problem.samples());
  const Ball here = loss(point->box[blocks[3].begin]), there = loss(Ball(mean)),
             a = point->box[blocks[2].begin];
  return outcome(name, !a.contains_zero() && (here - there).certainly_positive(),
                 "a strict local minimum of Lt with the unit on, and theta is not a minimum of L",
                 {{"a", text(a)}, {"L(theta)", text(here)}, {"lower L", text(there)}});
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  ClaimResult result;
  const std::size_t count = options.count(4);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("hypotheses", static_cast<double>(trial) / static_cast<double>(count));
    result.instances.push_back(without_penalty("0", random));
    result.instances.push_back(two_wells(3, random));
    result.instances.push_back(equal_inputs(6 + random.uniform(0, 6), false));
    for (const unsigned degree : {0U, 1U, 2U, 3U, 5U})
      result.instances.push_back(fixed_degree(degree, true, random));
    result.instances.push_back(tanh_unit("1/50", random));
  }
  result.notes.push_back(
      result.count(Standing::failed) == 0
          ? "For every hypothesis dropped an instance was found at which the conclusion fails."
          : "For some hypothesis dropped no instance was certified at which the conclusion fails: see those "
            "that failed.");
  result.notes.push_back(
      "With ReLU or a power of w x + b the vanishing identity still holds, with a factor 1/p before the "
      "derivative along (w, b), so a = 0 at "
      "critical points; what fails is separation. With tanh separation holds and the vanishing identity "
      "fails.");
  return result;
}

}  // namespace

Claim hypotheses() {
  Claim claim;
  claim.name = "hypotheses";
  claim.group = "hypotheses";
  claim.statement =
      "Each hypothesis of the elimination theorem is needed: without it there are problems at which Lt has a "
      "local minimum whose "
      "theta is not a global minimum of L.";
  claim.hypotheses = {"dropped in turn: lambda > 0", "gradient 0 => minimum of the loss",
                      "equal targets for equal inputs", "exponential units"};
  claim.run = check;
  claim.controls = {
      {"lambda = 1 instead of 0", one_instance([](Random& r) { return without_penalty("1", r); })},
      {"wells of which that at 0 is the deeper one",
       one_instance([](Random& r) { return two_wells(1.5, r); })},
      {"equal targets for equal inputs", one_instance([](Random&) { return equal_inputs(7, true); })},
      {"residuals with moments that are not 0",
       one_instance([](Random& r) { return fixed_degree(2, false, r); })}};
  return claim;
}

}  // namespace pgb::claims
