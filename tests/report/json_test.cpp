#include "pgb/report/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "pgb/version.h"
#include "report/sample_verdicts.h"

namespace pgb {
namespace {

using Json = nlohmann::ordered_json;
using test::sample_verdicts;
using test::satisfied_verdict;
using test::undecided_verdict;
using test::violated_verdict;

TEST(VerdictJson, HasEveryFieldOfTheSchema) {
  for (const Verdict& verdict : sample_verdicts()) {
    const Json json = Json::parse(verdict_json(verdict));
    for (const char* path : {"/schema",
                             "/tool",
                             "/problem_sha256",
                             "/dimensions/samples",
                             "/dimensions/outputs",
                             "/dimensions/parameters",
                             "/dimensions/distinct_inputs",
                             "/subject/kind",
                             "/subject/distance",
                             "/subject/existence_certified",
                             "/verdict",
                             "/certified",
                             "/reason",
                             "/explanation",
                             "/loss",
                             "/gradient_norm",
                             "/gradient_basis/holds",
                             "/gradient_basis/certified",
                             "/span/ambient",
                             "/span/unperturbed_rank",
                             "/span/rank",
                             "/span/rank_certified",
                             "/span/flat_families",
                             "/bound/loss",
                             "/bound/pgb_value",
                             "/bound/gap",
                             "/second_order/smallest_curvature",
                             "/second_order/certified",
                             "/witness",
                             "/precision_bits",
                             "/seconds",
                             "/certificate"}) {
      EXPECT_TRUE(json.contains(Json::json_pointer(path))) << path;
    }
    EXPECT_EQ(json["schema"], "pgb-verdict/1");
    EXPECT_EQ(json["tool"], "pgbcheck " PGB_VERSION);
  }
}

TEST(VerdictJson, Values) {
  const Json json = Json::parse(verdict_json(violated_verdict()));
  EXPECT_EQ(json["verdict"], "violated");
  EXPECT_EQ(json["certified"], true);
  EXPECT_EQ(json["reason"], "flat-direction");
  EXPECT_EQ(json["subject"]["kind"], "nearby-critical-point");
  EXPECT_EQ(json["subject"]["distance"], "3.1e-09");
  EXPECT_EQ(json["loss"], "0.412345678901234567890123456789");
  EXPECT_EQ(json["span"]["rank"], 1200);
  EXPECT_EQ(json["span"]["flat_families"].size(), 13U);
  EXPECT_EQ(json["bound"]["pgb_value"], "-inf");
  EXPECT_EQ(json["witness"]["parameter_name"], "aug.a[3]");
  EXPECT_EQ(json["witness"]["direction"][0]["value"], "0x1.8p-3");
  EXPECT_EQ(json["evidence"]["spectra"][1]["log10_magnitudes"].size(), 1200U);
}

TEST(VerdictJson, AbsentIsNull) {
  const Json json = Json::parse(verdict_json(undecided_verdict()));
  EXPECT_TRUE(json["problem_sha256"].is_null());
  EXPECT_TRUE(json["span"]["rank"].is_null());
  EXPECT_TRUE(json["bound"]["pgb_value"].is_null());
  EXPECT_TRUE(json["second_order"]["smallest_curvature"].is_null());
  EXPECT_TRUE(json["witness"].is_null());
  EXPECT_TRUE(json["certificate"].is_null());
  EXPECT_EQ(json["skipped"].size(), 2U);
}

TEST(VerdictJson, TheSavedPointExists) {
  const Json subject = Json::parse(verdict_json(undecided_verdict()))["subject"];
  EXPECT_EQ(subject["kind"], "saved-point");
  EXPECT_EQ(subject["existence_certified"], true);
  EXPECT_EQ(subject["distance"], "0");
}

// Reals as strings: no JSON number with a point or an exponent but the seconds.
void expect_no_float(const Json& value, const std::string& path) {
  if (value.is_structured()) {
    for (const auto& item : value.items()) expect_no_float(item.value(), path + '/' + item.key());
  } else {
    EXPECT_TRUE(!value.is_number_float() || path == "/seconds") << path;
  }
}

TEST(VerdictJson, RealsAreStrings) {
  for (const Verdict& verdict : sample_verdicts()) expect_no_float(Json::parse(verdict_json(verdict)), "");
}

TEST(VerdictJson, FieldOrderIsStable) {
  std::string first, second;
  const Json a = Json::parse(verdict_json(violated_verdict())),
             b = Json::parse(verdict_json(undecided_verdict()));
  for (const auto& item : a.items()) first += item.key() + ' ';
  for (const auto& item : b.items()) second += item.key() + ' ';
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.rfind("schema tool ", 0), 0U);
}

TEST(VerdictJson, SurvivesStrangeValues) {
  Verdict verdict = satisfied_verdict();
  verdict.problem_name = "bad \xff bytes \"quoted\"\n";
  verdict.seconds = std::numeric_limits<double>::quiet_NaN();
  verdict.subject.distance = std::numeric_limits<double>::infinity();
  const Json json = Json::parse(verdict_json(verdict));
  EXPECT_EQ(json["problem"], "bad \xef\xbf\xbd bytes \"quoted\"\n");
  EXPECT_TRUE(json["seconds"].is_null());
  EXPECT_EQ(json["subject"]["distance"], "inf");
}

TEST(VerdictsJson, IsAnArray) {
  const Json json = Json::parse(verdicts_json(sample_verdicts()));
  ASSERT_TRUE(json.is_array());
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[1], Json::parse(verdict_json(satisfied_verdict())));
}

}  // namespace
}  // namespace pgb
