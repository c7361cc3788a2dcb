#include "pgb/search/checkpoints/row.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/scalar/scalars.h"

namespace pgb {
namespace {

using Ordered = nlohmann::ordered_json;

constexpr const char* schema = "pgb-series/1";
constexpr Answer answers[] = {Answer::satisfied, Answer::violated, Answer::undecided};

std::string count_or_nothing(const std::optional<std::size_t>& count) {
  return count ? std::to_string(*count) : "";
}

}  // namespace

const std::vector<SeriesField>& series_fields() {
  static const std::vector<SeriesField> fields = {{"loss", &SeriesRow::loss},
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
  return fields;
}

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
  if (v.subject.polished) row.distance = to_text(v.subject.distance);
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
                 {"step", to_text(row.step)},
                 {"verdict", answer_name(row.answer)},
                 {"certified", row.certified}};
  for (const auto& [name, field] : series_fields()) {
    out[name] = (row.*field).empty() ? Ordered(nullptr) : Ordered(row.*field);
  }
  out["seconds"] = to_text(row.seconds);
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
  for (const auto& [name, field] : series_fields()) row.*field = text(name);
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

}  // namespace pgb
