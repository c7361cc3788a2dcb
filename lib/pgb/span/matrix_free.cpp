#include "pgb/span/matrix_free.h"

#include "pgb/derivatives/objective.h"
#include "pgb/linalg/approx_dense.h"

namespace pgb {
namespace {

constexpr double kProducts = 200;  // in the two Lanczos iterations

}  // namespace

std::optional<double> approx_relative_smallest_eigenvalue(const Problem& problem,
                                                          const std::vector<Vector<double>>& points,
                                                          bool of_rows) {
  const Objective<double> objective(problem);
  const std::size_t d_y = problem.model->outputs(), m = problem.samples();
  const Product gram = [&](const Vector<double>& v) {
    Vector<double> sum(v.size(), 0);
    for (const Vector<double>& z : points) {
      const Vector<double> part =
          of_rows ? objective.forward_product(z, objective.pull_back(z, Matrix<double>(d_y, m, v))).data
                  : objective.pull_back(z, objective.forward_product(z, v));
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
    }
    return sum;
  };
  const std::size_t size = of_rows ? problem.ambient() : problem.model->parameters();
  const Vector<double> largest = approx_largest_eigenvalues(gram, size, 1);
  if (largest.empty() || !(largest[0] > 0)) return std::nullopt;
  const Vector<double> smallest = approx_smallest_eigenvalues(gram, size, 1);
  if (smallest.empty()) return std::nullopt;
  return smallest[0] / largest[0];
}

double matrix_free_work(const Problem& problem, std::size_t points) {
  // A product with J or J^T takes about 4 operations for each parameter and sample.
  return kProducts * 8 * static_cast<double>(points) * static_cast<double>(problem.samples()) *
         static_cast<double>(problem.model->parameters());
}

}  // namespace pgb
