// The two kinds of work of a search, and who does it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgb/search/family/family.h"
#include "pgb/search/run/deadline.h"
#include "pgb/search/run/judgement.h"

namespace pgb::search {

// Either the runs of one chunk of starts, or the judgement of one end.
struct Task {
  enum class Kind { chunk, judge };
  Kind kind = Kind::chunk;
  std::int64_t number = 0;  // of the chunk, or id of the point
  std::size_t problem = 0;
  std::vector<double> data;               // numbers of Family::problem(p, numbers); empty: those of the rules
  std::size_t first = 0, length = 0;      // chunk: which starts
  std::vector<std::vector<double>> from;  // chunk: these points instead
  Ending ending;                          // judge
};

struct Reply {
  Task::Kind kind = Task::Kind::chunk;
  std::int64_t number = 0;
  std::vector<Ending> endings;  // chunk
  Judgement judgement;          // judge
  bool abandoned = false;       // stopped before the end; nothing to be used
};

// Chunks are numbered round by round: each round takes the next `size` starts of every problem.
struct Chunks {
  std::size_t problems = 0, starts = 0, size = 1;
  std::size_t rounds() const { return (starts + size - 1) / size; }
  std::size_t count() const { return problems * rounds(); }
  std::size_t problem(std::size_t chunk) const { return chunk % problems; }
  std::size_t first(std::size_t chunk) const { return chunk / problems * size; }
  std::size_t length(std::size_t chunk) const { return std::min(size, starts - first(chunk)); }
};
// The size depends on the family alone: about a tenth of a second of work.
Chunks chunks_of(const Family& family);

// Does tasks; the same reply for the same task on every thread and machine of one kind. May be called from
// many threads.
class Labour {
 public:
  Labour(const Family& family, const std::atomic<bool>* stop);
  ~Labour();
  Reply operator()(const Task& task) const;

 private:
  struct Prepared;
  std::shared_ptr<const Prepared> prepared(const Task& task) const;
  const Family& family_;
  const std::atomic<bool>* stop_;
  struct Cache;
  std::unique_ptr<Cache> cache_;
};

class Workers {
 public:
  virtual ~Workers() = default;
  virtual std::size_t size() const = 0;  // tasks done at a time
  virtual void give(Task task) = 0;
  // A finished task, in no particular order; nothing when none finished within the time. Rethrows what a task
  // threw.
  virtual std::optional<Reply> take(std::chrono::milliseconds time) = 0;
  // Whether all that was given has been done. If not, destroying this waits for it.
  virtual bool idle() const { return true; }
};

std::unique_ptr<Workers> thread_workers(const Labour& labour, int threads);

// Where the program was started by mpirun and built with MPI: rank 0 gets the workers of all ranks; on the
// others serve() does what rank 0 asks for until it ends.
class MpiSession {
 public:
  MpiSession(int argc, char** argv);  // joins in where there are several ranks
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  // Both end what is in hand on every rank when the deadline of rank 0 is over; serve() ends its own with it.
  void serve(const Labour& labour, int threads, Deadline& deadline);
  std::unique_ptr<Workers> workers(const Labour& labour, int threads, const Deadline& deadline);
  static bool available();  // built with MPI

 private:
  int rank_ = 0, ranks_ = 1;
};

std::string packed(const Task& task);
std::string packed(const Reply& reply);
Task task_from(const std::string& bytes);
Reply reply_from(const std::string& bytes);

}  // namespace pgb::search
