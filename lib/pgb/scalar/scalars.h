// The one list of scalar types.
#pragma once

#include <boost/multiprecision/mpfr.hpp>
#if defined(__GNUC__) && !defined(__clang__) && defined(__SIZEOF_FLOAT128__)
#include <boost/multiprecision/float128.hpp>
#else
#include <boost/multiprecision/cpp_bin_float.hpp>
#endif

#include <string>

#include "pgb/scalar/ball.h"
#include "pgb/scalar/dual.h"
#include "pgb/scalar/precision.h"

namespace pgb {

// 113-bit significand: IEEE quadruple where the compiler has it, otherwise Boost's own.
#if defined(__GNUC__) && !defined(__clang__) && defined(__SIZEOF_FLOAT128__)
using Quad = boost::multiprecision::float128;
#else
using Quad = boost::multiprecision::cpp_bin_float_quad;
#endif

// MPFR at run-time precision; see PrecisionScope.
using Real = boost::multiprecision::number<boost::multiprecision::mpfr_float_backend<0>,
                                           boost::multiprecision::et_off>;

template <class... S>
struct TypeList {};

// Scalars in which a model is evaluated, and the same with one forward-mode tangent.
using BaseScalars = TypeList<double, Quad, Real, Ball>;
using EvaluationScalars =
    TypeList<double, Quad, Real, Ball, Dual<double>, Dual<Quad>, Dual<Real>, Dual<Ball>>;

#define PGB_FOR_BASE_SCALARS(X) X(double) X(::pgb::Quad) X(::pgb::Real) X(::pgb::Ball)
#define PGB_FOR_EVALUATION_SCALARS(X) \
  PGB_FOR_BASE_SCALARS(X)             \
  X(::pgb::Dual<double>) X(::pgb::Dual<::pgb::Quad>) X(::pgb::Dual<::pgb::Real>) X(::pgb::Dual<::pgb::Ball>)

// What is known of a sign. `unknown` only for balls that hold 0 and more than 0.
enum class Sign { negative, zero, positive, unknown };

inline Sign sign_of(double x) { return x > 0 ? Sign::positive : x < 0 ? Sign::negative : Sign::zero; }
inline Sign sign_of(const Quad& x) { return x > 0 ? Sign::positive : x < 0 ? Sign::negative : Sign::zero; }
inline Sign sign_of(const Real& x) { return x > 0 ? Sign::positive : x < 0 ? Sign::negative : Sign::zero; }
inline Sign sign_of(const Ball& x) {
  if (x.certainly_positive()) return Sign::positive;
  if (x.certainly_negative()) return Sign::negative;
  return x.is_exactly_zero() ? Sign::zero : Sign::unknown;
}
template <class T>
Sign sign_of(const Dual<T>& x) {
  return sign_of(x.value);
}

// The nearest double (of the midpoint, for a ball; of the value, for a dual).
inline double to_double(double x) { return x; }
inline double to_double(const Quad& x) { return x.convert_to<double>(); }
inline double to_double(const Real& x) { return x.convert_to<double>(); }
inline double to_double(const Ball& x) { return x.midpoint(); }
template <class T>
double to_double(const Dual<T>& x) {
  return to_double(x.value);
}

// The number p/q written as canonical text, rounded to nearest (balls: enclosed).
template <class S>
S from_rational(const std::string& rational);
template <>
double from_rational<double>(const std::string& rational);
template <>
Quad from_rational<Quad>(const std::string& rational);
template <>
Real from_rational<Real>(const std::string& rational);
template <>
Ball from_rational<Ball>(const std::string& rational);

// Conversions between base scalars that lose nothing where the target is wide enough. To a Ball they are
// exact.
Real to_real(double x);
Real to_real(const Quad& x);
Real to_real(const Real& x);
Real to_real(const Ball& x);  // the midpoint
Quad to_quad(const Real& x);
Ball to_ball(double x);
Ball to_ball(const Quad& x);
Ball to_ball(const Real& x);

// Decimal text with enough digits to be read back (balls: midpoint).
std::string to_text(double x);
std::string to_text(const Quad& x);
std::string to_text(const Real& x);
std::string to_text(const Ball& x);

// The exact value as canonical rational text.
std::string to_rational(const Real& x);

// Relative rounding error unit of the scalar: 2^-53, 2^-113, 2^-working_precision().
template <class S>
double unit_roundoff();

}  // namespace pgb
