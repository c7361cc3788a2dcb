#include "pgb/report/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace pgb::report {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// (-1)^negative 0.d_1 d_2 … 10^exponent with d_1 != 0; no digits: 0.
struct Decimal {
  bool negative = false;
  std::string digits;
  long exponent = 0;
};

std::optional<Decimal> parse_decimal(const std::string& text) {
  Decimal out;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) out.negative = text[at++] == '-';
  bool point = false, any = false;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    any = true;
    if (out.digits.empty() && text[at] == '0') {
      if (point) --out.exponent;
      continue;
    }
    out.digits += text[at];
    if (!point) ++out.exponent;
  }
  if (!any) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    long shift = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + at, end, shift);
    constexpr long limit = 1'000'000'000'000;
    if (error != std::errc() || stop != end || shift > limit || shift < -limit) return std::nullopt;
    out.exponent += shift;
  }
  return out;
}

// Keeps `count` digits, ties away from 0.
void round_to(Decimal& x, std::size_t count) {
  if (x.digits.size() > count) {
    const bool up = x.digits[count] >= '5';
    x.digits.resize(count);
    std::size_t at = count;
    while (up && at > 0 && x.digits[at - 1] == '9') x.digits[--at] = '0';
    if (up && at > 0) ++x.digits[at - 1];
    if (up && at == 0) {
      x.digits.insert(x.digits.begin(), '1');
      ++x.exponent;
    }
  }
  while (!x.digits.empty() && x.digits.back() == '0') x.digits.pop_back();
}

std::string scientific(const Decimal& x, Notation notation) {
  std::string out(1, x.digits.front());
  if (x.digits.size() > 1) out += '.' + x.digits.substr(1);
  const long exponent = x.exponent - 1;
  if (notation == Notation::typeset) return (out == "1" ? "" : out + " × ") + power_of_ten(exponent);
  std::string size = std::to_string(std::labs(exponent));
  if (size.size() < 2) size.insert(0, 1, '0');
  return out + (exponent < 0 ? "e-" : "e+") + size;
}

std::string positional(const Decimal& x) {
  if (x.exponent <= 0) return "0." + std::string(static_cast<std::size_t>(-x.exponent), '0') + x.digits;
  const auto whole = static_cast<std::size_t>(x.exponent);
  if (x.digits.size() <= whole) return x.digits + std::string(whole - x.digits.size(), '0');
  return x.digits.substr(0, whole) + '.' + x.digits.substr(whole);
}

std::string minus(Notation notation) { return notation == Notation::typeset ? "−" : "-"; }

std::string to_text(Decimal x, Notation notation, std::size_t digits, bool always_scientific) {
  round_to(x, digits);
  if (x.digits.empty()) return "0";
  const bool far = x.exponent < -3 || x.exponent > static_cast<long>(digits);
  const std::string size = far || always_scientific ? scientific(x, notation) : positional(x);
  return (x.negative ? minus(notation) : "") + size;
}

}  // namespace

std::string rounded(const std::string& decimal, Notation notation, int digits) {
  if (decimal == "inf" || decimal == "+inf") return "∞";
  if (decimal == "-inf") return minus(notation) + "∞";
  const std::optional<Decimal> x = parse_decimal(decimal);
  return x ? to_text(*x, notation, static_cast<std::size_t>(std::max(digits, 1)), false) : decimal;
}

std::string rounded(double value, Notation notation, int digits) {
  return rounded(exact_text(value), notation, digits);
}

std::string distance_text(double value, Notation notation) {
  const std::string text = exact_text(value);
  const std::optional<Decimal> x = parse_decimal(text);
  return x ? to_text(*x, notation, 2, true) : rounded(text, notation);
}

std::string exact_text(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc() ? std::string(buffer, end) : std::string();
}

std::string count_text(std::size_t value) {
  std::string out = std::to_string(value);
  if (value < 10000) return out;
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, 1, ',');
  return out;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || std::isinf(seconds)) return "unknown";
  if (seconds < 60) return rounded(seconds, Notation::plain, 2) + " s";
  const double limit = 3.6e12;
  const auto whole = static_cast<long long>(std::min(seconds, limit));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string power_of_ten(long exponent) {
  if (exponent == 0) return "1";
  static const char* const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (const char c : std::to_string(std::labs(exponent))) out += raised[c - '0'];
  return out;
}

}  // namespace pgb::report
