// A small network over a box of parameters: enclosures of its derivatives in intervals of doubles.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "pgb/certify/boxes/activation.h"
#include "pgb/certify/boxes/interval.h"
#include "pgb/model/problem.h"

namespace pgb::boxes {

using Intervals = std::vector<Interval>;

// Symmetric, or any other, n x n by rows.
struct IntervalSquare {
  std::size_t n = 0;
  Intervals data;
  IntervalSquare() = default;
  explicit IntervalSquare(std::size_t size) : n(size), data(size * size) {}
  Interval& operator()(std::size_t i, std::size_t j) { return data[i * n + j]; }
  const Interval& operator()(std::size_t i, std::size_t j) const { return data[i * n + j]; }
};

// A problem whose model is a graph of linear maps, elementwise operations, sums, products and
// concatenations, as a list of scalar features. Added neurons are left out: all is said of a = 0, where they
// do not matter. Thread-safe; the problem must outlive it. Open a PrecisionScope of about 64 bits.
class Network {
 public:
  // Nothing where the model is of another kind.
  static std::optional<Network> make(const Problem& problem);

  std::size_t parameters() const { return parameters_; }  // n, without those of the added neurons
  std::size_t samples() const { return x_.size() / inputs_; }
  std::size_t outputs() const { return outputs_.size(); }  // d_y
  bool analytic() const { return analytic_; }              // no piecewise operation

  // Encloses d_k Q, k < n, for every z of the box; of every element of Clarke's subdifferential. On the way
  // back from the outputs parameter `replaced` counts as 1: what is behind it alone gets its derivative
  // divided by it.
  Intervals gradient(const Intervals& z, std::size_t replaced = npos) const;
  // Encloses d_k d_l Q; nothing where there is a kink in the box.
  std::optional<IntervalSquare> hessian(const Intervals& z) const;
  // Encloses the loss derivatives d_k l summed over each group of equal inputs: entry group d_y + k.
  Intervals group_sums(const Intervals& z) const;
  // The derivatives by z of such a sum, at a point: rounding errors are not enclosed where a loss has none.
  Vector<double> approx_group_slopes(const Vector<double>& z, std::size_t group, std::size_t output) const;
  // Encloses the columns of J in the rows of the first sample of each group (d_y rows a group, row-major).
  Intervals jacobian(const Intervals& z, const std::vector<std::size_t>& columns) const;
  const std::vector<std::size_t>& first_of_group() const { return first_; }

  // Weights that are used once and by themselves carry other parameters to the outputs: z_k = 0 switches
  // those off.
  struct Switch {
    std::size_t weight = 0;
    std::vector<std::size_t> behind;
  };
  std::vector<Switch> switches() const;

  // Signed permutations z -> z' with z'_k = sign_k z_order_k that keep Q, two units of a layer exchanged or
  // the sign of one turned; `weight` of the first unit, which is read by one feature, is compared with that
  // of the second.
  struct Symmetry {
    std::vector<std::size_t> order;
    std::vector<bool> negated;
    std::size_t first = 0, second = 0;  // outgoing weights; equal for a change of sign
  };
  std::vector<Symmetry> symmetries() const;

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  struct Term {
    std::size_t feature = 0, weight = npos;
  };
  struct Feature {
    enum class Kind { input, affine, activation, product } kind = Kind::input;
    std::vector<Term> terms;
    std::size_t bias = npos;
    std::size_t activation = npos;  // index into activations_
  };
  struct State {
    Intervals value, slope, curvature;
    bool kink = false;
  };
  struct LossRange {
    Intervals gradient, curvature;
    bool jump = false;  // of the second derivative
  };

  Network() = default;
  void forward(const Intervals& z, std::size_t sample, State& state) const;
  Interval slope_by(const Feature& f, std::size_t t, const State& state, std::size_t self,
                    const Intervals& z) const;
  LossRange loss(const State& state, std::size_t sample) const;
  Intervals adjoints(const State& state, const Intervals& z, const Intervals& seeds) const;
  std::vector<Intervals> tangents(const State& state, const Intervals& z,
                                  const std::vector<std::size_t>& position, std::size_t count) const;
  bool image(Symmetry& symmetry) const;

  std::vector<Feature> features_;
  std::vector<Activation> activations_;
  std::vector<std::size_t> outputs_, first_, group_, uses_;
  std::size_t parameters_ = 0, inputs_ = 1, groups_ = 0;
  Intervals x_, y_, lambdas_;
  Loss loss_;
  Interval mean_;  // 1 / m
  bool analytic_ = true;
};

}  // namespace pgb::boxes
