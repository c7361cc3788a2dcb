#include "pgb/certify/exact_critical.h"

#include <flint/fmpq.h>
#include <gmpxx.h>

#include <algorithm>

#include "pgb/derivatives/objective.h"
#include "pgb/flat/exact_point.h"
#include "pgb/io/exact_number.h"

namespace pgb {
namespace {

constexpr std::size_t kMostSamples = 20'000;  // times parameters, for a point that is guessed
constexpr long kBits = 256;                   // in which a guess has to look critical first

// The simplest rational number between two.
mpq_class simplest_between(const mpq_class& low, const mpq_class& high) {
  fmpq_t a, b;
  fmpq_init(a), fmpq_init(b);
  fmpq_set_mpq(a, low.get_mpq_t()), fmpq_set_mpq(b, high.get_mpq_t());
  fmpq_simplest_between(a, a, b);
  mpq_class simplest;
  fmpq_get_mpq(simplest.get_mpq_t(), a);
  fmpq_clear(a), fmpq_clear(b);
  return simplest;
}

}  // namespace

bool certify_critical(const Problem& problem) {
  if (problem.model->graph() == nullptr || problem.model->added() != nullptr) return false;
  const PrecisionScope scope(kBits);
  return Objective<Ball>(problem).kinks(to_scalars<Ball>(problem.parameters)).empty() &&
         flat_detail::ExactPoint(problem).gradient_is_zero();
}

std::optional<io::Tensor> exact_critical_point_near(const Problem& problem, const Vector<Real>& z) {
  if (problem.samples() * z.size() > kMostSamples || problem.model->graph() == nullptr) return std::nullopt;
  static const mpq_class close = mpq_class("1/1000000000000000000000000");
  Problem guess = problem;
  guess.parameters = to_tensor(z);
  for (std::size_t k = 0; k < z.size(); ++k) {
    const mpq_class exact(to_rational(z[k]));
    const mpq_class room = close * std::max(mpq_class(1), mpq_class(abs(exact)));
    const mpq_class simplest = simplest_between(exact - room, exact + room);
    if (simplest.get_den() >= 1'000'000) continue;
    const std::string text = simplest.get_str();
    guess.parameters.values[k] = io::nearest_double(text);
    guess.parameters.exact.erase(k);
    if (!io::is_double(text)) guess.parameters.exact[k] = text;
  }
  const PrecisionScope scope(kBits);
  const Vector<Ball> gradient =
      Objective<Ball>(guess).value_gradient(to_scalars<Ball>(guess.parameters)).gradient;
  const auto may_be_zero = [](const Ball& g) { return g.contains_zero(); };
  if (!std::all_of(gradient.begin(), gradient.end(), may_be_zero) || !certify_critical(guess))
    return std::nullopt;
  return guess.parameters;
}

}  // namespace pgb
