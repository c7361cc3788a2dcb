// For x86-64 processors with AVX2 and fused multiply-add (x86-64-v3), with which this file alone is compiled.
#define Eigen pgb_eigen_avx2
#define PGB_KERNELS kAvx2
#define PGB_KERNELS_NAME "AVX2"
#include "pgb/scalar/kernels_impl.h"
