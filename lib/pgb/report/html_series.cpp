// The page of a series of checkpoints.
#include <charconv>
#include <cmath>
#include <limits>

#include "pgb/report/html_page.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/report/series.h"
#include "pgb/version.h"

namespace pgb {
namespace {

using report::cell;
using report::element;
using report::escape_markup;
using report::LinePlot;
using report::Notation;
using report::PlotSeries;

double number(const std::string& text) {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

PlotSeries curve(const std::vector<SeriesRow>& rows, const std::string& label, std::string SeriesRow::*field,
                 std::size_t style) {
  PlotSeries series;
  series.label = label;
  series.style = style;
  for (const SeriesRow& row : rows) {
    if (const double y = number(row.*field); std::isfinite(y)) series.points.emplace_back(row.step, y);
  }
  return series;
}

std::vector<LinePlot> plots(const std::vector<SeriesRow>& rows) {
  const auto one = [&](const char* id, const char* title, const char* y, bool logarithmic, auto... series) {
    return LinePlot{id, title, "step of training", y, logarithmic, {series...}, {}};
  };
  const auto of = [&](const char* label, std::string SeriesRow::*field, std::size_t style) {
    return curve(rows, label, field, style);
  };
  return {one("loss", "Loss, and the PGB value that bounds it at a local minimum", "value of the objective",
              false, of("loss Q", &SeriesRow::loss, 0), of("PGB value", &SeriesRow::pgb_value, 1)),
          one("gap", "Gap between loss and PGB value", "gap", true, of("", &SeriesRow::gap, 1)),
          one("gradient", "Gradient norm, and distance to a critical point", "size", true,
              of("gradient norm", &SeriesRow::gradient_norm, 0),
              of("distance to the critical point found", &SeriesRow::distance, 3)),
          one("rank", "Rank of the span of gradients", "rank", false,
              of("at the point", &SeriesRow::unperturbed_rank, 0),
              of("with flat perturbations", &SeriesRow::rank, 1)),
          one("curvature", "Smallest curvature, modulo symmetry", "eigenvalue of the Hessian", false,
              of("", &SeriesRow::smallest_curvature, 2))};
}

std::string row_markup(const SeriesRow& row) {
  const std::string answer = answer_name(row.answer);
  const auto real = [](const std::string& text) {
    return text.empty() ? "–" : escape_markup(report::rounded(text, Notation::typeset));
  };
  const std::string badge = "<span><span class=\"badge\">" + answer + "</span> <span class=\"tag" +
                            (row.certified ? " proved" : "") + "\">" +
                            (row.certified ? "certified" : "approx") + "</span></span>";
  return "<tr class=\"" + answer + "\">" +
         cell("Step", "number", report::rounded(row.step, Notation::typeset)) +
         cell("Verdict", "answered", badge) +
         cell("Why", "wide",
              escape_markup(row.explanation) + "<span class=\"detail\">" + escape_markup(row.file) +
                  "</span>") +
         cell("Loss", "number", real(row.loss)) + cell("Gradient", "number", real(row.gradient_norm)) +
         cell("Rank", "number", row.rank.empty() ? "–" : row.rank + " of " + row.ambient) + "</tr>\n";
}

}  // namespace

std::string series_html(const std::vector<SeriesRow>& rows, const HtmlOptions& options) {
  std::string figures, table;
  for (LinePlot data : plots(rows)) {
    for (const SeriesRow& row : rows) data.x_range.push_back(row.step);
    if (const auto plot = report::line_plot(data)) figures += report::figure(*plot);
  }
  for (const SeriesRow& row : rows) table += row_markup(row);
  report::Page page;
  page.title = page.heading = options.title.empty() ? "The condition along training" : options.title;
  page.introduction = element("p", "",
                              report::counted(rows.size(), "checkpoint") +
                                  ". The condition is necessary for a local minimum: where it is violated "
                                  "training has not reached one.");
  page.content =
      "<article class=\"problem first\">\n" + element("div", "slices", '\n' + figures) +
      "<div class=\"block\"><table class=\"stack\"><caption>Checkpoints</caption>\n<thead><tr><th "
      "scope=\"col\" "
      "class=\"number\">Step</th><th scope=\"col\">Verdict</th><th scope=\"col\">Why</th><th scope=\"col\" "
      "class=\"number\">Loss</th><th scope=\"col\" class=\"number\">Gradient</th><th scope=\"col\" "
      "class=\"number\">Rank</th></tr></thead>\n<tbody>\n" +
      table + "</tbody></table>\n</div>\n</article>\n";
  page.command_line = options.command_line;
  page.tool = "pgbcheck " PGB_VERSION;
  return report::page_html(page);
}

}  // namespace pgb
