// Exact numbers as text: "1/3", "0.1", "-2.5e-3", "0x1.8p-3", or as many digits as wanted.
#pragma once

#include <string>

namespace pgb::io {

// The canonical rational "p/q" (lowest terms, q > 0, "p" alone when q = 1) that `text` denotes exactly.
// Accepts integers, fractions of integers, decimal and hexadecimal floating notation.
// Throws InputError (message without file name) for anything else, for q = 0, for inf and nan, for more than
// 100,000 digits and for exponents beyond +-100,000 (decimal) or +-300,000 (binary).
std::string canonical_rational(const std::string& text);

// The same for a finite double, which is a dyadic rational.
std::string canonical_rational(double value);

// The double nearest to a canonical rational (ties to even; +-infinity when out of range).
double nearest_double(const std::string& rational);

// Whether the canonical rational is exactly the double nearest to it.
bool is_double(const std::string& rational);

// Sum, product and quotient of canonical rationals, canonical. Throws InputError for a divisor 0.
std::string exact_sum(const std::string& a, const std::string& b);
std::string exact_product(const std::string& a, const std::string& b);
std::string exact_quotient(const std::string& a, const std::string& b);

}  // namespace pgb::io
