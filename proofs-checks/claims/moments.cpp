// Freedom and moments. At a = 0 the outputs, and R, do not depend on (b, W): all of it is flat. With c_ik =
// d_k l(f(x_i), y_i) the derivative of Lt in a_k at the flat points is F_k(w, b) = (1/m) sum_i c_ik exp(w .
// x_i + b). PGB: F_k = 0 for all (w, b) near (w_k, b_k). Hence, differentiating t times in w,
//
//     sum_i c_ik exp(w_k . x_i + b_k) x_i (x) ... (x) x_i  =  0      for every order t = 0, 1, 2, ...
//
// and such a symmetric tensor is 0 if and only if its contractions with u (x) ... (x) u are 0 for all u.
//
// Checked: 1. freedom: with a = 0 the outputs at all (b, W) of a large box, enclosed at once, are exactly
// those without neurons. 2. the derivatives, as polynomials in free c_i, x_ij and E_i = exp(w . x_i + b), on
// which d/d w_j acts as sum_i x_ij E_i d/d E_i. 3. contractions: the rank of [u^alpha], |alpha| = t, over the
// integers is the dimension of the symmetric tensors. 4. every order is needed: residuals like finite
// differences have moments 0 up to order D - 2 alone.
// 5. on networks: the moment that is not 0, and the flat point at which F is not 0, in balls.
#include <cmath>
#include <string>

#include "claims/registry.h"
#include "claims/support/exact.h"
#include "claims/support/instances.h"
#include "claims/support/polynomial.h"
#include "pgb/derivatives/objective.h"
#include "pgb/linalg/rank.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb::claims {
namespace {

Instance freedom(double a, Random& random) {
  const PrecisionScope precision(2048);
  const std::vector<std::size_t> widths{random.between(1, 3), random.between(1, 4), random.between(1, 3)};
  const Problem problem =
      add_neurons(random_problem(network(widths, "relu"), 8, 2, "squared", random), "1/4");
  const AddedNeurons& added = *problem.model->added();
  Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const Objective<Ball> objective(problem);
  const Matrix<Ball> outputs = objective.outputs(z);
  for (std::size_t k = added.a; k < added.b; ++k) z[k] = Ball(a);
  for (std::size_t k = added.b; k < z.size(); ++k) z[k] = Ball::with_radius(Ball(random.eighth()), 100);
  const Matrix<Ball> moved = objective.outputs(z);
  bool equal = true;
  for (std::size_t i = 0; i < outputs.data.size(); ++i)
    equal = equal && (moved.data[i] - outputs.data[i]).is_exactly_zero();
  return {network_name(widths, "relu") + ": freedom",
          equal ? Standing::proved : Standing::failed,
          equal ? "outputs at all (b, W) within 100 are exactly the same" : "outputs depend on (b, W)",
          {{"outputs", std::to_string(outputs.data.size())}}};
}

// All derivatives of sum_i c_i E_i of order t in w, one by one, against sum_i c_i E_i x_i^alpha.
Instance derivatives(std::size_t d, std::size_t m, unsigned t, bool exponential) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < m; ++i) {
    const std::string number = std::to_string(i);
    for (std::size_t c = 0; c < d; ++c) names.push_back("x" + number + "_" + std::to_string(c));
    for (const char* atom : {"c", "E", "D"}) names.push_back(atom + number);
  }
  const PolynomialRing ring(names);
  const auto x = [&](std::size_t i, std::size_t c) { return Polynomial::variable(ring, i * (d + 3) + c); };
  const auto unit = [&](std::size_t i) { return i * (d + 3) + d + 1; };
  bool equal = true;
  const std::vector<Exponents> all = exponents(d, t, t);
  for (const Exponents& alpha : all) {
    Polynomial derivative(ring), moment(ring);
    for (std::size_t i = 0; i < m; ++i) {
      Polynomial term = x(i, d) * Polynomial::variable(ring, unit(i));
      derivative += term;
      for (std::size_t c = 0; c < d; ++c) {
        for (unsigned power = 0; power < alpha[c]; ++power) term *= x(i, c);
      }
      moment += term;
    }
    for (std::size_t c = 0; c < d; ++c) {
      for (unsigned power = 0; power < alpha[c]; ++power) {
        Polynomial next(ring);
        for (std::size_t i = 0; i < m; ++i) {
          const Polynomial slope = Polynomial::variable(ring, unit(i) + (exponential ? 0 : 1));
          next += x(i, c) * slope * derivative.derivative(unit(i));
        }
        derivative = next;
      }
    }
    equal = equal && (derivative - moment).is_zero();
  }
  return {"dimension " + std::to_string(d) + ", " + report::counted(m, "sample") + ", order " +
              std::to_string(t) + ": derivatives",
          equal ? Standing::proved : Standing::failed,
          equal ? "the derivatives of F in w are the entries of the moment tensor"
                : "derivatives and moments differ",
          {{"entries", std::to_string(all.size())}}};
}

// Contractions with as many u as the symmetric tensors have dimensions, drawn from a box of integers.
Instance contractions(std::size_t d, unsigned t, bool in_a_plane, Random& random) {
  const std::vector<Exponents> alpha = exponents(d, t, t);
  std::vector<IntegerPoint> u;
  for (std::size_t k = 0; k < alpha.size() + 4; ++k) {
    u.emplace_back(d);
    for (long& x : u.back()) x = static_cast<long>(random.index(41)) - 20;
    if (in_a_plane) u.back().back() = 0;
  }
  const std::size_t rank = monomials(u, alpha).rank();
  const bool full = rank == alpha.size();
  return {"dimension " + std::to_string(d) + ", order " + std::to_string(t) + ": contractions",
          full ? Standing::proved : Standing::failed,
          full ? "finitely many u (x) … (x) u span the symmetric tensors"
               : "they do not span the symmetric tensors",
          {{"directions", std::to_string(u.size())},
           {"rank", std::to_string(rank)},
           {"dimension", std::to_string(alpha.size())}}};
}

// c_i E_i = (-1)^i binomial(D - 1, i) at x_i = i: the moment of order t is the (D-1)-th difference of x^t.
Instance every_order(unsigned d) {
  bool lower_vanish = true;
  fmpz_t sum, term, power;
  fmpz_init(sum);
  fmpz_init(term);
  fmpz_init(power);
  for (unsigned t = 0; t < d; ++t) {
    fmpz_zero(sum);
    for (unsigned i = 0; i < d; ++i) {
      fmpz_bin_uiui(term, d - 1, i);
      fmpz_ui_pow_ui(power, i, t);
      fmpz_mul(term, term, power);
      if (i % 2 == 0) {
        fmpz_add(sum, sum, term);
      } else {
        fmpz_sub(sum, sum, term);
      }
    }
    lower_vanish = lower_vanish && (fmpz_is_zero(sum) != 0) == (t + 1 < d);
  }
  fmpz_clear(sum);
  fmpz_clear(term);
  fmpz_clear(power);
  return {report::counted(d, "input") + " on a line: every order",
          lower_vanish ? Standing::proved : Standing::failed,
          lower_vanish ? "moments of order up to D - 2 are 0, that of order D - 1 is not"
                       : "moments are not as expected",
          {{"D", std::to_string(d)}}};
}

Instance on_a_network(const std::string& activation, const std::string& loss, Random& random) {
  const PrecisionScope precision(256);
  const std::size_t d_y = loss == "cross_entropy" ? 3 : random.between(1, 2);
  const std::vector<std::size_t> widths{random.between(1, 3), 3, d_y};
  const Problem problem = add_neurons(random_problem(network(widths, activation), 7, 2, loss, random), "1/4");
  const AddedNeurons& added = *problem.model->added();
  const Objective<Ball> objective(problem);
  Vector<Ball> z = to_scalars<Ball>(problem.parameters);
  const Matrix<Ball> c = objective.output_gradient(objective.outputs(z));
  // The moments at (w, b) = 0, where all exponentials are 1, contracted with a random u.
  Vector<Ball> u(widths[0]);
  for (Ball& x : u) x = Ball(random.eighth());
  int order = -1;
  Ball moment;
  for (int t = 0; t < 7 && order < 0; ++t) {
    moment = Ball(0);
    for (std::size_t i = 0; i < objective.samples(); ++i) {
      Ball product(1), along(0);
      for (std::size_t k = 0; k < widths[0]; ++k) along += u[k] * objective.x()(k, i);
      for (int power = 0; power < t; ++power) product *= along;
      moment += c(0, i) * product;
    }
    if (!moment.contains_zero()) order = t;
  }
  for (std::size_t k = added.b; k < z.size(); ++k) z[k] = Ball(random.uniform(-0.01, 0.01));
  const Ball slope = objective.value_gradient(z).gradient[added.a];
  const bool proved = order >= 0 && !slope.contains_zero();
  return {network_name(widths, activation) + ", " + loss + ": a moment that is not 0",
          proved ? Standing::proved : Standing::failed,
          proved ? "a moment is not 0, and neither is the derivative in a at a flat point nearby"
                 : "no such moment or flat point was found",
          {{"order", std::to_string(order)},
           {"moment", report::rounded(moment.midpoint())},
           {"F", report::rounded(slope.midpoint())}}};
}

// log10 of the pivots of [exp(w_j x_i)], x_i = i/m, w_j = eps j/m, that are proven not to be 0 at each
// precision.
Figure spectrum() {
  Figure figure;
  figure.name = "span-spectrum";
  figure.title = "What a precision sees of the span";
  figure.x = {"number of the pivot, largest first", Scale::linear};
  figure.y = {"size of the pivot", Scale::log10};
  constexpr std::size_t m = 20;
  for (const long bits : {256L, 106L, 53L}) {  // the shortest curve is drawn last, on top
    const PrecisionScope precision(bits);
    Matrix<Ball> basis(m, m);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < m; ++j)
        basis(i, j) = exp(Ball(static_cast<double>(i * j)) / Ball(static_cast<int>(10 * m * m)));
    }
    Curve curve{std::to_string(bits) + " bits", {}};
    for (const double pivot : rank_lower_bound(basis).log10_pivots)
      curve.points.emplace_back(static_cast<double>(curve.points.size() + 1), pivot);
    figure.curves.push_back(std::move(curve));
  }
  figure.caption =
      "Gradients d/da = exp(w x) of one added neuron at 20 flat points w in [0, 0.1] and 20 inputs on a "
      "line: pivots of elimination "
      "with complete pivoting, in ball arithmetic. A curve ends where no further pivot could be proven not "
      "to be 0. All 20 dimensions "
      "are there; at 53 bits, those of double precision, " +
      std::to_string(figure.curves.back().points.size()) + " of them can be told from 0.";
  return figure;
}

ClaimResult check(const ClaimOptions& options) {
  Random random(options.seed);
  const std::vector<std::string> losses{"squared", "cross_entropy", "logistic", "polynomial_hinge"};
  const std::vector<std::string> activations{"tanh", "relu", "softplus"};
  ClaimResult result;
  const std::size_t count = options.count(8);
  for (std::size_t trial = 0; trial < count && !options.stopped(); ++trial) {
    options.report("moments", static_cast<double>(trial) / static_cast<double>(count));
    const std::size_t d = 1 + trial % 4;
    const auto t = static_cast<unsigned>(random.between(1, d == 4 ? 4 : 6));
    result.instances.push_back(freedom(0, random));
    result.instances.push_back(derivatives(d, random.between(1, 3), t, true));
    result.instances.push_back(contractions(d, t, false, random));
    result.instances.push_back(every_order(static_cast<unsigned>(2 + trial)));
    result.instances.push_back(on_a_network(activations[trial % 3], losses[trial % 4], random));
  }
  result.figures.push_back(spectrum());
  return result;
}

}  // namespace

Claim moments() {
  Claim claim;
  claim.name = "moments";
  claim.group = "theorems";
  claim.statement =
      "At a = 0 all (b, W) are flat, and PGB says that sum_i c_ik exp(w_k . x_i + b_k) x_i (x) … (x) x_i = 0 "
      "for tensors of every "
      "order; contractions with u (x) … (x) u suffice.";
  claim.hypotheses = {"exponential units", "PGB at a point with a = 0"};
  claim.run = check;
  const auto one = [](Instance instance) {
    ClaimResult result;
    result.instances.push_back(std::move(instance));
    return result;
  };
  claim.controls = {
      {"freedom where a is not 0",
       [one](const ClaimOptions& o) {
         Random random(o.seed);
         return one(freedom(0.5, random));
       }},
      {"units of another shape", [one](const ClaimOptions&) { return one(derivatives(2, 2, 2, false)); }},
      {"directions in a plane", [one](const ClaimOptions& o) {
         Random random(o.seed);
         return one(contractions(3, 2, true, random));
       }}};
  return claim;
}

}  // namespace pgb::claims
