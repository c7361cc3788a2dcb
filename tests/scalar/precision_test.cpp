// PrecisionScope and what it does to Real and Ball.
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "pgb/scalar/functions.h"
#include "pgb/scalar/precision.h"

namespace pgb::test {
namespace {

long bits_of(const Real& x) { return static_cast<long>(mpfr_get_prec(x.backend().data())); }

TEST(Precision, DefaultAndRestore) {
  EXPECT_EQ(working_precision(), 128);
  const long before = bits_of(Real(1));
  EXPECT_GE(before, 128);
  {
    const PrecisionScope outer(400);
    EXPECT_EQ(working_precision(), 400);
    EXPECT_GE(bits_of(Real(1)), 400);
    {
      const PrecisionScope inner(60);
      EXPECT_EQ(working_precision(), 60);
      EXPECT_LT(bits_of(Real(1)), 80);
    }
    EXPECT_EQ(working_precision(), 400);
    EXPECT_GE(bits_of(Real(1)), 400);
  }
  EXPECT_EQ(working_precision(), 128);
  EXPECT_EQ(bits_of(Real(1)), before);
}

TEST(Precision, RestoredWhenAnExceptionPasses) {
  try {
    const PrecisionScope scope(999);
    throw std::runtime_error("stop");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(working_precision(), 128);
}

TEST(Precision, Limits) {
  for (const long bits : {1L, 0L, -5L, 1'000'001L}) {
    EXPECT_THROW(PrecisionScope{bits}, std::invalid_argument) << bits;
    EXPECT_EQ(working_precision(), 128);
  }
  for (const long bits : {2L, 1'000'000L}) {
    const PrecisionScope scope(bits);
    EXPECT_GE(bits_of(Real(1)), bits);
  }
}

TEST(Precision, RealsAreAtLeastAsPreciseAsAsked) {
  for (long bits = 2; bits < 3000; bits += 7) {
    const PrecisionScope scope(bits);
    EXPECT_GE(bits_of(Real(1) / 3), bits);
    EXPECT_LE(bits_of(Real(1) / 3), bits + 10 + bits / 100);
  }
}

// An operation on Reals is as precise as its most precise operand; only new values take the scope's
// precision.
TEST(Precision, ExistingRealsKeepTheirs) {
  const Real narrow(1);
  const PrecisionScope scope(400);
  const Real wide(1);
  EXPECT_EQ(bits_of(Real(narrow)), bits_of(narrow));
  EXPECT_EQ(bits_of(narrow / 3), bits_of(narrow));
  EXPECT_EQ(bits_of(narrow + wide), bits_of(wide));
  EXPECT_EQ(bits_of(exp(narrow)), bits_of(narrow));
}

TEST(Precision, BallsRoundToTheScope) {
  const Ball three(3);
  const double coarse = [&] {
    const PrecisionScope scope(20);
    return (Ball(1) / three).radius();
  }();
  const PrecisionScope scope(300);
  EXPECT_GT(coarse, 1e-8);
  EXPECT_LT((Ball(1) / three).radius(), 1e-85);
}

TEST(Precision, OfBallsBelongsToTheThread) {
  const PrecisionScope scope(300);
  long seen = 0;
  std::thread([&] { seen = working_precision(); }).join();
  EXPECT_EQ(seen, 128);
}

}  // namespace
}  // namespace pgb::test
