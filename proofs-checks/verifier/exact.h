// Numbers in exact terms: features of the network and derivatives of the losses at one exact point.
#pragma once

#include "verifier/network.h"

namespace pgb::verifier {

// A polynomial with rational coefficients in atoms: numbers that are not computed, such as tanh(1/3). Equal
// atoms are equal numbers, different ones may be anything, so what is 0 as a polynomial certainly is 0.
struct Exact {
  std::map<Indices, Rational> terms;  // atoms, ascending -> coefficient, not 0; the constant without any

  Exact(const Rational& constant = 0);
  Exact& add_product(const Exact& a, const Exact& b);  // this += a b
  bool is_rational() const { return terms.empty() || (terms.size() == 1 && terms.begin()->first.empty()); }
  bool is_zero() const { return terms.empty(); }
  Rational constant() const;  // the rational number that it is
  std::string text() const;
  bool operator<(const Exact& other) const { return terms < other.terms; }
};
using Exacts = std::vector<Exact>;

class ExactNetwork {
 public:
  ExactNetwork(const Setting& setting, const Rationals& z);
  // The features of a sample, of which `enclosed` holds enclosures at the same point.
  Exacts features(std::size_t sample, const State& enclosed);

 private:
  Exact activated(const Activation& s, const Exact& x, const Ball& enclosed);
  const Setting& s_;
  const Rationals& z_;
  std::map<std::string, std::size_t> atoms_;  // what it stands for -> atom
};

// d l / d q_k for all k, of outputs that are enclosed as well. Throws Rejected where they are not known in
// exact terms: losses that are no sums of squares want rational outputs, unless a hinge is certainly off, and
// those with exponentials equal ones, or 0.
Exacts exact_gradient(const Loss& loss, const Exacts& q, const Balls& enclosed, const Rational* y);

}  // namespace pgb::verifier
