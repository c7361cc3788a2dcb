// The proved lists against the minima that a multi-start in SciPy finds (make_multistart_counts.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "boxes/problems.h"
#include "certify/cases.h"
#include "pgb/search/exhaustive.h"

namespace pgb::test {
namespace {

using Json = nlohmann::json;

// [1, 2] as [[1], [2]]
std::string column(const Json& list) {
  Json rows = Json::array();
  for (const Json& x : list) rows.push_back(Json::array({x}));
  return rows.dump();
}

Problem problem_of(const Json& c) {
  const bool tanh = c["kind"] == "tanh";
  return loaded(problem_json(
      tanh
          ? R"({"input": 1, "nodes": [{"op": "linear", "weight": "w"}, {"op": "tanh"}, {"op": "linear", "weight": "a"}]})"
          : R"({"input": 1, "nodes": [{"op": "linear", "weight": "w", "bias": "b"}, {"op": "sigmoid"}]})",
      tanh ? R"({"w": [[0]], "a": [[0]]})" : R"({"w": [[0]], "b": [0]})", column(c["x"]), column(c["y"])));
}

TEST(Multistart, FindsNoMinimumThatIsNotListedAndAllThatAre) {
  const Json file = Json::parse(std::ifstream(PGB_SOURCE_DIR "/tests/boxes/multistart_counts.json"));
  std::size_t complete = 0;
  for (const Json& c : file["cases"]) {
    SCOPED_TRACE(c.dump());
    const Problem problem = problem_of(c);
    ExhaustiveOptions options;
    options.box = {file["box"].get<double>()};
    options.max_boxes = 60000;
    const ExhaustiveResult result = exhaustive_search(problem, options);
    boxes::SearchResult found;
    found.claim = std::get<certificate::BoxTree>(result.proof.claim);
    EXPECT_TRUE(checked(problem, found).accepted);
    for (const Json& z : c["minima"]) {
      bool held = false;
      for (const ExhaustivePoint& p : result.points) {
        const auto& at = p.point.center;
        held = held || (p.point.kind == boxes::IsolatedPoint::Kind::minimum &&
                        std::hypot(at[0] - z[0].get<double>(), at[1] - z[1].get<double>()) < 1e-4);
      }
      for (const auto& box : result.undecided) {
        held =
            held || (box.low[0] <= z[0] && z[0] <= box.high[0] && box.low[1] <= z[1] && z[1] <= box.high[1]);
      }
      EXPECT_TRUE(held) << z;
    }
    EXPECT_LE(result.minima(), c["minima"].size());
    if (result.status != ExhaustiveResult::Status::complete) continue;
    ++complete;
    EXPECT_EQ(result.minima(), c["minima"].size());
  }
  EXPECT_GE(complete, 10u) << "of 12";
}

}  // namespace
}  // namespace pgb::test
