// The gradient basis and the perturbed gradient span at one point.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgb/flat/family.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"

namespace pgb {

// The spectrum of a generating matrix of the span: base-10 logarithms of pivots or singular values,
// decreasing.
struct Spectrum {
  std::string label;  // "before perturbation", "after perturbation"
  std::vector<double> magnitudes;
  long precision_bits = 53;
};

struct SpanOptions {
  std::size_t max_memory = std::size_t{4} << 30;  // bytes
  std::uint64_t seed = 1;                         // of the random flat points
  long max_precision_bits = 16384;
  // Whether the parameters are the point meant, exactly. Otherwise they are near it, and ranks are those of
  // double precision: elimination in balls would see the rank of the approximation, which can be larger.
  bool exact_point = true;
  // Flat points found numerically. Where they enlarge the span its rank is evidence only.
  std::vector<Vector<double>> numerical_flats = {};
  std::function<void(const std::string& stage, double fraction)> progress = {};
  const std::atomic<bool>* stop = nullptr;
};

// J(z) = D Phi(z), N x n, at the problem's parameters (converted to S), rows sample by sample.
template <class S>
Matrix<S> gradient_basis(const Problem& problem);

#define PGB_DECLARE_BASIS(S) extern template Matrix<S> gradient_basis<S>(const Problem&);
PGB_FOR_BASE_SCALARS(PGB_DECLARE_BASIS)
#undef PGB_DECLARE_BASIS

// T(z) = span of J's columns at the flat points near z, a subspace of R^N; see docs/theory.md. Equal inputs
// have equal rows, so everything is done on the distinct ones.
class PerturbedSpan {
 public:
  std::size_t ambient() const { return ambient_; }  // N
  std::size_t upper_bound() const {
    return upper_bound_;
  }  // outputs of the distinct inputs: T has no larger rank
  std::optional<std::size_t> unperturbed_rank() const { return unperturbed_rank_; }  // rank J(z)
  std::optional<std::size_t> rank() const { return rank_; }                          // dim T(z)
  // Whether the ranks are proven: false means numerical evidence (for `rank`, at least a proven lower bound
  // where precision_bits exceeds 53).
  bool unperturbed_rank_certified() const { return unperturbed_rank_certified_; }
  bool rank_certified() const { return rank_certified_; }
  const std::string& rank_reason() const { return rank_reason_; }
  long precision_bits() const { return precision_bits_; }
  const std::vector<Spectrum>& spectra() const { return spectra_; }
  const std::vector<Skipped>& skipped() const { return skipped_; }

  // inf over T of the mean loss: the PGB value where R has no part in it (see docs/theory.md). In double, no
  // bound; -infinity for a loss unbounded below. Nothing where T is not known.
  std::optional<double> approx_value() const { return value_; }

  // Whether a vector of R^N lies in T, up to `relative` of its norm, in double: evidence, not a proof.
  // Nothing where T is not known.
  std::optional<bool> approx_contains(const Vector<double>& v, double relative = 1e-9) const;

 private:
  friend class SpanBuilder;
  std::size_t ambient_ = 0, upper_bound_ = 0, outputs_ = 0;
  std::optional<std::size_t> unperturbed_rank_, rank_;
  bool unperturbed_rank_certified_ = false, rank_certified_ = false;
  std::string rank_reason_;
  long precision_bits_ = 53;
  std::vector<Spectrum> spectra_;
  std::vector<Skipped> skipped_;
  std::optional<double> value_;
  InputGroups groups_;
  std::optional<Matrix<double>>
      basis_;  // orthonormal, over the distinct inputs; all of them when T is everything
  bool everything_ = false;
};

// The span at the problem's parameters; `families` as flat_families(problem) returns them.
PerturbedSpan perturbed_gradient_span(const Problem& problem, const std::vector<FlatFamily>& families,
                                      const SpanOptions& options = {});

// The problem restricted to the first sample of every distinct input; targets are those of that sample.
Problem distinct_inputs(const Problem& problem, const InputGroups& groups);

// Whether added neurons are off (a = 0 exactly), free and unpenalised at every output: then T holds all
// functions of x.
bool added_neurons_span_everything(const Problem& problem, const std::vector<FlatFamily>& families);

}  // namespace pgb
