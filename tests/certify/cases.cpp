#include "certify/cases.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/scalar/functions.h"

namespace pgb::test {
namespace {

constexpr long kBits = 400;

Real abs_of(const Real& x) { return x < 0 ? Real(-x) : x; }

Real sample_loss(const Loss& loss, const Real* q, const Real* y, std::size_t d) {
  Real sum(0);
  if (loss.kind() == Loss::Kind::value) return q[0];
  if (loss.kind() == Loss::Kind::cross_entropy) {
    for (std::size_t k = 0; k < d; ++k) sum += exp(q[k]);
    return log(sum) - q[static_cast<std::size_t>(to_double(y[0]))];
  }
  for (std::size_t k = 0; k < d; ++k) {
    const Real off = abs_of(Real(q[k] - y[k])), t = Real(1) - y[k] * q[k];
    switch (loss.kind()) {
      case Loss::Kind::squared:
        sum += off * off;
        break;
      case Loss::Kind::mse:
        sum += off * off / static_cast<int>(d);
        break;
      case Loss::Kind::absolute_cubed:
        sum += off * off * off;
        break;
      case Loss::Kind::logistic:
        sum += log(Real(1 + exp(Real(-y[k] * q[k]))));
        break;
      default: {
        Real power(t > 0 ? 1 : 0);
        for (int p = 0; p < loss.power(); ++p) power *= t;
        sum += power;
      }
    }
  }
  return sum;
}

}  // namespace

Problem loaded(const std::string& json) {
  const std::string path = ::testing::TempDir() + "pgb_case_" + std::to_string(getpid()) + ".json";
  std::ofstream(path) << json;
  try {
    Problem problem = load_problem(path);
    std::remove(path.c_str());
    problem.name = "case";
    return problem;
  } catch (...) {
    std::remove(path.c_str());
    throw;
  }
}

std::string problem_json(const std::string& model, const std::string& parameters, const std::string& x,
                         const std::string& y, const std::string& loss, const std::string& more) {
  return "{ \"model\": " + model + ", \"parameters\": " + parameters + ", \"data\": { \"x\": " + x +
         ", \"y\": " + y + " }, \"loss\": \"" + loss + "\"" + (more.empty() ? "" : ", " + more) + " }";
}

std::string mlp_json(const std::vector<std::size_t>& widths, const std::string& activation, bool bias) {
  std::string nodes;
  for (std::size_t layer = 1; layer < widths.size(); ++layer) {
    const std::string number = std::to_string(layer);
    nodes += R"({ "op": "linear", "name": "l)" + number + R"(", "weight": "w)" + number + '"' +
             (bias ? R"(, "bias": "b)" + number + '"' : "") + " }";
    if (layer + 1 == widths.size()) break;
    nodes += ", ";
    if (!activation.empty()) nodes += R"({ "op": ")" + activation + R"(", "name": "s)" + number + "\" }, ";
  }
  return "{ \"input\": " + std::to_string(widths[0]) + ", \"nodes\": [" + nodes + "] }";
}

bool accepted(const certificate::Certificate& certificate) {
  const auto path =
      std::filesystem::temp_directory_path() / ("pgb_proof_" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << certificate::write_certificate(certificate);
  const int status =
      std::system((std::string(PGB_TOOLS_DIR) + "/pgbverify " + path.string() + " > /dev/null 2>&1").c_str());
  std::filesystem::remove(path);
  return status == 0;
}

Real reference_value(const Problem& problem, const Vector<Real>& z) {
  const PrecisionScope scope(kBits);
  Vector<Real> at;
  for (const Real& entry : z) at.push_back(Real(0) + entry);
  const Objective<Real> objective(problem);
  const Matrix<Real> phi = objective.outputs(at);
  const Vector<Real> y = to_scalars<Real>(problem.y);
  const std::size_t width = problem.y.shape[1], m = problem.samples();
  Real sum(0);
  for (std::size_t i = 0; i < m; ++i)
    sum += sample_loss(problem.loss, phi.column(i), &y[i * width], phi.rows);
  sum /= static_cast<int>(m);
  for (const QuadraticTerm& term : problem.regularizer) {
    for (std::size_t k = term.begin; k < term.end; ++k)
      sum += from_rational<Real>(term.lambda) * at[k] * at[k];
  }
  return sum;
}

Real lowest_nearby(const Problem& problem, const Vector<Real>& z, double radius, std::size_t points,
                   Random& random) {
  const PrecisionScope scope(kBits);
  const Real start = reference_value(problem, z);
  Real lowest(1);
  for (std::size_t point = 0; point < points; ++point) {
    Vector<double> step(z.size());
    for (double& entry : step) entry = random.coin(0.7) ? random.uniform(-radius, radius) : 0;
    for (const double scale : {1.0, 1e-2, 1e-5, 1e-10}) {
      Vector<Real> at = z;
      for (std::size_t k = 0; k < z.size(); ++k) at[k] = Real(0) + z[k] + Real(scale * step[k]);
      lowest = std::min(lowest, Real(reference_value(problem, at) - start));
    }
  }
  return lowest;
}

}  // namespace pgb::test
