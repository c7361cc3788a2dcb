// Critical points of random problems: found by a library's optimiser, proven by the library under test.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "claims/support/instances.h"
#include "pgb/certify/critical_point.h"

namespace pgb::claims {

// lambda times the sum of squares of the last layer's weights and biases is added to R: then rho = 2.
Problem with_penalised_output(Problem problem, const std::string& lambda);

Problem with_parameters(Problem problem, const Vector<double>& z);
Problem with_parameters(Problem problem, io::Tensor z);

// Where sequential quadratic programming (NLopt) ends that starts from the problem's parameters; nothing is
// known of it.
Vector<double> approx_descent(const Problem& problem, int evaluations = 2000);

// A critical point proven to lie in `box`, around the problem's parameters.
struct ProvenPoint {
  Problem problem;  // parameters: the centre
  CriticalPointProof proof;
  Vector<Ball> box;  // holds the critical point; call with the precision it is to have
};

// Descends from random parameters on problems drawn anew each time, polishes and proves; nothing after a
// number of failures. Only strict minima (modulo symmetry) count if `strict`.
std::optional<ProvenPoint> find_critical_point(const std::function<Problem()>& draw, bool strict,
                                               Random& random, int attempts = 60);

}  // namespace pgb::claims
