#include "pgb/report/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace pgb::report {
namespace {

TEST(Rounded, SixSignificantDigits) {
  EXPECT_EQ(rounded("0.412345678901234567890"), "0.412346");
  EXPECT_EQ(rounded("-12.5000000"), "-12.5");
  EXPECT_EQ(rounded("999999.6"), "1e+06");
  EXPECT_EQ(rounded("0.00009999999"), "0.0001");
  EXPECT_EQ(rounded("+3"), "3");
  EXPECT_EQ(rounded("000.000"), "0");
  EXPECT_EQ(rounded("-0.0e-5"), "0");
}

TEST(Rounded, BeyondTheRangeOfDoubles) {
  EXPECT_EQ(rounded("3.14159265358979e-70000"), "3.14159e-70000");
  EXPECT_EQ(rounded("0." + std::string(400, '0') + "25"), "2.5e-401");
  EXPECT_EQ(rounded("1" + std::string(400, '0')), "1e+400");
}

TEST(Rounded, OtherTextStaysAsItIs) {
  for (const char* text :
       {"", "1/3", "0x1.8p-3", "1e", "e5", ".", "-", "1e5x", "1e999999999999999999999", "[1, 2]"}) {
    EXPECT_EQ(rounded(std::string(text)), text);
  }
}

TEST(Rounded, Infinities) {
  EXPECT_EQ(rounded("inf"), "∞");
  EXPECT_EQ(rounded("-inf"), "-∞");
  EXPECT_EQ(rounded(-std::numeric_limits<double>::infinity(), Notation::typeset), "−∞");
}

TEST(Rounded, AgreesWithPrintf) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-300, 300);
  for (int trial = 0; trial < 2000; ++trial) {
    const double value = (trial % 2 == 0 ? 1 : -1) * std::pow(10.0, exponent(random) / (1 + trial % 40));
    char expected[64];
    std::snprintf(expected, sizeof expected, "%.6g", value);
    const double shown = std::strtod(rounded(value).c_str(), nullptr);
    // Ties of the shortest decimal may go the other way: one unit in the sixth digit.
    EXPECT_NEAR(shown, std::strtod(expected, nullptr), 1.01e-5 * std::abs(value)) << expected;
    EXPECT_EQ(rounded(value).size(), std::string(expected).size()) << expected << ' ' << rounded(value);
  }
}

TEST(Rounded, Typeset) {
  EXPECT_EQ(rounded("1.5e-12", Notation::typeset), "1.5 × 10⁻¹²");
  EXPECT_EQ(rounded("1e-3000", Notation::typeset), "10⁻³⁰⁰⁰");
  EXPECT_EQ(rounded("-0.25", Notation::typeset), "−0.25");
}

TEST(DistanceText, TwoDigits) {
  EXPECT_EQ(distance_text(3.14e-9), "3.1e-09");
  EXPECT_EQ(distance_text(0.5), "5e-01");
  EXPECT_EQ(distance_text(0), "0");
  EXPECT_EQ(distance_text(3.14e-9, Notation::typeset), "3.1 × 10⁻⁹");
}

TEST(ExactText, ReadsBack) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5}) {
    EXPECT_EQ(std::strtod(exact_text(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(exact_text(0.1), "0.1");
}

TEST(CountText, Groups) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(9999), "9999");
  EXPECT_EQ(count_text(10000), "10,000");
  EXPECT_EQ(count_text(1234567), "1,234,567");
}

TEST(DurationText, Units) {
  EXPECT_EQ(duration_text(0.0423), "0.042 s");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(133.9), "2 min 13 s");
  EXPECT_EQ(duration_text(11100), "3 h 5 min");
  EXPECT_EQ(duration_text(-1), "unknown");
  EXPECT_EQ(duration_text(std::nan("")), "unknown");
}

}  // namespace
}  // namespace pgb::report
