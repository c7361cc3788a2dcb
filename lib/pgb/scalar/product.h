// Matrix products for every evaluation scalar, each in the way that scalar is fast.
#pragma once

#include <cstddef>

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// sum_i a[i * a_step] * b[i * b_step], i < n. Balls: one rounding for the whole sum (arb_dot).
template <class S>
S dot(std::size_t n, const S* a, std::size_t a_step, const S* b, std::size_t b_step);

// A B, A^T B and A B^T. Throws std::invalid_argument when the inner dimensions differ.
template <class S>
Matrix<S> multiply(ConstView<S> a, ConstView<S> b);
template <class S>
Matrix<S> multiply_tn(ConstView<S> a, ConstView<S> b);
template <class S>
Matrix<S> multiply_nt(ConstView<S> a, ConstView<S> b);

#define PGB_DECLARE_PRODUCT(S)                                                         \
  extern template S dot<S>(std::size_t, const S*, std::size_t, const S*, std::size_t); \
  extern template Matrix<S> multiply<S>(ConstView<S>, ConstView<S>);                   \
  extern template Matrix<S> multiply_tn<S>(ConstView<S>, ConstView<S>);                \
  extern template Matrix<S> multiply_nt<S>(ConstView<S>, ConstView<S>);
PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_PRODUCT)
#undef PGB_DECLARE_PRODUCT

}  // namespace pgb
