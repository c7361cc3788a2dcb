#include "pgb/io/exact_number.h"

#include <gmp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "support.h"

namespace pgb::io {
namespace {

using test::error_of;

TEST(ExactNumber, AgreesWithPythonFractions) {
  std::ifstream in(test::corpus("exact_numbers.txt"));
  std::string line;
  int count = 0;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string text, rational, nearest, equal;
    fields >> text >> rational >> nearest >> equal;
    EXPECT_EQ(canonical_rational(text), rational) << text;
    const double expected = std::strtod(nearest.c_str(), nullptr);
    EXPECT_EQ(nearest_double(rational), expected) << text;
    EXPECT_EQ(is_double(rational), equal == "1") << text;
    ++count;
  }
  EXPECT_GT(count, 300);
}

TEST(ExactNumber, RefusesOtherText) {
  for (const char* text :
       {"",      " ",     "1 ",    " 1",  "abc",   "nan",   "inf", "-inf",  "1/",  "/3",      "1/-3", "1//3",
        "1/3/5", "0.1/3", "1/0.5", ".",   "-",     "+-1",   "e5",  "1e",    "1e+", "0x",      "0x.",  "0xp3",
        "0x1p",  "0x1g",  "1p3",   "1,5", "1_000", "1e5.5", "--1", "0x1/3", "1f",  "\xc2\xbd"}) {
    const std::string message = error_of([&] { canonical_rational(std::string(text)); });
    EXPECT_NE(message.find("expected"), std::string::npos) << '"' << text << '"';
  }
  EXPECT_NE(error_of([] { canonical_rational(std::string("1\0002", 3)); }), "");
  EXPECT_NE(error_of([] { canonical_rational(std::string("1/0")); }).find("denominator other than 0"),
            std::string::npos);
  EXPECT_NE(error_of([] { canonical_rational(std::nan("")); }).find("nan"), std::string::npos);
  EXPECT_NE(error_of([] { canonical_rational(HUGE_VAL); }).find("inf"), std::string::npos);
}

TEST(ExactNumber, HasLimits) {
  const std::string longest(100000, '7');
  EXPECT_EQ(canonical_rational(longest), longest);
  EXPECT_NE(error_of([&] { canonical_rational(longest + "7"); }).find("100000 digits"), std::string::npos);
  EXPECT_NE(error_of([&] { canonical_rational("0." + longest); }).find("digits"), std::string::npos);
  EXPECT_NE(error_of([&] { canonical_rational(longest + "/7"); }).find("digits"), std::string::npos);
  EXPECT_EQ(canonical_rational("1e100000").size(), 100001U);
  EXPECT_EQ(canonical_rational("1e-100000").size(), 100003U);
  EXPECT_EQ(nearest_double("1e-100000"), 0.0);
  EXPECT_EQ(nearest_double("-1e100000"), -HUGE_VAL);
  for (const char* text : {"1e100001", "1e-100001", "0x1p300001", "0x1p-300001",
                           "1e99999999999999999999999999", "0e-99999999999999999999"}) {
    EXPECT_NE(error_of([&] { canonical_rational(std::string(text)); }).find("exponent within"),
              std::string::npos)
        << text;
  }
  const auto start = std::chrono::steady_clock::now();
  error_of([] { canonical_rational(std::string(std::size_t{20} << 20, '9')); });
  error_of([] { canonical_rational("1e" + std::string(std::size_t{20} << 20, '9')); });
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(ExactNumber, RoundTripsDoublesAndAgreesWithGmp) {
  std::mt19937_64 random(test::seed());
  for (std::size_t i = 0; i < test::trials(20000); ++i) {
    const std::uint64_t bits =
        random() & (i % 4 == 0 ? 0x800fffffffffffffULL : ~0ULL);  // every fourth is subnormal
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string rational = canonical_rational(value);
    mpq_t number;
    mpq_init(number);
    ASSERT_EQ(mpq_set_str(number, rational.c_str(), 10), 0);
    ASSERT_EQ(mpq_get_d(number), value) << rational;
    mpq_clear(number);
    ASSERT_EQ(nearest_double(rational), value) << rational;
    ASSERT_TRUE(is_double(rational)) << rational;
    char text[64];
    std::snprintf(text, sizeof text, "%a", value);
    ASSERT_EQ(canonical_rational(std::string(text)), rational) << text;
    std::snprintf(text, sizeof text, "%.17g", value);
    ASSERT_EQ(nearest_double(canonical_rational(std::string(text))), value) << text;
  }
}

TEST(ExactNumber, RoundsTiesToEven) {
  EXPECT_EQ(nearest_double("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(nearest_double("9007199254740995"), 9007199254740996.0);
  EXPECT_EQ(nearest_double(canonical_rational(std::string("0x1p-1075"))), 0.0);
  EXPECT_EQ(nearest_double(canonical_rational(std::string("0x1.8p-1074"))), 2 * 4.9406564584124654e-324);
  EXPECT_EQ(nearest_double(canonical_rational(std::string("0x1.fffffffffffff8p+1023"))), HUGE_VAL);
  EXPECT_EQ(nearest_double(canonical_rational(std::string("0x1.fffffffffffff7p+1023"))),
            1.7976931348623157e308);
  EXPECT_FALSE(is_double(canonical_rational(std::string("0x1p+1024"))));
}

}  // namespace
}  // namespace pgb::io
