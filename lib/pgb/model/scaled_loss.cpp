#include "pgb/model/scaled_loss.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "pgb/io/exact_number.h"
#include "pgb/scalar/functions.h"

namespace pgb {
namespace {

template <class S>
Matrix<S> rows_of(ConstView<S> x, std::size_t first, std::size_t count) {
  Matrix<S> part(count, x.cols);
  for (std::size_t i = 0; i < x.cols; ++i) {
    for (std::size_t r = 0; r < count; ++r) part(r, i) = x(first + r, i);
  }
  return part;
}

template <class S>
class ScaledLossEvaluation : public Evaluation<S> {
 public:
  ScaledLossEvaluation(const ScaledLossModel& model, const Vector<S>& z, ConstView<S> data)
      : a_at_(model.base().parameters()),
        x_(rows_of(data, 0, model.base().inputs())),
        base_(model.base().evaluate(z, x_.view())),
        losses_(1, data.cols),
        outputs_(1, data.cols),
        slopes_(model.base().outputs(), data.cols) {
    const Matrix<S> y = rows_of(data, x_.rows, data.rows - x_.rows);
    const Matrix<S>& f = base_->outputs();
    const S e = exp(z[a_at_ + 1]), g = z[a_at_] * e, off = g - S(1);
    scale_ = S(1) + square(off);
    scale_by_a_ = S(2) * off * e;
    scale_by_b_ = S(2) * off * g;
    for (std::size_t i = 0; i < data.cols; ++i) {
      losses_(0, i) = model.loss().value(f.column(i), y.column(i), f.rows);
      model.loss().gradient(f.column(i), y.column(i), f.rows, slopes_.column(i));
      outputs_(0, i) = scale_ * losses_(0, i);
    }
  }

  const Matrix<S>& outputs() const override { return outputs_; }

  Matrix<S> forward_product(const Vector<S>& z_dot) const override {
    const Matrix<S> f_dot = base_->forward_product(z_dot);
    const S scale_dot = scale_by_a_ * z_dot[a_at_] + scale_by_b_ * z_dot[a_at_ + 1];
    Matrix<S> y_dot(1, f_dot.cols);
    for (std::size_t i = 0; i < f_dot.cols; ++i) {
      y_dot(0, i) = scale_dot * losses_(0, i);
      for (std::size_t k = 0; k < f_dot.rows; ++k) y_dot(0, i) += scale_ * slopes_(k, i) * f_dot(k, i);
    }
    return y_dot;
  }

  Vector<S> reverse_product(const Matrix<S>& weights) const override {
    Matrix<S> f_bar = slopes_;
    S loss(0);
    for (std::size_t i = 0; i < f_bar.cols; ++i) {
      for (std::size_t k = 0; k < f_bar.rows; ++k) f_bar(k, i) *= scale_ * weights(0, i);
      loss += weights(0, i) * losses_(0, i);
    }
    Vector<S> gradient = base_->reverse_product(f_bar);
    gradient.resize(a_at_, S(0));
    gradient.push_back(scale_by_a_ * loss);
    gradient.push_back(scale_by_b_ * loss);
    return gradient;
  }

  Matrix<S> jacobian() const override {
    const Matrix<S> base = base_->jacobian();
    Matrix<S> j(losses_.cols, a_at_ + 2);
    for (std::size_t i = 0; i < j.rows; ++i) {
      for (std::size_t k = 0; k < slopes_.rows; ++k) {
        const S weight = scale_ * slopes_(k, i);
        for (std::size_t c = 0; c < a_at_; ++c) j(i, c) += weight * base(i * slopes_.rows + k, c);
      }
      j(i, a_at_) = scale_by_a_ * losses_(0, i);
      j(i, a_at_ + 1) = scale_by_b_ * losses_(0, i);
    }
    return j;
  }

  std::vector<Kink> kinks() const override { return base_->kinks(); }

 private:
  std::size_t a_at_;
  Matrix<S> x_;
  std::unique_ptr<Evaluation<S>> base_;
  S scale_, scale_by_a_, scale_by_b_;  // 1 + (a e^b - 1)^2 and its derivatives
  Matrix<S> losses_, outputs_;
  Matrix<S> slopes_;  // of the loss in f, d_y x m
};

}  // namespace

ScaledLossModel::ScaledLossModel(std::shared_ptr<const Model> base, const Loss& loss, std::size_t targets)
    : base_(std::move(base)), loss_(loss), targets_(targets), blocks_(base_->blocks()) {
  const std::size_t n = base_->parameters();
  blocks_.push_back({"scale.a", {1}, n, n + 1});
  blocks_.push_back({"scale.b", {1}, n + 1, n + 2});
}

Problem scale_loss(const Problem& problem, const std::string& lambda) {
  if (!problem.regularizer.empty()) {
    throw std::invalid_argument(
        "scaled loss: expected a problem without regularizer: L has to have the minimum 0");
  }
  const std::size_t m = problem.samples(), d_x = problem.x.shape[1], targets = problem.y.shape[1];
  Problem scaled;
  scaled.model = std::make_shared<ScaledLossModel>(problem.model, problem.loss, targets);
  scaled.loss = Loss("value");
  scaled.name = problem.name;
  const auto append = [](io::Tensor& to, const io::Tensor& from, std::size_t begin, std::size_t count) {
    for (std::size_t k = begin; k < begin + count; ++k) {
      if (const auto exact = from.exact.find(k); exact != from.exact.end())
        to.exact[to.size()] = exact->second;
      to.values.push_back(from.values[k]);
    }
  };
  for (std::size_t i = 0; i < m; ++i) {
    append(scaled.x, problem.x, i * d_x, d_x);
    append(scaled.x, problem.y, i * targets, targets);
  }
  scaled.x.shape = {m, d_x + targets};
  scaled.y = {{m, 1}, std::vector<double>(m, 0), {}};
  scaled.parameters = problem.parameters;
  scaled.parameters.values.insert(scaled.parameters.values.end(), 2, 0.0);
  const std::size_t n = scaled.parameters.size();
  scaled.parameters.shape = {n};
  scaled.regularizer = {{n - 2, n - 1, io::canonical_rational(lambda)}};
  return scaled;
}

#define PGB_INSTANTIATE(S)                                                                             \
  std::unique_ptr<Evaluation<S>> ScaledLossModel::evaluate(const Vector<S>& z, ConstView<S> x) const { \
    return std::make_unique<ScaledLossEvaluation<S>>(*this, z, x);                                     \
  }
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
