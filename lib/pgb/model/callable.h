// A model of the caller's own: any callable templated on the scalar.
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "pgb/model/model.h"
#include "pgb/scalar/functions.h"

namespace pgb {

// Wraps f with `template <class S> Vector<S> operator()(const Vector<S>& z, const Vector<S>& x) const`, which
// returns the d_y outputs for one sample. f is instantiated for every scalar of EvaluationScalars and their
// duals: write it with
// +, -, *, / and the functions of pgb/scalar/functions.h, called unqualified. Derivatives are by forward-mode
// duals, one sweep a parameter: meant for small research models.
//
// Example:
//   struct TwoExponentials {
//     template <class S> pgb::Vector<S> operator()(const pgb::Vector<S>& z, const pgb::Vector<S>& x) const {
//       return {z[0] * exp(S(-z[1] * x[0]))};
//     }
//   };
//   auto model = pgb::make_callable_model(TwoExponentials{}, /*d_x=*/1, /*d_y=*/1, /*n=*/2);
namespace callable_detail {

// Whether f(x; z) comes with its own gradient: f.gradient(z), for a model of one output that ignores x.
template <class F, class S, class = void>
struct HasGradient : std::false_type {};
template <class F, class S>
struct HasGradient<F, S,
                   std::void_t<decltype(std::declval<const F&>().gradient(std::declval<const Vector<S>&>()))>>
    : std::true_type {};

template <class F>
struct Shared {
  F f;
  std::size_t d_x, d_y, n;
};

template <class F, class S>
class CallableEvaluation : public Evaluation<S> {
 public:
  CallableEvaluation(const Shared<F>& model, const Vector<S>& z, ConstView<S> x)
      : model_(model), z_(first_entries(z, model.n)), x_(x), outputs_(model.d_y, x.cols) {
    for (std::size_t i = 0; i < x.cols; ++i) {
      const Vector<S> y = model.f(z_, Vector<S>(x.column(i), x.column(i) + x.rows));
      if (y.size() != model.d_y)
        throw std::invalid_argument("callable model: returned the wrong number of outputs");
      for (std::size_t k = 0; k < y.size(); ++k) outputs_(k, i) = y[k];
    }
  }

  const Matrix<S>& outputs() const override { return outputs_; }

  Matrix<S> forward_product(const Vector<S>& z_dot) const override {
    Vector<Dual<S>> z(model_.n);
    for (std::size_t k = 0; k < model_.n; ++k) z[k] = Dual<S>(z_[k], z_dot[k]);
    Matrix<S> y_dot(model_.d_y, x_.cols);
    for (std::size_t i = 0; i < x_.cols; ++i) {
      Vector<Dual<S>> x;
      for (std::size_t c = 0; c < x_.rows; ++c) x.push_back(Dual<S>::constant(x_(c, i)));
      const Vector<Dual<S>> y = model_.f(z, x);
      for (std::size_t k = 0; k < model_.d_y; ++k) y_dot(k, i) = y[k].tangent;
    }
    return y_dot;
  }

  Vector<S> reverse_product(const Matrix<S>& weights) const override {
    const Matrix<S> j = jacobian();
    Vector<S> gradient(model_.n, S(0));
    for (std::size_t c = 0; c < model_.n; ++c) {
      for (std::size_t r = 0; r < j.rows; ++r) gradient[c] += j(r, c) * weights.data[r];
    }
    return gradient;
  }

  Matrix<S> jacobian() const override {
    Matrix<S> j(model_.d_y * x_.cols, model_.n);
    if constexpr (HasGradient<F, S>::value) {
      const Vector<S> gradient = model_.f.gradient(z_);
      if (gradient.size() != model_.n)
        throw std::invalid_argument("callable model: returned a gradient of the wrong size");
      for (std::size_t r = 0; r < j.rows; ++r) {
        for (std::size_t c = 0; c < model_.n; ++c) j(r, c) = gradient[c];
      }
      return j;
    }
    for (std::size_t c = 0; c < model_.n; ++c) {
      Vector<S> unit(model_.n, S(0));
      unit[c] = S(1);
      const Matrix<S> column = forward_product(unit);
      for (std::size_t r = 0; r < j.rows; ++r) j(r, c) = column.data[r];
    }
    return j;
  }

  std::vector<Kink> kinks() const override { return {}; }

 private:
  // z may hold the parameters of added neurons after those of the callable.
  static Vector<S> first_entries(const Vector<S>& z, std::size_t n) {
    if (z.size() < n) {
      throw std::invalid_argument("callable model: expected " + std::to_string(n) + " parameters, found " +
                                  std::to_string(z.size()));
    }
    return Vector<S>(z.begin(), z.begin() + static_cast<std::ptrdiff_t>(n));
  }

  const Shared<F>& model_;
  Vector<S> z_;
  ConstView<S> x_;
  Matrix<S> outputs_;
};

template <class F, class List>
class Bodies;
template <class F>
class Bodies<F, TypeList<>> : public Model {
 public:
  explicit Bodies(Shared<F> shared) : shared_(std::move(shared)) {}

 protected:
  Shared<F> shared_;
};
template <class F, class S, class... Rest>
class Bodies<F, TypeList<S, Rest...>> : public Bodies<F, TypeList<Rest...>> {
 public:
  using Bodies<F, TypeList<Rest...>>::Bodies;
  std::unique_ptr<Evaluation<S>> evaluate(const Vector<S>& z, ConstView<S> x) const final {
    return std::make_unique<CallableEvaluation<F, S>>(this->shared_, z, x);
  }
};

template <class F>
class CallableModel : public Bodies<F, EvaluationScalars> {
 public:
  explicit CallableModel(Shared<F> shared)
      : Bodies<F, EvaluationScalars>(std::move(shared)),
        blocks_{{"z", {this->shared_.n}, 0, this->shared_.n}} {}
  std::size_t inputs() const override { return this->shared_.d_x; }
  std::size_t outputs() const override { return this->shared_.d_y; }
  std::size_t parameters() const override { return this->shared_.n; }
  const std::vector<ParameterBlock>& blocks() const override { return blocks_; }
  std::optional<std::vector<std::size_t>> homogeneous_parameters() const override { return std::nullopt; }
  bool piecewise_analytic() const override { return false; }

 private:
  std::vector<ParameterBlock> blocks_;
};

// Q(z) as a model that takes no notice of x.
template <class Q>
struct Whole {
  Q q;
  template <class S>
  Vector<S> operator()(const Vector<S>& z, const Vector<S>&) const {
    return {q(z)};
  }
};
template <class Q>
struct WholeWithGradient : Whole<Q> {
  template <class S>
  Vector<S> gradient(const Vector<S>& z) const {
    return this->q.gradient(z);
  }
};

}  // namespace callable_detail

template <class F>
std::shared_ptr<const Model> make_callable_model(F f, std::size_t d_x, std::size_t d_y, std::size_t n) {
  return std::make_shared<callable_detail::CallableModel<F>>(
      callable_detail::Shared<F>{std::move(f), d_x, d_y, n});
}

// A whole objective Q(z) as a model of one sample and one output: use it with the loss "value", l(q) = q.
// q has `template <class S> S operator()(const Vector<S>& z) const`. Where it has
// `template <class S> Vector<S> gradient(const Vector<S>& z) const` as well, that is taken for grad Q, and a
// Hessian costs n gradients instead of n^2 values. Proofs are about what it returns: it has to be the
// gradient of Q.
template <class Q>
std::shared_ptr<const Model> make_objective_model(Q q, std::size_t n) {
  using callable_detail::HasGradient;
  using Callable = std::conditional_t<HasGradient<Q, double>::value, callable_detail::WholeWithGradient<Q>,
                                      callable_detail::Whole<Q>>;
  return make_callable_model(Callable{{std::move(q)}}, 1, 1, n);
}

}  // namespace pgb
