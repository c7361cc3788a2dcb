// Polynomials with rational coefficients in named variables, over FLINT.
#pragma once

#include <flint/fmpq_mpoly.h>

#include <string>
#include <utility>
#include <vector>

namespace pgb::claims {

// The ring Q[variables]; it must outlive its polynomials.
class PolynomialRing {
 public:
  explicit PolynomialRing(std::vector<std::string> variables) : names_(std::move(variables)) {
    fmpq_mpoly_ctx_init(context_, static_cast<slong>(names_.size()), ORD_DEGREVLEX);
  }
  ~PolynomialRing() { fmpq_mpoly_ctx_clear(context_); }
  PolynomialRing(const PolynomialRing&) = delete;
  PolynomialRing& operator=(const PolynomialRing&) = delete;

  const fmpq_mpoly_ctx_struct* context() const { return context_; }
  std::size_t variables() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  fmpq_mpoly_ctx_t context_;
};

class Polynomial {
 public:
  explicit Polynomial(const PolynomialRing& ring) : ring_(&ring) { fmpq_mpoly_init(value_, ring.context()); }
  Polynomial(const PolynomialRing& ring, long numerator, unsigned long denominator = 1) : Polynomial(ring) {
    fmpq_t c;
    fmpq_init(c);
    fmpq_set_si(c, numerator, denominator);
    fmpq_mpoly_set_fmpq(value_, c, ring.context());
    fmpq_clear(c);
  }
  Polynomial(const Polynomial& other) : Polynomial(*other.ring_) {
    fmpq_mpoly_set(value_, other.value_, context());
  }
  Polynomial& operator=(Polynomial other) {
    std::swap(ring_, other.ring_);
    std::swap(*value_, *other.value_);
    return *this;
  }
  ~Polynomial() { fmpq_mpoly_clear(value_, context()); }

  static Polynomial variable(const PolynomialRing& ring, std::size_t number) {
    Polynomial x(ring);
    fmpq_mpoly_gen(x.value_, static_cast<slong>(number), ring.context());
    return x;
  }

  Polynomial& operator+=(const Polynomial& y) {
    return fmpq_mpoly_add(value_, value_, y.value_, context()), *this;
  }
  Polynomial& operator-=(const Polynomial& y) {
    return fmpq_mpoly_sub(value_, value_, y.value_, context()), *this;
  }
  Polynomial& operator*=(const Polynomial& y) {
    return fmpq_mpoly_mul(value_, value_, y.value_, context()), *this;
  }

  Polynomial derivative(std::size_t variable) const {
    Polynomial d(*ring_);
    fmpq_mpoly_derivative(d.value_, value_, static_cast<slong>(variable), context());
    return d;
  }
  bool is_zero() const { return fmpq_mpoly_is_zero(value_, context()) != 0; }
  std::size_t terms() const { return static_cast<std::size_t>(fmpq_mpoly_length(value_, context())); }

 private:
  const fmpq_mpoly_ctx_struct* context() const { return ring_->context(); }
  const PolynomialRing* ring_;
  fmpq_mpoly_t value_;
};

inline Polynomial operator+(Polynomial x, const Polynomial& y) { return x += y; }
inline Polynomial operator-(Polynomial x, const Polynomial& y) { return x -= y; }
inline Polynomial operator*(Polynomial x, const Polynomial& y) { return x *= y; }

}  // namespace pgb::claims
