#include "pgb/search/run/summary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <tuple>

#include <nlohmann/json.hpp>

#include "pgb/report/numbers.h"
#include "pgb/report/plain_text.h"
#include "pgb/search/family/family.h"
#include "pgb/search/run/workers.h"
#include "pgb/version.h"

namespace pgb::search {
namespace {

using Json = nlohmann::ordered_json;
using report::count_text;
using report::counted;
using report::pad_left;
using report::pad_right;
using report::printable;

constexpr std::size_t kShownLosses = 25, kShownPoints = 10;
constexpr int kBar = 30;  // characters of the longest bar

std::string loss_text(double loss) {
  if (loss == 0 || std::abs(loss) < 1e-9) return "0";
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", loss);
  return text;
}

double loss_of(const StoredPoint& p) {
  return p.judgement && !p.judgement->loss.empty() ? std::strtod(p.judgement->loss.c_str(), nullptr)
                                                   : p.ending.loss;
}

std::string kind_text(PointKind kind, bool certified) {
  std::string text = point_kind_name(kind);
  // What is proven of these is that the end is not critical; where the run leads is evidence.
  if (kind == PointKind::at_infinity || kind == PointKind::stalled)
    return text + (certified ? " (end not critical: certified)" : "");
  return text + (certified ? " (certified)" : " (approx)");
}

// For people: where there are many values, those at which runs ended without a critical point are put
// together by powers of ten.
std::vector<LossCount> shown_losses(const std::vector<LossCount>& losses) {
  if (losses.size() <= kShownLosses) return losses;
  std::vector<LossCount> shown;
  std::map<std::tuple<int, PointKind, bool>, std::size_t> places;  // in `shown`
  for (const LossCount& c : losses) {
    const double loss = std::strtod(c.loss.c_str(), nullptr);
    const bool critical = c.kind != PointKind::at_infinity && c.kind != PointKind::stalled &&
                          c.kind != PointKind::no_minimum && c.kind != PointKind::not_finite;
    if (!c.judged || critical || !(loss > 0) || !std::isfinite(loss)) {
      shown.push_back(c);
      continue;
    }
    const int power = static_cast<int>(std::floor(std::log10(loss)));
    const auto [place, is_new] = places.emplace(std::make_tuple(power, c.kind, c.certified), shown.size());
    if (is_new) {
      shown.push_back(c);
      shown.back().loss = "from 1e" + std::to_string(power);
      continue;
    }
    shown[place->second].points += c.points;
    shown[place->second].starts += c.starts;
  }
  return shown;
}

Json point_json(const StoredPoint& p) {
  const Judgement& j = *p.judgement;
  return {{"id", p.id},
          {"problem", p.problem},
          {"first_start", p.first_start},
          {"starts", p.count},
          {"kind", point_kind_name(j.kind)},
          {"certified", j.certified},
          {"reason", j.reason.empty() ? Json(nullptr) : Json(j.reason)},
          {"explanation", j.explanation},
          {"loss", j.loss},
          {"problem_sha256", j.sha256},
          {"better", p.better == 0 ? Json(nullptr) : Json(p.better)}};
}

}  // namespace

int Summary::exit_status() const {
  return !counterexamples.empty() ? 1 : !complete || !suspects.empty() ? 3 : 0;
}

Summary summarise(const Store& store) {
  Summary s;
  const Family family =
      family_from_text(store.meta("family").value_or("{}"), store.meta("where").value_or(store.path()));
  s.family = store.meta("name").value_or("");
  s.about = family.about;
  s.problems = family.problems();
  const std::size_t starts = std::strtoull(store.meta("starts").value_or("0").c_str(), nullptr, 10);
  s.starts_total = s.problems * starts;
  std::map<std::pair<double, std::pair<PointKind, bool>>, LossCount> losses;
  for (const StoredPoint& p : store.points()) {
    ++s.points;
    s.starts_done += p.count;
    LossCount entry;
    entry.loss = loss_text(loss_of(p));
    entry.judged = p.judgement.has_value();
    if (p.judgement) {
      entry.kind = p.judgement->kind;
      entry.certified = p.judgement->certified;
      auto& [points, of_starts] = s.kinds[entry.kind];
      ++points;
      of_starts += p.count;
    } else {
      ++s.unjudged;
    }
    LossCount& sum = losses
                         .emplace(std::make_pair(std::strtod(entry.loss.c_str(), nullptr),
                                                 std::make_pair(entry.kind, entry.certified)),
                                  entry)
                         .first->second;
    ++sum.points;
    sum.starts += p.count;
    if (p.counterexample()) s.counterexamples.push_back(p);
    const bool open = p.judgement &&
                      (p.judgement->kind == PointKind::degenerate || p.judgement->kind == PointKind::on_kink);
    if (open && p.better != 0 && !(p.judgement->smallest_curvature < -1e-12)) s.suspects.push_back(p);
  }
  for (const auto& item : losses) s.losses.push_back(item.second);
  s.complete = s.starts_done == s.starts_total && s.unjudged == 0;
  return s;
}

std::string summary_text(const Summary& s, const Store& store) {
  std::string text;
  const auto line = [&](const std::string& label, const std::string& words) {
    text += "  " + pad_right(label, 18) + printable(words) + '\n';
  };
  line("Family", s.family);
  for (const std::string& part : report::wrap(printable(s.about), 78)) {
    if (!s.about.empty()) text += std::string(20, ' ') + part + '\n';
  }
  line("Problems", counted(s.problems, "problem"));
  line("Starts", count_text(s.starts_done) + " of " + count_text(s.starts_total) +
                     (s.seconds >= 0 ? ", " + report::duration_text(s.seconds) + " in this session" : ""));
  line("Distinct ends", counted(s.points, "point") +
                            (s.unjudged > 0 ? ", " + count_text(s.unjudged) + " not looked at yet" : ""));
  for (const auto& [kind, counts] : s.kinds) {
    line("", pad_left(count_text(counts.first), 8) + "  " + pad_right(point_kind_name(kind), 26) +
                 counted(counts.second, "start"));
  }
  std::size_t most = 1;
  const std::vector<LossCount> losses = shown_losses(s.losses);
  for (const LossCount& c : losses) most = std::max(most, c.starts);
  text += "\n  " + pad_left("loss", 12) + pad_left("starts", 12) + pad_left("points", 10) + "  kind\n";
  for (std::size_t k = 0; k < losses.size() && k < kShownLosses; ++k) {
    const LossCount& c = losses[k];
    const auto bar = static_cast<std::size_t>(
        std::ceil(kBar * std::log1p(static_cast<double>(c.starts)) / std::log1p(static_cast<double>(most))));
    text += "  " + pad_left(c.loss, 12) + pad_left(count_text(c.starts), 12) +
            pad_left(count_text(c.points), 10) + "  " + pad_right(std::string(bar, '#'), kBar) + "  " +
            (c.judged ? kind_text(c.kind, c.certified) : "not looked at yet") + '\n';
  }
  if (losses.size() > kShownLosses)
    text += "  ... and " + counted(losses.size() - kShownLosses, "further value") + "\n";
  text += '\n';
  const auto list = [&](const std::vector<StoredPoint>& points, const std::string& one,
                        const std::string& many) {
    if (points.empty()) return;
    text += "  " + counted(points.size(), one + ":", many + ":") + '\n';
    for (std::size_t k = 0; k < points.size() && k < kShownPoints; ++k) {
      const StoredPoint& p = points[k];
      const auto row = store.problem(p.problem);
      text += "    #" + std::to_string(p.id) + "  loss " + report::rounded(p.judgement->loss) + ", #" +
              std::to_string(p.better) + " is lower; " + counted(p.count, "start") + "; " +
              printable(row ? row->title : "") + '\n';
      if (const auto mode = store.failure_mode(p.id)) text += "        " + printable(*mode) + '\n';
    }
    if (points.size() > kShownPoints)
      text += "    ... and " + count_text(points.size() - kShownPoints) + " more\n";
  };
  list(s.counterexamples, "certified suboptimal local minimum", "certified suboptimal local minima");
  list(s.suspects,
       "degenerate or kinked point with a proven lower loss elsewhere; whether it is a minimum is open",
       "degenerate or kinked points with a proven lower loss elsewhere; whether they are minima is open");
  if (s.counterexamples.empty() && s.suspects.empty()) text += "  No suboptimal local minimum was found.\n";
  if (!s.complete) text += "  The search is not complete; --resume goes on with it.\n";
  return text;
}

std::string summary_json(const Summary& s, const Store& store) {
  Json kinds = Json::object(), losses = Json::array(), points = Json::array();
  for (const auto& [kind, counts] : s.kinds) {
    kinds[point_kind_name(kind)] = {{"points", counts.first}, {"starts", counts.second}};
  }
  for (const LossCount& c : s.losses) {
    losses.push_back(Json{{"loss", c.loss},
                          {"kind", c.judged ? Json(point_kind_name(c.kind)) : Json(nullptr)},
                          {"certified", c.certified},
                          {"points", c.points},
                          {"starts", c.starts}});
  }
  Json counterexamples = Json::array(), suspects = Json::array();
  for (const StoredPoint& p : s.counterexamples) counterexamples.push_back(point_json(p));
  for (const StoredPoint& p : s.suspects) suspects.push_back(point_json(p));
  const Json out = {{"schema", "pgb-search/1"},
                    {"tool", "pgbsearch " PGB_VERSION},
                    {"family", s.family},
                    {"store", store.path() == ":memory:" ? Json(nullptr) : Json(store.path())},
                    {"problems", s.problems},
                    {"starts", {{"done", s.starts_done}, {"total", s.starts_total}}},
                    {"complete", s.complete},
                    {"points", s.points},
                    {"points_not_looked_at", s.unjudged},
                    {"kinds", kinds},
                    {"losses", losses},
                    {"counterexamples", counterexamples},
                    {"suspects", suspects},
                    {"seconds", s.seconds < 0 ? Json(nullptr) : Json(std::round(s.seconds * 1e3) / 1e3)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string point_text(const StoredPoint& p, const Store& store) {
  std::string text;
  const auto line = [&](const std::string& label, const std::string& words) {
    bool first = true;
    for (const std::string& part : report::wrap(printable(words), 78)) {
      text += "  " + pad_right(first ? label : "", 18) + part + '\n';
      first = false;
    }
  };
  const auto row = store.problem(p.problem);
  line("Point", store.path() + '#' + std::to_string(p.id));
  line("Problem", std::to_string(p.problem) + ": " + (row ? row->title : ""));
  line("Reached by", counted(p.count, "start") + ", first by number " + std::to_string(p.first_start));
  if (!p.judgement) {
    line("Kind", std::string(end_kind_name(p.ending.kind)) + ", not looked at yet");
    return text;
  }
  const Judgement& j = *p.judgement;
  line("Kind", kind_text(j.kind, j.certified));
  line("Loss", report::rounded(j.loss, report::Notation::plain, 17));
  if (p.better != 0) line("Suboptimal", "certified: at #" + std::to_string(p.better) + " the loss is lower");
  const std::size_t certificates = j.certificates.size() + (p.better_certificate.empty() ? 0 : 1);
  const bool known = certificates > 0 || !(j.certified || p.better != 0);
  line("Certificates", known ? counted(certificates, "certificate")
                             : "none: pgbverify does not know losses over all Gaussian inputs");
  line("", j.explanation);
  if (const auto mode = store.failure_mode(p.id)) line("", *mode);
  text += '\n';
  return text;
}

}  // namespace pgb::search
