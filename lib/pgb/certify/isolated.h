// Proof that the flat set near a critical point holds critical points only.
#pragma once

#include <cstddef>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct IsolationProof {
  // Proven: tau Hess Q(z) + c J(z)^T J(z) is positive definite on the listed parameters for every z of the
  // box. false: not proven.
  bool proven = false;
  double tau = 0, c = 0;
};

// Let z* in the box be critical, and let critical points with its outputs and its R be near it a graph over
// the parameters that are not `across`. psi(z) = tau (<g*, Phi(z) - Phi*> + R(z) - R*) + a quadratic form of
// Phi(z) - Phi* with the second derivatives above is then strictly convex in `across`, with its minimum 0 at
// those points; so no other point near has these outputs and R: the PGB condition holds at z*. With g
// orthogonal to range J it is <g*, D^2 Phi> on the kernel of J that has to be definite, of either sign. See
// docs/theory.md.
IsolationProof certify_isolated(const Problem& problem, const Vector<Ball>& box,
                                const std::vector<std::size_t>& across);

}  // namespace pgb
