// The proofs take the compiler's arithmetic and copies for granted: what one is known to have got wrong.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace pgb::test {
namespace {

struct FourWords {
  std::uint64_t a, b, c, d;
};

[[gnu::noinline]] std::vector<double> half_half_zero_zero() { return {0.5, 0.5, 0, 0}; }
[[gnu::noinline]] std::vector<double> eight() { return {3, 3, 3, 3, 0, 0, 0, 0}; }
[[gnu::noinline]] std::uint64_t last_of(FourWords words) { return words.d; }

// GCC bug 108599 (12.0 to 12.2, with 256-bit and wider moves): the leading word of such a constant fills the
// whole of it.
TEST(Compiler, StoresConstantArrays) {
  EXPECT_EQ(half_half_zero_zero()[2], 0);
  EXPECT_EQ(half_half_zero_zero()[3], 0);
  EXPECT_EQ(eight()[7], 0);
  EXPECT_EQ(last_of({7, 7, 0, 0}), 0u);
}

// No fused multiply-add where the source has a product and a sum.
TEST(Compiler, RoundsProductsBeforeSums) {
  volatile double x = 1 + 0x1p-30, y = -(1 + 0x1p-29);
  const double a = x, b = y;
  EXPECT_EQ(a * a + b, 0) << "the exact value is 2^-60";
}

}  // namespace
}  // namespace pgb::test
