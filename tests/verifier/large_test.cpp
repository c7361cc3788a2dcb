// The sizes that certificates of trained networks have.
#include <gtest/gtest.h>

#include <ctime>

#include "support/random.h"
#include "verifier/support.h"

namespace pgb::test {
namespace {

double seconds_of(const Json& certificate, const std::string& what) {
  const std::clock_t start = std::clock();
  const verifier::Outcome o = outcome(certificate);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // of one processor
  EXPECT_TRUE(o.accepted) << o.message;
  std::printf("%s: %.1f s\n", what.c_str(), seconds);
  return seconds;
}

Rows random_rows(Random& random, std::size_t rows, std::size_t columns) {
  Rows x(rows, Numbers(columns));
  for (Numbers& row : x) {
    for (double& value : row) value = random.uniform(-2, 2);
  }
  return x;
}

Network random_network(Random& random, const std::vector<std::size_t>& sizes) {
  Network network{sizes, "tanh", true, {}};
  for (std::size_t k = 0; k < network.parameters(); ++k) network.z.push_back(random.uniform(-1, 1));
  return network;
}

TEST(Large, ACriticalPointOf500Parameters) {
  Random random(7);
  const Network network = random_network(random, {8, 20, 10, 10});
  const Rows x = random_rows(random, 150, 8);
  Rows y;
  for (const Numbers& input : x) y.push_back(network(input));
  const Json certificate =
      test::certificate(network.problem().data(x, y),
                        {{"kind", "critical-point"},
                         {"center", "saved"},
                         {"radius", "1e-9"},
                         {"uniqueness_radius", "1e-9"},
                         {"strict_minimum", true}},
                        {{"pinned", Json::array()}, {"symmetries", Json::array()}, {"precision", 128}});
  EXPECT_LT(seconds_of(certificate, "critical point, 500 parameters, 150 samples"), 60);
}

TEST(Large, AnInterpolatingMinimumOf400Samples) {
  Random random(11);
  const Network network = random_network(random, {8, 64, 64, 1});
  const Rows x = random_rows(random, 400, 8);
  Rows y;
  for (const Numbers& input : x) y.push_back(network(input));
  std::vector<std::size_t> coordinates;  // weights of the second layer, all over it
  for (std::size_t k = 0; k < 400; ++k) coordinates.push_back(8 * 64 + 64 + k * 10 + random.index(10));
  const Json certificate =
      test::certificate(network.problem().data(x, y),
                        {{"kind", "interpolating-minimum"}, {"center", "saved"}, {"radius", "1e-8"}},
                        {{"coordinates", coordinates}, {"precision", 128}});
  EXPECT_LT(seconds_of(certificate, "interpolation, " + std::to_string(network.parameters()) + " parameters"),
            60);
}

}  // namespace
}  // namespace pgb::test
