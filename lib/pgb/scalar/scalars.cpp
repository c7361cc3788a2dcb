#include "pgb/scalar/scalars.h"

#include <flint/fmpq.h>
#include <gmp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "pgb/scalar/functions.h"

namespace pgb {
namespace {

class Rational {
 public:
  explicit Rational(const std::string& text) {
    mpq_init(value_);
    if (mpq_set_str(value_, text.c_str(), 10) != 0 || mpz_sgn(mpq_denref(value_)) == 0) {
      mpq_clear(value_);
      throw std::invalid_argument("expected a rational p/q, found " + text.substr(0, 80));
    }
  }
  Rational(const Rational&) = delete;
  Rational& operator=(const Rational&) = delete;
  ~Rational() { mpq_clear(value_); }
  mpq_srcptr get() const { return value_; }

 private:
  mpq_t value_;
};

// q rounded to odd: rounding x once more, to fewer than its bits less one, is rounding q once.
void set_rounded_to_odd(mpfr_ptr x, mpq_srcptr q) {
  const bool exact = mpfr_set_q(x, q, MPFR_RNDZ) == 0;
  if (exact || mpfr_min_prec(x) == mpfr_get_prec(x)) return;
  if (mpfr_signbit(x)) {
    mpfr_nextbelow(x);
  } else {
    mpfr_nextabove(x);
  }
}

template <class S>
S stable_sigmoid(const S& x) {
  if (x >= 0) return S(1) / (S(1) + exp(-x));
  const S e = exp(x);
  return e / (S(1) + e);
}

template <class S>
S stable_softplus(const S& x) {
  return x > 0 ? S(x + log1p(exp(-x))) : S(log1p(exp(x)));
}

}  // namespace

template <>
double from_rational<double>(const std::string& rational) {
  const Rational q(rational);
  mpfr_t x;
  mpfr_init2(x, 64);
  set_rounded_to_odd(x, q.get());
  const double d = mpfr_get_d(x, MPFR_RNDN);
  mpfr_clear(x);
  return d;
}

template <>
Real from_rational<Real>(const std::string& rational) {
  const Rational q(rational);
  Real x;
  mpfr_set_q(x.backend().data(), q.get(), MPFR_RNDN);
  return x;
}

template <>
Quad from_rational<Quad>(const std::string& rational) {
  const Rational q(rational);
  Real real;
  mpfr_set_prec(real.backend().data(), 128);
  set_rounded_to_odd(real.backend().data(), q.get());
  return to_quad(real);
}

template <>
Ball from_rational<Ball>(const std::string& rational) {
  return Ball::from_rational(rational);
}

Real to_real(double x) { return Real(x); }

// A significand of 113 bits is the sum of at most three doubles, each the rounding of what is left.
Real to_real(const Quad& x) {
  Real r;
  if (mpfr_get_prec(r.backend().data()) < 113) mpfr_set_prec(r.backend().data(), 113);
  mpfr_set_zero(r.backend().data(), 1);
  if (!isfinite(x)) {
    mpfr_set_d(r.backend().data(), x.convert_to<double>(), MPFR_RNDN);
    return r;
  }
  int exponent = 0;
  Quad rest = frexp(x, &exponent);
  for (int part = 0; part < 3 && rest != 0; ++part) {
    const double d = rest.convert_to<double>();
    mpfr_add_d(r.backend().data(), r.backend().data(), d, MPFR_RNDN);
    rest -= Quad(d);
  }
  mpfr_mul_2si(r.backend().data(), r.backend().data(), exponent, MPFR_RNDN);
  return r;
}

Real to_real(const Real& x) { return x; }

Real to_real(const Ball& x) {
  Real r;
  const slong bits = arf_bits(arb_midref(x.get()));
  if (bits > mpfr_get_prec(r.backend().data())) mpfr_set_prec(r.backend().data(), bits);
  arf_get_mpfr(r.backend().data(), arb_midref(x.get()), MPFR_RNDN);
  return r;
}

// Rounds x 2^shift to a whole number of at most 113 bits (fewer below the smallest normal Quad), the sum of
// three doubles.
Quad to_quad(const Real& x) {
  mpfr_srcptr from = x.backend().data();
  if (mpfr_regular_p(from) == 0) return Quad(mpfr_get_d(from, MPFR_RNDN));
  const mpfr_exp_t exponent = mpfr_get_exp(from);  // 2^(exponent - 1) <= |x| < 2^exponent
  constexpr int kSmallest = std::numeric_limits<Quad>::min_exponent - 113;
  if (exponent > std::numeric_limits<Quad>::max_exponent) {
    const Quad infinity = std::numeric_limits<Quad>::infinity();
    return mpfr_signbit(from) ? Quad(-infinity) : infinity;
  }
  if (exponent < kSmallest) return Quad(0);
  const int shift = std::min(113 - static_cast<int>(exponent), -kSmallest);
  mpfr_t rest;
  mpfr_init2(rest, std::max<mpfr_prec_t>(mpfr_get_prec(from), 128));
  mpfr_mul_2si(rest, from, shift, MPFR_RNDN);
  mpfr_rint(rest, rest, MPFR_RNDN);
  Quad sum(0);
  for (int part = 0; part < 3 && !mpfr_zero_p(rest); ++part) {
    const double d = mpfr_get_d(rest, MPFR_RNDN);
    sum += Quad(d);
    mpfr_sub_d(rest, rest, d, MPFR_RNDN);
  }
  mpfr_clear(rest);
  return ldexp(sum, -shift);
}

Ball to_ball(double x) { return Ball(x); }

Ball to_ball(const Quad& x) { return to_ball(to_real(x)); }

Ball to_ball(const Real& x) {
  if (mpfr_number_p(x.backend().data()) == 0) throw std::invalid_argument("Ball: expected a finite number");
  Ball r;
  arf_set_mpfr(arb_midref(r.get()), x.backend().data());
  return r;
}

std::string to_text(double x) {
  char text[40];
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, x);
    if (std::strtod(text, nullptr) == x) break;
  }
  return text;
}

std::string to_text(const Quad& x) { return x.str(36); }

std::string to_text(const Real& x) {
  const auto bits = static_cast<double>(mpfr_get_prec(x.backend().data()));
  return x.str(static_cast<std::streamsize>(std::ceil(bits * 0.30103)) + 1);
}

std::string to_text(const Ball& x) { return to_text(to_real(x)); }

std::string to_rational(const Real& x) {
  if (mpfr_number_p(x.backend().data()) == 0) throw std::invalid_argument("expected a finite number");
  mpq_t q;
  mpq_init(q);
  mpfr_get_q(q, x.backend().data());
  const std::unique_ptr<char, void (*)(void*)> text(mpq_get_str(nullptr, 10, q), [](void* p) {
    void (*release)(void*, size_t) = nullptr;
    mp_get_memory_functions(nullptr, nullptr, &release);
    release(p, std::char_traits<char>::length(static_cast<char*>(p)) + 1);
  });
  mpq_clear(q);
  return text.get();
}

template <>
double unit_roundoff<double>() {
  return std::ldexp(1.0, -53);
}
template <>
double unit_roundoff<Quad>() {
  return std::ldexp(1.0, -113);
}
template <>
double unit_roundoff<Real>() {
  return std::ldexp(1.0, -static_cast<int>(std::min(working_precision(), 1000L)));
}
template <>
double unit_roundoff<Ball>() {
  return unit_roundoff<Real>();
}

Real erf(const Real& x) {
  Real r;
  mpfr_erf(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}

Quad erf(const Quad& x) {
  const PrecisionScope quad(120);
  return to_quad(erf(to_real(x)));
}

Quad log1p(const Quad& x) {
  const PrecisionScope quad(120);
  return to_quad(log1p(to_real(x)));
}

Quad expm1(const Quad& x) {
  const PrecisionScope quad(120);
  return to_quad(expm1(to_real(x)));
}

double sigmoid(double x) { return stable_sigmoid(x); }
Quad sigmoid(const Quad& x) { return stable_sigmoid(x); }
Real sigmoid(const Real& x) { return stable_sigmoid(x); }
double softplus(double x) { return stable_softplus(x); }
Quad softplus(const Quad& x) { return stable_softplus(x); }
Real softplus(const Real& x) { return stable_softplus(x); }

template <>
double PiConstant<double>::value() {
  return 3.141592653589793238462643383279502884;
}
template <>
Quad PiConstant<Quad>::value() {
  static const Quad pi = from_rational<Quad>(
      "31415926535897932384626433832795028841971693993751/"
      "10000000000000000000000000000000000000000000000000");
  return pi;
}
template <>
Real PiConstant<Real>::value() {
  Real r;
  mpfr_const_pi(r.backend().data(), MPFR_RNDN);
  return r;
}
template <>
Ball PiConstant<Ball>::value() {
  return Ball::pi();
}

}  // namespace pgb
