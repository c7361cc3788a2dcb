#include "pgb/search/run/multistart.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include "pgb/io/errors.h"
#include "pgb/io/message.h"
#include "pgb/model/problem.h"
#include "pgb/report/numbers.h"
#include "pgb/search/run/points.h"
#include "pgb/version.h"

namespace pgb::search {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{500};
constexpr std::size_t kBetweenLooks = 256;  // problems: a family of fewer is put down whatever the time

class Driver {
 public:
  Driver(Store& store, const Family& family, Workers& workers, const SearchOptions& options)
      : store_(store), family_(family), workers_(workers), options_(options), chunks_(chunks_of(family)) {
    next_chunk_ = applied_ = store.chunks_done();
    for (std::size_t c = 0; c < std::min(applied_, chunks_.count()); ++c) starts_done_ += chunks_.length(c);
    std::size_t counted = 0;
    for (const StoredPoint& point : store.points()) {
      problem(point.problem).add(point);
      counted += point.count;
      ++points_;
      problem_of_[point.id] = point.problem;
      if (point.judgement) {
        ++judged_;
        note(point.id, *point.judgement, point.problem);
      } else {
        waiting_.push_back(task_of(point));
      }
    }
    starts_before_ = starts_done_;
    if (applied_ > chunks_.count() || counted != starts_done_)
      throw InputError(io::shown(store.path(), 160) + ": damaged: " + std::to_string(counted) +
                       " starts are counted, and " + std::to_string(starts_done_) + " were done");
  }

  SearchResult run() {
    while (true) {
      hand_out();
      if (outstanding_ == 0 || patience_is_over()) break;
      if (auto reply = workers_.take(std::chrono::milliseconds(200))) {
        --outstanding_;
        if (reply->kind == Task::Kind::chunk) {
          if (!reply->abandoned) ready_[static_cast<std::size_t>(reply->number)] = std::move(reply->endings);
          apply_in_order();
        } else if (!reply->abandoned) {
          record(*reply);
        }
      }
      report();
    }
    settle();
    SearchResult result;
    result.starts_done = starts_done_;
    result.seconds = seconds();
    result.left_behind = outstanding_ > 0;
    result.complete = applied_ == chunks_.count() && judged_ == points_;
    return result;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }
  bool over() const { return options_.stop != nullptr && *options_.stop; }

  // A call of a library, an eigendecomposition for one, cannot be interrupted.
  bool patience_is_over() {
    if (!over()) return false;
    if (!stopped_) stopped_ = Clock::now();
    return Clock::now() - *stopped_ > kPatience;
  }

  DistinctPoints& problem(std::size_t p) {
    const auto found = problems_.find(p);
    if (found != problems_.end()) return found->second;
    return problems_.emplace(p, DistinctPoints(make_problem(family_.problem(p)))).first->second;
  }

  std::vector<double> data_of(std::size_t p) const {
    const auto found = family_.chosen.find(p);
    return found == family_.chosen.end() ? std::vector<double>() : found->second;
  }

  Task task_of(const StoredPoint& point) const {
    Task task;
    task.kind = Task::Kind::judge;
    task.number = point.id;
    task.problem = point.problem;
    task.data = data_of(point.problem);
    task.ending = point.ending;
    return task;
  }

  void hand_out() {
    const std::size_t room = 2 * workers_.size() + 2;
    while (outstanding_ < room && !over()) {
      if (!waiting_.empty()) {
        workers_.give(std::move(waiting_.front()));
        waiting_.pop_front();
      } else if (next_chunk_ < chunks_.count() && next_chunk_ < applied_ + 4 * room) {
        Task task;
        task.number = static_cast<std::int64_t>(next_chunk_);
        task.problem = chunks_.problem(next_chunk_);
        task.first = chunks_.first(next_chunk_);
        task.length = chunks_.length(next_chunk_++);
        task.data = data_of(task.problem);
        workers_.give(std::move(task));
      } else {
        return;
      }
      ++outstanding_;
    }
  }

  void apply_in_order() {
    for (auto next = ready_.find(applied_); next != ready_.end(); next = ready_.find(applied_)) {
      apply(next->first, next->second);
      ready_.erase(next);
    }
  }

  void apply(std::size_t chunk, const std::vector<Ending>& endings) {
    DistinctPoints& distinct = problem(chunks_.problem(chunk));
    std::set<std::size_t> met;
    store_.begin();
    store_.expect_chunks_done(applied_);
    for (std::size_t s = 0; s < endings.size(); ++s) {
      if (const auto found = distinct.find(endings[s])) {
        ++distinct.points()[*found].count;
        met.insert(*found);
        continue;
      }
      StoredPoint point;
      point.problem = chunks_.problem(chunk);
      point.first_start = chunks_.first(chunk) + s;
      point.count = 1;
      point.ending = endings[s];
      point.id = store_.add_point(point);
      problem_of_[point.id] = point.problem;
      distinct.add(point);
      waiting_.push_back(task_of(point));
      ++points_;
    }
    for (const std::size_t k : met) store_.set_count(distinct.points()[k].id, distinct.points()[k].count);
    store_.set_meta("next_chunk", std::to_string(++applied_));
    store_.commit();
    starts_done_ += endings.size();
  }

  void record(const Reply& reply) {
    store_.begin();
    store_.set_judgement(reply.number, reply.judgement);
    store_.commit();
    ++judged_;
    note(reply.number, reply.judgement, problem_of_.at(reply.number));
  }

  // Keeps track of the best counterexample for the progress line; settle() decides in the end.
  void note(std::int64_t id, const Judgement& j, std::size_t problem) {
    if (j.kind == PointKind::not_finite) return;
    auto& lowest = lowest_.emplace(problem, j.loss_upper).first->second;
    lowest = std::min(lowest, j.loss_upper);
    if (!j.is_minimum()) return;
    ++minima_;
    if (lowest < j.loss_lower && j.loss_lower > best_) {
      best_ = j.loss_lower;
      best_text_ = '#' + std::to_string(id) + ", loss " + report::rounded(j.loss);
    }
  }

  // Every point is compared with the lowest value known in its problem. The certificates are left to the next
  // session, or to the export, where this one has to end.
  void settle() {
    std::map<std::size_t, StoredPoint> lowest;
    std::vector<StoredPoint> all = store_.points();
    for (const StoredPoint& p : all) {
      if (!p.judgement || p.judgement->kind == PointKind::not_finite) continue;
      const auto found = lowest.find(p.problem);
      if (found == lowest.end() || p.judgement->loss_upper < found->second.judgement->loss_upper)
        lowest[p.problem] = p;
    }
    store_.begin();
    for (const StoredPoint& p : all) {
      if (!p.judgement || p.judgement->kind == PointKind::at_infinity ||
          p.judgement->kind == PointKind::stalled)
        continue;
      const StoredPoint& best = lowest.at(p.problem);
      const bool higher = best.judgement->loss_upper < p.judgement->loss_lower;
      const std::int64_t better = higher ? best.id : 0;
      if (better == p.better && !p.better_certificate.empty() == higher) continue;
      store_.set_better(p.id, better,
                        higher && !over() ? lower_value_certificate(*p.judgement, *best.judgement) : "");
    }
    store_.commit();
  }

  void report() const {
    if (!options_.progress) return;
    SearchProgress progress;
    progress.starts_done = starts_done_;
    progress.starts_total = chunks_.problems * chunks_.starts;
    progress.points = points_;
    progress.judged = judged_;
    progress.minima = minima_;
    progress.best = best_text_;
    progress.seconds = seconds();
    const auto done = static_cast<double>(starts_done_ - starts_before_);
    progress.rate = progress.seconds > 0 ? done / progress.seconds : 0;
    if (progress.rate > 0) {
      progress.seconds_left = static_cast<double>(progress.starts_total - starts_done_) / progress.rate;
      if (options_.time > 0)
        progress.seconds_left = std::min(progress.seconds_left, options_.time - progress.seconds);
    }
    options_.progress(progress);
  }

  Store& store_;
  const Family& family_;
  Workers& workers_;
  const SearchOptions& options_;
  const Chunks chunks_;
  const Clock::time_point begun_ = Clock::now();
  std::optional<Clock::time_point> stopped_;
  std::map<std::size_t, DistinctPoints> problems_;
  std::map<std::size_t, std::vector<Ending>> ready_;  // chunks done before their turn
  std::deque<Task> waiting_;                          // judgements
  std::map<std::int64_t, std::size_t> problem_of_;    // of a point
  std::map<std::size_t, double> lowest_;              // proven upper bound of the lowest loss of a problem
  double best_ = -HUGE_VAL;
  std::string best_text_;
  std::size_t next_chunk_ = 0, applied_ = 0, outstanding_ = 0;
  std::size_t starts_done_ = 0, starts_before_ = 0, points_ = 0, judged_ = 0, minima_ = 0;
};

}  // namespace

void put_problem(Store& store, const Family& family, std::size_t p) {
  const Instance instance = family.problem(p);
  store.add_problem(p, family.title(p), instance_text(instance), instance_sha256(instance));
}

bool begin_search(Store& store, const Family& family, const std::atomic<bool>* stop) {
  store.begin();
  store.set_meta("program", "pgbsearch " PGB_VERSION);
  store.set_meta("family", family.text);
  store.set_meta("where", std::filesystem::absolute(family.where).string());
  store.set_meta("name", family.name);
  store.set_meta("seed", std::to_string(family.seed));
  store.set_meta("starts", std::to_string(family.starts));
  for (std::size_t p = 0; p < family.problems(); ++p) {
    if (p % kBetweenLooks == kBetweenLooks - 1 && stop != nullptr && *stop) {
      store.take_back();
      return false;
    }
    make_problem(family.problem(p));  // throws where the data do not fit
    if (!family.variant(p).search) put_problem(store, family, p);
  }
  store.set_meta("next_chunk", "0");
  store.commit();
  return true;
}

void expect_same(const Store& store, const Family& family) {
  const auto refuse = [&](const std::string& what, const std::string& kept, const std::string& given) {
    io::fail(io::shown(store.path(), 160), "the " + what + " the search was begun with, " + kept, given);
  };
  const auto expect = [&](const std::string& key, const std::string& value) {
    const std::string kept = store.meta(key).value_or("");
    if (kept != value) refuse(key, io::in_quotes(kept), io::in_quotes(value));
  };
  expect("seed", std::to_string(family.seed));
  expect("starts", std::to_string(family.starts));
  if (store.meta("family") != family.text)
    refuse("family", "\"" + store.meta("name").value_or("") + "\"", "another");
  for (std::size_t p = 0; p < family.problems(); ++p) {
    if (family.variant(p).search) continue;
    const auto row = store.problem(p);
    if (!row || row->sha256 != instance_sha256(family.problem(p)))
      refuse("data", "problem " + std::to_string(p), "other data");
  }
}

SearchResult run_search(Store& store, const Family& family, Workers& workers, const SearchOptions& options) {
  return Driver(store, family, workers, options).run();
}

}  // namespace pgb::search
