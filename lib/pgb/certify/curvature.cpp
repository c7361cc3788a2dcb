#include "pgb/certify/curvature.h"

#include <algorithm>
#include <cmath>

#include "pgb/certify/exclusion.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/product.h"

namespace pgb {
namespace {

constexpr long kBits = 128;

// The direction scaled to a largest entry in [1/2, 1) and rounded to 20 bits after the point: short exact
// numbers.
Vector<double> shortened(Vector<double> d) {
  double largest = 0;
  for (const double x : d) largest = std::max(largest, std::abs(x));
  if (!(largest > 0) || !std::isfinite(largest)) return {};
  int exponent = 0;
  std::frexp(largest, &exponent);
  for (double& x : d) x = std::ldexp(std::round(std::ldexp(x, 20 - exponent)), -20);
  return d;
}

}  // namespace

std::optional<NegativeCurvature> certify_negative_curvature(const Problem& problem, double radius,
                                                            const Vector<double>& direction) {
  const Vector<double> d = shortened(direction);
  if (d.empty()) return std::nullopt;
  const PrecisionScope scope(kBits);
  const Vector<Ball> box = parameter_box(problem, radius);
  if (!Objective<Ball>(problem).kinks(box).empty()) return std::nullopt;
  const Vector<Ball> v(d.begin(), d.end());
  const Vector<Ball> product = HessianOperator<Ball>(problem, box)(v);
  const Ball curvature = dot(v.size(), v.data(), 1, product.data(), 1);
  if (!curvature.certainly_negative()) return std::nullopt;
  return NegativeCurvature{d, curvature, radius, kBits};
}

std::optional<NegativeCurvature> largest_region_of_negative_curvature(const Problem& problem,
                                                                      const Vector<double>& direction,
                                                                      double start, double least) {
  for (double radius = start; radius >= least && radius > 0; radius /= 4) {
    if (auto proof = certify_negative_curvature(problem, radius, direction)) return proof;
  }
  return certify_negative_curvature(problem, least, direction);
}

}  // namespace pgb
