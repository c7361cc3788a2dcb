// critical-point: planted minima, saddles and every kind of symmetry.
#include <gtest/gtest.h>

#include "support/random.h"
#include "verifier/support.h"

namespace pgb::test {
namespace {

Json statement(const std::string& radius, const std::string& uniqueness) {
  return {
      {"kind", "critical-point"}, {"center", "saved"}, {"radius", radius}, {"uniqueness_radius", uniqueness}};
}

Json proof(const Json& pinned = Json::array(), const Json& symmetries = Json::array()) {
  return {{"pinned", pinned}, {"symmetries", symmetries}, {"precision", 128}};
}

Json with(Json json, const std::string& field, const Json& value) {
  json[field] = value;
  return json;
}

// Random parameters and inputs; the targets are the outputs, rounded: a minimum with Q of the size of the
// rounding.
ProblemText planted(const Network& network, const Rows& x, const std::string& loss = "squared") {
  Rows y;
  for (const Numbers& input : x) y.push_back(network(input));
  return network.problem().data(x, y, loss);
}

Rows random_rows(Random& random, std::size_t rows, std::size_t columns) {
  Rows x(rows, Numbers(columns));
  for (Numbers& row : x) {
    for (double& value : row) value = random.uniform(-2, 2);
  }
  return x;
}

Network random_network(Random& random, const std::vector<std::size_t>& sizes, const std::string& activation) {
  Network network{sizes, activation, true, {}};
  for (std::size_t k = 0; k < network.parameters(); ++k) network.z.push_back(random.uniform(-1.5, 1.5));
  return network;
}

// Least squares through (-1, 0) and (1, 2): w = b = 1 exactly, whatever the box.
ProblemText line() { return ProblemText(1).linear("f", {{1}}, {1}).data({{-1}, {1}}, {{0}, {2}}); }

TEST(CriticalPoint, AcceptsAnExactMinimum) {
  const Json good = certificate(line(), with(statement("0", "1000"), "strict_minimum", true), proof());
  const verifier::Outcome o = outcome(good);
  EXPECT_TRUE(o.accepted) << o.message;
  EXPECT_NE(o.message.find("strict local minimum"), std::string::npos) << o.message;
}

TEST(CriticalPoint, RejectsWhatIsNotProved) {
  const Json good = certificate(line(), statement("1/1000", "1000"), proof());
  ASSERT_TRUE(accepted(good));
  Json bad = good;
  bad["statement"]["saddle"] = true;
  bad["proof"]["direction"] = Json::array({Json::array({0, "1"})});
  EXPECT_FALSE(accepted(bad));
  bad = good;
  bad["statement"]["uniqueness_radius"] = "1/1001";
  EXPECT_FALSE(accepted(bad)) << "less than radius";
  bad = good;
  bad["statement"]["radius"] = "-1/1000";
  EXPECT_FALSE(accepted(bad));
  bad = good;
  bad["statement"]["center"] = {{"saved_plus", Json::array({Json::array({0, "1/500"})})}};
  EXPECT_FALSE(accepted(bad)) << "the minimum is outside the box";
  bad["statement"]["center"] = {{"saved_plus", Json::array({Json::array({0, "1/2000"})})}};
  EXPECT_TRUE(accepted(bad)) << "the minimum is inside the box: " << outcome(bad).message;
  bad["proof"]["pinned"] = Json::array({0});
  EXPECT_FALSE(accepted(bad)) << "a pinned parameter without a symmetry";
}

TEST(CriticalPoint, AcceptsPlantedMinimaOfRandomNetworks) {
  std::size_t accepted_ones = 0;
  for_each_trial(60, [&](Random& random) {
    const Network network = random_network(random, {2, 2, 1}, "tanh");
    const ProblemText problem = planted(network, random_rows(random, 14, 2));
    const Json good = certificate(problem, with(statement("1e-9", "1e-8"), "strict_minimum", true), proof());
    accepted_ones += accepted(good) ? 1 : 0;  // an unlucky draw is too flat for this box
    Json bad = good;
    bad["statement"]["center"] = {{"saved_plus", Json::array({Json::array({random.index(9), "1e-7"})})}};
    EXPECT_FALSE(accepted(bad)) << "the minimum is outside the box";
    bad = good;
    bad["statement"]["saddle"] = true;
    bad["proof"]["direction"] = Json::array({Json::array({random.index(9), hex(random.uniform())})});
    EXPECT_FALSE(accepted(bad)) << "a minimum is not a saddle";
  });
  EXPECT_GE(accepted_ones, trials(30));
}

TEST(CriticalPoint, PlantedMinimaOfReluNetworksNeedTheirScalings) {
  std::size_t accepted_ones = 0;
  for_each_trial(60, [&](Random& random) {
    const Network network = random_network(random, {2, 3, 1}, "relu");
    const ProblemText problem = planted(network, random_rows(random, 30, 2));
    Json pinned = Json::array(), scalings = Json::array();
    for (std::size_t r = 0; r < 3; ++r) {
      pinned.push_back(2 * r + random.index(2));
      scalings.push_back({{"kind", "scaling"}, {"node", "fc1"}, {"unit", r}});
    }
    const Json claim = with(statement("1e-10", "1e-9"), "strict_minimum", true);
    accepted_ones += accepted(certificate(problem, claim, proof(pinned, scalings))) ? 1 : 0;
    EXPECT_FALSE(accepted(certificate(problem, claim, proof()))) << "not unique: the scalings move it";
    EXPECT_FALSE(
        accepted(certificate(ProblemText(problem).regularized("1/100"), claim, proof(pinned, scalings))));
    pinned[0] = 12;  // the last bias, which no scaling moves
    EXPECT_FALSE(accepted(certificate(problem, claim, proof(pinned, scalings))));
  });
  EXPECT_GE(accepted_ones, trials(20));
}

// v_k s(w_k x) at 0 with targets that correlate with x: the origin is a saddle, whatever the width.
TEST(CriticalPoint, TheOriginOfATanhNetworkIsASaddle) {
  for_each_trial(40, [](Random& random) {
    const std::size_t width = random.between(1, 3), n = 2 * width;
    ProblemText problem(1);
    problem.linear("h", Rows(width, {0})).op("tanh").linear("f", {Numbers(width, 0)});
    const double slope = random.of_any_size(-3, 2);
    problem.data({{-1}, {1}, {2}}, {{-slope}, {slope}, {2 * slope}});
    Json claim = with(statement("0", "1e-6"), "saddle", true), data = proof();
    data["direction"] = Json::array({Json::array({0, "1"}), Json::array({width, slope > 0 ? "1" : "-1"})});
    const Json good = certificate(problem, claim, data);
    // Of several units the Hessian is regular too: w_k and v_k are coupled one by one.
    EXPECT_TRUE(accepted(good)) << outcome(good).message;
    claim["strict_minimum"] = true;
    EXPECT_FALSE(accepted(certificate(problem, claim, data)));
    data["direction"][1][1] = slope > 0 ? "-1" : "1";
    EXPECT_FALSE(accepted(certificate(problem, with(statement("0", "1e-6"), "saddle", true), data)));
    data["direction"][1][0] = n;
    EXPECT_FALSE(accepted(certificate(problem, with(statement("0", "1e-6"), "saddle", true), data)));
  });
}

}  // namespace
}  // namespace pgb::test
