#include "pgb/search/run/prove.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/search/exhaustive.h"
#include "pgb/version.h"

namespace pgb::search {
namespace {

using Json = nlohmann::ordered_json;
using report::exact_text;

const char* kind_text(boxes::IsolatedPoint::Kind kind) {
  switch (kind) {
    case boxes::IsolatedPoint::Kind::minimum:
      return "local minimum";
    case boxes::IsolatedPoint::Kind::maximum:
      return "local maximum";
    case boxes::IsolatedPoint::Kind::saddle:
      return "saddle";
    case boxes::IsolatedPoint::Kind::unclassified:
      break;
  }
  return "critical point of unknown kind";
}

std::string result_json(const ExhaustiveResult& result) {
  Json points = Json::array();
  for (const ExhaustivePoint& p : result.points) {
    Json center = Json::array();
    for (const double z : p.point.center) center.push_back(exact_text(z));
    points.push_back(Json{{"kind", kind_text(p.point.kind)},
                          {"suboptimal", p.suboptimal},
                          {"loss_lower", exact_text(p.value_low)},
                          {"loss_upper", exact_text(p.value_high)},
                          {"center", center},
                          {"radius", exact_text(p.point.radius)}});
  }
  const bool complete = result.status == ExhaustiveResult::Status::complete;
  const Json out{{"status", complete ? "complete" : "undecided"},
                 {"statement", result.statement},
                 {"minima", result.minima()},
                 {"suboptimal_minima", result.suboptimal_minima()},
                 {"points", points},
                 {"undecided_boxes", result.undecided.size()},
                 {"undecided_volume", exact_text(result.undecided_volume)},
                 {"difficulty", result.difficulty.empty() ? Json(nullptr) : Json(result.difficulty)},
                 {"boxes_examined", result.examined}};
  return out.dump();
}

Json parsed(const Store& store, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const bool sound = json.is_object() && json.contains("status") && json.contains("statement") &&
                     json.contains("suboptimal_minima") && json.contains("points");
  if (!sound)
    throw InputError(io::shown(store.path(), 160) + ": damaged: a list that was proved cannot be read");
  return json;
}

std::string key(const char* what, std::size_t p) { return std::string(what) + std::to_string(p); }

}  // namespace

void prove_family(Store& store, const Family& family, const ProveOptions& options) {
  const std::string asked =
      "box " + exact_text(options.box) + (options.critical_points ? ", critical points" : ", local minima");
  const std::string before = store.meta("prove").value_or(asked);
  if (before != asked)
    throw InputError(store.path() + ": expected the proof the store was begun with (" + before + "), found " +
                     asked);
  store.set_meta("prove", asked);
  for (std::size_t p = 0; p < family.problems() && !(options.stop != nullptr && *options.stop); ++p) {
    if (store.meta(key("proved_", p))) continue;
    ExhaustiveOptions exhaustive;
    exhaustive.box = {options.box};
    exhaustive.subject =
        options.critical_points ? boxes::Subject::critical_points : boxes::Subject::local_minima;
    exhaustive.max_boxes = options.max_boxes;
    exhaustive.threads = options.threads;
    exhaustive.stop = options.stop;
    exhaustive.resume = store.meta(key("prove_state_", p)).value_or("");
    exhaustive.progress = [&](const boxes::SearchProgress& progress) {
      if (options.progress) options.progress(p, family.problems(), progress.examined, progress.decided);
    };
    exhaustive.checkpoint = [&](const std::string& state) { store.set_meta(key("prove_state_", p), state); };
    const ExhaustiveResult result = exhaustive_search(make_problem(family.problem(p)), exhaustive);
    const std::string proof = certificate::write_certificate(result.proof);
    store.begin();
    store.set_meta(key("prove_state_", p), proof);  // what is open is gone on with from here
    if (result.status != ExhaustiveResult::Status::stopped)
      store.set_meta(key("proved_", p), result_json(result));
    store.commit();
  }
}

int prove_status(const Store& store) {
  bool undecided = false, found = false;
  for (std::size_t p = 0; p < store.problems(); ++p) {
    const auto text = store.meta(key("proved_", p));
    if (!text) {
      undecided = true;
      continue;
    }
    const Json result = parsed(store, *text);
    found = found || result["suboptimal_minima"] > 0;
    undecided = undecided || result["status"] != "complete";
  }
  return found ? 1 : undecided ? 3 : 0;
}

std::string prove_text(const Store& store) {
  std::string text = "  All points of every problem in the " + store.meta("prove").value_or("box") + '\n';
  for (std::size_t p = 0; p < store.problems(); ++p) {
    const auto row = store.problem(p);
    const auto proved = store.meta(key("proved_", p));
    text += "\n  Problem " + std::to_string(p) + ": " + report::printable(row ? row->title : "") + '\n';
    if (!proved) {
      text += "    not finished; --resume goes on with it\n";
      continue;
    }
    const Json result = parsed(store, *proved);
    const std::string statement = result["statement"].get<std::string>();
    for (const std::string& line : report::wrap(report::printable(statement), 92))
      text += "    " + line + '\n';
    for (const Json& point : result["points"]) {
      std::string center;
      for (const Json& z : point["center"]) {
        center += (center.empty() ? "" : ", ") + report::rounded(z.get<std::string>());
      }
      text += "    loss " + report::pad_right(report::rounded(point["loss_upper"].get<std::string>()), 12) +
              report::pad_right(point["kind"].get<std::string>(), 16) +
              (point["suboptimal"] ? "suboptimal  " : "            ") + "at (" + center + ")\n";
    }
  }
  return text;
}

std::string prove_json(const Store& store) {
  Json problems = Json::array();
  for (std::size_t p = 0; p < store.problems(); ++p) {
    const auto row = store.problem(p);
    const auto proved = store.meta(key("proved_", p));
    Json entry{{"problem", p}, {"title", row ? row->title : ""}, {"problem_sha256", row ? row->sha256 : ""}};
    entry["result"] = proved ? parsed(store, *proved) : Json(nullptr);
    problems.push_back(entry);
  }
  const Json out{{"schema", "pgb-search-proof/1"},
                 {"tool", "pgbsearch " PGB_VERSION},
                 {"asked", store.meta("prove").value_or("")},
                 {"problems", problems}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pgb::search
