#include "pgb/search/descent/path.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "pgb/derivatives/objective.h"
#include "pgb/io/exact_number.h"
#include "pgb/model/augmented.h"
#include "pgb/scalar/functions.h"
#include "pgb/scalar/product.h"

namespace pgb::search {
namespace {

constexpr long kFirstBits = 128;

Ball enclosed(const std::string& text) { return from_rational<Ball>(io::canonical_rational(text)); }

Ball enclosed(const LogNumber& z) {
  const Ball coefficient = enclosed(z.coefficient), exponent = enclosed(z.exponent);
  return exponent.is_exactly_zero() ? coefficient : coefficient * exp(exponent);
}

// Phi at the point, d_y x m, with a_k exp(b_k + w_k . x_i) formed as coefficient * exp(sum of exponents).
Matrix<Ball> augmented_outputs(const Objective<Ball>& objective, const AugmentedModel& model,
                               const PathPoint& point, const Vector<Ball>& z) {
  const ConstView<Ball> x = objective.x();
  Matrix<Ball> outputs = model.base().evaluate(z, x)->outputs();
  const AddedNeurons& at = *model.added();
  const Matrix<Ball> slopes = multiply_tn<Ball>(ConstView<Ball>{z.data() + at.w, x.rows, outputs.rows}, x);
  for (std::size_t k = 0; k < outputs.rows; ++k) {
    const Ball coefficient = enclosed(point.z[at.a + k].coefficient);
    const Ball exponent = enclosed(point.z[at.a + k].exponent) + z[at.b + k];
    for (std::size_t i = 0; i < x.cols; ++i) outputs(k, i) += coefficient * exp(exponent + slopes(k, i));
  }
  return outputs;
}

struct Enclosure {
  Ball loss, regularizer;
};

Enclosure enclose(const Problem& problem, const PathPoint& point) {
  if (point.z.size() != problem.model->parameters()) {
    throw std::invalid_argument("path: expected " + std::to_string(problem.model->parameters()) +
                                " parameters, found " + std::to_string(point.z.size()));
  }
  Vector<Ball> z;
  for (const LogNumber& entry : point.z) z.push_back(enclosed(entry));
  const Objective<Ball> objective(problem);
  const auto* augmented = dynamic_cast<const AugmentedModel*>(problem.model.get());
  const Matrix<Ball> outputs =
      augmented == nullptr ? objective.outputs(z) : augmented_outputs(objective, *augmented, point, z);
  return {objective.mean_loss(outputs), objective.regularizer(z)};
}

}  // namespace

PathPoint printed(const Vector<Real>& z, double log_time, const std::vector<std::size_t>& logarithmic) {
  PathPoint point{log_time, {}};
  for (const Real& value : z) point.z.push_back({to_text(value), "0"});
  for (const std::size_t k : logarithmic) {
    if (z[k] != 0) point.z[k] = {z[k] < 0 ? "-1" : "1", to_text(Real(log(abs(z[k]))))};
  }
  return point;
}

PathPoint printed(const Vector<double>& z, double log_time) {
  PathPoint point{log_time, {}};
  for (const double value : z) point.z.push_back({to_text(value), "0"});
  return point;
}

double approx_number(const LogNumber& z) { return enclosed(z).midpoint(); }

double approx_log(const LogNumber& z) {
  const Ball coefficient = enclosed(z.coefficient);
  if (coefficient.is_exactly_zero()) return -std::numeric_limits<double>::infinity();
  return (log(abs(coefficient)) + enclosed(z.exponent)).midpoint();
}

Ball enclose_value(const Problem& problem, const PathPoint& point) {
  const Enclosure q = enclose(problem, point);
  return q.loss + q.regularizer;
}

Ball enclose_mean_loss(const Problem& problem, const PathPoint& point) {
  return enclose(problem, point).loss;
}

Decrease certify_decrease(const Problem& problem, const std::vector<PathPoint>& path, long max_bits) {
  Decrease result;
  result.precision_bits = kFirstBits;
  const auto value = [&](std::size_t k, long bits) {
    const PrecisionScope scope(bits);
    return enclose_value(problem, path[k]);
  };
  for (std::size_t k = 0; k < path.size(); ++k) result.values.push_back(value(k, result.precision_bits));
  while (result.proven < path.size()) {
    const std::size_t k = result.proven;
    const auto falls = [&] {
      const PrecisionScope scope(2 * result.precision_bits);  // the difference of two enclosures as they are
      return sign_of(result.values[k - 1] - result.values[k]);
    };
    Sign sign = k == 0 ? Sign::positive : falls();
    while (sign == Sign::unknown && 2 * result.precision_bits <= max_bits) {
      result.precision_bits *= 2;
      result.values[k - 1] = value(k - 1, result.precision_bits);
      result.values[k] = value(k, result.precision_bits);
      sign = falls();
    }
    if (sign != Sign::positive) {
      result.rises = sign != Sign::unknown;
      break;
    }
    ++result.proven;
  }
  return result;
}

std::optional<double> approx_slope(const std::vector<std::pair<double, double>>& points, double from) {
  double n = 0, x_mean = 0, y_mean = 0;
  for (const auto& [x, y] : points) {
    if (x < from) continue;
    n += 1;
    x_mean += (x - x_mean) / n;
    y_mean += (y - y_mean) / n;
  }
  double xx = 0, xy = 0;
  for (const auto& [x, y] : points) {
    if (x < from) continue;
    xx += (x - x_mean) * (x - x_mean);
    xy += (x - x_mean) * (y - y_mean);
  }
  if (xx == 0) return std::nullopt;
  return xy / xx;
}

}  // namespace pgb::search
