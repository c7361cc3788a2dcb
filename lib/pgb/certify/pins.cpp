#include "pgb/certify/pins.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pgb {
namespace {

struct Tangent {
  SymmetryUse use;
  Vector<double> row;
};

}  // namespace

Pins choose_pins(const std::vector<FlatFamily>& families, const Vector<double>& z,
                 const std::vector<std::size_t>& held) {
  constexpr double kIndependent = 1e-9;
  std::vector<Tangent> rows;
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (!is_symmetry_of_objective(families[f])) continue;
    std::vector<Vector<double>> tangents = flat_tangents<double>(families[f], z);
    for (std::size_t t = 0; t < tangents.size(); ++t) {
      double largest = 0;
      for (const std::size_t k : held) tangents[t][k] = 0;
      for (const double x : tangents[t]) largest = std::max(largest, std::abs(x));
      if (!(largest > 0)) continue;
      for (double& x : tangents[t]) x /= largest;
      rows.push_back({{f, t}, std::move(tangents[t])});
    }
  }
  Pins pins;
  while (!rows.empty()) {
    std::size_t pivot_row = 0, pivot = 0;
    double largest = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      for (std::size_t k = 0; k < z.size(); ++k) {
        if (std::abs(rows[r].row[k]) <= largest) continue;
        largest = std::abs(rows[r].row[k]);
        pivot_row = r;
        pivot = k;
      }
    }
    if (largest < kIndependent) break;
    std::swap(rows[pivot_row], rows.back());
    const Tangent chosen = std::move(rows.back());
    rows.pop_back();
    pins.uses.push_back(chosen.use);
    pins.coordinates.push_back(pivot);
    for (Tangent& other : rows) {
      const double factor = other.row[pivot] / chosen.row[pivot];
      if (factor == 0) continue;
      for (std::size_t k = 0; k < z.size(); ++k) other.row[k] -= factor * chosen.row[k];
      other.row[pivot] = 0;
    }
  }
  return pins;
}

}  // namespace pgb
