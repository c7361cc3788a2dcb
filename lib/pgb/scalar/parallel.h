// A loop shared by several threads. Not for users of the library.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace pgb {

// Frees what FLINT, Arb and MPFR keep for the thread it lives in (constants, tables, recycled numbers) when
// that thread's work ends; without it they are lost with the thread. One at the top of what a thread runs.
class ThreadCaches {
 public:
  ThreadCaches() = default;
  ~ThreadCaches();
  ThreadCaches(const ThreadCaches&) = delete;
  ThreadCaches& operator=(const ThreadCaches&) = delete;
};

// Calls work(k, calling) once for every k < count, on the calling thread (calling = true) and threads - 1
// more, all at the working precision of the calling one. false: ended early because *stop was set, some k
// were left out. Rethrows the first exception of a call, after all threads have ended.
bool parallel_for(std::size_t count, int threads, const std::atomic<bool>* stop,
                  const std::function<void(std::size_t k, bool calling)>& work);

}  // namespace pgb
