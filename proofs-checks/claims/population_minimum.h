// Symmetric critical points of the Gaussian population loss of k ReLU units and k orthonormal teachers, and
// what kind of point each is among all k^2 parameters.
#pragma once

#include <cstddef>
#include <string>

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::claims {

// The objective of gaussian_relu.h at the weights w_i = p e_i + q sum of the other e_j (j < k) + r e_k for i
// < k, and w_k = s sum_{j < k} e_j + t e_k, for z = (p, q, r, s, t).
Problem population_problem(std::size_t units, const Vector<double>& z);

struct PopulationPoint {
  std::size_t units = 0;
  // Proven: one critical point of Q lies in the box `z` = (p, q, r, s, t).
  bool exists = false;
  Vector<Ball> z;
  Ball loss;
  // Proven: every eigenvalue of the k^2 x k^2 Hessian there is above curvature_bound > 0; so it is a strict,
  // isolated local minimum.
  bool strict_minimum = false;
  double curvature_bound = 0;
  // Proven: some eigenvalue is below curvature_bound < 0.
  bool saddle = false;
  // Proven: Q > 0 at every point within this distance (sup-norm, all parameters); 0 where not.
  double positive_radius = 0;
  std::string failure;  // why it does not exist, or of which kind it is not known to be
};

// Q stays the same when units, or coordinates together with the teachers, are renumbered. The weights above
// are kept by the group G of the renumberings of 1, ..., k - 1 of both at once. grad Q at such a point is
// kept by G as well, so it is 0 as soon as the five derivatives within the fixed space are (R. Palais, "The
// principle of symmetric criticality", 1979). The Hessian commutes with G; under it the k x k matrices fall
// apart into
//   5 copies of the trivial representation, 5 of the standard one (dimension k - 2),
//   the antisymmetric and the symmetric matrices with zero diagonal and zero row sums in the first k - 1
//   indices, once each,
// which are irreducible over the reals and not isomorphic for k >= 5. By Schur's lemma the Hessian is
// definite if and only if the 5 x 5 form on the first, the 5 x 5 form on one vector of each copy of the
// second, and one number each for the last two are positive. Reference: Y. Arjevani and M. Field, "Analytic
// Characterization of the Hessian in Shallow ReLU Models: A Tale of Symmetry", NeurIPS 2020.
//
// Needs units >= 5 and a start near the point; throws std::invalid_argument otherwise.
PopulationPoint certify_population_point(std::size_t units, const Vector<double>& start);

// The point that Safran and Shamir found for 6 units, and from it by Newton's method those for more: `last` -
// 5 of them.
std::vector<PopulationPoint> spurious_population_minima(std::size_t last);

}  // namespace pgb::claims
