#include "pgb/scalar/ball.h"

#include <arb_hypgeom.h>
#include <flint/fmpq.h>

#include <cmath>
#include <memory>
#include <stdexcept>

namespace pgb {
namespace {

// Bounds round outwards: the caller gives the direction.
double bound(const arf_t x, arf_rnd_t direction) { return arf_get_d(x, direction); }

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
  if (!(radius >= 0) || !std::isfinite(radius)) throw std::invalid_argument("Ball: expected a finite radius >= 0");
  Ball r = midpoint;
  mag_t e;
  mag_init(e);
  mag_set_d(e, radius);  // rounds up
  arb_add_error_mag(r.value_, e);
  mag_clear(e);
  return r;
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
  return r;
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
  Ball r;
  arb_tanh(r.get(), x.get(), working_precision());
  return r;
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
  Ball r;
  arb_hypgeom_erf(r.get(), x.get(), working_precision());
  return r;
}

Ball abs(const Ball& x) {
  Ball r;
  arb_abs(r.get(), x.get());
  return r;
}

Ball sigmoid(const Ball& x) { return Ball(1) / (Ball(1) + exp(-x)); }

Ball softplus(const Ball& x) { return log1p(exp(x)); }

Ball square(const Ball& x) {
  Ball r;
  arb_sqr(r.get(), x.get(), working_precision());
  return r;
}

Ball inf() {
  Ball r;
  arb_zero_pm_inf(r.get());
  return r;
}

}  // namespace pgb
