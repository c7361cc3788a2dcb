#include "pgb/certify/box_hessian.h"

#include <flint/flint.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <system_error>
#include <thread>

#include "pgb/derivatives/objective.h"

namespace pgb {
namespace {

// Frees FLINT's caches of a thread when it ends.
struct FlintThread {
  FlintThread() = default;
  FlintThread(const FlintThread&) = delete;
  FlintThread& operator=(const FlintThread&) = delete;
  ~FlintThread() { flint_cleanup(); }
};

// Calls visit(c, H e_{s_c}) for every c, on several threads at the working precision. Columns not reached
// because of options.stop are not visited.
template <class S, class Visit>
void for_each_column(const Problem& problem, const Vector<S>& z, const std::vector<std::size_t>& s,
                     const BoxHessianOptions& options, Visit visit) {
  const HessianOperator<S> hessian(problem, z);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error;
  const auto work = [&](bool calling) {
    Vector<S> unit(z.size(), S(0));
    for (std::size_t c = next++; c < s.size() && !failed; c = next++) {
      if (options.stop != nullptr && options.stop->load()) return;
      unit[s[c]] = S(1);
      visit(c, hessian(unit));
      unit[s[c]] = S(0);
      if (calling && options.progress)
        options.progress(static_cast<double>(c + 1) / static_cast<double>(s.size()));
    }
  };
  const long bits = working_precision();
  const auto guarded = [&] {
    const FlintThread cleanup;
    try {
      const PrecisionScope scope(bits);
      work(false);
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  const auto count = std::min<std::size_t>(static_cast<std::size_t>(std::max(options.threads, 1)), s.size());
  // A scope of the calling thread around those of the helpers: all set and restore the same precision.
  const PrecisionScope scope(bits);
  try {
    for (std::size_t t = 1; t < count; ++t) helpers.emplace_back(guarded);
  } catch (const std::system_error&) {
    // fewer threads than asked for: the others do their work
  }
  try {
    work(true);
  } catch (...) {
    if (!failed.exchange(true)) error = std::current_exception();
  }
  for (std::thread& helper : helpers) helper.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

IntervalMatrix box_hessian(const Problem& problem, const Vector<Ball>& z, const std::vector<std::size_t>& s,
                           const BoxHessianOptions& options) {
  const std::size_t n = s.size();
  IntervalMatrix h(n, n);
  std::fill(h.radius.data.begin(), h.radius.data.end(), std::numeric_limits<double>::infinity());
  for_each_column<Ball>(problem, z, s, options, [&](std::size_t c, const Vector<Ball>& column) {
    for (std::size_t r = 0; r < n; ++r) h.set(r, c, column[s[r]]);
  });
  // Both triangles enclose the same numbers: the narrower enclosure holds for both.
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = 0; r < c; ++r) {
      const bool upper = h.radius(r, c) <= h.radius(c, r);
      h.mid(r, c) = h.mid(c, r) = upper ? h.mid(r, c) : h.mid(c, r);
      h.radius(r, c) = h.radius(c, r) = upper ? h.radius(r, c) : h.radius(c, r);
    }
  }
  return h;
}

Matrix<Ball> box_hessian_balls(const Problem& problem, const Vector<Ball>& z,
                               const std::vector<std::size_t>& s, const BoxHessianOptions& options) {
  const std::size_t n = s.size();
  Matrix<Ball> h(n, n, Vector<Ball>(n * n, inf()));
  for_each_column<Ball>(problem, z, s, options, [&](std::size_t c, const Vector<Ball>& column) {
    for (std::size_t r = 0; r < n; ++r) h(r, c) = column[s[r]];
  });
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = 0; r < c; ++r) {
      const bool upper = mag_cmp(arb_radref(h(r, c).get()), arb_radref(h(c, r).get())) <= 0;
      if (upper) {
        h(c, r) = h(r, c);
      } else {
        h(r, c) = h(c, r);
      }
    }
  }
  return h;
}

Matrix<double> approx_hessian(const Problem& problem, const Vector<double>& z,
                              const std::vector<std::size_t>& s, const BoxHessianOptions& options) {
  const std::size_t n = s.size();
  Matrix<double> h(n, n);
  for_each_column<double>(problem, z, s, options, [&](std::size_t c, const Vector<double>& column) {
    for (std::size_t r = 0; r < n; ++r) h(r, c) = column[s[r]];
  });
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = 0; r < c; ++r) h(r, c) = h(c, r) = (h(r, c) + h(c, r)) / 2;
  }
  return h;
}

}  // namespace pgb
