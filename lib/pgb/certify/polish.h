// From a saved point to the critical point it was heading for, in extended precision.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

struct PolishOptions {
  double radius = 1e-3;                             // sup-norm distance from the saved point not to be passed
  std::size_t max_memory = std::size_t{4} << 30;    // bytes
  std::vector<std::vector<std::size_t>> tied = {};  // groups of equal parameters that are to stay equal
  // Of the significand in the end: up to 113 quadruple precision is all that is used, beyond it MPFR goes on
  // from there.
  long precision_bits = 113;
  std::size_t largest_hessian = 2500;  // parameters beyond which the Hessian is not formed
  std::function<void(const std::string& stage, double fraction)> progress = {};
  const std::atomic<bool>* stop = nullptr;
};

// Where Newton's method ended. Nothing here is proven: `converged` says that |grad Q| fell to rounding error
// of the extended precision within the radius.
struct PolishedPoint {
  bool converged = false;
  bool interpolates = false;  // found as a solution of Phi = targets, not of grad Q = 0
  Vector<Real> z;             // n
  double gradient_norm = 0;   // |grad Q|_2 at z
  double held_gradient = 0;   // largest |component| among the frozen parameters at z
  double distance = 0;        // sup-norm, from the saved point
  long precision_bits = 113;
  int steps = 0;
  std::string failure;  // why not converged, in words
};

// Newton's method from the problem's parameters. Steps are the minimum-norm solutions of H step = -grad Q
// with H factored in double and grad Q in extended precision (iterative refinement), so each step gains up to
// 16 digits and rank-deficient Hessians are harmless. Parameters with frozen[k] stay as they are. For least
// squares with at least as many parameters as outputs, Phi = targets is tried first (Gauss-Newton).
PolishedPoint polish(const Problem& problem, const std::vector<bool>& frozen,
                     const PolishOptions& options = {});

// The groups of parameters that are equal at the saved point because units are: see PolishOptions. Units all
// of whose outgoing weights are penalised are left out: to split them changes R, so that no flat family needs
// them to stay equal.
std::vector<std::vector<std::size_t>> tied_structure(const Problem& problem);

// What polishing had better leave alone at the saved point: added neurons that are off, with the b and W they
// leave free.
std::vector<bool> frozen_structure(const Problem& problem);

}  // namespace pgb
