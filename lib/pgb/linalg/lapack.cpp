#include "pgb/linalg/lapack.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#if defined(__unix__)
#include <dlfcn.h>
#endif

namespace pgb {
namespace {

// Fortran passes the length of a character argument after all others.
using Dgesdd = void (*)(const char* job, const int* m, const int* n, double* a, const int* lda, double* s,
                        double* u, const int* ldu, double* vt, const int* ldvt, double* work,
                        const int* lwork, int* iwork, int* info, std::size_t job_length);

Dgesdd find_dgesdd() {
#if defined(__unix__)
  if (void* library = dlopen("liblapack.so.3", RTLD_NOW | RTLD_LOCAL))
    return reinterpret_cast<Dgesdd>(dlsym(library, "dgesdd_"));
#endif
  return nullptr;
}

}  // namespace

std::optional<Vector<double>> approx_singular_values_by_lapack(Matrix<double> a) {
  constexpr std::size_t kLargest = 20000;  // the work space of larger ones passes 32 bits
  static const Dgesdd dgesdd = find_dgesdd();
  if (dgesdd == nullptr || a.data.empty() || std::max(a.rows, a.cols) > kLargest) return std::nullopt;
  if (!std::all_of(a.data.begin(), a.data.end(), [](double x) { return std::isfinite(x); }))
    return std::nullopt;
  const auto m = static_cast<int>(a.rows), n = static_cast<int>(a.cols);
  const int ld = m, one = 1;
  const std::size_t count = std::min(a.rows, a.cols);
  Vector<double> values(count);
  std::vector<int> whole(8 * count);
  double unused = 0, size = 0;
  int info = 0, wanted = -1;
  dgesdd("N", &m, &n, a.data.data(), &ld, values.data(), &unused, &one, &unused, &one, &size, &wanted,
         whole.data(), &info, 1);
  if (info != 0 || !(size >= 1 && size < 2e9)) return std::nullopt;
  wanted = static_cast<int>(size);
  Vector<double> work(static_cast<std::size_t>(wanted));
  dgesdd("N", &m, &n, a.data.data(), &ld, values.data(), &unused, &one, &unused, &one, work.data(), &wanted,
         whole.data(), &info, 1);
  if (info != 0) return std::nullopt;
  return values;
}

}  // namespace pgb
