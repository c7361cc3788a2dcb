// Family files: what they stand for, and one line for each mistake.
#include "pgb/search/family/family.h"

#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pgb/io/errors.h"
#include "search/families.h"

namespace pgb::search {
namespace {

Family parse(const std::string& text) { return family_from_text(text, "family.json"); }

std::string with(const std::string& model, const std::string& data, const std::string& more = "") {
  return R"({"model": )" + model + R"(, "data": )" + data + R"(, "loss": "squared")" + more + "}";
}

const std::string kNet = R"({"widths": [1, 2, 1], "activation": "tanh"})";
const std::string kData = R"({"x": [0, 1], "y": [0, 1]})";

TEST(FamilyTest, AlternativesMultiply) {
  const Family family =
      parse(with(R"({"widths": [1, {"any": [2, 3, 4]}, 1], "activation": {"any": ["tanh", "relu"]}})", kData,
                 R"(, "augment": {"any": [null, {"kind": "exponential", "lambda": "1/10"}]})"));
  EXPECT_EQ(family.variants.size(), 12U);
  std::set<std::string> titles;
  for (std::size_t p = 0; p < family.problems(); ++p) titles.insert(family.title(p));
  EXPECT_EQ(titles.size(), 12U);
}

TEST(FamilyTest, PatternsAreAllLabelings) {
  const Family family = parse(with(kNet, R"({"x": [0, 1, 2], "y": {"kind": "patterns", "values": [0, 1]}})"));
  ASSERT_EQ(family.problems(), 8U);
  std::set<std::vector<double>> seen;
  for (std::size_t p = 0; p < 8; ++p) seen.insert(family.problem(p).file.y.values);
  EXPECT_EQ(seen.size(), 8U);
}

TEST(FamilyTest, GridAndRepetition) {
  const Family family =
      parse(with(R"({"widths": [2, 1], "activation": "tanh"})",
                 R"({"x": {"kind": "grid", "points": [2, 3], "from": -1, "to": 1, "repeat": 2},
                                       "y": {"kind": "uniform", "from": 2, "to": 3}})"));
  const io::ProblemFile file = family.problem(0).file;
  ASSERT_EQ(file.x.shape, (std::vector<std::size_t>{12, 2}));
  const std::vector<double> expected{-1, -1, -1, -1, -1, 0, -1, 0, -1, 1, -1, 1,
                                     1,  -1, 1,  -1, 1,  0, 1,  0, 1,  1, 1,  1};
  EXPECT_EQ(file.x.values, expected);
  for (const double y : file.y.values) EXPECT_TRUE(y >= 2 && y < 3);
}

// The teacher's outputs, by its parameters drawn again here: 1-1-1 without biases, all weights 2.
TEST(FamilyTest, TeachersLabel) {
  const Family family = parse(with(kNet, R"({"x": [0.25, -1], "y": {"kind": "teacher",
    "network": {"widths": [1, 1, 1], "activation": "tanh", "bias": false}, "draw": {"kind": "choice", "values": [2]}}})"));
  const io::ProblemFile file = family.problem(0).file;
  EXPECT_DOUBLE_EQ(file.y.values[0], 2 * std::tanh(0.5));
  EXPECT_DOUBLE_EQ(file.y.values[1], 2 * std::tanh(-2.0));
}

TEST(FamilyTest, SeedDecidesAndOrderDoesNot) {
  const std::string data = R"({"x": {"kind": "normal", "samples": 3}, "y": {"kind": "normal"}, "sets": 4})";
  const Family a = parse(with(kNet, data)), b = parse(with(kNet, data)),
               c = parse(with(kNet, data, R"(, "seed": 2)"));
  EXPECT_EQ(a.start(3, 7), b.start(3, 7));
  EXPECT_EQ(a.problem(2).file.x.values, b.problem(2).file.x.values);
  EXPECT_NE(a.problem(2).file.x.values, a.problem(1).file.x.values);
  EXPECT_NE(a.start(3, 7), a.start(3, 8));
  EXPECT_NE(a.start(3, 7), a.start(2, 7));
  EXPECT_NE(a.start(3, 7), c.start(3, 7));
  EXPECT_NE(a.problem(2).file.x.values, c.problem(2).file.x.values);
}

TEST(FamilyTest, ShippedFamiliesMakeProblems) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PGB_SOURCE_DIR "/examples/families")) {
    const Family family = read_family(entry.path().string());
    EXPECT_FALSE(family.about.empty()) << entry.path();
    EXPECT_NO_THROW(make_problem(family.problem(family.problems() - 1))) << entry.path();
    EXPECT_FALSE(explanation(family).empty());
    ++count;
  }
  EXPECT_GE(count, 5U);
}

using Mistake = std::pair<std::string, std::string>;  // text, and a part of the message

class FamilyMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(FamilyMistakes, AreNamedInOneLine) {
  try {
    parse(GetParam().first);
    FAIL() << GetParam().first;
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("family.json: ", 0), 0U) << message;
    EXPECT_NE(message.find(GetParam().second), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FamilyMistakes,
    ::testing::Values(
        Mistake{"[1]", "expected an object"}, Mistake{"{", ""}, Mistake{R"({"modle": 1})", "modle"},
        Mistake{with(R"({"widths": [1], "activation": "tanh"})", kData), "\"widths\""},
        Mistake{with(R"({"widths": [1, 0], "activation": "tanh"})", kData), "\"widths\""},
        Mistake{with(R"({"widths": [1, 200, 200, 1], "activation": "tanh"})", kData), "10000 parameters"},
        Mistake{with(R"({"widths": [1, 1], "activation": "tannh"})", kData), "did you mean \"tanh\""},
        Mistake{with(R"({"widths": [1, 1], "activation": "tanh", "bias": [true, true]})", kData), "\"bias\""},
        Mistake{with(R"({"widths": [1, 1], "activation": {"any": []}})", kData), "any"},
        Mistake{with(kNet, R"({"x": [0, 1], "y": [0]})"), "2 targets"},
        Mistake{with(kNet, R"({"x": [[0, 1]], "y": [0]})"), "\"x\""},
        Mistake{with(kNet, R"({"x": {"kind": "grids", "points": 3}, "y": [0]})"), "did you mean \"grid\""},
        Mistake{with(kNet, R"({"x": {"kind": "grid", "points": 1000000}, "y": {"kind": "normal"}})"),
                "at most 100000"},
        Mistake{with(kNet, R"({"x": {"kind": "normal", "samples": 2, "scale": 0}, "y": [0, 1]})"),
                "\"scale\""},
        Mistake{with(kNet, R"({"x": {"kind": "uniform", "samples": 2, "from": 1, "to": 0}, "y": [0, 1]})"),
                "from"},
        Mistake{with(kNet,
                     R"({"x": {"kind": "grid", "points": 30}, "y": {"kind": "patterns", "values": [0, 1]}})"),
                "problems"},
        Mistake{with(kNet, R"({"x": [0, 1], "y": [0, 1], "sets": 3})"), "\"sets\""},
        Mistake{
            with(
                kNet,
                R"({"x": [0, 1], "y": {"kind": "teacher", "network": {"widths": [2, 1], "activation": "relu"}}})"),
            "widths from 1 to 1"},
        Mistake{with(kNet, kData, R"(, "augment": {"kind": "exponential", "lambda": 0})"), "\"lambda\""},
        Mistake{with(kNet, kData, R"(, "start": {"kind": "log_uniform", "from": 0, "to": 1})"), "\"from\""},
        Mistake{with(kNet, kData, R"(, "starts": 0)"), "\"starts\""},
        Mistake{with(kNet, kData, R"(, "seed": -1)"), "\"seed\""},
        Mistake{with(kNet, kData, R"(, "schema": "pgb-family/2")"), "pgb-family/1"}));

}  // namespace
}  // namespace pgb::search
