// Problems with known answers, as problem files and in code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pgb/certificate/certificate.h"
#include "pgb/model/problem.h"
#include "support/random.h"

namespace pgb::test {

// The problem of a file with this text.
Problem loaded(const std::string& json);

// { "model": …, "parameters": …, "data": { "x": …, "y": … }, "loss": … } with `more` fields appended.
std::string problem_json(const std::string& model, const std::string& parameters, const std::string& x,
                         const std::string& y, const std::string& loss = "squared",
                         const std::string& more = "");

// A fully connected network of linear nodes w1, b1, w2, … with an activation between them.
std::string mlp_json(const std::vector<std::size_t>& widths, const std::string& activation, bool bias = true);

// The exponential neurons, as a field.
inline std::string augmented(const std::string& lambda = "1/4") {
  return R"("augment": { "kind": "exponential", "lambda": ")" + lambda + "\" }";
}

// Whether pgbverify accepts a certificate that holds its problem's text.
bool accepted(const certificate::Certificate& certificate);

// Outputs at z and everything that Q needs, in MPFR at 400 bits, by the library's graph but with loss, mean
// and regularizer written out here. z has all parameters, those of added neurons included.
Real reference_value(const Problem& problem, const Vector<Real>& z);

// The smallest Q - Q(z) over `points` random points within `radius` of z (sup-norm), and along `extra` of
// them scaled down to tiny steps: a negative number shows that z is no local minimum, or is not the value's.
Real lowest_nearby(const Problem& problem, const Vector<Real>& z, double radius, std::size_t points,
                   Random& random);

}  // namespace pgb::test
