// The value form of the PGB condition in balls: Qt(alpha, S) of docs/theory.md, "The condition".
#pragma once

#include <cstddef>
#include <vector>

#include "claims/support/instances.h"
#include "pgb/derivatives/objective.h"
#include "pgb/scalar/ball.h"

namespace pgb::claims {

// h and rho of the gradient-basis assumption: h_k = z_k for the parameters listed, 0 elsewhere.
struct GradientBasis {
  std::vector<std::size_t> parameters;
  int rho = 0;

  Vector<Ball> h(const Vector<Ball>& z) const;
};

// From the structure of the model; rho = 2 where all penalised parameters are among those of h, 0 where R =
// 0. Throws std::logic_error where there is no such h: instances are to be made with one.
GradientBasis gradient_basis_of(const Problem& problem);

// One flat point z + eps v with its coefficients alpha.
struct Term {
  Vector<Ball> point, alpha;  // n
};

// Qt(alpha, S) with S the flat points of the terms. The result encloses the value for every z and point
// enclosed.
Ball perturbed_value(const Objective<Ball>& objective, const Vector<Ball>& z, int rho,
                     const std::vector<Term>& terms);

// Coefficients drawn from [-1, 1], dyadic.
Vector<Ball> random_coefficients(std::size_t n, Random& random);

Vector<Ball> operator+(Vector<Ball> x, const Vector<Ball>& y);
Ball dot(const Vector<Ball>& x, const Vector<Ball>& y);

// What is asked of Q(z) <= Qt(alpha, S): random S and alpha that come near the minimum of Qt as well as far
// ones. `flat_points` are points z + eps v of the flat set besides z.
struct RandomValues {
  Ball smallest_excess;      // the least enclosure (by its lower end) of Qt - Q met
  bool all_positive = true;  // Qt > Q was proved of every one
  std::size_t count = 0;
};
RandomValues random_values(const Objective<Ball>& objective, const Vector<Ball>& z,
                           const GradientBasis& basis, const std::vector<Vector<Ball>>& flat_points,
                           std::size_t count, Random& random);

// The value drops: with alpha = h at z and t at parameter k of the flat point, Qt < Q is proved for some t.
struct Drop {
  bool proved = false;
  Ball excess;      // Qt - Q, negative
  double step = 0;  // t
};
Drop certify_drop(const Objective<Ball>& objective, const Vector<Ball>& z, const GradientBasis& basis,
                  const Vector<Ball>& flat_point, std::size_t k);

// The same for the component of grad Q at the flat point that is farthest from 0.
Drop certify_drop(const Objective<Ball>& objective, const Vector<Ball>& z, const GradientBasis& basis,
                  const Vector<Ball>& flat_point);

}  // namespace pgb::claims
