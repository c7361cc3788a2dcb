// When a session ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pgb::search {

// One flag for all that may be running: set once *asked is (Ctrl-C; may be null), `seconds` have passed (0:
// no limit) or end() was called. A thread of its own looks every 20 ms, so that work which looks at nothing
// but the flag is reached too.
class Deadline {
 public:
  explicit Deadline(const std::atomic<bool>* asked, double seconds = 0);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  const std::atomic<bool>* flag() const { return &over_; }
  void end() { over_ = true; }

 private:
  std::atomic<bool> over_{false};
  bool leaving_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread watch_;
};

// Ends it when the scope is left, by an exception too: declared after the workers, so that these give up what
// they have in hand before they are waited for.
class EndOfSession {
 public:
  explicit EndOfSession(Deadline& deadline) : deadline_(deadline) {}
  ~EndOfSession() { deadline_.end(); }
  EndOfSession(const EndOfSession&) = delete;
  EndOfSession& operator=(const EndOfSession&) = delete;

 private:
  Deadline& deadline_;
};

}  // namespace pgb::search
