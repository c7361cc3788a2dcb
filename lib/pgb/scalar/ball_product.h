// Large products of matrices of balls, at the speed of products in double. Not for users of the library:
// multiply() chooses it.
#pragma once

#include <cstddef>

#include "pgb/scalar/kernels.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// Encloses A B (A^T B, A B^T) for all matrices enclosed, at the working precision p; the same balls for any
// number of threads. Inner dimension k.
//
// Midpoints. Row i of op(A) is a_i 2^(E_i - w) and column j of op(B) is b_j 2^(F_j - v), a_i and b_j of whole
// numbers below 2^w and 2^v in magnitude: w and v are the bits that hold every entry exactly, at most p + 32,
// beyond which entries are cut off. a_i . b_j is computed exactly, modulo primes q_1, q_2, …, whose product
// is above 4 k 2^(w + v): residues r of at most q / 2 + 1 in magnitude with k (q / 2 + 1)^2 <= 2^52, so that
// every partial sum of a product in double is a whole number that is represented exactly, whatever the order
// of summation, fused or not, and whatever the rounding mode. The Chinese remainder theorem gives the number
// back.
//
// Radius. Entries cut off are off by less than 2^-w (2^-v) of 2^E_i (2^F_j), which makes at most
//   k (2^-w + 2^-v + 2^-(w + v)) 2^(E_i + F_j);
// where that is not small beside p bits of the result and nothing else makes it wide, the entry is computed
// anew as one dot product. What radii make of it, |A| rad B + rad A (|B| + rad B), is two products in double
// of numbers rounded up, with the a-priori bound of their rounding errors (linalg/verified_interval.h). Where
// no entry is cut off and radii are 0, the only error is the one rounding of the result, and there is none
// where it fits.
//
// References: residues and error-free products in double, K. Ozaki, Y. Uchino and T. Imamura, "Ozaki scheme
// II", arXiv:2504.08009, 2025; splitting instead of residues, K. Ozaki, T. Ogita, S. Oishi and S. M. Rump,
// "Error-free transformations of matrix multiplication", Numerical Algorithms 59, 2012.
Matrix<Ball> multiply_by_residues(Form form, ConstView<Ball> a, ConstView<Ball> b, int threads = 1);

// Whether that is likely to be faster than one dot product for each entry.
bool residues_pay(std::size_t rows, std::size_t inner, std::size_t cols);

}  // namespace pgb
