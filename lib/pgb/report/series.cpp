#include "pgb/report/series.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"

namespace pgb {
namespace {

using Ordered = nlohmann::ordered_json;
using report::exact_text;

constexpr const char* schema = "pgb-series/1";
constexpr Answer answers[] = {Answer::satisfied, Answer::violated, Answer::undecided};

// The text fields of a row with their names, in the order of the table.
using Text = std::string SeriesRow::*;
constexpr std::pair<const char*, Text> texts[] = {{"loss", &SeriesRow::loss},
                                                  {"gradient_norm", &SeriesRow::gradient_norm},
                                                  {"distance", &SeriesRow::distance},
                                                  {"unperturbed_rank", &SeriesRow::unperturbed_rank},
                                                  {"rank", &SeriesRow::rank},
                                                  {"ambient", &SeriesRow::ambient},
                                                  {"pgb_value", &SeriesRow::pgb_value},
                                                  {"gap", &SeriesRow::gap},
                                                  {"smallest_curvature", &SeriesRow::smallest_curvature},
                                                  {"reason", &SeriesRow::reason},
                                                  {"explanation", &SeriesRow::explanation},
                                                  {"problem_sha256", &SeriesRow::problem_sha256},
                                                  {"settings", &SeriesRow::settings}};

std::string count_or_nothing(const std::optional<std::size_t>& count) {
  return count ? std::to_string(*count) : "";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

SeriesRow series_row(const Verdict& v, const std::string& file, double step) {
  SeriesRow row;
  row.file = file;
  row.step = step;
  row.problem_sha256 = v.problem_sha256;
  row.answer = v.answer;
  row.certified = v.certified;
  row.reason = reason_name(v.reason);
  row.explanation = v.explanation;
  row.loss = v.saved_loss;
  row.gradient_norm = v.saved_gradient_norm;
  if (v.subject.polished) row.distance = exact_text(v.subject.distance);
  row.unperturbed_rank = count_or_nothing(v.unperturbed_rank);
  row.rank = count_or_nothing(v.rank);
  row.ambient = std::to_string(v.ambient);
  row.pgb_value = v.pgb_value;
  row.gap = v.gap;
  row.smallest_curvature = v.smallest_curvature;
  row.seconds = v.seconds;
  return row;
}

std::string series_json(const SeriesRow& row) {
  Ordered out = {{"schema", schema},
                 {"file", row.file},
                 {"step", exact_text(row.step)},
                 {"verdict", answer_name(row.answer)},
                 {"certified", row.certified}};
  for (const auto& [name, field] : texts) {
    out[name] = (row.*field).empty() ? Ordered(nullptr) : Ordered(row.*field);
  }
  out["seconds"] = exact_text(row.seconds);
  return out.dump(-1, ' ', false, Ordered::error_handler_t::replace);
}

SeriesRow read_series_row(const std::string& line, const std::string& where) {
  const Ordered json = Ordered::parse(line, nullptr, false);
  if (!json.is_object() || json.value("schema", "") != schema) {
    io::fail(where, std::string("a line of JSON with schema ") + schema, io::in_quotes(line));
  }
  const auto text = [&](const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !(found->is_string() || found->is_null())) {
      io::fail(where, std::string("text or null in ") + io::in_quotes(name),
               found == json.end() ? "nothing" : found->dump());
    }
    return found->is_null() ? std::string() : found->get<std::string>();
  };
  const auto number = [&](const char* name) {
    const std::string digits = text(name);
    const char* const end = digits.data() + digits.size();
    double value = 0;
    if (digits.empty() || std::from_chars(digits.data(), end, value).ptr != end) {
      io::fail(where, "a number in " + io::in_quotes(name), io::in_quotes(digits));
    }
    return value;
  };
  SeriesRow row;
  row.file = text("file");
  row.step = number("step");
  row.seconds = number("seconds");
  for (const auto& [name, field] : texts) row.*field = text(name);
  const std::string answer = text("verdict");
  const auto* found = std::find_if(std::begin(answers), std::end(answers),
                                   [&](Answer a) { return answer == answer_name(a); });
  if (found == std::end(answers)) io::fail(where, "a verdict", io::in_quotes(answer));
  row.answer = *found;
  const auto certified = json.find("certified");
  if (certified == json.end() || !certified->is_boolean())
    io::fail(where, "true or false in \"certified\"", "another");
  row.certified = certified->get<bool>();
  return row;
}

std::string series_csv(const std::vector<SeriesRow>& rows) {
  std::string out = "file,step,verdict,certified";
  for (const auto& [name, field] : texts) out += std::string(",") + name;
  out += ",seconds\n";
  for (const SeriesRow& row : rows) {
    out += csv_field(row.file) + ',' + exact_text(row.step) + ',' + answer_name(row.answer) + ',' +
           (row.certified ? "true" : "false");
    for (const auto& [name, field] : texts) out += ',' + csv_field(row.*field);
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
