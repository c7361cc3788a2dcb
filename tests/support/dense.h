// Slow dense linear algebra, in MPFR far beyond the precision under test and in exact rationals, written
// apart from the library's.
#pragma once

#include <boost/multiprecision/gmp.hpp>
#include <cstddef>
#include <vector>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::test {

using Rational = boost::multiprecision::mpq_rational;

// Entries of rows[i][j].
template <class T>
using Rows = std::vector<std::vector<T>>;

// A double as the rational it is.
Rational exact(double x);

// Rank over the rational numbers.
std::size_t exact_rank(Rows<Rational> a);

// The solution of a square regular system; throws std::logic_error when it is singular.
std::vector<Rational> exact_solution(Rows<Rational> a, std::vector<Rational> b);

// Columns of A that are linearly independent and span the same space.
std::vector<std::size_t> independent_columns(const Rows<Rational>& a);

// Rank by Gaussian elimination with complete pivoting at the working precision p: pivots below 2^(-p/2) times
// the largest entry count as zero. Use a p that is far more than the matrix needs.
std::size_t reference_rank(Matrix<Real> a);

// The pivots of that elimination, in order.
std::vector<Real> reference_pivots(Matrix<Real> a);

}  // namespace pgb::test
