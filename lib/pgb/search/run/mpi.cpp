// Ranks of MPI: all calls are made by the main thread of each.
#ifdef PGB_HAS_MPI
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>
#endif

#include <cstdlib>
#include <deque>
#include <map>
#include <thread>

#include "pgb/io/errors.h"
#include "pgb/search/run/workers.h"

namespace pgb::search {

#ifdef PGB_HAS_MPI
namespace {

constexpr int kTaskTag = 1, kReplyTag = 2, kEndTag = 3, kSizeTag = 4, kStopTag = 5;
constexpr std::chrono::milliseconds kPause{1};

bool is_there(int source, MPI_Status& status) {
  int flag = 0;
  MPI_Iprobe(source, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status);
  return flag != 0;
}

std::string received(const MPI_Status& status) {
  int length = 0;
  MPI_Get_count(&status, MPI_BYTE, &length);
  std::string bytes(static_cast<std::size_t>(length), '\0');
  MPI_Recv(bytes.data(), length, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return bytes;
}

void send(const std::string& bytes, int rank, int tag) {
  MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, rank, tag, MPI_COMM_WORLD);
}

// The threads of this rank and of all others; a rank is given as many tasks as it has threads, and one more.
class RankWorkers : public Workers {
 public:
  RankWorkers(const Labour& labour, int threads, int ranks, const std::atomic<bool>* stop)
      : own_(thread_workers(labour, threads)), stop_(stop) {
    for (int rank = 1; rank < ranks; ++rank) {
      int size = 0;
      MPI_Recv(&size, 1, MPI_INT, rank, kSizeTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      room_[rank] = size + 1;
      size_ += static_cast<std::size_t>(size);
    }
    room_[0] = threads + 1;
    size_ += static_cast<std::size_t>(threads);
  }
  ~RankWorkers() override { tell(kEndTag); }
  RankWorkers(const RankWorkers&) = delete;
  RankWorkers& operator=(const RankWorkers&) = delete;

  std::size_t size() const override { return size_; }

  void give(Task task) override {
    tasks_.push_back(std::move(task));
    hand_on();
  }

  std::optional<Reply> take(std::chrono::milliseconds time) override {
    const auto end = std::chrono::steady_clock::now() + time;
    do {
      if (*stop_ && !told_) tell(kStopTag);
      told_ = told_ || *stop_;
      hand_on();
      MPI_Status status;
      if (is_there(MPI_ANY_SOURCE, status)) {
        Reply reply = reply_from(received(status));
        ++room_[status.MPI_SOURCE];
        hand_on();
        return reply;
      }
      if (auto reply = own_->take(kPause)) {
        ++room_[0];
        hand_on();
        return reply;
      }
    } while (std::chrono::steady_clock::now() < end);
    return std::nullopt;
  }

 private:
  void tell(int tag) {
    for (const auto& [rank, room] : room_) {
      if (rank > 0) send("", rank, tag);
    }
  }

  void hand_on() {
    while (!tasks_.empty()) {
      auto most = room_.begin();
      for (auto at = room_.begin(); at != room_.end(); ++at) {
        if (at->second > most->second) most = at;
      }
      if (most->second <= 0) return;
      --most->second;
      if (most->first == 0) {
        own_->give(std::move(tasks_.front()));
      } else {
        send(packed(tasks_.front()), most->first, kTaskTag);
      }
      tasks_.pop_front();
    }
  }

  std::unique_ptr<Workers> own_;
  const std::atomic<bool>* stop_;
  bool told_ = false;        // the other ranks, that it is time to stop
  std::map<int, int> room_;  // of each rank: tasks it may still be given
  std::deque<Task> tasks_;
  std::size_t size_ = 0;
};

}  // namespace

MpiSession::MpiSession(int argc, char** argv) {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size == nullptr) size = std::getenv("PMI_SIZE");
  if (size == nullptr) return;  // not started by mpirun
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
}

MpiSession::~MpiSession() {
  int begun = 0;
  MPI_Initialized(&begun);
  if (begun != 0) MPI_Finalize();
}

void MpiSession::serve(const Labour& labour, int threads, Deadline& deadline) {
  MPI_Send(&threads, 1, MPI_INT, 0, kSizeTag, MPI_COMM_WORLD);
  const std::unique_ptr<Workers> own = thread_workers(labour, threads);
  const EndOfSession end(deadline);
  while (true) {
    MPI_Status status;
    while (is_there(0, status)) {
      const std::string bytes = received(status);
      if (status.MPI_TAG == kEndTag) return;
      if (status.MPI_TAG == kStopTag) {
        deadline.end();
        continue;
      }
      own->give(task_from(bytes));
    }
    if (const auto reply = own->take(kPause)) send(packed(*reply), 0, kReplyTag);
  }
}

std::unique_ptr<Workers> MpiSession::workers(const Labour& labour, int threads, const Deadline& deadline) {
  if (ranks_ == 1) return thread_workers(labour, threads);
  return std::make_unique<RankWorkers>(labour, threads, ranks_, deadline.flag());
}

bool MpiSession::available() { return true; }

#else

MpiSession::MpiSession(int, char**) {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size != nullptr && std::string(size) != "1") {
    throw InputError("mpirun: this pgbsearch was built without MPI, so each rank would do all of the work");
  }
}
MpiSession::~MpiSession() = default;
void MpiSession::serve(const Labour&, int, Deadline&) {}
std::unique_ptr<Workers> MpiSession::workers(const Labour& labour, int threads, const Deadline&) {
  return thread_workers(labour, threads);
}
bool MpiSession::available() { return false; }

#endif

}  // namespace pgb::search
