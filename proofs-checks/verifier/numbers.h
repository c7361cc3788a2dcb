// Rationals (GMP), and balls (Arb), which hold the number they stand for whatever is computed with it.
// A question about balls is answered yes only when it is yes for all of their points, which are finite.
#pragma once

#include <gmpxx.h>

#include <arb.h>
#include <arb_mat.h>
#include <flint/fmpq.h>

#include <string>
#include <vector>

#include "pgb/io/errors.h"

namespace pgb::verifier {

struct Rejected : InputError {
  using InputError::InputError;
};
// Throws Rejected unless the hypothesis holds; `failure` says what does not.
inline void require(bool holds, const std::string& failure) {
  if (!holds) throw Rejected(failure);
}

using Rational = mpq_class;
using Rationals = std::vector<Rational>;
// Bits of every ball operation; set once for each certificate.
inline thread_local slong working_bits = 128;

class Ball {
 public:
  Ball(int value = 0) { arb_init(x_), arb_set_si(x_, value); }
  explicit Ball(double value) : Ball() { arb_set_d(x_, value); }
  Ball(const Rational& q) : Ball() {
    fmpq_t copy;
    fmpq_init(copy), fmpq_set_mpq(copy, q.get_mpq_t());
    arb_set_fmpq(x_, copy, working_bits), fmpq_clear(copy);
  }
  Ball(const Rational& center, const Rational& radius) : Ball(center) { arb_add_error(x_, Ball(radius).x_); }
  explicit Ball(arb_srcptr x) : Ball() { arb_set(x_, x); }
  Ball(const Ball& other) : Ball(other.x_) {}
  Ball(Ball&& other) noexcept : Ball() { arb_swap(x_, other.x_); }
  Ball& operator=(Ball other) noexcept {
    arb_swap(x_, other.x_);
    return *this;
  }
  ~Ball() { arb_clear(x_); }
  arb_ptr get() { return x_; }
  arb_srcptr get() const { return x_; }
  bool is_positive() const { return arb_is_positive(x_) != 0; }
  bool is_negative() const { return arb_is_negative(x_) != 0; }
  bool is_nonzero() const { return is_positive() || is_negative(); }
  bool is_zero() const { return arb_is_zero(x_) != 0; }
  void add(const Ball& a) { arb_add(x_, x_, a.x_, working_bits); }
  void add_product(const Ball& a, const Ball& b) { arb_addmul(x_, a.x_, b.x_, working_bits); }  // this += a b
  std::string text() const {
    char* raw = arb_get_str(x_, 6, 0);
    const std::string text = raw;
    return flint_free(raw), text;
  }

 private:
  arb_t x_;
};
using Balls = std::vector<Ball>;

// A function of Arb: of(arb_exp, x), of(arb_mul, x, y)
inline Ball of(void (*f)(arb_t, const arb_t, slong), const Ball& x) {
  Ball y;
  return f(y.get(), x.get(), working_bits), y;
}
inline Ball of(void (*f)(arb_t, const arb_t, const arb_t, slong), const Ball& a, const Ball& b) {
  Ball y;
  return f(y.get(), a.get(), b.get(), working_bits), y;
}
inline Ball operator+(const Ball& a, const Ball& b) { return of(arb_add, a, b); }
inline Ball operator-(const Ball& a, const Ball& b) { return of(arb_sub, a, b); }
inline Ball operator*(const Ball& a, const Ball& b) { return of(arb_mul, a, b); }
inline Ball operator/(const Ball& a, const Ball& b) { return of(arb_div, a, b); }
inline Ball operator-(const Ball& a) { return Ball() - a; }
inline Ball magnitude(const Ball& a) {
  Ball y;
  return arb_abs(y.get(), a.get()), y;
}
inline Ball square(const Ball& a) { return of(arb_sqr, a); }
inline Ball hull(const Ball& a, const Ball& b) { return of(arb_union, a, b); }
inline bool less(const Ball& a, const Ball& b) { return arb_lt(a.get(), b.get()) != 0; }
// The greatest point, rounded up, and the least, rounded down.
inline Ball high_end(const Ball& x) {
  Ball end;
  return arb_get_ubound_arf(arb_midref(end.get()), x.get(), working_bits), end;
}
inline Ball low_end(const Ball& x) { return -high_end(-x); }

class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t cols) {
    const double bytes = double(rows) * double(cols) * (64 + double(working_bits) / 8);
    require(bytes < 4e9, "a matrix of the proof is too large for the checker");
    arb_mat_init(m_, slong(rows), slong(cols));
  }
  Matrix(const Matrix& other) : Matrix(other.rows(), other.cols()) { arb_mat_set(m_, other.m_); }
  Matrix& operator=(Matrix other) noexcept {
    arb_mat_swap(m_, other.m_);
    return *this;
  }
  ~Matrix() { arb_mat_clear(m_); }
  std::size_t rows() const { return std::size_t(arb_mat_nrows(m_)); }
  std::size_t cols() const { return std::size_t(arb_mat_ncols(m_)); }
  Ball operator()(std::size_t i, std::size_t j) const { return Ball(arb_mat_entry(m_, i, j)); }
  void set(std::size_t i, std::size_t j, const Ball& x) { arb_set(arb_mat_entry(m_, i, j), x.get()); }
  void add(std::size_t i, std::size_t j, const Ball& x) { set(i, j, (*this)(i, j) + x); }
  arb_mat_struct* get() { return m_; }
  const arb_mat_struct* get() const { return m_; }

 private:
  arb_mat_t m_;
};
inline Matrix operator*(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows(), b.cols());
  return arb_mat_mul(c.get(), a.get(), b.get(), working_bits), c;
}
inline Matrix operator+(const Matrix& a, const Matrix& b) {
  Matrix c(a.rows(), a.cols());
  return arb_mat_add(c.get(), a.get(), b.get(), working_bits), c;
}
inline Matrix operator*(const Ball& factor, Matrix a) {
  return arb_mat_scalar_mul_arb(a.get(), a.get(), factor.get(), working_bits), a;
}
inline Matrix operator-(Matrix a) { return arb_mat_neg(a.get(), a.get()), a; }
inline Matrix transpose(const Matrix& a) {
  Matrix c(a.cols(), a.rows());
  return arb_mat_transpose(c.get(), a.get()), c;
}

}  // namespace pgb::verifier
