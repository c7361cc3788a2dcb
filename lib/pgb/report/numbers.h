// Numbers as people read them, and as programs read them back. Independent of the locale.
#pragma once

#include <cstddef>
#include <string>

namespace pgb::report {

// plain: "3.1e-09", for terminals. typeset: "3.1 × 10⁻⁹", for pages.
enum class Notation { plain, typeset };

// Decimal text of any length and exponent ("-0.412345678901e-700") rounded to `digits` >= 1 significant
// digits, ties away from 0, without trailing zeros; in scientific form where printf's %g is. "inf" becomes
// "∞". Text that is not a decimal number comes back as it is.
std::string rounded(const std::string& decimal, Notation notation = Notation::plain, int digits = 6);
std::string rounded(double value, Notation notation = Notation::plain, int digits = 6);

// Two significant digits in scientific form: "3.1e-09"; "0" for 0.
std::string distance_text(double value, Notation notation = Notation::plain);

// The shortest decimal text that reads back as the same double; "inf", "-inf", "nan".
std::string exact_text(double value);

// "9876", "12,345".
std::string count_text(std::size_t value);

// "0.042 s", "7.3 s", "2 min 13 s", "3 h 5 min".
std::string duration_text(double seconds);

// "10⁻¹⁶".
std::string power_of_ten(long exponent);

}  // namespace pgb::report
