#include "pgb/report/text.h"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "pgb/report/plain_text.h"
#include "report/sample_verdicts.h"

namespace pgb {
namespace {

using test::sample_verdicts;
using test::undecided_verdict;
using test::violated_verdict;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void expect_fits(const Verdict& verdict, std::size_t width) {
  TextStyle style;
  style.width = width;
  for (const std::string& line : lines_of(verdict_text(verdict, style)))
    EXPECT_LE(report::text_width(line), width) << line;
}

TEST(VerdictText, FitsInTheWidth) {
  for (Verdict verdict : sample_verdicts()) {
    expect_fits(verdict, 100);
    expect_fits(verdict, 90);
    verdict.explanation = std::string(500, 'x') + " ∇∇∇ " + std::string(200, 'y');
    verdict.problem_name = "/a/very/long" + std::string(300, '/');
    for (FamilyReport& family : verdict.families) {
      family.kind += std::string(200, 'k');
      family.where += std::string(200, 'w');
    }
    expect_fits(verdict, 100);
  }
}

TEST(VerdictText, SaysWhatWasFound) {
  const std::string text = verdict_text(violated_verdict());
  for (const char* part :
       {"0.412346", "2.71828e-41", "3.14159e-12", "3.1e-09", "456 of 1200", "1200 of 1200", "-∞",
        "-0.000314159", "VIOLATED · certified", "12.4 GiB", "tanh_aug.cert.json", "aug.a[3]"}) {
    EXPECT_TRUE(holds(text, part)) << part;
  }
}

TEST(VerdictText, NothingNumericalIsCalledCertified) {
  Verdict verdict = violated_verdict();
  verdict.certified = verdict.rank_certified = verdict.basis_certified = verdict.subject.existence_certified =
      false;
  verdict.explanation = verdict.certificate = "";
  verdict.next_steps.clear();
  EXPECT_FALSE(holds(verdict_text(verdict), "certified"));
  EXPECT_TRUE(holds(verdict_text(verdict), "VIOLATED · approx"));
}

TEST(VerdictText, UndecidedClaimsNothing) {
  const std::string text = verdict_text(undecided_verdict());
  EXPECT_TRUE(holds(text, "UNDECIDED"));
  EXPECT_TRUE(holds(text, "not computed"));
  EXPECT_FALSE(holds(text, "certified"));
  EXPECT_FALSE(holds(text, "SATISFIED"));
}

TEST(VerdictText, ColourOnlyOnRequestAndNothingElse) {
  const Verdict verdict = violated_verdict();
  const std::string plain = verdict_text(verdict);
  TextStyle style;
  style.colour = true;
  const std::string coloured = verdict_text(verdict, style);
  EXPECT_FALSE(holds(plain, "\033"));
  EXPECT_TRUE(holds(coloured, "\033[1;31m"));
  EXPECT_EQ(std::regex_replace(coloured, std::regex("\033\\[[0-9;]*m"), ""), plain);
}

TEST(VerdictText, ControlCharactersStayOut) {
  Verdict verdict = violated_verdict();
  verdict.problem_name = "\033[2Jgone\r\x07";
  verdict.explanation = "a\x1b]0;title\x07z";
  verdict.families[0].kind = "kind\033[31m";
  verdict.notes = {"note\nwith lines\xc2\x9b"};
  for (const char c : verdict_text(verdict)) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST(VerdictText, ManyKindsAreCounted) {
  Verdict verdict = violated_verdict();
  verdict.families.clear();
  for (std::size_t k = 0; k < 20; ++k) {
    FamilyReport family;
    family.kind = "kind " + std::to_string(k);
    family.dimension = k + 1;
    verdict.families.push_back(family);
    verdict.families.push_back(family);
  }
  const std::string text = verdict_text(verdict);
  EXPECT_TRUE(holds(text, "and 13 more kinds (40 families in all)"));
}

TEST(Wrap, BreaksAtSpacesAndInLongWords) {
  EXPECT_EQ(report::wrap("aa bb cc", 5), (std::vector<std::string>{"aa bb", "cc"}));
  EXPECT_EQ(report::wrap("∇∇∇∇∇", 2), (std::vector<std::string>{"∇∇", "∇∇", "∇"}));
  EXPECT_EQ(report::wrap("", 10), (std::vector<std::string>{""}));
}

}  // namespace
}  // namespace pgb
