#include "pgb/search/local/symmetry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pgb::search {
namespace {

// Unit j of layer k in a point, for transformations in place.
class Units {
 public:
  Units(const Layered& net, std::size_t k, std::vector<double>& z)
      : here_(net.layers[k]), next_(net.layers[k + 1]), z_(z) {}

  void swap(std::size_t i, std::size_t j) {
    if (i == j) return;
    for (std::size_t c = 0; c < here_.in; ++c) std::swap(z_[here_.weight(i, c)], z_[here_.weight(j, c)]);
    if (here_.bias) std::swap(z_[here_.bias_of(i)], z_[here_.bias_of(j)]);
    for (std::size_t r = 0; r < next_.out; ++r) std::swap(z_[next_.weight(r, i)], z_[next_.weight(r, j)]);
  }

  void flip(std::size_t j) {
    for (std::size_t c = 0; c < here_.in; ++c) z_[here_.weight(j, c)] *= -1;
    if (here_.bias) z_[here_.bias_of(j)] *= -1;
    for (std::size_t r = 0; r < next_.out; ++r) {
      double& weight = z_[next_.weight(r, j)];
      if (here_.activation.kind == ActivationKind::sigmoid) z_[next_.bias_of(r)] += weight;
      weight = -weight;
    }
  }

  // Sup-norm distance of incoming weights of unit i of a and unit j of this point, times `sign`.
  double distance(const std::vector<double>& a, std::size_t i, std::size_t j, double sign) const {
    double largest = 0;
    for (std::size_t c = 0; c < here_.in; ++c) {
      largest = std::max(largest, std::abs(a[here_.weight(i, c)] - sign * z_[here_.weight(j, c)]));
    }
    if (here_.bias) largest = std::max(largest, std::abs(a[here_.bias_of(i)] - sign * z_[here_.bias_of(j)]));
    return largest;
  }

 private:
  const AffineLayer &here_, &next_;
  std::vector<double>& z_;
};

bool may_flip(const Layered& net, std::size_t k) {
  const ActivationKind kind = net.layers[k].activation.kind;
  return is_odd(kind) || (kind == ActivationKind::sigmoid && net.layers[k + 1].bias && !net.regularized);
}

}  // namespace

bool same_up_to_symmetry(const Layered& net, const std::vector<double>& a, const std::vector<double>& b,
                         double tolerance) {
  std::vector<double> z = b;
  double size = 1;
  for (const double x : a) size = std::max(size, std::abs(x));
  for (std::size_t k = 0; k + 1 < net.layers.size(); ++k) {
    Units units(net, k, z);
    for (std::size_t i = 0; i < net.layers[k].out; ++i) {
      double best = std::numeric_limits<double>::infinity();
      std::size_t match = i;
      bool flipped = false;
      for (std::size_t j = i; j < net.layers[k].out; ++j) {
        for (const double sign : {1.0, -1.0}) {
          if (sign < 0 && !may_flip(net, k)) continue;
          const double distance = units.distance(a, i, j, sign);
          if (!(distance < best)) continue;
          best = distance;
          match = j;
          flipped = sign < 0;
        }
      }
      if (best > tolerance * size) return false;
      units.swap(i, match);
      if (flipped) units.flip(i);
    }
  }
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (std::abs(a[k] - z[k]) > tolerance * size) return false;
  }
  return true;
}

}  // namespace pgb::search
