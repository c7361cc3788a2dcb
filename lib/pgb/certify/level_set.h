// Proof of local minima on a surface of points with the same outputs, where all samples of a class look the
// same to the network.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/certify/critical_point.h"
#include "pgb/model/problem.h"

namespace pgb {

struct LevelSetProof {
  // Proven: a local minimum of Q lies within `radius` of `center` (sup-norm), only `across` differ from
  // center.
  bool exists = false;
  double radius = 0;
  io::Tensor center;                 // [n], exact dyadic
  std::vector<std::size_t> classes;  // [m], of the samples
  std::vector<std::size_t> across;   // parameters, as many as the surface has equations
  long precision_bits = 0;
  std::string failure;  // why not proven; empty where the point does not look like one of such a surface
};

// Let the samples be divided into classes, and let M be the surface on which every unit that reads inputs
// sees the same at all samples of a class, w . (x_i - x_j) = 0, and the outputs are the mean targets of the
// classes. For sums of squares the derivatives of the losses then sum to 0 over each class, and so do their
// products with the inputs, if the data are so (tested in rational numbers): every point of M is critical.
// Where the derivatives of these equations by `across` are nonsingular and the block of Hess Q is positive
// definite, Q is for all values near of the other parameters strictly convex in `across` with its minimum on
// M, where it is constant: points of M are local minima. Classes are those that the point suggests. After C.
// Yun, S. Sra and A. Jadbabaie, "Small nonlinearities in activation functions create bad local minima in
// neural networks", ICLR 2019, whose examples are of this kind.
LevelSetProof certify_level_set(const Problem& problem, const Vector<Real>& center,
                                const CriticalPointOptions& options);

}  // namespace pgb
