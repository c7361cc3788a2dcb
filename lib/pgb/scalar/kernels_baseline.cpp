// For every processor that the library is compiled for.
#define PGB_KERNELS kBaseline
#define PGB_KERNELS_NAME "baseline"
#include "pgb/scalar/kernels_impl.h"
