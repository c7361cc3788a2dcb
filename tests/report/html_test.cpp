#include "pgb/report/html.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "pgb/io/message.h"
#include "pgb/report/svg.h"
#include "report/sample_verdicts.h"

namespace pgb {
namespace {

using test::sample_verdicts;
using test::satisfied_verdict;
using test::violated_verdict;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// "" for a document whose every tag is closed in order, whose attributes are quoted and not repeated, whose
// ids are unique and in which & begins one of the five entities; else what is wrong.
class Wellformed {
 public:
  explicit Wellformed(const std::string& text) : text_(text) {}

  std::string check() {
    const std::string doctype = "<!DOCTYPE html>\n";
    if (text_.rfind(doctype, 0) == 0) at_ = doctype.size();
    while (error_.empty() && at_ < text_.size()) {
      if (text_[at_] == '<')
        tag();
      else
        character();
    }
    if (error_.empty() && !open_.empty()) error_ = "not closed: " + open_.back();
    return error_;
  }

 private:
  void character() {
    if (text_[at_] == '>') return fail("> in text");
    if (text_[at_] == '&') {
      bool known = false;
      for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
        known |= text_.compare(at_, std::string(entity).size(), entity) == 0;
      if (!known) return fail("bare &");
    }
    ++at_;
  }

  std::string name() {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-'))
      ++at_;
    return text_.substr(from, at_ - from);
  }

  bool take(const std::string& token) {
    if (text_.compare(at_, token.size(), token) != 0) return false;
    at_ += token.size();
    return true;
  }

  void tag() {
    if (take("</")) {
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) return fail("unexpected </" + closed + ">");
      open_.pop_back();
      if (!take(">")) fail("end tag");
      return;
    }
    ++at_;
    const std::string opened = name();
    if (opened.empty()) return fail("bare <");
    std::set<std::string> attributes;
    while (take(" ")) {
      const std::string attribute = name();
      if (attribute.empty() || !attributes.insert(attribute).second || !take("=\""))
        return fail("attribute of " + opened);
      const std::size_t end = text_.find('"', at_);
      const std::string value = text_.substr(at_, end - at_);
      if (end == std::string::npos || holds(value, "<")) return fail("value of " + attribute);
      if (attribute == "id" && !ids_.insert(value).second) return fail("second id " + value);
      at_ = end + 1;
    }
    if (take("/>")) return;
    if (!take(">")) return fail("tag " + opened);
    open_.push_back(opened);
    if (opened == "style") at_ = text_.find("</style>", at_);
  }

  void fail(const std::string& what) { error_ = what + " near: " + text_.substr(at_, 60); }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::set<std::string> ids_;
  std::string error_;
};

std::string fault(const std::string& text) { return Wellformed(text).check(); }

TEST(Wellformed, FindsFaults) {
  EXPECT_EQ(fault("<p class=\"a\">1 &lt; 2<br/></p>"), "");
  for (const char* bad :
       {"<p>", "<p></b>", "a & b", "<p a=b></p>", "<p id=\"x\"/><p id=\"x\"/>", "1 < 2", "<p></p></p>"}) {
    EXPECT_NE(fault(bad), "") << bad;
  }
}

TEST(VerdictHtml, IsWellformed) {
  EXPECT_EQ(fault(verdict_html(sample_verdicts(), {"", "pgbcheck a.json"})), "");
  EXPECT_EQ(fault(verdict_html({satisfied_verdict()})), "");
  EXPECT_EQ(fault(verdict_html({})), "");
  EXPECT_EQ(fault(verdict_html({Verdict()})), "");
}

TEST(VerdictHtml, EscapesEveryText) {
  const std::string evil = "<script>alert(\"x\")</script>&'\xff\x01]]>";
  Verdict v = violated_verdict();
  for (std::string* text : {&v.tool,
                            &v.problem_name,
                            &v.problem_sha256,
                            &v.model_summary,
                            &v.loss_name,
                            &v.regularizer_summary,
                            &v.explanation,
                            &v.loss,
                            &v.gradient_norm,
                            &v.saved_loss,
                            &v.saved_gradient_norm,
                            &v.existing_loss_part,
                            &v.basis_reason,
                            &v.rank_reason,
                            &v.pgb_value,
                            &v.gap,
                            &v.smallest_curvature,
                            &v.certificate,
                            &v.witness->text,
                            &v.witness->parameter_name,
                            &v.witness->gradient_lower,
                            &v.witness->gradient_upper,
                            &v.witness->direction[0].second,
                            &v.families[0].kind,
                            &v.families[0].where,
                            &v.families[0].why_exact,
                            &v.spectra[0].label,
                            &v.slices[0].label,
                            &v.skipped[0].what,
                            &v.skipped[0].why}) {
    *text = evil;
  }
  v.next_steps = v.notes = v.witness->kinks = {evil};
  const std::string page = verdict_html({v, v}, {evil, evil});
  EXPECT_EQ(fault(page), "");
  EXPECT_FALSE(holds(page, "<script"));
  EXPECT_TRUE(holds(page, "&lt;script&gt;alert(&quot;x&quot;)"));
  EXPECT_TRUE(io::is_utf8(page));
}

TEST(VerdictHtml, NeedsNoNetwork) {
  const std::string page = verdict_html(sample_verdicts(), {"", "pgbcheck a.json"});
  for (const char* part : {"http:", "https:", "src=", "url(", "@import", "<script", "<link", "<img"}) {
    EXPECT_FALSE(holds(page, part)) << part;
  }
}

TEST(VerdictHtml, SaysHowToRepeatIt) {
  const Verdict v = violated_verdict();
  const std::string page = verdict_html({v}, {"", "pgbcheck 'my file.json' --seed 7"});
  for (const std::string& part :
       {std::string("pgbcheck &#39;my file.json&#39; --seed 7"), v.problem_sha256, std::string("1 min 13 s"),
        std::string("512 bits"), std::string("pgbcheck 1.")}) {
    EXPECT_TRUE(holds(page, part)) << part;
  }
}

TEST(VerdictHtml, PlotsHaveATextAlternative) {
  const std::string page = verdict_html({violated_verdict()});
  EXPECT_TRUE(holds(page, "aria-labelledby=\"problem-1-spectrum-title problem-1-spectrum-desc\""));
  EXPECT_TRUE(holds(page, "<title id=\"problem-1-spectrum-title\">"));
  EXPECT_TRUE(holds(page, "<desc id=\"problem-1-slice-1-desc\">"));
  EXPECT_TRUE(holds(page, "double precision, 10⁻¹⁶"));
}

TEST(Plots, StrangeNumbers) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  EXPECT_FALSE(report::spectrum_plot({{"none", {-inf, nan}, 53}}, 3, "a"));
  EXPECT_FALSE(report::slice_plot({"one", {{0, 1}, {nan, 2}, {1, inf}}}, "a"));
  const std::vector<Verdict::Slice> slices{{"constant", {{0, 1}, {1, 1}}},
                                           {"same t", {{2, 1}, {2, 3}}},
                                           {"denormal", {{0, 0}, {tiny, tiny}}},
                                           {"huge", {{-huge, huge}, {0, 0}, {1, 1e299}}},
                                           {"close", {{1, 1}, {1 + 1e-15, 1 + 1e-15}}}};
  for (const Verdict::Slice& slice : slices) {
    const auto plot = report::slice_plot(slice, "a");
    ASSERT_TRUE(plot) << slice.label;
    EXPECT_LT(plot->x.low, plot->x.high) << slice.label;
    EXPECT_LT(plot->y.low, plot->y.high) << slice.label;
    EXPECT_LT(plot->x.ticks.size() + plot->y.ticks.size(), 20U) << slice.label;
    const std::string svg = report::plot_svg(*plot);
    EXPECT_FALSE(holds(svg, "nan") || holds(svg, "inf")) << slice.label << svg;
  }
  const auto spectrum = report::spectrum_plot({{"one", {-3}, 53}, {"deep", {0, -5000}, 20000}}, 0, "a");
  ASSERT_TRUE(spectrum);
  EXPECT_EQ(fault(report::plot_svg(*spectrum)), "");
}

TEST(Plots, LongSpectraAreThinned) {
  Spectrum spectrum{"after perturbation", std::vector<double>(100000, 0), 53};
  for (std::size_t k = 0; k < spectrum.magnitudes.size(); ++k)
    spectrum.magnitudes[k] = -static_cast<double>(k) / 1000;
  EXPECT_LT(report::plot_svg(*report::spectrum_plot({spectrum}, 100000, "a")).size(), 20000U);
}

}  // namespace
}  // namespace pgb
