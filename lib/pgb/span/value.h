// The smallest mean loss over a subspace of outputs.
#pragma once

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"

namespace pgb {

// inf over all functions of x of (1/m) sum_i l(q(x_i), y_i): group by group of equal inputs. In double, no
// bound.
double approx_value_over_functions(const Problem& problem, const InputGroups& groups);

// inf over q = U c of the mean loss, U an orthonormal basis (rows: outputs of the distinct inputs, group by
// group), by projection for least squares and damped Newton otherwise. In double, no bound.
double approx_value_over_basis(const Problem& problem, const InputGroups& groups,
                               const Matrix<double>& basis);

}  // namespace pgb
