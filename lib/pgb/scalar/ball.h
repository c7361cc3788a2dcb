// Real balls [midpoint +- radius] over Arb: every operation returns a ball that holds all exact results.
#pragma once

#include <arb.h>

#include <string>

#include "pgb/scalar/precision.h"

namespace pgb {

// An enclosure of a real number. Arithmetic rounds to working_precision() bits and adds the rounding error
// to the radius, so a Ball always holds the exact value. There is no `<` and no `==` on purpose:
// ask certainly_positive(), contains_zero(), sign_of() instead; "false" there means "not proven".
// Reference: F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
// IEEE Trans. Computers 66(8), 2017.
class Ball {
 public:
  Ball() { arb_init(value_); }
  Ball(double x) : Ball() { set_double(x); }  // exact; throws std::invalid_argument for inf and nan
  Ball(int x) : Ball() { arb_set_si(value_, x); }
  Ball(const Ball& other) : Ball() { arb_set(value_, other.value_); }
  Ball(Ball&& other) noexcept : Ball() { arb_swap(value_, other.value_); }
  Ball& operator=(const Ball& other) {
    arb_set(value_, other.value_);
    return *this;
  }
  Ball& operator=(Ball&& other) noexcept {
    arb_swap(value_, other.value_);
    return *this;
  }
  ~Ball() { arb_clear(value_); }

  // The ball [lower, upper] hull.
  static Ball hull(const Ball& a, const Ball& b);
  // An enclosure of the rational p/q given as canonical text; exact when it is dyadic and fits the precision.
  static Ball from_rational(const std::string& rational);
  static Ball with_radius(const Ball& midpoint, double radius);
  static Ball pi();
  // a / (a + b) for a, b >= 0, without the width that comes of using both twice.
  static Ball share(const Ball& a, const Ball& b);

  arb_ptr get() { return value_; }
  arb_srcptr get() const { return value_; }

  bool is_exact() const { return arb_is_exact(value_) != 0; }
  bool is_finite() const { return arb_is_finite(value_) != 0; }
  bool contains_zero() const { return arb_contains_zero(value_) != 0; }
  bool is_exactly_zero() const { return arb_is_zero(value_) != 0; }
  bool certainly_positive() const { return arb_is_positive(value_) != 0; }
  bool certainly_negative() const { return arb_is_negative(value_) != 0; }
  bool certainly_nonnegative() const { return arb_is_nonnegative(value_) != 0; }
  bool contains(const Ball& other) const { return arb_contains(value_, other.value_) != 0; }
  bool overlaps(const Ball& other) const { return arb_overlaps(value_, other.value_) != 0; }

  double midpoint() const;      // nearest double of the midpoint
  double radius() const;        // upper bound of the radius
  double lower() const;         // double not above any point of the ball
  double upper() const;         // double not below any point of the ball
  double magnitude() const;     // upper bound of |x|
  double mignitude() const;     // lower bound of |x|
  Ball exact_midpoint() const;  // the midpoint as a ball of radius 0
  // Enclosures of the ball's points >= 0 and <= 0; they hold no others when the ball is finite and has such
  // points.
  Ball nonnegative_part() const;
  Ball nonpositive_part() const;
  std::string to_string(int digits = 20) const;

  Ball& operator+=(const Ball& y) { return arb_add(value_, value_, y.value_, working_precision()), *this; }
  Ball& operator-=(const Ball& y) { return arb_sub(value_, value_, y.value_, working_precision()), *this; }
  Ball& operator*=(const Ball& y) { return arb_mul(value_, value_, y.value_, working_precision()), *this; }
  Ball& operator/=(const Ball& y) { return arb_div(value_, value_, y.value_, working_precision()), *this; }

 private:
  void set_double(double x);
  arb_t value_;
};

inline Ball operator+(Ball x, const Ball& y) { return x += y; }
inline Ball operator-(Ball x, const Ball& y) { return x -= y; }
inline Ball operator*(Ball x, const Ball& y) { return x *= y; }
inline Ball operator/(Ball x, const Ball& y) { return x /= y; }
inline Ball operator-(Ball x) {
  arb_neg(x.get(), x.get());
  return x;
}

Ball exp(const Ball& x);
Ball expm1(const Ball& x);
Ball log(const Ball& x);
Ball log1p(const Ball& x);
Ball sqrt(const Ball& x);
Ball tanh(const Ball& x);
Ball sin(const Ball& x);
Ball cos(const Ball& x);
Ball erf(const Ball& x);
Ball abs(const Ball& x);
Ball sigmoid(const Ball& x);        // 1 / (1 + exp(-x))
Ball sigmoid_slope(const Ball& x);  // sigmoid(x) sigmoid(-x)
Ball softplus(const Ball& x);       // log(1 + exp(x))
Ball square(const Ball& x);
Ball inf();  // the whole real line

}  // namespace pgb
