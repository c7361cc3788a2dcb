#include "pgb/scalar/kernels.h"

namespace pgb {

std::vector<const Kernels*> runnable_kernels() {
  std::vector<const Kernels*> found{&kernels_detail::kBaseline};
#ifdef PGB_HAS_AVX2_KERNELS
  __builtin_cpu_init();  // may be called before main
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    found.push_back(&kernels_detail::kAvx2);
#endif
  return found;
}

const Kernels& kernels() {
  static const Kernels& best = *runnable_kernels().back();
  return best;
}

}  // namespace pgb
