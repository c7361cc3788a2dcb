// Value, gradient and second derivatives of a layered problem at eight points at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/search/local/layered.h"

namespace pgb::search {

constexpr std::size_t kLanes = 8;  // points evaluated together: number l of a quantity is at [k * kLanes + l]

// What one evaluation leaves, lane by lane. `matrix` is G + second * S, packed lower triangle by rows: G =
// J^T L'' J
// + 2 diag(lambda) of Gauss and Newton, S = sum_ik l'(q_ik) Hess q_ik, so second = 1 gives the Hessian of Q.
struct LaneResult {
  std::vector<double> value;     // kLanes
  std::vector<double> gradient;  // n * kLanes
  std::vector<double> matrix;    // n (n + 1) / 2 * kLanes
};

// Allocates once; each lane's result depends on that lane's point alone, to the last bit.
class LaneEvaluator {
 public:
  explicit LaneEvaluator(const Layered& net);

  // z: n * kLanes; second: kLanes numbers.
  void evaluate(const double* z, const double* second, LaneResult& result);

  // Outputs q of one point, m rows of d_y.
  std::vector<double> outputs(const std::vector<double>& z) const;

 private:
  // Gradient of one unit's affine result in the parameters it depends on.
  struct Row {
    std::vector<std::size_t> index;  // ascending
    std::vector<double> value;       // index.size() * kLanes
  };
  struct Level {
    std::vector<double> feature, slope, curvature;  // out * kLanes: h, h', h''
    std::vector<double> adjoint;                    // out * kLanes: dQ / dh
    std::vector<Row> rows;                          // out
  };

  void forward(std::size_t level, const double* z);
  void rows(std::size_t level, const double* z);
  void added(std::size_t sample, const double* z);
  void losses(std::size_t sample, const double* second, LaneResult& result);
  void backward(std::size_t level, const double* z, const double* second, LaneResult& result);

  const Layered& net_;
  std::vector<Level> levels_;
  std::vector<double> input_;        // d_x * kLanes, the sample's x in every lane
  std::vector<double> exponential_;  // d_y * kLanes: exp(w . x + b)
  std::vector<Row> output_;          // d_y: rows of J
  std::vector<double> scratch_;      // n * kLanes
};

// A = L L^T in place, packed lower; returns in `good` (kLanes) whether every pivot was positive. Lanes that
// fail hold nothing of use.
void factor_lanes(std::size_t n, double* matrix, bool* good);
// L L^T x = b in place.
void solve_lanes(std::size_t n, const double* factor, double* b);

}  // namespace pgb::search
