#include "pgb/model/augmented.h"

#include <stdexcept>

#include "pgb/scalar/functions.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

template <class S>
class AugmentedEvaluation : public Evaluation<S> {
 public:
  AugmentedEvaluation(const AugmentedModel& model, const Vector<S>& z, ConstView<S> x)
      : model_(model), at_(*model.added()), z_(z), x_(x), base_(model.base().evaluate(z, x)) {
    const std::size_t d_y = model.outputs();
    const ConstView<S> weights{z.data() + at_.w, x.rows, d_y};
    units_ = multiply_tn<S>(weights, x);  // E(k, i) = exp(w_k . x_i + b_k)
    outputs_ = base_->outputs();
    for (std::size_t i = 0; i < x.cols; ++i) {
      for (std::size_t k = 0; k < d_y; ++k) {
        units_(k, i) = exp(S(units_(k, i) + z[at_.b + k]));
        outputs_(k, i) += z[at_.a + k] * units_(k, i);
      }
    }
  }

  const Matrix<S>& outputs() const override { return outputs_; }

  // adds a_dot E + a E (w_dot . x + b_dot)
  Matrix<S> forward_product(const Vector<S>& z_dot) const override {
    Matrix<S> y = base_->forward_product(z_dot);
    const Matrix<S> s_dot = multiply_tn<S>(ConstView<S>{z_dot.data() + at_.w, x_.rows, y.rows}, x_);
    for (std::size_t i = 0; i < y.cols; ++i) {
      for (std::size_t k = 0; k < y.rows; ++k) {
        y(k, i) += units_(k, i) * (z_dot[at_.a + k] + z_[at_.a + k] * (s_dot(k, i) + z_dot[at_.b + k]));
      }
    }
    return y;
  }

  Vector<S> reverse_product(const Matrix<S>& weights) const override {
    Vector<S> gradient = base_->reverse_product(weights);
    gradient.resize(model_.parameters(), S(0));
    Matrix<S> t(weights.rows, weights.cols);  // a_k E(k, i) weights(k, i)
    for (std::size_t i = 0; i < t.cols; ++i) {
      for (std::size_t k = 0; k < t.rows; ++k) {
        const S slope = units_(k, i) * weights(k, i);
        t(k, i) = z_[at_.a + k] * slope;
        gradient[at_.a + k] += slope;
        gradient[at_.b + k] += t(k, i);
      }
    }
    const Matrix<S> w_bar = multiply_nt<S>(x_, t.view());
    for (std::size_t k = 0; k < w_bar.data.size(); ++k) gradient[at_.w + k] = w_bar.data[k];
    return gradient;
  }

  Matrix<S> jacobian() const override {
    Matrix<S> j = base_->jacobian();
    j.data.resize(j.rows * model_.parameters(), S(0));
    j.cols = model_.parameters();
    const std::size_t d_y = model_.outputs();
    for (std::size_t i = 0; i < x_.cols; ++i) {
      for (std::size_t k = 0; k < d_y; ++k) {
        const S slope = z_[at_.a + k] * units_(k, i);
        const std::size_t row = i * d_y + k;
        j(row, at_.a + k) = units_(k, i);
        j(row, at_.b + k) = slope;
        for (std::size_t c = 0; c < x_.rows; ++c) j(row, at_.w + k * x_.rows + c) = slope * x_(c, i);
      }
    }
    return j;
  }

  std::vector<Kink> kinks() const override { return base_->kinks(); }

 private:
  const AugmentedModel& model_;
  const AddedNeurons& at_;
  const Vector<S>& z_;
  ConstView<S> x_;
  std::unique_ptr<Evaluation<S>> base_;
  Matrix<S> units_, outputs_;
};

}  // namespace

AugmentedModel::AugmentedModel(std::shared_ptr<const Model> base)
    : base_(std::move(base)), blocks_(base_->blocks()) {
  if (base_->added() != nullptr) throw std::invalid_argument("the model already has added neurons");
  const std::size_t n = base_->parameters(), d_y = base_->outputs(), d_x = base_->inputs();
  added_ = {n, n + d_y, n + 2 * d_y};
  blocks_.push_back({"aug.a", {d_y}, n, n + d_y});
  blocks_.push_back({"aug.b", {d_y}, n + d_y, n + 2 * d_y});
  blocks_.push_back({"aug.W", {d_y, d_x}, n + 2 * d_y, n + 2 * d_y + d_y * d_x});
}

std::optional<std::vector<std::size_t>> AugmentedModel::homogeneous_parameters() const {
  std::optional<std::vector<std::size_t>> h = base_->homogeneous_parameters();
  if (h) {
    for (std::size_t k = 0; k < outputs(); ++k) h->push_back(added_.a + k);
  }
  return h;
}

#define PGB_INSTANTIATE(S)                                                                            \
  std::unique_ptr<Evaluation<S>> AugmentedModel::evaluate(const Vector<S>& z, ConstView<S> x) const { \
    return std::make_unique<AugmentedEvaluation<S>>(*this, z, x);                                     \
  }
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
