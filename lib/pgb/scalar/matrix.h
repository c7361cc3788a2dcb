// Dense column-major matrices of any scalar: storage only; products are in product.h, factorisations in
// linalg/.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace pgb {

template <class S>
using Vector = std::vector<S>;

// A read-only rows x cols block, column-major with leading dimension = rows.
template <class S>
struct ConstView {
  const S* data = nullptr;
  std::size_t rows = 0, cols = 0;

  const S& operator()(std::size_t i, std::size_t j) const { return data[j * rows + i]; }
  const S* column(std::size_t j) const { return data + j * rows; }
  // Columns [first, first + count).
  ConstView columns(std::size_t first, std::size_t count) const { return {data + first * rows, rows, count}; }
};

template <class S>
struct Matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<S> data;

  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), cols(c), data(r * c, S(0)) {}
  Matrix(std::size_t r, std::size_t c, std::vector<S> values) : rows(r), cols(c), data(std::move(values)) {}

  S& operator()(std::size_t i, std::size_t j) { return data[j * rows + i]; }
  const S& operator()(std::size_t i, std::size_t j) const { return data[j * rows + i]; }
  S* column(std::size_t j) { return data.data() + j * rows; }
  const S* column(std::size_t j) const { return data.data() + j * rows; }
  ConstView<S> view() const { return {data.data(), rows, cols}; }
  operator ConstView<S>() const { return view(); }
};

}  // namespace pgb
