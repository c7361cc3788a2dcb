// Intervals of doubles, rounded outwards: quick where a box is wide, when balls lose signs by their symmetry.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "pgb/scalar/ball.h"

namespace pgb::boxes {

// All reals x with low <= x <= high; an end that is infinite says nothing on its side. No NaN: an operation
// whose result is not finite gives an infinite end.
//
// Rounding: in round-to-nearest the exact result of one operation lies within half a unit in the last place
// of the computed x, and |x| 2^-52 + 2^-1074 is at least one such unit, so stepping that far outwards
// encloses it (a fused multiply-add in its place is as good).
struct Interval {
  double low = 0, high = 0;

  Interval() = default;
  Interval(double x) : low(x), high(x) {}
  Interval(double l, double h) : low(l), high(h) {}
  explicit Interval(const Ball& x)
      : low(x.is_finite() ? x.lower() : -inf()), high(x.is_finite() ? x.upper() : inf()) {}

  static double inf() { return std::numeric_limits<double>::infinity(); }
  static Interval all() { return {-inf(), inf()}; }
  // Ends of an operation rounded to nearest, NaN where there is no bound.
  static Interval outwards(double l, double h) {
    Interval r(l - (std::abs(l) * 0x1p-52 + 0x1p-1074), h + (std::abs(h) * 0x1p-52 + 0x1p-1074));
    if (!(r.low > -inf())) r.low = -inf();
    if (!(r.high < inf())) r.high = inf();
    return r;
  }

  bool is_bounded() const { return low > -inf() && high < inf(); }
  bool is_zero() const { return low == 0 && high == 0; }
  bool excludes_zero() const { return low > 0 || high < 0; }
  bool contains(double x) const { return low <= x && x <= high; }
  double width() const { return high - low; }  // rounded to nearest
  double middle() const {                      // some point of it
    const double m = low / 2 + high / 2;
    return m < low ? low : m > high ? high : m;
  }
  double magnitude() const { return std::max(std::abs(low), std::abs(high)); }
  double mignitude() const { return excludes_zero() ? std::min(std::abs(low), std::abs(high)) : 0; }
};

inline Interval operator-(Interval a) { return {-a.high, -a.low}; }
inline Interval operator+(Interval a, Interval b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  return Interval::outwards(a.low + b.low, a.high + b.high);
}
inline Interval operator-(Interval a, Interval b) { return a + -b; }
inline Interval operator*(Interval a, Interval b) {
  if (a.is_zero() || b.is_zero()) return {};
  const double p = a.low * b.low, q = a.low * b.high, r = a.high * b.low, s = a.high * b.high;
  if (!std::isfinite(p + q + r + s)) return Interval::all();
  return Interval::outwards(std::min(std::min(p, q), std::min(r, s)),
                            std::max(std::max(p, q), std::max(r, s)));
}
inline Interval operator/(Interval a, Interval b) {
  if (!b.excludes_zero() || !b.is_bounded()) return Interval::all();
  const double p = a.low / b.low, q = a.low / b.high, r = a.high / b.low, s = a.high / b.high;
  if (!std::isfinite(p + q + r + s)) return Interval::all();
  return Interval::outwards(std::min(std::min(p, q), std::min(r, s)),
                            std::max(std::max(p, q), std::max(r, s)));
}
inline Interval& operator+=(Interval& a, Interval b) { return a = a + b; }
inline Interval hull(Interval a, Interval b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }
// Of two enclosures of one number.
inline Interval intersection(Interval a, Interval b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}
inline Interval square(Interval a) {
  const double least = a.mignitude(), most = a.magnitude();
  if (a.is_zero()) return {};
  const Interval s = Interval::outwards(least * least, most * most);
  return {std::max(0.0, s.low), s.high};
}

}  // namespace pgb::boxes
