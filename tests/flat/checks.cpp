#include "flat/checks.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "pgb/derivatives/objective.h"
#include "support/compare.h"
#include "support/dense.h"

namespace pgb::test {
namespace {

constexpr long kBits = 256;

// Whether the outputs at the flat point are those at z, and how wide the balls of the difference are.
AssertionResult keeps_outputs(const Problem& problem, const FlatFamily& family, const Vector<double>& c) {
  const PrecisionScope scope(kBits);
  const Objective<Ball> objective(problem);
  const Vector<Ball> z = to_scalars<Ball>(problem.parameters), at = flat_point(family, z, c);
  const Matrix<Ball> before = objective.outputs(z), after = objective.outputs(at);
  double size = 1;
  for (const Ball& phi : before.data) size = std::max(size, phi.magnitude());
  for (std::size_t e = 0; e < before.data.size(); ++e) {
    if (!before.data[e].is_finite() || !after.data[e].is_finite()) return AssertionFailure() << "not finite";
    if (!before.data[e].overlaps(after.data[e])) {
      return AssertionFailure() << "output " << e << " is " << describe(before.data[e]) << " at z and "
                                << describe(after.data[e]) << " at the flat point";
    }
    if (before.data[e].radius() + after.data[e].radius() > 1e-40 * size) {
      return AssertionFailure() << "output " << e << ": radius " << after.data[e].radius()
                                << " proves nothing";
    }
  }
  if (!family.keeps_regularizer) return AssertionSuccess();
  const Ball r = objective.regularizer(z), moved = objective.regularizer(at);
  if (r.overlaps(moved) && r.radius() + moved.radius() < 1e-40 * (1 + r.magnitude()))
    return AssertionSuccess();
  return AssertionFailure() << "R is " << describe(r) << " at z and " << describe(moved)
                            << " at the flat point";
}

AssertionResult keeps_outputs_in_quad(const Problem& problem, const FlatFamily& family,
                                      const Vector<double>& c) {
  const Objective<Quad> objective(problem);
  const Vector<Quad> z = to_scalars<Quad>(problem.parameters);
  const Matrix<Quad> before = objective.outputs(z), after = objective.outputs(flat_point(family, z, c));
  double size = 1;
  for (const Quad& phi : before.data) size = std::max(size, std::abs(to_double(phi)));
  for (std::size_t e = 0; e < before.data.size(); ++e) {
    const double off = std::abs(to_double(Quad(after.data[e] - before.data[e])));
    if (!(off <= 1e-30 * size))
      return AssertionFailure() << "output " << e << " is off by " << off << " in Quad";
  }
  return AssertionSuccess();
}

AssertionResult tangents_are_derivatives(const Problem& problem, const FlatFamily& family) {
  const PrecisionScope scope(400);
  const Vector<Real> z = to_scalars<Real>(problem.parameters);
  const std::vector<Vector<Real>> tangents = flat_tangents(family, z);
  if (tangents.size() != family.dimension) return AssertionFailure() << tangents.size() << " tangents";
  const double h = 0x1p-60;
  for (std::size_t j = 0; j < family.dimension; ++j) {
    Vector<double> c(family.dimension, 0.0);
    c[j] = h;
    const Vector<Real> ahead = flat_point(family, z, c);
    c[j] = -h;
    const Vector<Real> behind = flat_point(family, z, c);
    for (std::size_t k = 0; k < z.size(); ++k) {
      const Real slope = (ahead[k] - behind[k]) / (2 * Real(h));
      if (abs(Real(slope - tangents[j][k])) > 1e-30 * (1 + abs(slope))) {
        return AssertionFailure() << "tangent " << j << " at parameter " << k << " is "
                                  << describe(tangents[j][k]) << ", the difference quotient "
                                  << describe(slope);
      }
    }
  }
  return AssertionSuccess();
}

AssertionResult spares_the_regularizer(const Problem& problem, const FlatFamily& family) {
  if (!family.keeps_regularizer) return AssertionSuccess();
  for (const std::size_t k : moved_parameters(family, problem.model->parameters())) {
    for (const QuadraticTerm& term : problem.regularizer) {
      if (term.lambda != "0" && term.begin <= k && k < term.end) {
        return AssertionFailure() << "moves the regularised parameter " << k;
      }
    }
  }
  return AssertionSuccess();
}

Matrix<Real> as_columns(const std::vector<Vector<Real>>& vectors, std::size_t n) {
  Matrix<Real> a(n, vectors.size());
  for (std::size_t c = 0; c < vectors.size(); ++c)
    std::copy(vectors[c].begin(), vectors[c].end(), a.column(c));
  return a;
}

}  // namespace

std::map<Kind, std::size_t> dimensions(const std::vector<FlatFamily>& families) {
  std::map<Kind, std::size_t> total;
  for (const FlatFamily& family : families) total[family.kind] += family.dimension;
  return total;
}

FlatFamily only(const std::vector<FlatFamily>& families, Kind kind) {
  const auto of_kind = [kind](const FlatFamily& f) { return f.kind == kind; };
  const auto count = std::count_if(families.begin(), families.end(), of_kind);
  EXPECT_EQ(count, 1) << kind_name(kind);
  return count == 0 ? FlatFamily{} : *std::find_if(families.begin(), families.end(), of_kind);
}

std::vector<std::size_t> moved_parameters(const FlatFamily& f, std::size_t n) {
  std::set<std::size_t> moved(f.incoming.begin(), f.incoming.end());
  moved.insert(f.outgoing.begin(), f.outgoing.end());
  for (const SparseVector& v : f.basis) {
    for (const SparseEntry& entry : v) moved.insert(entry.parameter);
  }
  if (f.kind == Kind::linear_maps) {
    for (std::size_t k = 0; k < f.p * f.q; ++k) moved.insert(f.w1 + k);
    for (std::size_t k = 0; k < f.r * f.p; ++k) moved.insert(f.w2 + k);
    for (std::size_t k = 0; k < f.p && f.b1 != FlatFamily::kAbsent; ++k) moved.insert(f.b1 + k);
    for (std::size_t k = 0; k < f.r && f.b2 != FlatFamily::kAbsent && f.b1 != FlatFamily::kAbsent; ++k) {
      moved.insert(f.b2 + k);
    }
  }
  EXPECT_TRUE(moved.empty() || *moved.rbegin() < n);
  return {moved.begin(), moved.end()};
}

Vector<double> random_coordinates(const Problem& problem, const FlatFamily& family, Random& random) {
  Vector<double> c(family.dimension);
  for (double& entry : c) entry = random.eighth() / 8;
  if (family.kind == Kind::scaling) {
    c[0] = random.coin() ? random.eighth() + 3 : -0.875;
  } else if (family.kind == Kind::linear_maps) {
    for (std::size_t k = 0; k < family.p * family.p; ++k) c[k] /= 8 * static_cast<double>(family.p);
  } else if (family.kind == Kind::dead_unit) {
    for (int halvings = 0; halvings < 60 && !keeps_outputs(problem, family, c); ++halvings) {
      for (double& entry : c) entry /= 2;
    }
  }
  return c;
}

AssertionResult keeps_its_promises(const Problem& problem, const FlatFamily& family, Random& random) {
  const auto failed = [&](const AssertionResult& result) {
    return AssertionFailure() << kind_name(family.kind) << " (" << family.where << "): " << result.message();
  };
  if (family.dimension == 0) return failed(AssertionFailure() << "of dimension 0");
  if (family.straight && family.basis.size() != family.dimension)
    return failed(AssertionFailure() << "basis");
  if (family.where.empty() || family.why_exact.empty()) return failed(AssertionFailure() << "without words");
  for (int point = 0; point < 2; ++point) {
    const Vector<double> c = random_coordinates(problem, family, random);
    if (const AssertionResult exact = keeps_outputs(problem, family, c); !exact) return failed(exact);
    if (const AssertionResult quad = keeps_outputs_in_quad(problem, family, c); !quad) return failed(quad);
  }
  if (const AssertionResult spared = spares_the_regularizer(problem, family); !spared) return failed(spared);
  if (const AssertionResult tangents = tangents_are_derivatives(problem, family); !tangents)
    return failed(tangents);
  if (!family.straight) return AssertionSuccess();
  const PrecisionScope scope(1000);
  const Vector<Real> z = to_scalars<Real>(problem.parameters);
  const std::size_t rank = reference_rank(as_columns(flat_tangents(family, z), z.size()));
  if (rank == family.dimension) return AssertionSuccess();
  return failed(AssertionFailure() << "basis of " << family.dimension << " vectors has rank " << rank);
}

Matrix<Real> symmetry_tangents(const Problem& problem, const std::vector<FlatFamily>& families) {
  const Vector<Real> z = to_scalars<Real>(problem.parameters);
  std::vector<Vector<Real>> all;
  for (const FlatFamily& family : families) {
    if (!family.symmetry) continue;
    for (Vector<Real>& t : flat_tangents(family, z)) all.push_back(std::move(t));
  }
  return as_columns(all, z.size());
}

}  // namespace pgb::test
