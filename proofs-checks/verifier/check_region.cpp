// Statements by values and first derivatives.
#include <algorithm>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {

Ball objective(const Setting& s, const Balls& z) {
  Ball sum, penalties;
  for (const LossRange& l : losses(s, z)) sum.add(l.value);
  for (std::size_t k = 0; k < s.parameters; ++k) penalties.add_product(s.penalty(k), square(z[k]));
  return sum / Rational(s.samples) + penalties;
}

template <>
void check(const Setting& s, const certificate::LowerValue& claim) {
  const Ball here = objective(s, box(s.point(claim.center), exact(claim.radius), below(s.parameters)));
  const Ball there = objective(s, box(s.point(claim.other), 0, {}));
  require(less(there, here), "Q is " + here.text() + " on the box, " + there.text() + " at the other point");
}

}  // namespace pgb::verifier
