#include "pgb/span/matrix_free.h"

#include <utility>

#include "pgb/derivatives/gram.h"
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

double approx_relative_smallest_of_gram(const Problem& problem, const std::vector<Vector<double>>& points,
                                        std::size_t max_memory) {
  GramOptions options;
  options.max_memory = max_memory;
  Problem at = problem;
  Matrix<double> sum;
  for (const Vector<double>& z : points) {
    at.parameters = to_tensor(z);
    Matrix<double> gram = approx_gram(at, options);
    if (sum.data.empty()) {
      sum = std::move(gram);
    } else {
      for (std::size_t e = 0; e < gram.data.size(); ++e) sum.data[e] += gram.data[e];
    }
  }
  const Vector<double> values = approx_symmetric_eigenvalues(sum);
  return values.front() / values.back();
}

// The Gram matrix, and another two of its size for the sum over points and for the eigenvalues.
double bytes_with_gram(const Problem& problem) {
  const double rows = static_cast<double>(problem.ambient());
  return gram_bytes(problem) + 16 * rows * rows;
}

double work_with_gram(const Problem& problem, std::size_t points) {
  constexpr double kLayers = 64;  // N^2 times the width of a layer, in units of 4 operations
  const double rows = static_cast<double>(problem.ambient());
  return 4 * rows * rows * (rows + kLayers * static_cast<double>(points));
}

}  // namespace pgb
