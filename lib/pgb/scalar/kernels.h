// Dense kernels in double, compiled for several kinds of processor. Not for users of the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pgb {

enum class Form { nn, tn, nt };  // A B, A^T B, A B^T

// What a processor is asked to do. Matrices are column-major, `ld` their leading dimensions. Every kernel
// runs on the calling thread alone, and does the same operations in the same order for the same arguments;
// kinds of processor differ in the order of sums and in fused multiply-adds, which a-priori bounds allow.
struct Kernels {
  const char* name;
  // C = A B, A^T B or A B^T; C rows x cols, each entry a sum of `inner` products in some order, fused or not.
  void (*multiply)(Form form, std::size_t rows, std::size_t cols, std::size_t inner, const double* a,
                   std::size_t lda, const double* b, std::size_t ldb, double* c, std::size_t ldc);
  // A = L L^T, about: reads and writes the lower triangle of the n x n matrix. false: a pivot was not
  // positive and finite. Each entry of L is (a - sum) / pivot, the sum in some order, or times the rounded 1
  // / pivot.
  bool (*cholesky)(std::size_t n, double* a);
  // The inverse by LU with partial pivoting, about, n x n; entries may be infinite or not numbers.
  void (*inverse)(std::size_t n, const double* a, double* inverse);
  // x[i] = sum_d digits[d][i] weights[d] reduced modulo p to a whole number of at most p / 2 + 1 in
  // magnitude. Whole numbers; exact where every partial sum is below 2^52 in magnitude and p below 2^25.
  void (*combine_digits)(std::size_t count, std::size_t size, const double* const* digits,
                         const double* weights, double p, double* x);
  // y[i] = x[i] factor modulo p in [0, p), for whole |x[i]| <= 2^52, |factor| <= p / 2 + 1, p below 2^25.
  void (*times_modulo)(std::size_t size, const double* x, double factor, double p, std::int32_t* y);
};

// The best of those that run on this processor.
const Kernels& kernels();
// All that run on this processor, the one for every processor first.
std::vector<const Kernels*> runnable_kernels();

namespace kernels_detail {
extern const Kernels kBaseline;
#ifdef PGB_HAS_AVX2_KERNELS
extern const Kernels kAvx2;
#endif
}  // namespace kernels_detail

}  // namespace pgb
