// Gradient bases that are too large to form, through products alone.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"

namespace pgb {

// Smallest over largest eigenvalue of the sum over the points z of J(z) J(z)^T (of_rows: N x N), or of J(z)^T
// J(z) (n x n), by Lanczos with products J v and J^T v. Well above 1e-16 it shows full rank; in double, no
// bound. Nothing where the iteration does not converge, or all is 0.
std::optional<double> approx_relative_smallest_eigenvalue(const Problem& problem,
                                                          const std::vector<Vector<double>>& points,
                                                          bool of_rows);

// Floating-point operations that takes, roughly.
double matrix_free_work(const Problem& problem, std::size_t points);

// The same of the rows, from the eigenvalues of the sum of J J^T, each made without J (approx_gram, which
// throws where that takes more than max_memory bytes). Not finite where all is 0.
double approx_relative_smallest_of_gram(const Problem& problem, const std::vector<Vector<double>>& points,
                                        std::size_t max_memory);

// What that takes, roughly: bytes, and floating-point operations.
double bytes_with_gram(const Problem& problem);
double work_with_gram(const Problem& problem, std::size_t points);

}  // namespace pgb
