// Orthonormal bases of spaces that double precision cannot tell from smaller ones.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// An orthonormal basis (rows x chosen.size(), rounded to double) of the span of the chosen columns of A,
// which must be linearly independent: Gram-Schmidt, each vector twice, at the working precision. No bound; it
// is as good as the columns are independent at that precision.
Matrix<double> approx_orthonormal(const Matrix<Real>& a, const std::vector<std::size_t>& chosen);

}  // namespace pgb
