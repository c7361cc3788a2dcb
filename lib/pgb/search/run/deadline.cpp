#include "pgb/search/run/deadline.h"

#include <chrono>

namespace pgb::search {
namespace {

constexpr std::chrono::milliseconds kLook{20};

}  // namespace

Deadline::Deadline(const std::atomic<bool>* asked, double seconds) {
  const auto begun = std::chrono::steady_clock::now();
  watch_ = std::thread([this, asked, seconds, begun] {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!leaving_ && !over_) {
      changed_.wait_for(lock, kLook);
      const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
      if ((asked != nullptr && *asked) || (seconds > 0 && passed > seconds)) over_ = true;
    }
  });
}

Deadline::~Deadline() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  watch_.join();
}

}  // namespace pgb::search
