#include "report/outcomes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/version.h"

namespace pgb::claims {
namespace {

constexpr std::size_t line_width = 100, most_failures = 20;

std::string result_of(const Outcome& outcome) {
  return outcome.passed()   ? (outcome.finished ? "pass" : "pass (stopped)")
         : outcome.finished ? "FAIL"
                            : "stopped";
}

std::string controls_of(const Outcome& outcome) {
  const auto refused = std::count(outcome.refused.begin(), outcome.refused.end(), true);
  return std::to_string(refused) + '/' + std::to_string(outcome.claim->controls.size());
}

std::string failures_of(const Outcome& outcome) {
  std::string out;
  std::size_t shown = 0;
  for (const Instance& instance : outcome.result.instances) {
    if (instance.standing != Standing::failed || ++shown > most_failures) continue;
    out += "  " + outcome.claim->name + " failed: " + report::printable(instance.what) + ": " +
           report::printable(instance.shown) + '\n';
  }
  if (shown > most_failures) out += "  and " + report::counted(shown - most_failures, "more failure") + '\n';
  for (std::size_t k = 0; k < outcome.refused.size(); ++k) {
    if (!outcome.refused[k])
      out += "  " + outcome.claim->name + " failed: its checks do not refuse " +
             outcome.claim->controls[k].what + '\n';
  }
  return out;
}

}  // namespace

std::string outcomes_text(const std::vector<Outcome>& outcomes) {
  const std::vector<std::string> head{"claim",    "instances", "certified", "supported",
                                      "controls", "time",      "result"};
  std::vector<std::vector<std::string>> table{head};
  std::size_t instances = 0, proved = 0, passed = 0;
  double seconds = 0;
  for (const Outcome& outcome : outcomes) {
    const ClaimResult& result = outcome.result;
    table.push_back({outcome.claim->name, report::count_text(result.instances.size()),
                     report::count_text(result.count(Standing::proved)),
                     report::count_text(result.count(Standing::supported)), controls_of(outcome),
                     report::duration_text(outcome.seconds), result_of(outcome)});
    instances += result.instances.size();
    proved += result.count(Standing::proved);
    passed += outcome.passed() ? 1 : 0;
    seconds += outcome.seconds;
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& row : table) {
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], report::text_width(row[k]));
  }
  std::string out;
  for (const auto& row : table) {
    out += "  " + report::pad_right(row.front(), widths.front());
    for (std::size_t k = 1; k + 1 < row.size(); ++k) out += "  " + report::pad_left(row[k], widths[k]);
    out += "  " + row.back() + '\n';
  }
  for (const Outcome& outcome : outcomes) out += failures_of(outcome);
  return out + "  " + std::to_string(passed) + " of " + report::counted(outcomes.size(), "claim") +
         " passed · " + report::counted(instances, "instance") + ", " + report::count_text(proved) +
         " certified · " + report::duration_text(seconds) + '\n';
}

std::string instances_text(const Outcome& outcome) {
  std::string out = "  " + outcome.claim->name + '\n';
  for (const Instance& instance : outcome.result.instances) {
    out += "    " + report::printable(instance.what) + '\n';
    const std::string shown =
        std::string(standing_name(instance.standing)) + ": " + report::printable(instance.shown);
    for (const std::string& line : report::wrap(shown, line_width - 6)) out += "      " + line + '\n';
    std::string numbers;
    for (const Number& number : instance.numbers) {
      numbers += (numbers.empty() ? "" : " · ") + number.name + ' ' + report::printable(number.value);
    }
    if (numbers.empty()) continue;
    for (const std::string& line : report::wrap(numbers, line_width - 6)) out += "      " + line + '\n';
  }
  return out;
}

std::string outcomes_json(const std::vector<Outcome>& outcomes, const ClaimOptions& options) {
  using Json = nlohmann::ordered_json;
  Json claims = Json::array();
  for (const Outcome& outcome : outcomes) {
    const Claim& claim = *outcome.claim;
    Json rows = Json::array(), controls = Json::array();
    for (const Instance& instance : outcome.result.instances) {
      Json numbers = Json::object();
      for (const Number& number : instance.numbers) numbers[number.name] = number.value;
      rows.push_back({{"what", instance.what},
                      {"standing", standing_name(instance.standing)},
                      {"shown", instance.shown},
                      {"numbers", std::move(numbers)}});
    }
    for (std::size_t k = 0; k < claim.controls.size(); ++k) {
      const Json refused =
          k < outcome.refused.size() ? Json(static_cast<bool>(outcome.refused[k])) : Json(nullptr);
      controls.push_back({{"what", claim.controls[k].what}, {"refused", refused}});
    }
    claims.push_back({{"name", claim.name},
                      {"group", claim.group},
                      {"statement", claim.statement},
                      {"hypotheses", claim.hypotheses},
                      {"passed", outcome.passed()},
                      {"finished", outcome.finished},
                      {"proved", outcome.result.count(Standing::proved)},
                      {"supported", outcome.result.count(Standing::supported)},
                      {"failed", outcome.result.count(Standing::failed)},
                      {"seconds", outcome.seconds},
                      {"controls", std::move(controls)},
                      {"notes", outcome.result.notes},
                      {"instances", std::move(rows)}});
  }
  return Json{{"schema", "pgb-reproduction/1"},
              {"tool", "pgbrepro " PGB_VERSION},
              {"seed", options.seed},
              {"claims", std::move(claims)}}
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string list_text(const std::vector<Claim>& claims) {
  std::string out, group;
  for (const Claim& claim : claims) {
    if (claim.group != group) out += (group.empty() ? "" : "\n") + claim.group + '\n';
    group = claim.group;
    out += "  " + claim.name + '\n';
    for (const std::string& line : report::wrap(claim.statement, line_width - 6))
      out += "      " + line + '\n';
  }
  return out;
}

}  // namespace pgb::claims
