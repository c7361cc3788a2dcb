#include "pgb/certify/interval_panel.h"

#include <algorithm>

namespace pgb::graph_hessian_detail {

void add(IntervalMatrix& a, const IntervalMatrix& b) {
  for (std::size_t j = 0; j < a.cols(); ++j) {
    for (std::size_t i = 0; i < a.rows(); ++i) add(a, i, j, get(b, i, j));
  }
}

IntervalMatrix transposed(const IntervalMatrix& a) {
  IntervalMatrix t(a.cols(), a.rows());
  for (std::size_t j = 0; j < a.cols(); ++j) {
    for (std::size_t i = 0; i < a.rows(); ++i) {
      t.mid(j, i) = a.mid(i, j);
      t.radius(j, i) = a.radius(i, j);
    }
  }
  return t;
}

void copy_columns(const Panel& from, std::size_t first, std::size_t count, Panel& to, std::size_t at) {
  std::copy_n(from.mid.column(first), from.rows() * count, to.mid.column(at));
  std::copy_n(from.radius.column(first), from.rows() * count, to.radius.column(at));
}

Panel multiply_groups(const Panel& p, const IntervalMatrix& b) {
  const std::size_t groups = p.cols() / b.rows();
  Panel result(p.rows(), groups * b.cols()), group(p.rows(), b.rows());
  for (std::size_t c = 0; c < groups; ++c) {
    copy_columns(p, c * b.rows(), b.rows(), group, 0);
    copy_columns(verified_multiply(group, b), 0, b.cols(), result, c * b.cols());
  }
  return result;
}

Panel scaled(const Panel& p, const IntervalMatrix& factor) {
  const std::size_t r = factor.rows();
  const IntervalMatrix by_sample = transposed(factor);
  Panel result(p.rows(), p.cols());
  for (std::size_t k = 0; k < p.cols(); ++k) {
    for (std::size_t i = 0; i < p.rows(); ++i) {
      const Entry e = product(get(p, i, k), get(by_sample, i, k % r));
      result.mid(i, k) = e.m;
      result.radius(i, k) = e.r;
    }
  }
  return result;
}

}  // namespace pgb::graph_hessian_detail
