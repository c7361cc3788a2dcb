// Activations and their slopes straight from MPFR, written differently from the library's.
#pragma once

#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/scalar/scalars.h"

namespace pgb::test {

// s(x) and s'(x) of the operation the node names, at the precision of x; at a kink the slope of the negative
// side.
Real closed_form(const io::NodeSpec& node, const Real& x);
Real closed_form_slope(const io::NodeSpec& node, const Real& x);

// "leaky_relu negative_slope=0.25"
std::string name_of(const io::NodeSpec& node);

// Every value of a network of linear, elementwise and combining nodes for one sample, by plain loops over the
// description: element 0 is x, element k + 1 that of node k.
std::vector<std::vector<Real>> naive_values(const io::ModelSpec& spec, const io::Tensors& tensors,
                                            const std::vector<Real>& x);

}  // namespace pgb::test
