// Trees of boxes that prove nothing, or something else than they state.
#include <gtest/gtest.h>

#include <functional>

#include "verifier/examples.h"

namespace pgb::test {
namespace {

struct Case {
  std::string example;
  std::function<void(Json& statement, Json& proof)> change;
  std::string reason;
};

void expect_rejected(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    Json c = example(one.example);
    one.change(c["statement"], c["proof"]);
    const verifier::Outcome o = outcome(c);
    EXPECT_FALSE(o.accepted) << one.example << ": " << one.reason;
    EXPECT_NE(o.message.find(one.reason), std::string::npos) << o.message << "\ninstead of " << one.reason;
  }
}

std::function<void(Json&, Json&)> tree(const Json& nodes) {
  return [=](Json&, Json& p) { p["tree"] = nodes; };
}
std::function<void(Json&, Json&)> state(const std::string& field, const Json& value) {
  return [=](Json& s, Json&) { s[field] = value; };
}
std::function<void(Json&, Json&)> of_point(const std::string& field, const Json& value) {
  return [=](Json& s, Json&) { s["points"][0][field] = value; };
}

// Q = (w - 1)^2 + (b - 1)^2 on [-2, 2]^2; the tree cuts off w < -1/2, then b < -1/2.
TEST(BoxTree, HasToCoverTheBoxWithReasonsThatHold) {
  const Json left{"gradient", 0}, lower{"gradient", 1}, cut{"split", 0, "-1/2"}, up{"split", 1, "-1/2"},
      point{"point", 0};
  expect_rejected({
      {"box-tree", tree(Json::array()), "does not cover"},
      {"box-tree", tree({cut, left}), "does not cover"},
      {"box-tree", tree({cut, left, up, lower}), "does not cover"},
      {"box-tree", tree({cut, left, up, lower, point, point}), "more nodes"},
      {"box-tree", tree({cut, left, up, point, lower}), "not inside its uniqueness box"},
      {"box-tree", tree({cut, left, left}), "0 is not excluded"},
      {"box-tree", tree({Json{"split", 0, "2.5"}, left, point}), "not inside the box"},
      {"box-tree", tree({Json{"split", 0, "-1/2"}, Json{"split", 0, "0"}, left, left, point}),
       "not inside the box"},
      {"box-tree", tree({Json{"split", 2, "0"}, left, point}), "out of range"},
      {"box-tree", tree(Json::array({Json::array({"split", 0}), left, point})), "split"},
      {"box-tree", tree({Json{"split", 0, 1, "0"}, left, point}), "split"},
      {"box-tree", tree({cut, Json{"gradient", 2}, up, lower, point}), "out of range"},
      {"box-tree", tree({cut, Json::array({"gradient"}), up, lower, point}), "wrong number"},
      {"box-tree", tree({cut, Json{"gradient", 0, "1"}, up, lower, point}), "wrong number"},
      {"box-tree", tree({cut, Json::array({"gradient", "1"}), up, lower, point}), "wrong number"},
      {"box-tree", tree({cut, left, up, Json{"combination", 1, "0"}, point}), "0 is not excluded"},
      {"box-tree", tree({cut, left, up, Json{"combination", 0, "1"}, point}), "0 is not excluded"},
      {"box-tree", tree({cut, left, up, Json{"combination", 1, 1, "1", "1"}, point}), "twice"},
      {"box-tree", tree({cut, left, up, lower, Json{"point", 1}}), "out of range"},
      {"box-tree", tree({cut, left, up, lower, Json::array({"undecided"})}), "undecided"},
      {"box-tree", state("undecided", {4}), "undecided"},
      {"box-tree, undecided", state("undecided", Json::array()), "undecided"},
      {"box-tree, undecided", state("undecided", {1}), "undecided"},
      {"box-tree", state("radii", {"4"}), "not inside its uniqueness box"},
      {"box-tree", state("radii", {"2", "-2"}), "negative"},
      {"box-tree", state("radii", {"2", "2", "2"}), "radii"},
      {"box-tree", state("radii", Json::array()), "radii"},
      {"box-tree", state("subject", "global-minima"), "subject"},
  });
}

TEST(BoxTree, HasPointsThatExistInItAndDiffer) {
  const Json point = example("box-tree")["statement"]["points"][0];
  Json again = point;
  again["center"] = {"0x1.0000000001p+0", "1"};
  again["radius"] = "1/1000";
  Json apart = again;
  apart["radius"] = "0";
  expect_rejected({
      {"box-tree", of_point("center", {"1", "1.01"}), "existence"},
      {"box-tree", of_point("center", {"1"}), "expected 2 numbers"},
      {"box-tree", of_point("radius", "-1"), "negative"},
      {"box-tree", of_point("radius", "3/2"), "outside the box"},
      {"box-tree", of_point("radius", "3"), "less than radius"},
      {"box-tree", of_point("uniqueness_radius", "1"), "not inside its uniqueness box"},
      {"box-tree", of_point("maximum", true), "minus the Hessian"},
      {"box-tree", of_point("symmetries", Json::array()), "symmetries"},
      {"box-tree", state("points", Json::array({point, point})), "two points"},
      {"box-tree", state("points", Json::array({point, again})), "two points"},
      {"box-tree", state("points", Json::array({point, apart})), "existence"},
      {"box-tree", state("points", Json::array()), "out of range"},
      {"box-tree",
       [](Json& s, Json& p) {
         s["radii"] = {"1/2"}, p["tree"] = Json::array({Json::array({"point", 0})});
       },
       "outside the box"},
  });
}

TEST(BoxTree, GivesReasonsOfMinimaForMinimaOnly) {
  expect_rejected({
      {"box-tree, off", state("subject", "critical-points"), "local minima only"},
      {"box-tree, curvature", state("subject", "critical-points"), "local minima only"},
      {"box-tree, added", state("subject", "critical-points"), ""},
      {"box-tree, rank", state("subject", "local-minima"), "global minima"},
      {"box-tree, rank", state("subject", "critical-points"), "local minima only"},
      {"box-tree, added", tree(Json::array({Json::array({"gradient", 2})})), "0 is not excluded"},  // d_a Q
      {"box-tree, added", tree(Json::array({Json::array({"gradient", 5})})), "out of range"},
      {"box-tree, added", tree(Json::array({{"combination", 3, "1"}})), "out of range"},
      {"box-tree, added", tree(Json::array({{"curvature", 4, "1"}})), "out of range"},
      {"box-tree, curvature", tree(Json::array({{"curvature", 0, 1, "1", "1"}})), "curvature"},
      {"box-tree, curvature", tree(Json::array({{"added", 0, 0}})), "no added neurons"},
      {"box-tree, rank", tree(Json::array({{"rank", 0, 0}})), "twice"},
      {"box-tree, rank", tree(Json::array({{"rank", 0}})), "not a square"},
  });
}

// v tanh(w x + u) + c, z = (w, u, v, c): w and u are behind v.
TEST(BoxTree, HasUnitsThatAreOff) {
  const auto off = [](const Json& node) { return tree(Json::array({node})); };
  expect_rejected({
      {"box-tree, off", off({"off", 2, 0, 0, "0"}), "derivative at 0"},  // tanh 0 = 0 everywhere
      {"box-tree, off", off({"off", 2, 0}), "derivative at 0"},          // w = 0 is in the box
      {"box-tree, off", off({"off", 2, 0, 0, "1/15"}), "outside the box"},
      {"box-tree, off", off({"off", 2, 1, 0, "1/16"}), "divided"},  // d_u Q / v changes its sign
      {"box-tree, off", off({"off", 2, 3, 0, "1/16"}), ""},
      {"box-tree, off", off({"off", 3, 0, 0, "1/16"}), ""},  // a bias
      {"box-tree, off", off({"off", 0, 0, 0, "1/16"}), ""},
      {"box-tree, off", off({"off", 2, 0, 0, 3, "1/16", "1/16"}), "not behind"},
      {"box-tree, off", off(Json::array({"off", 2, "1/16"})), "wrong number"},
      {"box-tree, off", off({"off", 2, 0, 0, 0, "1/16", "1/16"}), "twice"},
  });
  EXPECT_TRUE(outcome(example("box-tree, off")).accepted);
}

// A tree of 40,000 levels is refused before it fills the stack.
TEST(BoxTree, IsNotTooDeep) {
  Json c = example("box-tree");
  Json& nodes = c["proof"]["tree"] = Json::array();
  for (int i = 0; i < 40000; ++i) nodes.push_back({"split", 0, "2"});
  const verifier::Outcome o = outcome(c);
  EXPECT_FALSE(o.accepted);
  EXPECT_NE(o.message.find("too deep"), std::string::npos) << o.message;
}

}  // namespace
}  // namespace pgb::test
