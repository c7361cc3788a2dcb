// Elementary functions straight from MPFR, independent of the library's own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pgb/scalar/functions.h"
#include "pgb/scalar/scalars.h"

namespace pgb::test {

using MpfrFunction = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

inline Real mpfr(MpfrFunction f, const Real& x) {
  Real y = x;
  f(y.backend().data(), x.backend().data(), MPFR_RNDN);
  return y;
}

// A function under test in every scalar and the same in MPFR, with the interval in which arguments are drawn.
template <class S>
struct Function {
  std::string name;
  std::function<S(const S&)> f;
  std::function<Real(const Real&)> reference;
  double low, high;
};

template <class S>
std::vector<Function<S>> elementary_functions() {
  const auto with = [](MpfrFunction g) { return [g](const Real& x) { return mpfr(g, x); }; };
  return {
      {"exp", [](const S& x) { return S(exp(x)); }, with(mpfr_exp), -40, 40},
      {"expm1", [](const S& x) { return S(expm1(x)); }, with(mpfr_expm1), -40, 40},
      {"log", [](const S& x) { return S(log(x)); }, with(mpfr_log), 0, 40},
      {"log1p", [](const S& x) { return S(log1p(x)); }, with(mpfr_log1p), -1, 40},
      {"sqrt", [](const S& x) { return S(sqrt(x)); }, with(mpfr_sqrt), 0, 40},
      {"tanh", [](const S& x) { return S(tanh(x)); }, with(mpfr_tanh), -20, 20},
      {"sin", [](const S& x) { return S(sin(x)); }, with(mpfr_sin), -20, 20},
      {"cos", [](const S& x) { return S(cos(x)); }, with(mpfr_cos), -20, 20},
      {"erf", [](const S& x) { return S(erf(x)); }, with(mpfr_erf), -8, 8},
      {"square", [](const S& x) { return S(square(x)); }, with(mpfr_sqr), -20, 20},
      {"sigmoid", [](const S& x) { return S(sigmoid(x)); },
       [](const Real& x) { return Real(1 / (1 + mpfr(mpfr_exp, Real(-x)))); }, -60, 60},
      {"softplus", [](const S& x) { return S(softplus(x)); },
       [](const Real& x) { return mpfr(mpfr_log1p, mpfr(mpfr_exp, x)); }, -60, 60},
      {"sigmoid_slope", [](const S& x) { return S(sigmoid_slope(x)); },
       [](const Real& x) {
         const Real e = mpfr(mpfr_exp, Real(-x));
         return Real(e / ((1 + e) * (1 + e)));
       },
       -60, 60},
  };
}

}  // namespace pgb::test
