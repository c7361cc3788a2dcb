// What the checks of certificates are made of. Whatever is required and does not hold throws Rejected.
#pragma once

#include "verifier/problem.h"

namespace pgb::verifier {

// The check of a kind of certificate, specialised for each; proofs-checks/FORMAT.md has the theorems.
template <class Claim>
void check(const Setting& setting, const Claim& claim);

// Y, an approximate inverse of the midpoint of A, and a bound q of |I - Y A| (largest row sum) over the
// enclosure A. It is required that q < 1; then every matrix of A is nonsingular, and so is Y.
struct Preconditioner {
  Matrix y;
  Ball q;
};
Preconditioner precondition(const Matrix& a, const std::string& what);
// Requires |Y f|_inf + q r <= r: with f = F(0) and A enclosing the Jacobian matrices of F on the box
// |u|_inf <= r, the map u - Y F(u) takes that box into itself, so F has a zero there (Brouwer).
void require_zero(const Preconditioner& p, const Balls& f, const Rational& r, const std::string& what);
Matrix rows_of(const Matrix& a, const Indices& rows);  // the listed ones
// Requires the midpoint to be positive definite. Of an enclosure that equals its transpose and holds
// nonsingular matrices only, all symmetric matrices then are: no eigenvalue passes 0 on the way from one to
// another.
void require_positive_definite(const Matrix& a, const std::string& what);
// Requires d^T H d < 0, where H belongs to the chosen parameters and d to some of them.
void require_negative_curvature(const Matrix& h, std::map<std::size_t, Rational> d, const Indices& chosen);
// A unit of a linear node, with weights and bias of its own.
std::size_t linear_unit(const Setting& setting, const std::string& node, std::size_t unit);
// Whatever reads feature `to`, directly or through nodes of activations that read both features, is linear
// and reads `from` as well (none: the constant 1): the weights of both, which are parameters of their own.
// Activations that are not homogeneous are passed on request only.
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
Pairs paired_readers(const Setting& setting, std::size_t to, std::size_t from, bool any_activation);

// A vector field on parameter space, enclosed over a box: its entries other than 0.
using Tangent = std::vector<std::pair<std::size_t, Ball>>;
// Of the symmetries, over the box z. The flow of each is required to keep Q on a neighbourhood of the box.
std::vector<Tangent> tangents(const Setting& setting, const std::vector<certificate::Symmetry>& symmetries,
                              const Balls& z);

}  // namespace pgb::verifier
