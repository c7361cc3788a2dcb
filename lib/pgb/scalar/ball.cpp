#include "pgb/scalar/ball.h"

#include <arb_hypgeom.h>
#include <flint/fmpq.h>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>

namespace pgb {
namespace {

// Bounds round outwards: the caller gives the direction.
double bound(const arf_t x, arf_rnd_t direction) { return arf_get_d(x, direction); }

// Arb encloses a function over x by its value at the midpoint and a bound of its slope: far too wide for a
// wide x.
bool is_wide(const Ball& x) { return x.is_finite() && mag_cmp_2exp_si(arb_radref(x.get()), -8) > 0; }

// Points not above and not below any point of x.
struct Ends {
  Ball low, high;
  explicit Ends(const Ball& x) {
    arb_get_lbound_arf(arb_midref(low.get()), x.get(), working_precision());
    arb_get_ubound_arf(arb_midref(high.get()), x.get(), working_precision());
  }
};

// f(x) for an increasing f: the hull of f at both ends of x.
template <class F>
Ball increasing(const Ball& x, F f) {
  if (!is_wide(x)) return f(x);
  const Ends ends(x);
  return Ball::hull(f(ends.low), f(ends.high));
}

// The points of x that are not negative; x itself where it is not bounded.
Ball without_negative(Ball x) {
  if (x.is_finite()) arb_nonnegative_part(x.get(), x.get());
  return x;
}

}  // namespace

void Ball::set_double(double x) {
  if (!std::isfinite(x)) throw std::invalid_argument("Ball: expected a finite double");
  arb_set_d(value_, x);
}

Ball Ball::hull(const Ball& a, const Ball& b) {
  Ball r;
  arb_union(r.value_, a.value_, b.value_, working_precision());
  return r;
}

Ball Ball::from_rational(const std::string& rational) {
  fmpq_t q;
  fmpq_init(q);
  const bool ok = fmpq_set_str(q, rational.c_str(), 10) == 0 && !fmpz_is_zero(fmpq_denref(q));
  Ball r;
  if (ok) arb_set_fmpq(r.value_, q, working_precision());
  fmpq_clear(q);
  if (!ok) throw std::invalid_argument("Ball: expected a rational p/q, found " + rational.substr(0, 80));
  return r;
}

Ball Ball::with_radius(const Ball& midpoint, double radius) {
  if (!(radius >= 0) || !std::isfinite(radius))
    throw std::invalid_argument("Ball: expected a finite radius >= 0");
  Ball r = midpoint;
  mag_t e;
  mag_init(e);
  mag_set_d(e, radius);  // rounds up
  arb_add_error_mag(r.value_, e);
  mag_clear(e);
  return r;
}

// Increasing in a, decreasing in b.
Ball Ball::share(const Ball& a, const Ball& b) {
  if (!is_wide(a) && !is_wide(b)) return a / (a + b);
  const Ends p(a.nonnegative_part()), q(b.nonnegative_part());
  return hull(p.low / (p.low + q.high), p.high / (p.high + q.low));
}

Ball Ball::pi() {
  Ball r;
  arb_const_pi(r.value_, working_precision());
  return r;
}

double Ball::midpoint() const { return arf_get_d(arb_midref(value_), ARF_RND_NEAR); }

double Ball::radius() const {
  arf_t r;
  arf_init(r);
  arf_set_mag(r, arb_radref(value_));
  const double d = bound(r, ARF_RND_CEIL);
  arf_clear(r);
  return d;
}

double Ball::lower() const {
  arf_t r;
  arf_init(r);
  arb_get_lbound_arf(r, value_, 64);
  const double d = bound(r, ARF_RND_FLOOR);
  arf_clear(r);
  return d;
}

double Ball::upper() const {
  arf_t r;
  arf_init(r);
  arb_get_ubound_arf(r, value_, 64);
  const double d = bound(r, ARF_RND_CEIL);
  arf_clear(r);
  return d;
}

double Ball::magnitude() const {
  arf_t r;
  arf_init(r);
  arb_get_abs_ubound_arf(r, value_, 64);
  const double d = bound(r, ARF_RND_CEIL);
  arf_clear(r);
  return d;
}

double Ball::mignitude() const {
  arf_t r;
  arf_init(r);
  arb_get_abs_lbound_arf(r, value_, 64);
  const double d = bound(r, ARF_RND_FLOOR);
  arf_clear(r);
  return d;
}

Ball Ball::nonnegative_part() const { return without_negative(*this); }

Ball Ball::nonpositive_part() const { return -without_negative(-*this); }

Ball Ball::exact_midpoint() const {
  Ball r;
  arb_get_mid_arb(r.value_, value_);
  return r;
}

std::string Ball::to_string(int digits) const {
  const std::unique_ptr<char, void (*)(void*)> text(arb_get_str(value_, digits, 0), flint_free);
  return text.get();
}

Ball exp(const Ball& x) {
  Ball r;
  arb_exp(r.get(), x.get(), working_precision());
  return without_negative(std::move(r));
}

Ball expm1(const Ball& x) {
  Ball r;
  arb_expm1(r.get(), x.get(), working_precision());
  return r;
}

Ball log(const Ball& x) {
  Ball r;
  arb_log(r.get(), x.get(), working_precision());
  return r;
}

Ball log1p(const Ball& x) {
  Ball r;
  arb_log1p(r.get(), x.get(), working_precision());
  return r;
}

Ball sqrt(const Ball& x) {
  Ball r;
  arb_sqrt(r.get(), x.get(), working_precision());
  return r;
}

Ball tanh(const Ball& x) {
  return increasing(x, [](const Ball& t) {
    Ball r;
    arb_tanh(r.get(), t.get(), working_precision());
    return r;
  });
}

Ball sin(const Ball& x) {
  Ball r;
  arb_sin(r.get(), x.get(), working_precision());
  return r;
}

Ball cos(const Ball& x) {
  Ball r;
  arb_cos(r.get(), x.get(), working_precision());
  return r;
}

Ball erf(const Ball& x) {
  return increasing(x, [](const Ball& t) {
    Ball r;
    arb_hypgeom_erf(r.get(), t.get(), working_precision());
    return r;
  });
}

Ball abs(const Ball& x) {
  Ball r;
  arb_abs(r.get(), x.get());
  return without_negative(std::move(r));
}

Ball sigmoid(const Ball& x) {
  return increasing(x, [](const Ball& t) {
    if (!t.certainly_negative()) return Ball(1) / (Ball(1) + exp(-t));
    const Ball e = exp(t);
    return e / (Ball(1) + e);
  });
}

Ball sigmoid_slope(const Ball& x) {
  return is_wide(x) ? Ball(0.25) - square(sigmoid(x) - Ball(0.5)) : sigmoid(x) * sigmoid(-x);
}

Ball softplus(const Ball& x) {
  return increasing(
      x, [](const Ball& t) { return t.certainly_positive() ? t + log1p(exp(-t)) : log1p(exp(t)); });
}

Ball square(const Ball& x) {
  const auto f = [](const Ball& t) {
    Ball r;
    arb_sqr(r.get(), t.get(), working_precision());
    return r;
  };
  return without_negative(is_wide(x) ? increasing(abs(x), f) : f(x));
}

Ball inf() {
  Ball r;
  arb_zero_pm_inf(r.get());
  return r;
}

}  // namespace pgb
