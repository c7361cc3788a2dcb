#include "pgb/report/html.h"

#include <algorithm>
#include <utility>

#include "pgb/report/facts.h"
#include "pgb/report/html_page.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/report/svg.h"
#include "pgb/version.h"

namespace pgb {
namespace {

using report::cell;
using report::element;
using report::escape_markup;
using report::figure;
using report::Notation;

constexpr std::size_t most_places = 12, most_slices = 6, most_rows = 60;

std::string name_of(const Verdict& v) { return v.problem_name.empty() ? "problem" : v.problem_name; }

// A path that may break after its slashes.
std::string path_markup(const std::string& path) {
  std::string out;
  for (const char c : escape_markup(path)) out += c == '/' ? std::string("/<wbr/>") : std::string(1, c);
  return out;
}

std::string answer_class(const Verdict& v) {
  switch (v.answer) {
    case Answer::satisfied:
      return "satisfied";
    case Answer::violated:
      return "violated";
    case Answer::undecided:
      break;
  }
  return "undecided";
}

std::string badge(const Verdict& v) {
  switch (v.answer) {
    case Answer::satisfied:
      return "<span class=\"badge\">Satisfied</span>";
    case Answer::violated:
      return "<span class=\"badge\">Violated</span>";
    case Answer::undecided:
      break;
  }
  return "<span class=\"badge\">Undecided</span>";
}

std::string tag(bool certified) {
  return std::string(" <span class=\"tag") + (certified ? " proved" : "") + "\">" +
         report::certainty(certified) + "</span>";
}

// Of the verdict as a whole: an undecided one has nothing to be certain of, unless the obstacle itself is
// proved.
std::string answer_tag(const Verdict& v) {
  return v.answer == Answer::undecided && !v.certified ? "" : tag(v.certified);
}

std::string fact_table(const std::string& title, const std::vector<report::Fact>& facts) {
  std::string rows;
  for (const report::Fact& fact : facts) {
    const std::string detail =
        fact.detail.empty() ? "" : "<span class=\"detail\">" + escape_markup(fact.detail) + "</span>";
    rows += "<tr><th scope=\"row\">" + escape_markup(fact.label) + "</th><td>" + escape_markup(fact.value) +
            (fact.certified ? tag(*fact.certified) : "") + detail + "</td></tr>\n";
  }
  return "<table class=\"facts\"><caption>" + escape_markup(title) + "</caption><tbody>\n" + rows +
         "</tbody></table>\n";
}

std::string family_table(const Verdict& v) {
  if (v.families.empty()) return "";
  std::vector<report::FamilyGroup> groups = report::family_groups(v.families);
  const std::size_t all = groups.size();
  groups.resize(std::min(all, most_rows));
  std::string rows;
  for (const report::FamilyGroup& g : groups) {
    const bool tried = g.perturbations > 0;
    const std::string why =
        g.why_exact.empty() ? "" : "<span class=\"detail\">" + escape_markup(g.why_exact) + "</span>";
    rows += "<tr>" + cell("Kind", "wide", escape_markup(g.kind) + why) +
            cell("Where", "", escape_markup(report::joined(g.where, "; ", most_places))) +
            cell("Dimension", "number", g.dimensions) +
            cell("Largest |∂Q|", "number",
                 tried ? report::distance_text(g.largest_gradient, Notation::typeset) : "–") +
            cell("Points tried", "number", tried ? report::count_text(g.perturbations) : "–") + "</tr>\n";
  }
  std::string out =
      "<div class=\"block\"><table class=\"families stack\"><caption>Flat families: parameters that move "
      "without "
      "changing any output</caption>\n<thead><tr><th scope=\"col\">Kind</th><th scope=\"col\">Where</th><th "
      "scope=\"col\" "
      "class=\"number\">Dimension</th><th scope=\"col\" class=\"number\">Largest |∂Q|</th><th scope=\"col\" "
      "class=\"number\">Points tried</th></tr></thead>\n<tbody>\n" +
      rows + "</tbody></table>\n";
  if (all > most_rows) out += element("p", "soft", "and " + report::counted(all - most_rows, "more kind"));
  return out + "</div>\n";
}

std::string slices(const Verdict& v, const std::string& id) {
  std::string out;
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < v.slices.size() && drawn < most_slices; ++i) {
    if (const auto plot = report::slice_plot(v.slices[i], id + "-slice-" + std::to_string(i + 1))) {
      out += figure(*plot);
      ++drawn;
    }
  }
  return out.empty() ? "" : element("div", "slices", '\n' + out);
}

std::string list_block(const std::string& title, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out;
  for (const std::string& item : items) out += element("li", "", escape_markup(item));
  return element("div", "block", element("h3", "", escape_markup(title)) + element("ul", "", '\n' + out));
}

std::string answer_block(const Verdict& v) {
  std::string out = element("p", "", badge(v) + answer_tag(v)) +
                    element("p", "headline", escape_markup(report::headline(v)));
  if (!v.explanation.empty()) out += element("p", "", escape_markup(v.explanation));
  out += element("p", "soft", escape_markup(report::meaning(v)));
  return element("div", "answer", '\n' + out);
}

std::string problem_section(const Verdict& v, std::size_t number) {
  const std::string id = "problem-" + std::to_string(number);
  std::string tables;
  for (const report::FactGroup& group : report::facts(v, Notation::typeset))
    tables += fact_table(group.title, group.facts);
  std::string side;
  if (const auto plot = report::spectrum_plot(v.spectra, v.ambient, id + "-spectrum")) side += figure(*plot);
  if (v.witness) {
    const std::vector<report::Fact> lines = report::witness_facts(*v.witness, Notation::typeset);
    if (!lines.empty()) side += fact_table("Witness", lines);
  }
  side += list_block("Next", v.next_steps);
  std::vector<std::string> skipped;
  for (const Skipped& item : v.skipped) skipped.push_back(item.what + ": " + item.why);
  side += list_block("Skipped", skipped);
  side += list_block("Notes", v.notes);

  std::vector<report::Fact> effort{
      {"Time", report::duration_text(v.seconds), "", {}},
      {"Precision", std::to_string(v.precision_bits) + " bits", "", {}},
      {"Problem SHA-256", v.problem_sha256.empty() ? "none: built in code" : v.problem_sha256, "", {}}};
  if (!v.certificate.empty()) effort.push_back({"Certificate", v.certificate, "", {}});
  const std::string columns = side.empty() ? "columns single" : "columns";
  return "<article class=\"problem " + answer_class(v) + (number == 1 ? " first" : "") + "\" id=\"" + id +
         "\">\n" + element("h2", "", path_markup(name_of(v))) + answer_block(v) +
         element("div", columns,
                 "\n<div>\n" + tables + "</div>\n" + (side.empty() ? "" : "<div>\n" + side + "</div>\n")) +
         family_table(v) + slices(v, id) + fact_table("To repeat it", effort) + "</article>\n";
}

std::string overview(const std::vector<Verdict>& verdicts) {
  std::string rows;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& v = verdicts[i];
    const std::string link =
        "<a href=\"#problem-" + std::to_string(i + 1) + "\">" + path_markup(name_of(v)) + "</a>";
    const std::string rank =
        v.rank ? report::count_text(*v.rank) + " of " + report::count_text(v.ambient) : "–";
    rows += "<tr class=\"" + answer_class(v) + "\">" + cell("Problem", "wide", link) +
            cell("Verdict", "answered", "<span>" + badge(v) + answer_tag(v) + "</span>") +
            cell("Why", "", escape_markup(report::headline(v))) +
            cell("Loss", "number",
                 v.loss.empty() ? "–" : escape_markup(report::rounded(v.loss, Notation::typeset))) +
            cell("Rank", "number", rank) + "</tr>\n";
  }
  return "<table class=\"overview stack\"><thead><tr><th scope=\"col\">Problem</th><th "
         "scope=\"col\">Verdict</th><th "
         "scope=\"col\">Why</th><th scope=\"col\" class=\"number\">Loss</th><th scope=\"col\" "
         "class=\"number\">Rank of the "
         "span</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody></table>\n";
}

const char* const terms = R"(<h3>Words used here</h3>
<dl class="terms">
<dt>PGB condition</dt><dd>Perturbable gradient basis. At a local minimum the loss is no more than the least value of a convex problem
built from the gradients of the outputs at all flat perturbations of the parameters. It is necessary, not sufficient.</dd>
<dt>Flat perturbation</dt><dd>A change of the parameters that leaves every output on every sample, and the regularizer, exactly as it is.</dd>
<dt>Span of gradients</dt><dd>The space spanned by the derivatives of all outputs with respect to each parameter: before perturbation at
the point alone, after perturbation at its flat perturbations too. Its rank is at most N, samples times outputs.</dd>
<dt>PGB value, gap</dt><dd>The least value of that convex problem, and how far the loss lies above it.</dd>
<dt>Certified</dt><dd>A proof was completed in ball arithmetic, in exact arithmetic or with rigorous error bounds. “Approx” is
floating-point evidence without an error bound.</dd>
</dl>
)";

}  // namespace

std::string verdict_html(const std::vector<Verdict>& verdicts, const HtmlOptions& options) {
  const bool one = verdicts.size() == 1;
  std::string title = options.title;
  if (title.empty()) title = one ? "Can this point be a local minimum?" : "Can these points be local minima?";
  const std::string page_title =
      one && options.title.empty() ? name_of(verdicts.front()) + ": PGB verdict" : title;
  const std::string tool = (verdicts.empty() ? "pgb" : verdicts.front().tool) + " " PGB_VERSION;
  std::string articles;
  for (std::size_t i = 0; i < verdicts.size(); ++i) articles += problem_section(verdicts[i], i + 1);
  report::Page page;
  page.title = page_title;
  page.heading = title;
  page.introduction = verdicts.size() > 1 ? overview(verdicts) : "";
  page.content = articles;
  page.terms = terms;
  page.command_line = options.command_line;
  page.tool = tool;
  return report::page_html(page);
}

}  // namespace pgb
