#include "pgb/io/exact_number.h"

#include <gmp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_digits = 100000;
constexpr long max_decimal_exponent = 100000;
constexpr long max_binary_exponent = 300000;

struct Integer {
  Integer() { mpz_init(value); }
  ~Integer() { mpz_clear(value); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;
  mpz_t value;
};

struct Rational {
  Rational() { mpq_init(value); }
  ~Rational() { mpq_clear(value); }
  Rational(const Rational&) = delete;
  Rational& operator=(const Rational&) = delete;
  mpz_ptr numerator() { return mpq_numref(value); }
  mpz_ptr denominator() { return mpq_denref(value); }
  mpq_t value;
};

[[noreturn]] void refuse(std::string_view text) {
  throw InputError("expected an exact number such as \"1/3\", \"0.1\" or \"0x1.8p-3\", found " +
                   in_quotes(text));
}

bool is_digit(char c, int base) {
  if (c >= '0' && c <= '9') return true;
  return base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
}

// The digits at the front of `rest`, removed from it.
std::string take_digits(std::string_view& rest, int base) {
  std::size_t count = 0;
  while (count < rest.size() && is_digit(rest[count], base)) ++count;
  const std::string digits(rest.substr(0, count));
  rest.remove_prefix(count);
  return digits;
}

bool take(std::string_view& rest, char lower, char upper) {
  if (rest.empty() || (rest.front() != lower && rest.front() != upper)) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_sign(std::string_view& rest) {
  if (take(rest, '-', '-')) return true;
  take(rest, '+', '+');
  return false;
}

// Reads "[+-]digits"; the limit applies to what is written.
long take_exponent(std::string_view& rest, long limit, std::string_view text) {
  const bool negative = take_sign(rest);
  const std::string digits = take_digits(rest, 10);
  if (digits.empty()) refuse(text);
  long value = 0;
  for (const char c : digits) {
    value = value * 10 + (c - '0');
    if (value > limit)
      throw InputError("expected an exponent within +-" + std::to_string(limit) + ", found " +
                       in_quotes(text));
  }
  return negative ? -value : value;
}

void set_digits(mpz_ptr out, const std::string& digits, int base) {
  if (digits.size() > max_digits) {
    throw InputError("expected at most " + std::to_string(max_digits) + " digits, found " +
                     std::to_string(digits.size()));
  }
  mpz_set_str(out, digits.c_str(), base);
}

// value = value * base^exponent, base 2 or 10.
void scale(Rational& number, unsigned long base, long exponent) {
  Integer power;
  mpz_ui_pow_ui(power.value, base, static_cast<unsigned long>(exponent < 0 ? -exponent : exponent));
  mpz_ptr part = exponent < 0 ? number.denominator() : number.numerator();
  mpz_mul(part, part, power.value);
}

// Sets `out` to the canonical rational that `text` denotes, or throws InputError.
void parse(const std::string& text, Rational& out) {
  std::string_view rest = text;
  const bool negative = take_sign(rest);
  const bool hexadecimal = rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X');
  if (hexadecimal) rest.remove_prefix(2);
  const int base = hexadecimal ? 16 : 10;
  std::string digits = take_digits(rest, base);
  if (!hexadecimal && !digits.empty() && take(rest, '/', '/')) {
    const std::string below = take_digits(rest, 10);
    if (below.empty() || !rest.empty()) refuse(text);
    if (digits.size() + below.size() > max_digits) set_digits(out.numerator(), digits + below, 10);
    set_digits(out.numerator(), digits, 10);
    set_digits(out.denominator(), below, 10);
    if (mpz_sgn(out.denominator()) == 0)
      throw InputError("expected a denominator other than 0, found " + in_quotes(text));
  } else {
    long exponent = 0;  // of 10, or of 2
    if (take(rest, '.', '.')) {
      const std::string fraction = take_digits(rest, base);
      digits += fraction;
      exponent -= static_cast<long>(fraction.size()) * (hexadecimal ? 4 : 1);
    }
    if (digits.empty()) refuse(text);
    const bool has_exponent = hexadecimal ? take(rest, 'p', 'P') : take(rest, 'e', 'E');
    if (has_exponent)
      exponent += take_exponent(rest, hexadecimal ? max_binary_exponent : max_decimal_exponent, text);
    if (!rest.empty()) refuse(text);
    set_digits(out.numerator(), digits, base);
    scale(out, hexadecimal ? 2 : 10, exponent);
  }
  if (negative) mpz_neg(out.numerator(), out.numerator());
  mpq_canonicalize(out.value);
}

std::string to_text(Rational& number) {
  // Room for both parts, a sign, the slash and the final NUL, as GMP asks for.
  std::string text(mpz_sizeinbase(number.numerator(), 10) + mpz_sizeinbase(number.denominator(), 10) + 3,
                   '\0');
  mpq_get_str(text.data(), 10, number.value);
  text.resize(text.find('\0'));
  return text;
}

// Nearest double, ties to even: |value| = n * 2^u with n an integer below 2^53, or the next double above.
double round_to_double(Rational& number) {
  const int sign = mpq_sgn(number.value);
  if (sign == 0) return 0.0;
  Integer a, b;
  mpz_abs(a.value, number.numerator());
  mpz_set(b.value, number.denominator());
  const auto bits = [](const Integer& i) { return static_cast<long>(mpz_sizeinbase(i.value, 2)); };
  const long e = bits(a) - bits(b);  // 2^(e-1) < a/b < 2^(e+1)
  if (e > 1025) return sign * std::numeric_limits<double>::infinity();
  if (e < -1080) return sign * 0.0;
  // a' / b' = |value| / 2^shift
  const auto divide_by_power = [&](Integer& top, Integer& bottom, long shift) {
    mpz_abs(top.value, number.numerator());
    mpz_set(bottom.value, number.denominator());
    Integer& grown = shift < 0 ? top : bottom;
    mpz_mul_2exp(grown.value, grown.value, static_cast<mp_bitcnt_t>(shift < 0 ? -shift : shift));
  };
  divide_by_power(a, b, e);
  const long magnitude = mpz_cmp(a.value, b.value) >= 0 ? e : e - 1;  // floor(log2 |value|)
  const long unit = std::max(magnitude - 52, -1074L);
  divide_by_power(a, b, unit);
  Integer quotient, remainder;
  mpz_fdiv_qr(quotient.value, remainder.value, a.value, b.value);
  mpz_mul_2exp(remainder.value, remainder.value, 1);
  const int half = mpz_cmp(remainder.value, b.value);
  if (half > 0 || (half == 0 && mpz_odd_p(quotient.value) != 0))
    mpz_add_ui(quotient.value, quotient.value, 1);
  return sign * std::ldexp(mpz_get_d(quotient.value), static_cast<int>(unit));
}

template <class Operation>
std::string combined(const std::string& a, const std::string& b, Operation operation) {
  Rational x, y, result;
  parse(a, x);
  parse(b, y);
  operation(result.value, x.value, y.value);
  return to_text(result);
}

}  // namespace

std::string exact_sum(const std::string& a, const std::string& b) { return combined(a, b, mpq_add); }

std::string exact_product(const std::string& a, const std::string& b) { return combined(a, b, mpq_mul); }

std::string exact_quotient(const std::string& a, const std::string& b) {
  if (b == "0") throw InputError("expected a divisor other than 0");
  return combined(a, b, mpq_div);
}

std::string canonical_rational(const std::string& text) {
  Rational number;
  parse(text, number);
  return to_text(number);
}

std::string canonical_rational(double value) {
  if (!std::isfinite(value))
    throw InputError("expected a finite number, found " + std::string(std::isnan(value) ? "nan" : "inf"));
  Rational number;
  mpq_set_d(number.value, value);
  return to_text(number);
}

double nearest_double(const std::string& rational) {
  Rational number;
  parse(rational, number);
  return round_to_double(number);
}

bool is_double(const std::string& rational) {
  Rational number;
  parse(rational, number);
  const double nearest = round_to_double(number);
  if (!std::isfinite(nearest)) return false;
  Rational back;
  mpq_set_d(back.value, nearest);
  return mpq_equal(number.value, back.value) != 0;
}

}  // namespace pgb::io
