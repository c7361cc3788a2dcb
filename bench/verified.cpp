// Proofs in dense linear algebra: ours, the approximate factorisation that proves nothing, and Arb's.
#include <arb_mat.h>
#include <benchmark/benchmark.h>

#include <Eigen/Dense>
#include <cstddef>

#include "pgb/linalg/approx_dense.h"
#include "pgb/linalg/verified_definite.h"
#include "pgb/linalg/verified_inverse.h"
#include "pgb/scalar/random.h"

namespace {

constexpr slong kBits = 106;

// A dyadic random matrix G; the symmetric one is (G + G^T) / 2 + 2 sqrt(n) I, whose smallest eigenvalue is
// about 1.2 sqrt(n): entries have standard deviation 0.58, and the spectrum of the first part ends near 0.82
// sqrt(n).
pgb::Matrix<double> general(std::size_t n) {
  pgb::DyadicRandom random(7);
  return {n, n, random.vector(n * n)};
}

pgb::Matrix<double> symmetric(std::size_t n) {
  const pgb::Matrix<double> g = general(n);
  pgb::Matrix<double> a(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i) a(i, j) = (g(i, j) + g(j, i)) / 2;
    double root = 1;
    while (root * root < static_cast<double>(n)) root *= 2;
    a(j, j) += 2 * root;
  }
  return a;
}

Eigen::Map<const Eigen::MatrixXd> as_eigen(const pgb::Matrix<double>& a) {
  return {a.data.data(), static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(a.cols)};
}

class ArbMatrix {
 public:
  explicit ArbMatrix(const pgb::Matrix<double>& a) {
    const auto rows = static_cast<slong>(a.rows), cols = static_cast<slong>(a.cols);
    arb_mat_init(m_, rows, cols);
    for (slong j = 0; j < cols; ++j) {
      for (slong i = 0; i < rows; ++i)
        arb_set_d(arb_mat_entry(m_, i, j), a(static_cast<std::size_t>(i), static_cast<std::size_t>(j)));
    }
  }
  ArbMatrix(const ArbMatrix&) = delete;
  ArbMatrix& operator=(const ArbMatrix&) = delete;
  ~ArbMatrix() { arb_mat_clear(m_); }
  arb_mat_struct* get() { return m_; }

 private:
  arb_mat_t m_;
};

std::size_t size_of(const benchmark::State& state) { return static_cast<std::size_t>(state.range(0)); }

void definite_verified(benchmark::State& state) {
  const pgb::IntervalMatrix a(symmetric(size_of(state)));
  bool proven = false;
  for (auto _ : state) proven = pgb::verified_positive_definite(a).positive_definite;
  state.counters["answer"] = proven;
}

void definite_eigen(benchmark::State& state) {
  const pgb::Matrix<double> a = symmetric(size_of(state));
  bool completed = false;
  for (auto _ : state) completed = Eigen::LLT<Eigen::MatrixXd>(as_eigen(a)).info() == Eigen::Success;
  state.counters["answer"] = completed;
}

void definite_arb(benchmark::State& state) {
  ArbMatrix a(symmetric(size_of(state))), factor(pgb::Matrix<double>(size_of(state), size_of(state)));
  bool proven = false;
  for (auto _ : state) proven = arb_mat_cho(factor.get(), a.get(), kBits) != 0;
  state.counters["answer"] = proven;
}

void nonsingular_verified(benchmark::State& state) {
  const pgb::IntervalMatrix a(general(size_of(state)));
  bool proven = false;
  for (auto _ : state) proven = pgb::verified_nonsingular(a).nonsingular();
  state.counters["answer"] = proven;
}

void least_singular_verified(benchmark::State& state) {
  const pgb::Matrix<double> g = general(size_of(state));
  double bound = 0;
  for (auto _ : state) bound = pgb::verified_least_singular_value(pgb::IntervalMatrix(g));
  state.counters["answer"] = pgb::approx_singular_values(g).back() / bound;
}

void singular_values(benchmark::State& state) {
  const pgb::Matrix<double> g = general(size_of(state));
  double sum = 0;
  for (auto _ : state) {
    sum = 0;
    for (const double s : pgb::approx_singular_values(g)) sum += s;
  }
  state.counters["answer"] = sum;
}

void nonsingular_eigen(benchmark::State& state) {
  const pgb::Matrix<double> a = general(size_of(state));
  double smallest = 0;
  for (auto _ : state) {
    smallest = Eigen::PartialPivLU<Eigen::MatrixXd>(as_eigen(a)).matrixLU().diagonal().cwiseAbs().minCoeff();
  }
  state.counters["answer"] = smallest > 0;
}

void nonsingular_arb(benchmark::State& state) {
  ArbMatrix a(general(size_of(state))), inverse(pgb::Matrix<double>(size_of(state), size_of(state)));
  bool proven = false;
  for (auto _ : state) proven = arb_mat_inv(inverse.get(), a.get(), kBits) != 0;
  state.counters["answer"] = proven;
}

}  // namespace

BENCHMARK(definite_verified)->Arg(300)->Arg(1000)->Arg(2000)->Unit(benchmark::kMillisecond);
BENCHMARK(definite_eigen)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(definite_arb)->Arg(300)->Arg(1000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(nonsingular_verified)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(least_singular_verified)->Arg(300)->Arg(1000)->Arg(2000)->Unit(benchmark::kMillisecond);
BENCHMARK(singular_values)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(nonsingular_eigen)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(nonsingular_arb)->Arg(300)->Arg(1000)->Iterations(1)->Unit(benchmark::kMillisecond);
