// Proofs that a point, or a whole box, holds no local minimum: every one by balls that exclude 0.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pgb/flat/family.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

// The parameters as balls: `radius` around each (0: exact).
Vector<Ball> parameter_box(const Problem& problem, double radius);

// Q, its gradient and its kinks at the saved parameters, at the least precision that tells every component
// from 0 or shows it is exactly 0; at max_bits some may stay undecided.
struct ExactGradient {
  Ball value;
  Vector<Ball> gradient;
  std::vector<Kink> kinks;
  long precision_bits = 0;

  bool certainly_zero() const;  // every component is exactly 0
  // The component whose enclosure lies farthest from 0; nothing when all hold 0.
  std::optional<std::size_t> certainly_nonzero() const;
};
ExactGradient exact_gradient(const Problem& problem, long max_bits);

// Component k of grad Q (of every Clarke subgradient, where Q has kinks) excludes 0 on the whole box of this
// radius around the parameters. Nothing: not proven.
struct NotCritical {
  std::size_t component = 0;
  Ball enclosure;
  double radius = 0;
  long precision_bits = 0;
};
std::optional<NotCritical> certify_not_critical(const Problem& problem, double radius,
                                                long precision_bits = 128);

// grad Q is not 0 at an exact flat point z + epsilon v, with the segment between in one cell of every
// piecewise activation: PGB is violated at z, because t -> grad Q(z + t v) is analytic and so has isolated
// zeros. See docs/theory.md.
struct FlatViolation {
  std::size_t family = 0;      // index into the families
  Vector<double> coordinates;  // epsilon v = sum_j coordinates_j basis_j
  double epsilon = 1;          // the coordinates are epsilon times those of v
  std::size_t component = 0;
  Ball enclosure;
  long precision_bits = 0;
};
std::optional<FlatViolation> certify_flat_violation(const Problem& problem,
                                                    const std::vector<FlatFamily>& families,
                                                    std::uint64_t seed);

// The largest |component of grad Q| met at random flat points of each family, in extended precision; no
// proof.
struct FlatTrial {
  double largest = 0;
  double relative = 0;  // the same in units of approx_gradient_scale
  std::size_t points = 0;
};
std::vector<FlatTrial> approx_flat_gradients(const Problem& problem, const std::vector<FlatFamily>& families,
                                             std::uint64_t seed);

// What a component of grad Q would be if the samples' parts did not cancel: the largest |sum_i s_i g_i d_k
// phi_i| over k and a few draws of signs s_i, and the largest |d_k R|. In double, no bound: a unit for
// gradients that should be 0.
double approx_gradient_scale(const Problem& problem, const Vector<double>& z, std::uint64_t seed);

// With added neurons: no point within `radius` (sup-norm) of the parameters is a local minimum, because a_k =
// 0 at every critical point and the sum of the residuals d_k l over the samples with one input excludes 0.
// Nothing: not proven.
struct NoLocalMinimum {
  std::size_t output = 0, sample = 0;  // the group sum's output k, and one of its samples
  Ball enclosure;
  double radius = 0;
  long precision_bits = 0;
};
std::optional<NoLocalMinimum> certify_no_local_minimum(const Problem& problem, double radius,
                                                       long precision_bits = 128);

// The largest radius of the form start / 4^j for which certify_no_local_minimum succeeds, down to 0.
std::optional<NoLocalMinimum> largest_region_without_minimum(const Problem& problem, double start);

}  // namespace pgb
