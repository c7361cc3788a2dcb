#include "pgb/search/run/export.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "pgb/io/canonical_problem.h"
#include "pgb/io/errors.h"
#include "pgb/io/message.h"

namespace pgb::search {

StoredPoint expect_point(const Store& store, std::int64_t id) {
  auto point = store.point(id);
  if (!point)
    throw InputError(io::shown(store.path(), 160) + '#' + std::to_string(id) +
                     ": the store has no point of this number");
  return *std::move(point);
}

std::size_t export_points(
    const Store& store, const std::vector<std::int64_t>& ids, const std::string& directory,
    const std::function<void(const std::string& path, const std::string& text)>& write) {
  std::vector<std::int64_t> wanted = ids;
  if (ids.empty()) {
    for (const StoredPoint& p : store.points()) {
      if (p.judgement && p.judgement->is_minimum()) wanted.push_back(p.id);
    }
  }
  std::vector<StoredPoint> points;
  for (const std::int64_t id : wanted) {
    points.push_back(expect_point(store, id));
    if (!points.back().judgement) {
      throw InputError(io::shown(store.path(), 160) + '#' + std::to_string(id) +
                       ": this point has not been looked at yet");
    }
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw InputError(io::shown(directory, 160) + ": cannot be made: " + error.message());
  for (const StoredPoint& p : points) {
    const std::string stem = (std::filesystem::path(directory) / std::to_string(p.id)).string();
    const io::Json canonical = io::parse_json(p.judgement->problem, store.path());
    const bool file = io::find_field(canonical, "model") != nullptr;  // else a population loss, kept as it is
    write(stem + ".json", (file ? io::as_problem_file(canonical, store.path()) : canonical).dump(2) + '\n');
    for (std::size_t k = 0; k < p.judgement->certificates.size(); ++k) {
      const std::string number = k == 0 ? "" : '.' + std::to_string(k + 1);
      write(stem + ".certificate" + number + ".json", p.judgement->certificates[k]);
    }
    std::string lower = p.better_certificate;
    if (p.better != 0 && lower.empty()) {  // the search was stopped before it was written down
      const StoredPoint better = expect_point(store, p.better);
      if (better.judgement) lower = lower_value_certificate(*p.judgement, *better.judgement);
    }
    if (!lower.empty()) write(stem + ".lower.json", lower);
  }
  for (std::size_t p = 0; ids.empty() && p < store.problems(); ++p) {
    const std::string number = std::to_string(p);
    const auto proof = store.meta("prove_state_" + number);
    if (proof)
      write((std::filesystem::path(directory) / ("box-" + number + ".certificate.json")).string(), *proof);
  }
  return points.size();
}

}  // namespace pgb::search
