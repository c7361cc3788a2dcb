#include "pgb/scalar/parallel.h"

#include <flint/flint.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "pgb/scalar/precision.h"

namespace pgb {

ThreadCaches::~ThreadCaches() { flint_cleanup(); }

bool parallel_for(std::size_t count, int threads, const std::atomic<bool>* stop,
                  const std::function<void(std::size_t, bool)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false}, complete{true};
  std::exception_ptr error;
  const auto loop = [&](bool calling) {
    try {
      for (std::size_t k = next++; k < count && !failed; k = next++) {
        if (stop != nullptr && stop->load()) {
          complete = false;
          return;
        }
        work(k, calling);
      }
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  };
  const auto most = std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), count);
  // Where the precision of Real belongs to the process, not even the same one may be set while another
  // thread, which is not of this loop, works at its own.
  if (most <= 1) {
    loop(true);
    if (error) std::rethrow_exception(error);
    return complete;
  }
  // A scope of the calling thread around those of the helpers: all set and restore the same precision.
  const long bits = working_precision();
  const PrecisionScope scope(bits);
  std::vector<std::thread> helpers;
  try {
    for (std::size_t t = 1; t < most; ++t) {
      helpers.emplace_back([&] {
        const ThreadCaches caches;
        const PrecisionScope same(bits);
        loop(false);
      });
    }
  } catch (const std::system_error&) {
    // fewer threads than asked for: the others do their work
  }
  loop(true);
  for (std::thread& helper : helpers) helper.join();
  if (error) std::rethrow_exception(error);
  return complete;
}

}  // namespace pgb
