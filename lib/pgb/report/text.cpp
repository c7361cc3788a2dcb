#include "pgb/report/text.h"

#include <algorithm>
#include <vector>

#include "pgb/report/facts.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb {
namespace {

using report::Fact;
using report::FamilyGroup;
using report::printable;

constexpr std::size_t indent = 2;
constexpr std::size_t label_width = 20;
constexpr std::size_t family_lines = 8;
constexpr std::size_t least_width = 90;

enum class Ink { plain, dim, bold, good, bad, open };

class Page {
 public:
  explicit Page(const TextStyle& style)
      : colour_(style.colour), width_(std::max<std::size_t>(style.width, least_width)) {}

  std::size_t room() const { return width_ - indent; }
  std::string text() const { return text_; }

  void blank() {
    if (!text_.empty()) text_ += '\n';
  }

  void line(const std::string& words, Ink ink) { put("", words, ink, 0, indent); }

  // A label, and words wrapped in the column to its right.
  void entry(const std::string& label, const std::string& words, Ink ink = Ink::plain) {
    put(label, printable(words), ink, label_width, indent);
  }

  // One unwrapped line of at most room().
  void row(const std::string& words, Ink ink) {
    text_ += std::string(indent, ' ') + inked(words, ink) + '\n';
  }

  std::string inked(const std::string& words, Ink ink) const {
    static const char* const codes[] = {"", "2", "1", "1;32", "1;31", "1;33"};
    const char* code = codes[static_cast<std::size_t>(ink)];
    return colour_ && *code != '\0' && !words.empty() ? "\033[" + std::string(code) + 'm' + words + "\033[0m"
                                                      : words;
  }

 private:
  void put(const std::string& label, const std::string& words, Ink ink, std::size_t column,
           std::size_t margin) {
    std::string head = std::string(margin, ' ') + inked(report::pad_right(label, column), Ink::dim);
    for (const std::string& part : report::wrap(words, width_ - margin - column)) {
      text_ += head + inked(part, ink) + '\n';
      head = std::string(margin + column, ' ');
    }
  }

  bool colour_;
  std::size_t width_;
  std::string text_;
};

void put_fact(Page& page, const Fact& fact) {
  std::vector<std::string> parts{fact.value};
  if (fact.certified) parts.push_back(report::certainty(*fact.certified));
  if (!fact.detail.empty()) parts.push_back(fact.detail);
  page.entry(fact.label, report::joined(parts, " · ", parts.size()));
}

// Families as a small table, a line for each kind: its name, how many, dimension, largest gradient component,
// points tried, and as much of where as fits.
void put_families(Page& page, const std::vector<FamilyReport>& families) {
  const std::vector<FamilyGroup> groups = report::family_groups(families);
  std::vector<std::vector<std::string>> rows{
      {"Flat families", "count", "dimension", "largest |∂Q|", "points", "where"}};
  const std::size_t lines = groups.size() > family_lines ? family_lines - 1 : groups.size();
  for (std::size_t i = 0; i < lines; ++i) {
    const FamilyGroup& g = groups[i];
    const bool tried = g.perturbations > 0;
    rows.push_back({report::cut(printable(g.kind), 32), report::count_text(g.families), g.dimensions,
                    tried ? report::distance_text(g.largest_gradient) : "–",
                    tried ? report::count_text(g.perturbations) : "–",
                    printable(report::joined(g.where, "; ", 3))});
  }
  constexpr std::size_t columns = 6, gap = 2;
  std::size_t used = 0;
  std::vector<std::string> text(rows.size());
  for (std::size_t c = 0; c < columns; ++c) {
    std::size_t column = 0;
    for (const auto& row : rows) column = std::max(column, report::text_width(row[c]));
    if (c + 1 == columns) column = std::min(column, page.room() - used);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::string cell = report::cut(rows[r][c], column);
      text[r] += c == 0             ? report::pad_right(cell, column)
                 : c + 1 == columns ? cell
                                    : report::pad_left(cell, column);
      if (c + 1 < columns) text[r] += std::string(gap, ' ');
    }
    used += column + gap;
  }
  for (std::size_t r = 0; r < rows.size(); ++r) page.row(text[r], r == 0 ? Ink::dim : Ink::plain);
  if (lines < groups.size()) {
    page.row("and " + report::counted(groups.size() - lines, "more kind") + " (" +
                 report::counted(families.size(), "family", "families") + " in all)",
             Ink::dim);
  }
}

void put_list(Page& page, const std::string& label, const std::vector<std::string>& items) {
  constexpr std::size_t limit = 6;
  for (std::size_t i = 0; i < std::min(items.size(), limit); ++i) page.entry(i == 0 ? label : "", items[i]);
  if (items.size() > limit) page.entry("", "and " + report::count_text(items.size() - limit) + " more");
}

void put_effort(Page& page, const Verdict& v) {
  page.entry("Effort", report::duration_text(v.seconds) + " · " +
                           report::counted(static_cast<std::size_t>(std::max(v.precision_bits, 0L)), "bit") +
                           " of precision");
  if (!v.certificate.empty()) page.entry("Certificate", v.certificate);
}

void put_answer(Page& page, const Verdict& v) {
  const Ink ink = v.answer == Answer::satisfied  ? Ink::good
                  : v.answer == Answer::violated ? Ink::bad
                                                 : Ink::open;
  const std::string kind =
      v.answer == Answer::undecided && !v.certified ? "" : " · " + report::certainty(v.certified);
  page.line(report::answer_heading(v.answer) + kind + " · " + report::headline(v), ink);
  const std::string reason = v.explanation.empty() ? report::meaning(v) : v.explanation;
  page.line(printable(reason), Ink::plain);
  for (std::size_t i = 0; i < v.next_steps.size(); ++i) page.entry(i == 0 ? "Next" : "", v.next_steps[i]);
}

}  // namespace

std::string verdict_text(const Verdict& verdict, const TextStyle& style) {
  Page page(style);
  page.line(verdict.problem_name.empty() ? "problem" : printable(verdict.problem_name), Ink::bold);
  for (const report::FactGroup& group : report::facts(verdict, report::Notation::plain)) {
    page.blank();
    for (const Fact& fact : group.facts) put_fact(page, fact);
  }
  if (!verdict.families.empty()) {
    page.blank();
    put_families(page, verdict.families);
  }
  if (verdict.witness) {
    page.blank();
    for (const Fact& fact : report::witness_facts(*verdict.witness, report::Notation::plain))
      put_fact(page, fact);
  }
  page.blank();
  std::vector<std::string> skipped;
  for (const Skipped& item : verdict.skipped) skipped.push_back(item.what + ": " + item.why);
  put_list(page, "Skipped", skipped);
  put_list(page, "Note", verdict.notes);
  put_effort(page, verdict);
  page.blank();
  put_answer(page, verdict);
  return page.text();
}

}  // namespace pgb
