#include "pgb/search/run/workers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>

#include "pgb/scalar/parallel.h"
#include "pgb/search/local/batch_solver.h"
#include "pgb/search/local/general_solver.h"

namespace pgb::search {
namespace {

constexpr std::size_t kLongestChunk = 256;
constexpr double kChunkWork = 2e8;  // multiplications: about a tenth of a second
constexpr double kSteps = 200;      // of a run
constexpr std::size_t kCached = 64;

// The precision of MPFR numbers belongs to the process in Boost 1.74, not to the thread: one judgement at a
// time.
std::mutex& precision_in_use() {
  static std::mutex mutex;
  return mutex;
}

class ThreadWorkers : public Workers {
 public:
  ThreadWorkers(const Labour& labour, int threads) : labour_(labour) {
    for (int t = 0; t < threads; ++t) threads_.emplace_back([this] { work(); });
  }
  ~ThreadWorkers() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
      tasks_.clear();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ThreadWorkers(const ThreadWorkers&) = delete;
  ThreadWorkers& operator=(const ThreadWorkers&) = delete;

  std::size_t size() const override { return threads_.size(); }

  bool idle() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return tasks_.empty() && busy_ == 0;
  }

  void give(Task task) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

  std::optional<Reply> take(std::chrono::milliseconds time) override {
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait_for(lock, time, [this] { return !replies_.empty() || failure_; });
    if (failure_) std::rethrow_exception(failure_);
    if (replies_.empty()) return std::nullopt;
    Reply reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }

 private:
  void work() {
    const ThreadCaches caches;
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ended_ || !tasks_.empty(); });
      if (ended_) return;
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      ++busy_;
      lock.unlock();
      Reply reply;
      std::exception_ptr failure;
      try {
        reply = labour_(task);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      --busy_;
      if (failure) {
        failure_ = failure;
      } else {
        replies_.push_back(std::move(reply));
      }
      finished_.notify_one();
    }
  }

  const Labour& labour_;
  std::vector<std::thread> threads_;
  mutable std::mutex mutex_;
  std::condition_variable changed_, finished_;
  std::deque<Task> tasks_;
  std::deque<Reply> replies_;
  std::exception_ptr failure_;
  std::size_t busy_ = 0;
  bool ended_ = false;
};

}  // namespace

Chunks chunks_of(const Family& family) {
  double work = 1;
  for (const Variant& v : family.variants) {
    const auto n = static_cast<double>(v.parameters),
               m = static_cast<double>(v.population ? v.parameters : v.data.samples() * v.data.d_y);
    work = std::max(work, kSteps * n * n * (m + n));
  }
  Chunks chunks;
  chunks.problems = family.problems();
  chunks.starts = family.starts;
  chunks.size =
      static_cast<std::size_t>(std::clamp(kChunkWork / work, 1.0, static_cast<double>(kLongestChunk)));
  if (chunks.size > 8) chunks.size -= chunks.size % 8;  // whole groups of lanes
  return chunks;
}

struct Labour::Prepared {
  Instance instance;
  Problem problem;
  std::optional<Layered> net;
};

struct Labour::Cache {
  struct Entry {
    std::size_t problem;
    std::vector<double> data;
    std::shared_ptr<const Prepared> prepared;
  };
  std::mutex mutex;
  std::list<Entry> recent;
};

Labour::Labour(const Family& family, const std::atomic<bool>* stop)
    : family_(family), stop_(stop), cache_(std::make_unique<Cache>()) {}
Labour::~Labour() = default;

std::shared_ptr<const Labour::Prepared> Labour::prepared(const Task& task) const {
  {
    const std::lock_guard<std::mutex> lock(cache_->mutex);
    auto& recent = cache_->recent;
    for (auto at = recent.begin(); at != recent.end(); ++at) {
      if (at->problem != task.problem || at->data != task.data) continue;
      recent.splice(recent.begin(), recent, at);
      return recent.front().prepared;
    }
  }
  auto made = std::make_shared<Prepared>();
  made->instance = family_.problem(task.problem, task.data);
  made->problem = make_problem(made->instance);
  made->net = layered(made->problem);
  const std::lock_guard<std::mutex> lock(cache_->mutex);
  cache_->recent.push_front({task.problem, task.data, made});
  if (cache_->recent.size() > kCached) cache_->recent.pop_back();
  return made;
}

Reply Labour::operator()(const Task& task) const {
  Reply reply;
  reply.kind = task.kind;
  reply.number = task.number;
  const auto stopped = [this] { return stop_ != nullptr && *stop_; };
  const std::shared_ptr<const Prepared> p = prepared(task);
  if (task.kind == Task::Kind::judge) {
    const std::lock_guard<std::mutex> lock(precision_in_use());
    if (!stopped()) reply.judgement = judge(p->instance, task.ending, stop_);
    reply.abandoned = stopped();
    return reply;
  }
  SolverOptions options;
  options.stop = stop_;
  std::vector<std::vector<double>> starts = task.from;
  for (std::size_t s = 0; s < task.length; ++s) starts.push_back(family_.start(task.problem, task.first + s));
  if (p->net) {
    reply.endings = solve_batch(*p->net, starts, options);
  } else {
    for (std::size_t s = 0; s < starts.size() && !stopped(); ++s)
      reply.endings.push_back(solve_general(p->problem, starts[s], options));
  }
  reply.abandoned = stopped();
  return reply;
}

std::unique_ptr<Workers> thread_workers(const Labour& labour, int threads) {
  return std::make_unique<ThreadWorkers>(labour, threads);
}

}  // namespace pgb::search
