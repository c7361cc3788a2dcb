// Seeded randomness of the tests. A failure names the seed of its trial; PGB_TEST_SEED=<seed> runs that trial
// alone, and PGB_TEST_SCALE=<factor> (default 1) multiplies the number of trials.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace pgb::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed), seed_(seed) {}
  std::uint64_t seed() const { return seed_; }

  // Uniform in [low, high), a double of full length.
  double uniform(double low = -1, double high = 1) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }
  // A whole multiple of 1/8 in [-2, 2]: sums and products of a few stay exact.
  double eighth() { return static_cast<double>(index(33)) / 8 - 2; }
  // A sign times a power of 2 between 2^low and 2^high times a number in [1, 2).
  double of_any_size(int low, int high) {
    const double x =
        std::ldexp(uniform(1, 2), low + static_cast<int>(index(static_cast<std::size_t>(high - low + 1))));
    return coin() ? x : -x;
  }
  std::size_t index(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  // Between low and high, both included.
  std::size_t between(std::size_t low, std::size_t high) { return low + index(high - low + 1); }
  bool coin(double probability = 0.5) { return uniform(0, 1) < probability; }

 private:
  std::mt19937_64 engine_;
  std::uint64_t seed_;
};

inline std::size_t trials(std::size_t count) {
  const char* scale = std::getenv("PGB_TEST_SCALE");
  const double factor = scale == nullptr ? 1 : std::strtod(scale, nullptr);
  const auto scaled = static_cast<std::size_t>(static_cast<double>(count) * factor);
  return scaled < 1 ? 1 : scaled;
}

// Calls body(random) once a trial, until one fails. Seeds depend on the test's name only.
template <class Body>
void for_each_trial(std::size_t count, Body body) {
  std::uint64_t seed = 1469598103934665603u;
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  for (const char c : std::string(test->test_suite_name()) + test->name()) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  const char* given = std::getenv("PGB_TEST_SEED");
  const std::size_t runs = given == nullptr ? trials(count) : 1;
  if (given != nullptr) seed = std::strtoull(given, nullptr, 10);
  ::testing::Test::RecordProperty("first_seed", std::to_string(seed));
  for (std::size_t t = 0; t < runs && !::testing::Test::HasFailure(); ++t) {
    SCOPED_TRACE("seed " + std::to_string(seed + t));
    Random random(seed + t);
    body(random);
  }
}

}  // namespace pgb::test
