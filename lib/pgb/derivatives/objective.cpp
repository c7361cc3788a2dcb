#include "pgb/derivatives/objective.h"

#include <algorithm>
#include <vector>

#include "pgb/model/graph.h"
#include "pgb/scalar/functions.h"
#include "pgb/scalar/parallel.h"

namespace pgb {
namespace {

constexpr std::size_t kBlock = 512, kBlockFeatures = std::size_t{1} << 21;  // samples evaluated together

// Fewer than kBlock where a sample has many features in all, as images have.
std::size_t block_of(const Model& model) {
  const Graph* graph = model.graph();
  if (graph == nullptr) return kBlock;
  std::size_t features = graph->inputs();
  for (const GraphNode& node : graph->nodes()) features += element_count(node.shape);
  return std::clamp(kBlockFeatures / features, std::size_t{1}, kBlock);
}

Ball hulled(const Ball& a, const Ball& b) { return Ball::hull(a, b); }
template <class S>
S hulled(const S& a, const S& b) {
  return (a + b) / S(2);
}

template <class S>
struct Lambda {
  static S of(const std::string& q) { return from_rational<S>(q); }
};
template <class T>
struct Lambda<Dual<T>> {
  static Dual<T> of(const std::string& q) { return Dual<T>::constant(from_rational<T>(q)); }
};

}  // namespace

template <class S>
Objective<S>::Objective(const Problem& problem)
    : problem_(problem),
      x_(problem.x.shape[1], problem.x.shape[0], to_scalars<S>(problem.x)),
      y_(problem.y.shape[1], problem.y.shape[0], to_scalars<S>(problem.y)) {
  for (const QuadraticTerm& term : problem.regularizer) lambdas_.push_back(Lambda<S>::of(term.lambda));
}

template <class S>
void Objective<S>::for_each_block(const Vector<S>& z,
                                  const std::function<void(const Evaluation<S>&, std::size_t)>& visit) const {
  const std::size_t block = block_of(*problem_.model);
  for (std::size_t first = 0; first < x_.cols; first += block) {
    const std::size_t count = std::min(block, x_.cols - first);
    visit(*problem_.model->evaluate(z, x_.view().columns(first, count)), first);
  }
}

template <class S>
S Objective<S>::mean_loss(const Matrix<S>& outputs) const {
  S sum(0);
  for (std::size_t i = 0; i < outputs.cols; ++i) {
    sum += problem_.loss.value(outputs.column(i), y_.column(i), outputs.rows);
  }
  return sum / S(static_cast<int>(x_.cols));
}

template <class S>
S Objective<S>::regularizer(const Vector<S>& z) const {
  S sum(0);
  for (std::size_t t = 0; t < lambdas_.size(); ++t) {
    S squares(0);
    for (std::size_t k = problem_.regularizer[t].begin; k < problem_.regularizer[t].end; ++k)
      squares += square(z[k]);
    sum += lambdas_[t] * squares;
  }
  return sum;
}

template <class S>
Vector<S> Objective<S>::regularizer_gradient(const Vector<S>& z) const {
  Vector<S> gradient(z.size(), S(0));
  for (std::size_t t = 0; t < lambdas_.size(); ++t) {
    for (std::size_t k = problem_.regularizer[t].begin; k < problem_.regularizer[t].end; ++k) {
      gradient[k] += S(2) * lambdas_[t] * z[k];
    }
  }
  return gradient;
}

template <class S>
S Objective<S>::value(const Vector<S>& z) const {
  return mean_loss(outputs(z)) + regularizer(z);
}

template <class S>
typename Objective<S>::ValueGradient Objective<S>::value_gradient(const Vector<S>& z, int threads) const {
  ValueGradient result{S(0), Vector<S>(z.size(), S(0))};
  const std::size_t block = block_of(*problem_.model), blocks = (x_.cols + block - 1) / block;
  const auto at_once = static_cast<std::size_t>(std::max(threads, 1));
  std::vector<ValueGradient> parts(std::min(at_once, blocks));
  for (std::size_t begin = 0; begin < blocks; begin += at_once) {
    const std::size_t end = std::min(begin + at_once, blocks);
    parallel_for(end - begin, threads, nullptr, [&](std::size_t k, bool) {
      const std::size_t first = (begin + k) * block, count = std::min(block, x_.cols - first);
      const auto at = problem_.model->evaluate(z, x_.view().columns(first, count));
      const Matrix<S>& phi = at->outputs();
      Matrix<S> g(phi.rows, phi.cols);
      parts[k].value = S(0);
      for (std::size_t i = 0; i < phi.cols; ++i) {
        parts[k].value += problem_.loss.value(phi.column(i), y_.column(first + i), phi.rows);
        problem_.loss.gradient(phi.column(i), y_.column(first + i), phi.rows, g.column(i));
      }
      parts[k].gradient = at->reverse_product(g);
    });
    // In the order of the blocks, so that the sum does not depend on the number of threads.
    for (std::size_t t = 0; t < end - begin; ++t) {
      result.value += parts[t].value;
      for (std::size_t k = 0; k < z.size(); ++k) result.gradient[k] += parts[t].gradient[k];
    }
  }
  // Divided once, at the end: sums of exact balls stay exact, so that an exact 0 is seen as one.
  const S m(static_cast<int>(x_.cols));
  const Vector<S> penalty = regularizer_gradient(z);
  for (std::size_t k = 0; k < z.size(); ++k) result.gradient[k] = result.gradient[k] / m + penalty[k];
  result.value = result.value / m + regularizer(z);
  return result;
}

template <class S>
Matrix<S> Objective<S>::outputs(const Vector<S>& z) const {
  Matrix<S> phi(problem_.model->outputs(), x_.cols);
  for_each_block(z, [&](const Evaluation<S>& at, std::size_t first) {
    std::copy(at.outputs().data.begin(), at.outputs().data.end(), phi.column(first));
  });
  return phi;
}

template <class S>
Matrix<S> Objective<S>::output_gradient(const Matrix<S>& outputs) const {
  Matrix<S> g(outputs.rows, outputs.cols);
  for (std::size_t i = 0; i < outputs.cols; ++i) {
    problem_.loss.gradient(outputs.column(i), y_.column(i), outputs.rows, g.column(i));
  }
  const S m(static_cast<int>(x_.cols));
  for (S& entry : g.data) entry /= m;
  return g;
}

template <class S>
Vector<S> Objective<S>::pull_back(const Vector<S>& z, const Matrix<S>& g) const {
  Vector<S> sum(z.size(), S(0));
  for_each_block(z, [&](const Evaluation<S>& at, std::size_t first) {
    const std::size_t count = at.outputs().cols;
    const Matrix<S> part(g.rows, count, Vector<S>(g.column(first), g.column(first) + count * g.rows));
    const Vector<S> product = at.reverse_product(part);
    for (std::size_t k = 0; k < product.size(); ++k) sum[k] += product[k];
  });
  return sum;
}

template <class S>
Matrix<S> Objective<S>::forward_product(const Vector<S>& z, const Vector<S>& z_dot) const {
  Matrix<S> dot(problem_.model->outputs(), x_.cols);
  for_each_block(z, [&](const Evaluation<S>& at, std::size_t first) {
    const Matrix<S> part = at.forward_product(z_dot);
    std::copy(part.data.begin(), part.data.end(), dot.column(first));
  });
  return dot;
}

template <class S>
Matrix<S> Objective<S>::jacobian(const Vector<S>& z) const {
  return problem_.model->evaluate(z, x_.view())->jacobian();
}

template <class S>
std::vector<Kink> Objective<S>::kinks(const Vector<S>& z) const {
  std::vector<Kink> found;
  for_each_block(z, [&](const Evaluation<S>& at, std::size_t first) {
    for (Kink kink : at.kinks()) {
      kink.sample += first;
      found.push_back(kink);
    }
  });
  return found;
}

template <class S>
Vector<S> HessianOperator<S>::operator()(const Vector<S>& v) const {
  Vector<Dual<S>> z;
  z.reserve(z_.size());
  for (std::size_t k = 0; k < z_.size(); ++k) z.push_back(Dual<S>(z_[k], v[k]));
  const auto at = objective_.value_gradient(z);
  Vector<S> product;
  product.reserve(z_.size());
  for (const Dual<S>& d : at.gradient) product.push_back(d.tangent);
  return product;
}

template <class S>
Matrix<S> HessianOperator<S>::dense() const {
  const std::size_t n = z_.size();
  Matrix<S> h(n, n);
  for (std::size_t c = 0; c < n; ++c) {
    Vector<S> unit(n, S(0));
    unit[c] = S(1);
    const Vector<S> column = (*this)(unit);
    std::copy(column.begin(), column.end(), h.column(c));
  }
  // Both triangles enclose the same number: their hull (balls) or mean (floating point) makes H symmetric.
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t r = 0; r < c; ++r) h(r, c) = h(c, r) = hulled(h(r, c), h(c, r));
  }
  return h;
}

#define PGB_INSTANTIATE(S) template class Objective<S>;
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE
#define PGB_INSTANTIATE(S) template class HessianOperator<S>;
PGB_FOR_BASE_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

}  // namespace pgb
