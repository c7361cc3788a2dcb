#include "pgb/certify/box_hessian.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "pgb/certify/graph_hessian.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/parallel.h"

namespace pgb {
namespace {

// From this size on the columns are made many at a time, where the model allows it.
constexpr std::size_t kManyColumns = 33;

// Calls visit(c, H e_{s_c}) for every c; columns not reached because of options.stop are not visited.
template <class S, class Visit>
void for_each_column(const Problem& problem, const Vector<S>& z, const std::vector<std::size_t>& s,
                     const BoxHessianOptions& options, Visit visit) {
  const HessianOperator<S> hessian(problem, z);
  parallel_for(s.size(), options.threads, options.stop, [&](std::size_t c, bool calling) {
    Vector<S> unit(z.size(), S(0));
    unit[s[c]] = S(1);
    visit(c, hessian(unit));
    if (calling && options.progress) {
      options.progress(static_cast<double>(c + 1) / static_cast<double>(s.size()));
    }
  });
}

// Both triangles enclose the same numbers: the narrower enclosure holds for both.
void make_symmetric(IntervalMatrix& h) {
  for (std::size_t c = 0; c < h.cols(); ++c) {
    for (std::size_t r = 0; r < c; ++r) {
      const bool upper = h.radius(r, c) <= h.radius(c, r);
      h.mid(r, c) = h.mid(c, r) = upper ? h.mid(r, c) : h.mid(c, r);
      h.radius(r, c) = h.radius(c, r) = upper ? h.radius(r, c) : h.radius(c, r);
    }
  }
}

}  // namespace

IntervalMatrix box_hessian(const Problem& problem, const Vector<Ball>& z, const std::vector<std::size_t>& s,
                           const BoxHessianOptions& options) {
  const std::size_t n = s.size();
  IntervalMatrix h(n, n);
  if (n >= kManyColumns) {
    if (std::optional<IntervalMatrix> whole = graph_hessian(problem, z, s, options)) {
      make_symmetric(*whole);
      return std::move(*whole);
    }
  }
  std::fill(h.radius.data.begin(), h.radius.data.end(), std::numeric_limits<double>::infinity());
  for_each_column<Ball>(problem, z, s, options, [&](std::size_t c, const Vector<Ball>& column) {
    for (std::size_t r = 0; r < n; ++r) h.set(r, c, column[s[r]]);
  });
  make_symmetric(h);
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
