// The two arithmetics in which features are computed exactly: modulo a prime, and over the rational numbers;
// both with atoms for numbers that are not computed.
#pragma once

#include <flint/nmod_vec.h>
#include <gmpxx.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include "pgb/scalar/random.h"

namespace pgb::flat_detail {

// Arithmetic modulo the prime 2^61 - 1, with numbers at random for what is not computed.
class Modular {
 public:
  static const nmod_t& field() {
    static const nmod_t modulus = [] {
      nmod_t m;
      nmod_init(&m, (mp_limb_t{1} << 61) - 1);
      return m;
    }();
    return modulus;
  }

  struct Value {
    mp_limb_t residue = 0;
    bool rational = true;  // nothing at random is in it
  };
  using Number = mp_limb_t;

  explicit Modular(std::uint64_t draw) : draw_(mixed_bits(draw + 1)) {}

  static Number number(const std::string& rational) {
    const mpq_class q(rational);
    const Number denominator = residue(q.get_den());
    return denominator == 0 ? 0 : nmod_div(residue(q.get_num()), denominator, field());
  }
  static Number number(double x) {
    int exponent = 0;
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 53));
    exponent = ((exponent - 53) % 61 + 61) % 61;  // 2^61 = 1
    const Number size =
        nmod_mul(static_cast<Number>(std::abs(mantissa)) % field().n, Number{1} << exponent, field());
    return mantissa < 0 ? nmod_neg(size, field()) : size;
  }
  static Value constant(Number c) { return {c, true}; }
  static void add(Value& sum, Number factor, const Value& v) {
    if (factor == 0) return;
    NMOD_ADDMUL(sum.residue, factor, v.residue, field());
    sum.rational = sum.rational && v.rational;
  }
  static bool is_rational(const Value& v) { return v.rational || v.residue == 0; }
  static bool is_zero(const Value& v) { return v.residue == 0; }
  static Number as_number(const Value& v) { return v.residue; }
  // The value of a function, known by its key, at v.
  Value atom(std::size_t key, const Value& v, bool odd) {
    const bool flip = odd && v.residue > field().n / 2;
    const Number y =
        mixed_bits(mixed_bits(draw_ + key) + (flip ? nmod_neg(v.residue, field()) : v.residue)) % field().n;
    return {flip ? nmod_neg(y, field()) : y, false};
  }

 private:
  static Number residue(const mpz_class& z) { return mpz_fdiv_ui(z.get_mpz_t(), field().n); }
  std::uint64_t draw_;
};

// constant + sum of coefficient * atom over the rational numbers. An atom stands for a number that is not
// computed; equal atoms are equal numbers.
class Exact {
 public:
  struct Value {
    mpq_class constant = 0;
    std::map<std::size_t, mpq_class> terms = {};  // not 0
  };
  using Number = mpq_class;

  static Number number(const std::string& rational) { return mpq_class(rational); }
  static Number number(double x) { return mpq_class(x); }
  static Value constant(const Number& c) { return {c, {}}; }
  static void add(Value& sum, const Number& factor, const Value& v) {
    if (factor == 0) return;
    sum.constant += factor * v.constant;
    for (const auto& [atom, coefficient] : v.terms) {
      mpq_class& term = sum.terms[atom];
      term += factor * coefficient;
      if (term == 0) sum.terms.erase(atom);
    }
  }
  static bool is_rational(const Value& v) { return v.terms.empty(); }
  static bool is_zero(const Value& v) { return v.terms.empty() && v.constant == 0; }
  static Number as_number(const Value& v) { return v.constant; }
  // Nothing where neither factor is rational.
  static std::optional<Value> product(const Value& a, const Value& b) {
    Value y;
    if (!is_rational(a) && !is_rational(b)) return std::nullopt;
    add(y, is_rational(a) ? a.constant : b.constant, is_rational(a) ? b : a);
    return y;
  }
  static std::string text(const Value& v) {
    std::string text = v.constant.get_str();
    for (const auto& [atom, coefficient] : v.terms)
      text += ' ' + coefficient.get_str() + '#' + std::to_string(atom);
    return text;
  }
  Value atom(std::size_t key, const Value& v, bool odd) {
    const bool flip = odd && (v.terms.empty() ? v.constant : v.terms.begin()->second) < 0;
    const int sign = flip ? -1 : 1;
    Value argument;
    add(argument, sign, v);
    const std::string name = std::to_string(key) + ' ' + text(argument);
    return {0, {{atoms_.emplace(name, atoms_.size()).first->second, sign}}};
  }

 private:
  std::map<std::string, std::size_t> atoms_;
};

}  // namespace pgb::flat_detail
