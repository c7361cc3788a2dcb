#include "report/page.h"

#include <algorithm>
#include <optional>

#include "pgb/report/html_page.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/version.h"

namespace pgb::claims {
namespace {

using report::cell;
using report::element;
using report::escape_markup;

constexpr std::size_t most_rows = 24;

std::optional<report::Plot> plot_of(const Figure& figure) {
  report::LinePlot data;
  data.id = figure.name;
  data.title = figure.title;
  data.description = figure.caption;
  data.x_label = figure.x.label;
  data.y_label = figure.y.label;
  data.x_powers = figure.x.scale == Scale::log10;
  data.y_powers = figure.y.scale == Scale::log10;
  for (const Curve& curve : figure.curves)
    data.series.push_back({curve.label, curve.points, data.series.size(), report::Marks::automatic});
  if (figure.surface) {
    const Surface& s = *figure.surface;
    data.shades = report::PlotShades{s.columns, s.rows, s.x, s.y, s.values, s.label};
  }
  return report::line_plot(data);
}

std::string style_of(const Outcome& outcome) {
  return outcome.passed() ? "satisfied" : outcome.finished ? "violated" : "undecided";
}

std::string badge(const Outcome& outcome) {
  const char* const word = outcome.passed() ? "Holds" : outcome.finished ? "Fails" : "Stopped";
  return std::string("<span class=\"badge\">") + word + "</span>";
}

std::string certified(const Outcome& outcome) {
  return report::count_text(outcome.result.count(Standing::proved)) + " of " +
         report::count_text(outcome.result.instances.size());
}

std::string tag(Standing standing) {
  const std::string style = standing == Standing::proved ? "tag proved" : "tag";
  return " <span class=\"" + style + "\">" + standing_name(standing) + "</span>";
}

std::string table(const std::string& style, const std::string& caption, const std::vector<std::string>& head,
                  const std::string& rows) {
  std::string cells;
  for (const std::string& name : head) cells += "<th scope=\"col\">" + escape_markup(name) + "</th>";
  return "<table class=\"" + style + " stack\">" +
         (caption.empty() ? "" : "<caption>" + escape_markup(caption) + "</caption>") + "<thead><tr>" +
         cells + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table>\n";
}

std::string overview(const std::vector<Outcome>& outcomes) {
  std::string rows;
  for (const Outcome& outcome : outcomes) {
    const std::string& name = outcome.claim->name;
    const auto refused = std::count(outcome.refused.begin(), outcome.refused.end(), true);
    rows +=
        "<tr class=\"" + style_of(outcome) + "\">" +
        cell("Claim", "wide", "<a href=\"#" + escape_markup(name) + "\">" + escape_markup(name) + "</a>") +
        cell("Outcome", "answered", badge(outcome)) +
        cell("Proved on", "", certified(outcome) + " instances") +
        cell("Controls refused", "",
             std::to_string(refused) + " of " + std::to_string(outcome.claim->controls.size())) +
        cell("Time", "", report::duration_text(outcome.seconds)) + "</tr>\n";
  }
  return table("overview", "", {"Claim", "Outcome", "Proved on", "Controls refused", "Time"}, rows);
}

std::string list(const std::string& title, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out;
  for (const std::string& item : items) out += element("li", "", escape_markup(item));
  return element("div", "block", element("h3", "", title) + element("ul", "", '\n' + out));
}

std::string columns(const std::vector<std::string>& blocks) {
  std::string out;
  for (const std::string& block : blocks) {
    if (!block.empty()) out += element("div", "", '\n' + block);
  }
  return element("div", "columns", '\n' + out);
}

std::string instances(const ClaimResult& result) {
  // What failed comes first, so that it is seen however many there are.
  std::vector<const Instance*> shown;
  for (const bool failed : {true, false}) {
    for (const Instance& instance : result.instances) {
      if ((instance.standing == Standing::failed) == failed) shown.push_back(&instance);
    }
  }
  const std::size_t all = shown.size();
  shown.resize(std::min(all, most_rows));
  std::string rows;
  for (const Instance* instance : shown) {
    std::string numbers;
    for (const Number& number : instance->numbers)
      numbers += (numbers.empty() ? "" : " · ") + number.name + ' ' + number.value;
    rows += "<tr>" + cell("Instance", "wide", escape_markup(instance->what) + tag(instance->standing)) +
            cell("Shown", "", escape_markup(instance->shown)) + cell("Numbers", "", escape_markup(numbers)) +
            "</tr>\n";
  }
  return "<div class=\"block\">" + table("families", "Instances", {"Instance", "Shown", "Numbers"}, rows) +
         (all > most_rows ? element("p", "soft",
                                    "and " + report::counted(all - most_rows, "more instance") +
                                        "; --json lists them all")
                          : "") +
         "</div>\n";
}

std::string article(const Outcome& outcome, bool first) {
  const Claim& claim = *outcome.claim;
  std::string figures, controls;
  for (const Figure& figure : outcome.result.figures) {
    if (const auto plot = plot_of(figure)) figures += report::figure(*plot);
  }
  std::vector<std::string> refused;
  for (std::size_t k = 0; k < claim.controls.size(); ++k) {
    const bool was = k < outcome.refused.size() && outcome.refused[k];
    refused.push_back(claim.controls[k].what + (was ? ": refused" : ": not refused"));
  }
  return "<article class=\"problem " + style_of(outcome) + (first ? " first" : "") + "\" id=\"" +
         escape_markup(claim.name) + "\">\n" + element("h2", "", escape_markup(claim.name)) +
         element("div", "answer",
                 '\n' + element("p", "", badge(outcome)) +
                     element("p", "headline", escape_markup(claim.statement)) +
                     element("p", "soft",
                             "Proved on " + certified(outcome) + " instances, supported by numbers on " +
                                 report::count_text(outcome.result.count(Standing::supported)) + ".")) +
         columns({list("Hypotheses", claim.hypotheses),
                  list("Controls: wrong statements the same checks have to refuse", refused)}) +
         list("Notes", outcome.result.notes) +
         (figures.empty() ? "" : element("div", "slices", '\n' + figures)) + instances(outcome.result) +
         "</article>\n";
}

}  // namespace

std::string outcomes_html(const std::vector<Outcome>& outcomes, const std::string& command_line) {
  report::Page page;
  page.title = "Claims about eliminating bad local minima";
  page.heading = "What is claimed, and on what it was checked";
  page.introduction = element("p", "",
                              "Claims of Kawaguchi and Kaelbling, “Elimination of All Bad Local Minima in "
                              "Deep Learning” (2020), and what "
                              "surrounds them, each checked on random or shipped instances. “Proved” means "
                              "proved on that instance, in ball "
                              "arithmetic, exact arithmetic or with rigorous error bounds; it does not prove "
                              "the claim in general. “Supported” is "
                              "agreement of numbers without a proof.") +
                      overview(outcomes);
  for (const Outcome& outcome : outcomes) page.content += article(outcome, &outcome == &outcomes.front());
  page.command_line = command_line;
  page.tool = "pgbrepro " PGB_VERSION;
  return report::page_html(page);
}

std::vector<std::pair<std::string, std::string>> figure_files(const std::vector<Outcome>& outcomes) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const Outcome& outcome : outcomes) {
    for (const Figure& figure : outcome.result.figures) {
      if (const auto plot = plot_of(figure))
        files.emplace_back(figure.name + ".svg", report::svg_document(*plot));
    }
  }
  return files;
}

}  // namespace pgb::claims
