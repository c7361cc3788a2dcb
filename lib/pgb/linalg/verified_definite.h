// Certified positive definiteness of symmetric matrices known through enclosures.
#pragma once

#include "pgb/linalg/verified_interval.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// What decided: one factorisation in double, one after preconditioning at the working precision, or balls
// throughout.
enum class DefiniteRung { none, in_double, preconditioned, in_balls };

struct DefiniteProof {
  // Proven: every symmetric matrix enclosed is positive definite. false: not proven.
  bool positive_definite = false;
  DefiniteRung rung = DefiniteRung::none;  // the cheapest that sufficed
  // Proven: its smallest eigenvalue is greater than this (0 where not proven).
  double eigenvalue_bound = 0;
  // A matrix whose smallest eigenvalue is above this is proven in double precision; below it, it may not be.
  double resolution = 0;
};

// One Cholesky factorisation in double of the midpoint minus c I. When it runs to completion with a positive
// diagonal,
//   R^T R = B + dB,  B = fl(mid - c I),  |dB|_2 <= gamma / (1 - gamma) tr(B) + underflow,  gamma = (n + 3) u
//   / (1 - (n + 3) u)
// in whatever order its sums are taken, fused or not (Higham, lemma 8.4 and theorem 10.3, with gamma_(n + 1);
// a division replaced by a product with the rounded inverse adds one u to the entries beside the diagonal,
// whose sums have a term less), so that lambda_min(A) > c - |dB| - u max |B_ii| - |rad|_2. c is the
// `resolution`, the smallest that proves A > 0, and where `sharpen` is set then larger ones, to raise
// eigenvalue_bound to within a tenth of what there is. When that fails the same for D A D with D a diagonal
// of powers of 2 that makes its diagonal about 1. A n x n, lower triangle of the midpoint and of the radius
// read, n <= 2^24. Reference: S. M. Rump, "Verification of positive definiteness", BIT 46, 2006.
DefiniteProof verified_positive_definite(const IntervalMatrix& a, bool sharpen = false);

// The same, and when double precision does not suffice, two steps more. First X A X^T is enclosed at the
// working precision, X in double about the inverse of a Cholesky factor of A + c I, and its definiteness
// proven in double, which is that of A (X is nonsingular where X A X^T > 0): two products of balls, and
// enough down to smallest eigenvalues of 1e-25 relative to the largest. Then Cholesky's factorisation in
// balls, n^3 / 3 operations, for n <= 1000. After either eigenvalue_bound stays 0.
DefiniteProof verified_positive_definite(const Matrix<Ball>& a, bool sharpen = false, int threads = 1);

}  // namespace pgb
