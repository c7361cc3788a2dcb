#include "pgb/scalar/product.h"

#include <stdexcept>
#include <string>
#include <type_traits>

#include "pgb/scalar/ball_product.h"
#include "pgb/scalar/kernels.h"

namespace pgb {
namespace {

void require_equal(std::size_t a, std::size_t b) {
  if (a != b) {
    throw std::invalid_argument("matrix product: inner dimensions " + std::to_string(a) + " and " +
                                std::to_string(b) + " differ");
  }
}

std::size_t rows_of(Form form, std::size_t rows, std::size_t cols) { return form == Form::tn ? cols : rows; }

Matrix<double> product(Form form, ConstView<double> a, ConstView<double> b) {
  Matrix<double> c(rows_of(form, a.rows, a.cols), form == Form::nt ? b.rows : b.cols);
  if (!c.data.empty()) {
    kernels().multiply(form, c.rows, c.cols, form == Form::tn ? a.rows : a.cols, a.data, a.rows, b.data,
                       b.rows, c.data.data(), c.rows);
  }
  return c;
}

struct Parts {
  Matrix<double> value, tangent;
};

Parts split(ConstView<Dual<double>> a) {
  Parts p{{a.rows, a.cols}, {a.rows, a.cols}};
  for (std::size_t i = 0; i < a.rows * a.cols; ++i) {
    p.value.data[i] = a.data[i].value;
    p.tangent.data[i] = a.data[i].tangent;
  }
  return p;
}

// (A + A' e)(B + B' e) = A B + (A' B + A B') e: three real products.
Matrix<Dual<double>> product(Form form, ConstView<Dual<double>> a, ConstView<Dual<double>> b) {
  const Parts pa = split(a), pb = split(b);
  const Matrix<double> value = product(form, pa.value.view(), pb.value.view());
  const Matrix<double> left = product(form, pa.tangent.view(), pb.value.view());
  const Matrix<double> right = product(form, pa.value.view(), pb.tangent.view());
  Matrix<Dual<double>> c(value.rows, value.cols);
  for (std::size_t i = 0; i < c.data.size(); ++i) {
    c.data[i] = {value.data[i], left.data[i] + right.data[i]};
  }
  return c;
}

template <class S>
Matrix<S> product(Form form, ConstView<S> a, ConstView<S> b) {
  const std::size_t inner = form == Form::tn ? a.rows : a.cols;
  Matrix<S> c(rows_of(form, a.rows, a.cols), form == Form::nt ? b.rows : b.cols);
  if constexpr (std::is_same_v<S, Ball>) {
    if (residues_pay(c.rows, inner, c.cols)) return multiply_by_residues(form, a, b);
  }
  const std::size_t a_step = form == Form::tn ? 1 : a.rows, b_step = form == Form::nt ? b.rows : 1;
  for (std::size_t j = 0; j < c.cols; ++j) {
    const S* bj = form == Form::nt ? b.data + j : b.column(j);
    for (std::size_t i = 0; i < c.rows; ++i) {
      const S* ai = form == Form::tn ? a.column(i) : a.data + i;
      c(i, j) = dot<S>(inner, ai, a_step, bj, b_step);
    }
  }
  return c;
}

template <class S>
struct DotOf {
  static S of(std::size_t n, const S* a, std::size_t a_step, const S* b, std::size_t b_step) {
    S sum(0);
    for (std::size_t i = 0; i < n; ++i) sum += a[i * a_step] * b[i * b_step];
    return sum;
  }
};

template <>
struct DotOf<Real> {
  static Real of(std::size_t n, const Real* a, std::size_t a_step, const Real* b, std::size_t b_step) {
    Real sum(0);
    for (std::size_t i = 0; i < n; ++i) {
      mpfr_fma(sum.backend().data(), a[i * a_step].backend().data(), b[i * b_step].backend().data(),
               sum.backend().data(), MPFR_RNDN);
    }
    return sum;
  }
};

template <>
struct DotOf<Ball> {
  static_assert(sizeof(Ball) == sizeof(arb_struct), "a Ball array must be an arb_struct array");
  static Ball of(std::size_t n, const Ball* a, std::size_t a_step, const Ball* b, std::size_t b_step) {
    Ball sum;
    if (n > 0) {
      arb_dot(sum.get(), nullptr, 0, a->get(), static_cast<slong>(a_step), b->get(),
              static_cast<slong>(b_step), static_cast<slong>(n), working_precision());
    }
    return sum;
  }
};

template <class T>
struct DotOf<Dual<T>> {
  static Dual<T> of(std::size_t n, const Dual<T>* a, std::size_t a_step, const Dual<T>* b,
                    std::size_t b_step) {
    if (n == 0) return Dual<T>();
    static_assert(sizeof(Dual<T>) == 2 * sizeof(T), "a Dual array must interleave values and tangents");
    const std::size_t as = 2 * a_step, bs = 2 * b_step;
    return {
        DotOf<T>::of(n, &a->value, as, &b->value, bs),
        DotOf<T>::of(n, &a->tangent, as, &b->value, bs) + DotOf<T>::of(n, &a->value, as, &b->tangent, bs)};
  }
};

}  // namespace

template <class S>
S dot(std::size_t n, const S* a, std::size_t a_step, const S* b, std::size_t b_step) {
  return DotOf<S>::of(n, a, a_step, b, b_step);
}

template <class S>
Matrix<S> multiply(ConstView<S> a, ConstView<S> b) {
  require_equal(a.cols, b.rows);
  return product(Form::nn, a, b);
}
template <class S>
Matrix<S> multiply_tn(ConstView<S> a, ConstView<S> b) {
  require_equal(a.rows, b.rows);
  return product(Form::tn, a, b);
}
template <class S>
Matrix<S> multiply_nt(ConstView<S> a, ConstView<S> b) {
  require_equal(a.cols, b.cols);
  return product(Form::nt, a, b);
}

#define PGB_INSTANTIATE(S)                                                      \
  template S dot<S>(std::size_t, const S*, std::size_t, const S*, std::size_t); \
  template Matrix<S> multiply<S>(ConstView<S>, ConstView<S>);                   \
  template Matrix<S> multiply_tn<S>(ConstView<S>, ConstView<S>);                \
  template Matrix<S> multiply_nt<S>(ConstView<S>, ConstView<S>);
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
