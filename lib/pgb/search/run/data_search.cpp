#include "pgb/search/run/data_search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include <nlopt.h>

#include "pgb/search/run/multistart.h"
#include "pgb/search/run/points.h"

namespace pgb::search {
namespace {

constexpr std::uint64_t kWidthStream = 0x41d7;
constexpr std::size_t kPart = 16;  // starts of one task
constexpr double kHigher = 1e-6;   // of the variance of the targets: losses closer to the least are not bad

// The tasks' endings one after another; nothing where one was abandoned.
std::vector<Ending> all_endings(Workers& workers, std::vector<Task> tasks) {
  const std::size_t count = tasks.size();
  for (Task& task : tasks) workers.give(std::move(task));
  std::map<std::int64_t, std::vector<Ending>> parts;
  bool abandoned = false;
  for (std::size_t received = 0; received < count;) {
    auto reply = workers.take(std::chrono::milliseconds(200));
    if (!reply) continue;
    ++received;
    abandoned = abandoned || reply->abandoned;
    parts[reply->number] = std::move(reply->endings);
  }
  std::vector<Ending> endings;
  for (auto& [number, part] : parts) endings.insert(endings.end(), part.begin(), part.end());
  if (abandoned) endings.clear();
  return endings;
}

double variance(const std::vector<double>& y, std::size_t width) {
  double sum = 0;
  for (std::size_t k = 0; k < width; ++k) {
    double mean = 0;
    const double m = static_cast<double>(y.size() / width);
    for (std::size_t i = k; i < y.size(); i += width) mean += y[i] / m;
    for (std::size_t i = k; i < y.size(); i += width) sum += (y[i] - mean) * (y[i] - mean) / m;
  }
  return std::max(sum, 1e-300);
}

class ProblemSearch {
 public:
  ProblemSearch(Store& store, const Family& family, Workers& workers, const DataSearchOptions& options,
                std::size_t p)
      : store_(store),
        family_(family),
        workers_(workers),
        options_(options),
        p_(p),
        rule_(*family.variant(p).search),
        known_(store.evaluations(p)) {}

  // The best numbers; empty where it was stopped.
  std::vector<double> run() {
    const Instance first = family_.problem(p_);
    std::vector<double> at;
    if (rule_.over_x) at = first.file.x.values;
    if (rule_.over_y) at.insert(at.end(), first.file.y.values.begin(), first.file.y.values.end());
    for (double& value : at) value = std::clamp(value, rule_.from, rule_.to);
    best_ = at;
    const auto n = static_cast<unsigned>(at.size());
    const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> optimiser(nlopt_create(NLOPT_GN_CRS2_LM, n),
                                                                      nlopt_destroy);
    nlopt_set_lower_bounds1(optimiser.get(), rule_.from);
    nlopt_set_upper_bounds1(optimiser.get(), rule_.to);
    nlopt_set_maxeval(optimiser.get(), static_cast<int>(rule_.evaluations));
    nlopt_set_population(optimiser.get(), static_cast<unsigned>(std::clamp<std::size_t>(
                                              rule_.evaluations / 3, n + 1, 10 * (n + 1))));
    nlopt_set_max_objective(optimiser.get(), objective, this);
    nlopt_srand(static_cast<unsigned long>(Random{family_.seed, p_}.next() >> 1));
    optimiser_ = optimiser.get();
    double value = 0;
    nlopt_optimize(optimiser.get(), at.data(), &value);
    if (failure_) std::rethrow_exception(failure_);
    return stopped_ ? std::vector<double>() : best_;
  }

 private:
  static double objective(unsigned n, const double* at, double*, void* self) {
    auto& search = *static_cast<ProblemSearch*>(self);
    try {
      return search.value_of(std::vector<double>(at, at + n));
    } catch (...) {
      search.failure_ = std::current_exception();  // not through C code
      nlopt_force_stop(search.optimiser_);
      return 0;
    }
  }

  bool over() const { return options_.stop != nullptr && *options_.stop; }

  double value_of(const std::vector<double>& numbers) {
    double score = 0;
    if (done_ < known_.size()) {
      score = known_[done_];
    } else {
      stopped_ = stopped_ || over();
      const auto computed = stopped_ ? std::nullopt : computed_value(numbers);
      if (!computed) {
        stopped_ = true;
        nlopt_force_stop(optimiser_);
        return 0;
      }
      score = *computed;
      store_.begin();
      store_.add_evaluation(p_, done_, score);
      store_.commit();
    }
    ++done_;
    if (done_ == 1 || score > best_score_) {
      best_score_ = score;
      best_ = numbers;
    }
    if (options_.progress)
      options_.progress(p_ * rule_.evaluations + done_, family_.problems() * rule_.evaluations, best_score_);
    return score;
  }

  Task task(const std::vector<double>& numbers, std::size_t number) const {
    Task t;
    t.number = static_cast<std::int64_t>(number);
    t.problem = p_;
    t.data = numbers;
    return t;
  }

  std::optional<double> computed_value(const std::vector<double>& numbers) {
    std::vector<Task> tasks;
    for (std::size_t first = 0; first < rule_.starts; first += kPart) {
      tasks.push_back(task(numbers, tasks.size()));
      tasks.back().first = first;
      tasks.back().length = std::min(kPart, rule_.starts - first);
    }
    const std::vector<Ending> endings = all_endings(workers_, std::move(tasks));
    if (endings.empty()) return std::nullopt;
    const Instance instance = family_.problem(p_, numbers);
    const double scale = variance(instance.file.y.values, family_.variant(p_).data.d_y);
    double least = HUGE_VAL;
    for (const Ending& e : endings) {
      if (e.kind != EndKind::not_finite) least = std::min(least, e.loss);
    }
    DistinctPoints bad(make_problem(instance));
    std::size_t count = 0;
    double deepest = 0;
    for (const Ending& e : endings) {
      if (e.curvature != Curvature::positive || !(e.loss > least + kHigher * scale)) continue;
      ++count;
      deepest = std::max(deepest, (e.loss - least) / scale);
      if (const auto found = bad.find(e)) {
        ++bad.points()[*found].count;
      } else {
        StoredPoint point;
        point.count = 1;
        point.ending = e;
        bad.add(point);
      }
    }
    if (rule_.goal == DataSearch::Goal::deep || count == 0) return deepest;
    if (rule_.goal == DataSearch::Goal::frequent)
      return static_cast<double>(count) / static_cast<double>(rule_.starts);
    return width(numbers, bad);
  }

  std::optional<double> width(const std::vector<double>& numbers, DistinctPoints& bad) {
    const auto most =
        std::max_element(bad.points().begin(), bad.points().end(),
                         [](const StoredPoint& a, const StoredPoint& b) { return a.count < b.count; });
    const auto index = static_cast<std::size_t>(most - bad.points().begin());
    std::vector<Task> tasks;
    for (std::size_t s = 0; s < rule_.starts; ++s) {
      if (s % kPart == 0) tasks.push_back(task(numbers, tasks.size()));
      std::vector<double> z = most->ending.z;
      Random random{family_.seed, kWidthStream, p_, s};
      for (double& entry : z) entry += family_.variant(p_).start.draw(random);
      tasks.back().from.push_back(std::move(z));
    }
    const std::vector<Ending> endings = all_endings(workers_, std::move(tasks));
    if (endings.empty()) return std::nullopt;
    const auto returned = std::count_if(endings.begin(), endings.end(), [&](const Ending& e) {
      const auto found = bad.find(e);
      return found && *found == index;
    });
    return static_cast<double>(returned) / static_cast<double>(rule_.starts);
  }

  Store& store_;
  const Family& family_;
  Workers& workers_;
  const DataSearchOptions& options_;
  const std::size_t p_;
  const DataSearch& rule_;
  const std::vector<double> known_;  // values of an earlier session
  nlopt_opt optimiser_ = nullptr;
  std::size_t done_ = 0;
  double best_score_ = 0;
  std::vector<double> best_;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace

bool search_data(Store& store, Family& family, Workers& workers, const DataSearchOptions& options) {
  for (std::size_t p = 0; p < family.problems(); ++p) {
    if (!family.variant(p).search) continue;
    if (const auto row = store.problem(p)) {
      const Instance instance = instance_from_text(row->canonical, store.path());
      std::vector<double>& numbers = family.chosen[p];
      if (family.variant(p).search->over_x) numbers = instance.file.x.values;
      if (family.variant(p).search->over_y) {
        numbers.insert(numbers.end(), instance.file.y.values.begin(), instance.file.y.values.end());
      }
      continue;
    }
    const std::vector<double> best = ProblemSearch(store, family, workers, options, p).run();
    if (best.empty()) return false;
    family.chosen[p] = best;
    store.begin();
    put_problem(store, family, p);
    store.commit();
  }
  return true;
}

}  // namespace pgb::search
