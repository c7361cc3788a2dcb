#include "pgb/report/series.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb {
namespace {

using report::exact_text;

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

std::string series_csv(const std::vector<SeriesRow>& rows) {
  std::string out = "file,step,verdict,certified";
  for (const auto& [name, field] : series_fields()) out += std::string(",") + name;
  out += ",seconds\n";
  for (const SeriesRow& row : rows) {
    out += csv_field(row.file) + ',' + exact_text(row.step) + ',' + answer_name(row.answer) + ',' +
           (row.certified ? "true" : "false");
    for (const auto& [name, field] : series_fields()) out += ',' + csv_field(row.*field);
    out += ',' + exact_text(row.seconds) + '\n';
  }
  return out;
}

std::string series_text(const std::vector<SeriesRow>& rows) {
  using Column = std::pair<std::string, std::function<std::string(const SeriesRow&)>>;
  const auto real = [](const std::string& text) {
    return text.empty() ? std::string("-") : report::rounded(text);
  };
  const std::vector<Column> columns = {
      {"step", [](const SeriesRow& r) { return report::rounded(r.step); }},
      {"loss", [&](const SeriesRow& r) { return real(r.loss); }},
      {"gradient", [&](const SeriesRow& r) { return real(r.gradient_norm); }},
      {"rank",
       [](const SeriesRow& r) { return r.rank.empty() ? std::string("-") : r.rank + '/' + r.ambient; }},
      {"PGB value", [&](const SeriesRow& r) { return real(r.pgb_value); }},
      {"curvature", [&](const SeriesRow& r) { return real(r.smallest_curvature); }},
      {"verdict", [](const SeriesRow& r) {
         return std::string(answer_name(r.answer)) + (r.certified ? ", certified" : "") + ": " + r.reason;
       }}};
  std::vector<std::string> lines(rows.size() + 1);
  for (const auto& [name, text] : columns) {
    std::vector<std::string> cells = {name};
    for (const SeriesRow& row : rows) cells.push_back(text(row));
    std::size_t width = 0;
    for (const std::string& cell : cells) width = std::max(width, report::text_width(cell));
    const bool last = name == columns.back().first;
    for (std::size_t k = 0; k < lines.size(); ++k) {
      lines[k] += "  " + (last ? cells[k] : report::pad_left(cells[k], width));
    }
  }
  std::string out;
  for (const std::string& line : lines) out += line + '\n';
  return out;
}

}  // namespace pgb
