// Singular values by the system's LAPACK, where there is one. Not for users of the library.
#pragma once

#include <optional>

#include "pgb/scalar/matrix.h"

namespace pgb {

// The singular values of A, descending, by LAPACK's dgesdd (divide and conquer), about. Nothing where no
// LAPACK is found when the program runs, where A is too large for its 32-bit integers or where it does not
// converge. The library is looked for under the name that distributions give it, liblapack.so.3, and loaded
// at the first call: nothing needs it to be built or to run. It may use threads of its own, and its last
// digits depend on which LAPACK it is.
std::optional<Vector<double>> approx_singular_values_by_lapack(Matrix<double> a);

}  // namespace pgb
