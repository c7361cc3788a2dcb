// Each kind: what is accepted, and for what reason its neighbours are not.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "pgb/certificate/certificate.h"
#include "verifier/examples.h"

namespace pgb::test {
namespace {

TEST(Examples, AreAccepted) {
  for (const Example& e : examples()) {
    const verifier::Outcome o = outcome(e.certificate);
    EXPECT_TRUE(o.accepted) << e.name << ": " << o.message;
  }
}

TEST(Examples, SurviveWritingByTheProducersFunction) {
  for (const Example& e : examples()) {
    const certificate::Certificate c = certificate::read_certificate(e.certificate.dump(), "example");
    const std::string text = certificate::write_certificate(c);
    EXPECT_EQ(Json::parse(text), e.certificate) << e.name;
    EXPECT_TRUE(outcome(text).accepted) << e.name;
  }
}

struct Tampering {
  std::string example;
  std::function<void(Json&)> change;  // of the certificate
  std::string reason;                 // part of the message
};

// Changes a field of the statement or of the proof.
std::function<void(Json&)> set(const std::string& field, const Json& value) {
  return [=](Json& c) { (c["statement"].contains(field) ? c["statement"] : c["proof"])[field] = value; };
}

std::function<void(Json&)> center(const std::vector<std::pair<std::size_t, std::string>>& changes) {
  return [=](Json& c) { c["statement"]["center"] = {{"saved_plus", sparse(changes)}}; };
}

// Changes the problem, and the digest with it.
std::function<void(Json&)> problem(const std::function<void(Json&)>& change) {
  return [=](Json& c) {
    change(c["problem"]);
    c["problem_sha256"] = io::problem_sha256(io::read_problem_text(c["problem"].dump(), "problem"));
  };
}

std::function<void(Json&)> tensor(const std::string& name, std::size_t entry, double value) {
  return problem([=](Json& p) { p["parameters"][name]["values"][entry] = hex(value); });
}

std::function<void(Json&)> regularized() {
  return problem([](Json& p) { p["regularizer"] = {{"kind", "l2"}, {"lambda", "1/1000"}}; });
}

std::function<void(Json&)> added() {
  return problem([](Json& p) { p["augment"] = {{"kind", "exponential"}, {"lambda", "1/1000"}}; });
}

void expect_rejected(const std::vector<Tampering>& list) {
  for (const Tampering& t : list) {
    Json c = example(t.example);
    t.change(c);
    const verifier::Outcome o = outcome(c);
    EXPECT_FALSE(o.accepted) << t.example << ": " << t.reason << "\n" << o.message;
    EXPECT_NE(o.message.find(t.reason), std::string::npos) << t.example << ": " << t.reason << "\n"
                                                           << o.message;
  }
}

TEST(Rejected, WhateverIsWrongWithTheCertificateItself) {
  for (const Example& e : examples()) {
    expect_rejected(
        {{e.name, set("precision", 52), "precision"},
         {e.name, set("precision", 65537), "precision"},
         {e.name, [](Json& c) { c["problem_sha256"] = std::string(64, '0'); }, "problem_sha256"},
         {e.name, [](Json& c) { c["format"] = "pgb-certificate/2"; }, "format"},
         {e.name, [](Json& c) { c["statement"]["kind"] = "not_critical"; }, "kind"},
         {e.name, [](Json& c) { c["statement"]["center"] = Json(std::vector<std::string>(50, "1")); }, ""},
         {e.name, center({{99, "0"}}), "out of range"},
         {e.name, center({{0, "0"}, {0, "0"}}), "twice"}});
  }
}

TEST(Rejected, LevelSetsThatAreNotProved) {
  const auto target = [](const std::string& y) {
    return problem([=](Json& p) { p["data"]["y"]["values"][0] = y; });
  };
  expect_rejected({
      {"level-set", set("radius", "1e-30"), "existence"},
      {"level-set", set("radius", "-1"), "negative"},
      {"level-set", set("radius", "1"), "singular"},
      {"level-set", set("classes", {0, 0}), "one for each sample"},
      {"level-set", set("classes", {0, 1, 1}), "not orthogonal"},
      {"level-set", set("classes", {0, 0, 1}), "not as many"},
      {"level-set", set("classes", {0, 1, 2}), "singular"},
      {"level-set", set("across", {1, 3}), "not as many"},
      {"level-set", set("across", {1, 3, 3}), "twice"},
      {"level-set", set("across", {1, 3, 6}), "out of range"},
      {"level-set", set("across", {0, 1, 5}), "singular"},
      {"level-set", target("1e-40"), "not orthogonal"},
      {"level-set", tensor("h.weight", 0, -1.001), "existence"},
      {"level-set", tensor("f.weight", 0, 0.62), "existence"},
      {"level-set", regularized(), "regularised"},
      {"level-set", added(), "regularised"},
      {"level-set", problem([](Json& p) { p["loss"]["kind"] = "absolute_cubed"; }), "squared"},
      // v_1 sigmoid'' and v_2 sigmoid'' of opposite signs: on the surface, but a saddle across it.
      {"level-set", problem([](Json& p) {
         p["parameters"]["f.weight"]["values"] = {"-4", hex(level_set_weight * 2 + 4)};
       }),
       "Cholesky"},
  });
}

TEST(Rejected, RegionsThatAreNotProved) {
  expect_rejected({
      {"not-critical", set("radius", "1"), "0 is not excluded"},
      {"not-critical", set("radius", "-1/4"), "negative"},
      {"not-critical", set("component", 2), "out of range"},
      {"not-critical", center({{0, "1"}, {1, "1"}}), "0 is not excluded"},
      {"not-critical, in parts", set("radius", "3/4"), "0 is not excluded"},
      {"no-local-minimum", set("radius", "1"), "0 is not excluded"},
      {"no-local-minimum", set("output", 1), "out of range"},
      {"no-local-minimum", set("sample", 2), "out of range"},
      {"no-local-minimum", problem([](Json& p) { p["augment"] = nullptr; }), "no added neurons"},
      {"no-local-minimum", problem([](Json& p) { p["data"]["y"]["values"][0] = "0"; }), "0 is not excluded"},
      {"no-local-minimum", problem([](Json& p) {
         p["data"]["x"]["values"] = {"1", "1"};
       }),
       "0 is not excluded"},
      {"no-suboptimal-local-minimum", set("radius", "1"), "singular"},
      {"no-suboptimal-local-minimum", set("coordinates", {0, 0}), "twice"},
      {"no-suboptimal-local-minimum", set("coordinates", {0, 4}), "out of range"},
      {"no-suboptimal-local-minimum", set("coordinates", {0}), "not a square"},
      {"no-suboptimal-local-minimum", regularized(), "regularised"},
      {"no-suboptimal-local-minimum", added(), "regularised"},
      {"no-suboptimal-local-minimum", problem([](Json& p) {
         p["data"]["x"]["values"] = {"1", "1"};
       }),
       "same input"},
      {"no-suboptimal-local-minimum", tensor("f.weight", 0, 0), "singular"},
      {"lower-value", set("radius", "1"), "Q is"},
      {"lower-value", set("other", "saved"), "Q is"},
      {"lower-value", set("other", {"1"}), "expected 2 numbers"},
      {"rank", set("at_least", 3), "at_least"},
      {"rank", set("radius", "-1"), "negative"},
      {"rank, prime", set("prime", 1000001), "prime"},
      {"rank, prime", set("prime", 2), "prime"},
      {"rank, prime", set("radius", "1e-9"), "not exact"},
      {"rank, prime", set("columns", {2, 2}), "twice"},
      {"rank, prime", tensor("f.weight", 0, 0), "singular"},
      {"rank, prime", tensor("h.weight", 0, 2), "kink"},
      {"rank", set("rows", {0, 0}), "twice"},
      {"rank", set("columns", {1, 2}), "out of range"},
      {"rank", problem([](Json& p) {
         p["data"]["x"]["values"] = {"1", "1"};
       }),
       "singular"},
      {"negative-curvature", set("radius", "1"), "curvature"},
      {"negative-curvature", set("direction", sparse({{0, "1"}, {1, "1"}})), "curvature"},
      {"negative-curvature", set("direction", Json::array()), "curvature"},
      {"span-orthogonal, functions", tensor("f.bias", 0, 0x1p-300), "not exactly 0"},
      {"span-orthogonal, functions", set("space", "affine-in-y"), "space"},
      {"span-orthogonal, functions", regularized(), "not 0"},
      {"span-orthogonal, affine", set("space", "functions-of-x"), "not exactly 0"},
      {"span-orthogonal, affine", added(), "not linear"},
      {"span-orthogonal, affine", tensor("f.weight", 0, 0x1p-300), "not exactly 0"},
      {"span-orthogonal, near", set("space", "model"), "not linear"},
      {"span-orthogonal, near", tensor("h.bias", 0, 1), "kink"},
      {"span-orthogonal, near", tensor("h.bias", 0, 0.5), "not exactly 0"},
      {"span-orthogonal, near", problem([](Json& p) { p["data"]["y"]["values"][0] = "3"; }), "not exactly 0"},
      {"span-orthogonal, near", problem([](Json& p) { p["model"]["nodes"][1]["op"] = "softplus"; }),
       "not linear"},
      {"span-orthogonal, affine", problem([](Json& p) {
         p["model"]["nodes"].push_back(p["model"]["nodes"][0]);
         p["model"]["nodes"][1].update(
             {{"name", "t"}, {"op", "tanh"}, {"inputs", {"f"}}, {"weight", ""}, {"bias", ""}});
         p["model"]["output"] = "t";
       }),
       "not linear"},
  });
}

TEST(Rejected, PointsThatAreNotProved) {
  expect_rejected({
      {"critical-point", set("uniqueness_radius", "-1"), "uniqueness_radius"},
      {"critical-point", set("radius", "1/512"), "uniqueness_radius"},
      {"critical-point", set("radius", "-1/512"), "negative"},
      {"critical-point", center({{0, "1/1000000"}}), "existence"},
      {"critical-point", set("pinned", {0}), "symmetries"},
      {"critical-point", set("pinned", {2}), "symmetries"},
      {"critical-point", set("saddle", true), ""},
      {"regular", set("rows", {0, 0}), "twice"},
      {"regular", set("rows", {0}), "square"},
      {"regular", set("rows", {0, 2}), "out of range"},
      {"regular", problem([](Json& p) {
         p["data"]["x"]["values"] = {"1", "1"};
       }),
       "singular"},
      {"split minimum", [](Json& c) { c["statement"]["splits"][0]["share"] = "1/3"; }, "share"},
      {"split minimum", [](Json& c) { c["statement"]["splits"][0]["other"] = 0; }, ""},
      {"split minimum", [](Json& c) { c["statement"]["splits"][0]["other"] = 2; }, "not there"},
      {"split minimum", [](Json& c) { c["statement"]["splits"][0]["node"] = "f"; }, ""},
      {"split minimum", [](Json& c) { c["statement"].erase("splits"); }, ""},
      {"split minimum", tensor("h.weight", 1, std::nextafter(embedded_minimum.w, 2)), "not equal"},
      {"split minimum", tensor("f.weight", 1, std::nextafter(embedded_minimum.a / 2, 2)), "share"},
      {"split, isolated", set("multipliers", {"1", "4"}), "Cholesky"},
      {"split, isolated", set("multipliers", {"-1", "1"}), "Cholesky"},
      {"split, isolated", set("multipliers", {"0", "1"}), "singular"},
      {"split, isolated", set("multipliers", {"0", "0"}), "singular"},
      {"split, isolated", set("multipliers", {"-1"}), "multipliers"},
      {"split minimum", regularized(), "regularised"},
      {"split minimum", problem([](Json& p) { p["data"]["y"]["values"][1] = "7/2"; }), "existence"},
      {"split minimum", set("still", {1}), "twice"},
      {"split saddle", set("direction", sparse({{0, "1"}, {1, "-1"}})), "curvature"},
      {"split saddle", [](Json& c) { c["statement"]["strict_minimum"] = true; }, ""},
      {"still", set("still", {0, 1}), ""},
      {"still", set("still", {0, 1, 2, 3}), "still"},
      {"still", [](Json& c) { c["statement"]["strict_minimum"] = true; }, ""},
      {"still", [](Json& c) { c["statement"]["regular"] = true, c["proof"]["rows"] = {0}; }, "regular"},
      {"critical-point", set("strict_minimum", false), "true"},
      {"saddle", set("direction", sparse({{0, "1"}, {1, "1"}})), "curvature"},
      {"saddle", set("direction", sparse({{0, "1"}})), "curvature"},
      {"saddle", set("direction", sparse({{5, "1"}})), "out of range"},
      {"saddle", [](Json& c) { c["statement"]["strict_minimum"] = true; }, ""},
      {"scaling", set("pinned", {3}), "singular"},
      {"scaling", regularized(), "regularised"},
      {"scaling", set("symmetries", Json{{{"kind", "scaling"}, {"node", "f"}, {"unit", 0}}}), "output"},
      {"scaling", set("symmetries", Json{{{"kind", "scaling"}, {"node", "h"}, {"unit", 1}}}), "not there"},
      {"scaling", set("symmetries", Json{{{"kind", "scaling"}, {"node", "relu1"}, {"unit", 0}}}),
       "no linear node"},
      {"scaling", set("symmetries", Json{{{"kind", "free"}, {"parameter", 0}}}), "may matter"},
      {"scaling", problem([](Json& p) { p["model"]["nodes"][1]["op"] = "tanh"; }), "not linear"},
      {"scaling", problem([](Json& p) { p["data"]["x"]["values"][2] = "-1/2"; }), "kink"},
      {"free", set("uniqueness_radius", "4"), "kink"},
      {"free", tensor("h.bias", 1, 8), "may matter"},
      {"free", [](Json& c) { c["proof"]["symmetries"][1]["parameter"] = 2; }, "may matter"},
      {"free", [](Json& c) { c["proof"]["symmetries"][1]["parameter"] = 77; }, "out of range"},
      {"free", [](Json& c) { c["proof"]["symmetries"][1]["parameter"] = 3; }, "twice"},
      {"orthogonal-input",
       [](Json& c) {
         c["proof"]["symmetries"][0]["vector"] = {"2", "-1", "1/9"};
       },
       "orthogonal"},
      {"orthogonal-input",
       [](Json& c) {
         c["proof"]["symmetries"][0]["vector"] = {"2", "-1"};
       },
       "fit"},
      {"orthogonal-input",
       [](Json& c) {
         c["proof"]["symmetries"][0]["vector"] = {"0", "0", "0"};
       },
       "singular"},
      {"orthogonal-input", problem([](Json& p) { p["data"]["x"]["values"][1] = "0x1.0000000000001p+1"; }),
       "orthogonal"},
      {"linear-maps", [](Json& c) { c["proof"]["symmetries"][0]["column"] = 1; }, "not there"},
      {"linear-maps", [](Json& c) { c["proof"]["symmetries"][0]["first"] = "second"; },
       "second does not read first"},
      {"linear-maps", [](Json& c) { c["proof"]["symmetries"][1] = c["proof"]["symmetries"][0]; }, ""},
      {"linear-maps", problem([](Json& p) {
         p["model"]["nodes"].insert(p["model"]["nodes"].begin() + 1, Json{{"name", "t"},
                                                                          {"op", "tanh"},
                                                                          {"inputs", {"first"}},
                                                                          {"weight", ""},
                                                                          {"bias", ""},
                                                                          {"numbers", Json::object()},
                                                                          {"sizes", Json::object()},
                                                                          {"words", Json::object()}});
         p["model"]["nodes"][2]["inputs"] = {"t"};
       }),
       "second does not read first"},
      {"interpolating-minimum", set("radius", "1/1024"), "existence"},
      {"interpolating-minimum", set("radius", "-1"), "negative"},
      {"interpolating-minimum", set("coordinates", {2, 2}), "twice"},
      {"interpolating-minimum", set("coordinates", {2}), "wrong number"},
      {"interpolating-minimum", set("coordinates", {2, 9}), "out of range"},
      {"interpolating-minimum", regularized(), "regularised"},
      {"interpolating-minimum", problem([](Json& p) {
         p["loss"] = {{"kind", "logistic"}};
         p["data"]["y"]["values"] = {"1", "-1"};
       }),
       "loss"},
      {"interpolating-minimum", problem([](Json& p) { p["data"]["y"]["values"][0] = "-3"; }), "existence"},
      {"interpolating-minimum, mean", problem([](Json& p) {
         p["loss"] = {{"kind", "absolute_cubed"}};
       }),
       "several targets"},
  });
}

TEST(Rejected, FlatDirectionsThatAreNotProved) {
  expect_rejected({
      {"added-neurons", set("epsilon", "0"), "epsilon"},
      {"added-neurons", set("epsilon", "-1"), "epsilon"},
      {"added-neurons", set("component", 5), "component"},
      {"added-neurons", set("component", 1), "0 is not excluded"},
      {"added-neurons", set("direction", Json::array()), "0 is not excluded"},
      {"added-neurons", set("direction", sparse({{3, "1"}})), "0 is not excluded"},
      {"added-neurons", set("direction", sparse({{4, "1"}, {0, "1"}})), "same"},
      {"added-neurons", set("direction", sparse({{2, "1"}, {4, "1"}})), "regularised"},
      {"added-neurons", center({{2, "1/1000000"}}), "same"},
      {"added-neurons", problem([](Json& p) {
         p["data"]["y"]["values"] = {"0", "0"};
       }),
       "0 is not excluded"},
      {"added-neurons", problem([](Json& p) { p["augment"] = nullptr; }), ""},
      {"free-parameters", set("direction", sparse({{0, "1"}, {2, "1"}})), "same"},
      {"free-parameters", set("direction", sparse({{3, "1"}})), "same"},
      {"free-parameters", set("direction", sparse({{9, "1"}})), "out of range"},
      {"free-parameters", set("direction", sparse({{0, "1"}, {0, "1"}})), "twice"},
      {"free-parameters", set("component", 3), "0 is not excluded"},
      {"free-parameters", set("direction", sparse({{1, "1"}})), "0 is not excluded"},
      {"free-parameters", tensor("f.weight", 0, 0x1p-1000), "same"},
      {"free-parameters", regularized(), "regularised"},
      {"free-parameters, relu", set("direction", sparse({{0, "-4"}})), "kink"},
      {"free-parameters, relu", tensor("h.bias", 0, 1), "kink"},
      {"moves together", set("direction", sparse({{0, "1"}, {1, "1"}, {3, "1"}})), "same"},
      {"moves together", set("direction", sparse({{1, "1"}, {3, "1"}})), "0 is not excluded"},
      {"moves together", set("direction", sparse({{0, "1"}})), "0 is not excluded"},
      {"moves together", set("direction", sparse({{3, "1"}})), "0 is not excluded"},
      {"moves together", center({{1, "1e-300"}}), "same"},
      {"moves together", problem([](Json& p) { p["model"]["nodes"][3]["op"] = "sigmoid"; }), "same"},
      {"moves together", regularized(), "regularised"},
      {"difference", set("direction", sparse({{2, "1"}, {3, "1"}, {4, "1"}})), "same"},
      {"difference", set("direction", sparse({{2, "1"}, {4, "1"}})), "same"},
      {"difference", set("direction", sparse({{0, "1"}, {1, "1"}, {4, "1"}})), "same"},
      {"difference", tensor("h.weight", 0, 0x1.0000000000001p+0), "same"},
      {"difference", problem([](Json& p) { p["model"]["nodes"][3]["op"] = "softplus"; }), "same"},
      {"product", set("direction", sparse({{0, "1"}, {1, "1"}})), "same"},
      {"product", tensor("g.weight", 0, 0x1p-1000), "same"},
      {"equal units", set("direction", sparse({{4, "1"}, {5, "1"}})), "same"},
      {"equal units", set("direction", sparse({{4, "1"}})), "same"},
      {"equal units", set("direction", sparse({{4, "1"}, {5, "-0x1.0000000000000000000001p+0"}})), "same"},
      {"equal units", set("direction", sparse({{0, "1"}, {1, "-1"}})), "same"},
      {"equal units", tensor("h.weight", 0, 0x1.0000000000001p+0), "same"},
      {"equal units", tensor("h.bias", 1, 0.250000001), "same"},
      {"equal units", regularized(), "regularised"},
      {"opposite units", set("direction", sparse({{4, "1"}, {5, "-1"}})), "same"},
      {"opposite units", problem([](Json& p) { p["model"]["nodes"][1]["op"] = "sigmoid"; }), "same"},
      {"multiples", set("direction", sparse({{4, "2"}, {5, "-1"}})), "same"},
      {"multiples", problem([](Json& p) { p["model"]["nodes"][1]["op"] = "elu"; }), "same"},
      {"constant unit", set("direction", sparse({{5, "2"}, {6, "1"}})), "same"},
      {"constant unit", tensor("h.weight", 1, 0x1p-200), "same"},
  });
}

// "equal units" with relu and with other targets has another truth; it is rejected for a kink or a zero
// derivative.
TEST(Rejected, ATensorThatTwoNodesShare) {
  // v tanh(w tanh(w x)), v = 0: w is free; but with the outgoing weight tied to it, it is not.
  ProblemText shared(1);
  shared.linear("h", {{0.5}}).op("tanh").tied("h2", "h", false).op("tanh").linear("f", {{0}});
  shared.data({{-1}, {1}}, {{1}, {-1}});
  const Json proof{
      {"direction", sparse({{0, "1"}})}, {"epsilon", "1/4"}, {"component", 1}, {"precision", 128}};
  const Json statement{{"kind", "flat-direction"}, {"center", "saved"}};
  EXPECT_TRUE(accepted(certificate(shared, statement, proof)));
  ProblemText read(1);
  read.linear("h", {{0.0}}).op("tanh").tied("f", "h", false).data({{-1}, {1}}, {{1}, {-1}});
  Json c = certificate(read, statement, proof);
  c["proof"]["component"] = 0;
  EXPECT_NE(outcome(c).message.find("same"), std::string::npos) << outcome(c).message;
}

}  // namespace
}  // namespace pgb::test
