// Exact matrices of monomials, over FLINT's integers. Inputs are whole multiples of 1/8, and are taken times
// 8: that changes no rank and no kernel.
#pragma once

#include <flint/fmpz_mat.h>

#include <cstddef>
#include <vector>

#include "pgb/model/problem.h"

namespace pgb::claims {

class IntegerMatrix {
 public:
  IntegerMatrix(std::size_t rows, std::size_t columns) {
    fmpz_mat_init(value_, static_cast<slong>(rows), static_cast<slong>(columns));
  }
  IntegerMatrix(const IntegerMatrix& other) { fmpz_mat_init_set(value_, other.value_); }
  IntegerMatrix& operator=(const IntegerMatrix&) = delete;
  ~IntegerMatrix() { fmpz_mat_clear(value_); }

  std::size_t rows() const { return static_cast<std::size_t>(fmpz_mat_nrows(value_)); }
  std::size_t columns() const { return static_cast<std::size_t>(fmpz_mat_ncols(value_)); }
  fmpz* operator()(std::size_t i, std::size_t j) {
    return fmpz_mat_entry(value_, static_cast<slong>(i), static_cast<slong>(j));
  }
  const fmpz* operator()(std::size_t i, std::size_t j) const {
    return fmpz_mat_entry(value_, static_cast<slong>(i), static_cast<slong>(j));
  }

  std::size_t rank() const { return static_cast<std::size_t>(fmpz_mat_rank(value_)); }
  // A basis of {v : A v = 0} as columns.
  IntegerMatrix kernel() const;

 private:
  fmpz_mat_t value_;
};

using IntegerPoint = std::vector<long>;
using Exponents = std::vector<unsigned>;

// All alpha in N^d with low <= |alpha| <= high.
std::vector<Exponents> exponents(std::size_t d, unsigned low, unsigned high);

// Entry (i, j) is points[i]^exponents[j].
IntegerMatrix monomials(const std::vector<IntegerPoint>& points, const std::vector<Exponents>& exponents);

// A with one more column.
IntegerMatrix with_column(const IntegerMatrix& a, const std::vector<long>& column);

// 8 x_i, sample by sample. Throws std::logic_error where that is not whole.
std::vector<IntegerPoint> integer_inputs(const Problem& problem);

}  // namespace pgb::claims
