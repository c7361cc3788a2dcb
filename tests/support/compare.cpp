#include "support/compare.h"

#include <algorithm>
#include <cmath>

namespace pgb::test {

std::string describe(const Real& x) {
  char* hexadecimal = nullptr;
  mpfr_asprintf(&hexadecimal, "%Ra", x.backend().data());
  const std::string text = x.str(40) + " = " + hexadecimal;
  mpfr_free_str(hexadecimal);
  return text;
}

std::string describe(const Ball& x) {
  return x.to_string(40) + ": " + (arf_is_finite(arb_midref(x.get())) ? describe(to_real(x)) : "not finite") +
         " +- " + to_text(x.radius());
}

double distance(const Real& actual, const Real& expected, double u, double scale) {
  if (actual == expected) return 0;
  const Real difference = abs(Real(actual - expected));
  const Real allowed = Real(u) * (abs(expected) > scale ? Real(abs(expected)) : Real(scale));
  return Real(difference / allowed).convert_to<double>();
}

AssertionResult holds(const Ball& ball, const Real& exact) {
  const auto bits_given = static_cast<int>(mpfr_get_prec(exact.backend().data()));
  Ball allowed = ball;
  if (bits_given >= 400) {
    allowed = Ball::with_radius(ball, std::ldexp(std::max(1.0, std::abs(to_double(exact))), 60 - bits_given));
  }
  if (allowed.contains(to_ball(exact))) return AssertionSuccess();
  const double off = (to_ball(exact) - ball.exact_midpoint()).magnitude();
  const double bits = static_cast<double>(arb_rel_accuracy_bits(ball.get()));
  return AssertionFailure() << "the ball  " << describe(ball) << "\n  misses   " << describe(exact)
                            << "\n  which is " << off << " from its middle = " << off / ball.radius()
                            << " radii = " << off / (std::abs(ball.midpoint()) * 0x1p-53)
                            << " ulp of double; the ball has " << bits << " bits";
}

double size_of(const Vector<Real>& values) {
  double size = 1;
  for (const Real& x : values) size = std::max(size, std::abs(to_double(x)));
  return size;
}

}  // namespace pgb::test
