#include "pgb/search/descent/one_unit.h"

#include <algorithm>
#include <boost/numeric/ublas/matrix.hpp>
#include <boost/numeric/ublas/vector.hpp>
#include <cmath>
#include <utility>

#include "pgb/search/descent/stiff.h"

namespace pgb::search {
namespace {

namespace odeint = boost::numeric::odeint;
namespace ublas = boost::numeric::ublas;

constexpr double kTolerance = 1e-10;

}  // namespace

double OneUnit::log_best_scale(double s) const {
  return std::log(std::abs(r)) - s - std::log1p(lambda * std::exp(-2 * s));
}

double OneUnit::log_best_value(double s) const {
  return std::log(r * r * lambda) - 2 * s - std::log1p(lambda * std::exp(-2 * s));
}

double OneUnit::approx_exponent(double log_time) const {
  return (std::log(4 * c * r * r * lambda) + log_time) / 2;
}

double OneUnit::log_approx_value(double log_time) const { return -std::log(4 * c) - log_time; }

std::vector<CreepPoint> approx_creep(const OneUnit& unit, double s_start, double log_time_end,
                                     std::size_t points) {
  using State = ublas::vector<double>;
  // (1 + t) ds/dt, with all large exponents added before exp is taken
  const auto slope = [&](double s, double time) {
    return 2 * unit.c * unit.r * unit.r * unit.lambda *
           std::exp(time - 2 * s - 2 * std::log1p(unit.lambda * std::exp(-2 * s)));
  };
  const auto system =
      std::make_pair([&](const State& y, State& result, double time) { result[0] = slope(y[0], time); },
                     [&](const State& y, ublas::matrix<double>& result, double time, State& time_slope) {
                       const double e = unit.lambda * std::exp(-2 * y[0]);
                       time_slope[0] = slope(y[0], time);
                       result(0, 0) = time_slope[0] * (-2 + 4 * e / (1 + e));
                     });
  StiffController<double> controller(kTolerance, kTolerance);
  std::vector<CreepPoint> path{{0, s_start}};
  State y(1);
  y[0] = s_start;
  double time = 0, step = 1e-3;
  for (std::size_t p = 1; p < points; ++p) {
    const double target = log_time_end * static_cast<double>(p) / static_cast<double>(points - 1);
    while (time < target) {
      const double wanted = step, rest = target - time;
      const bool last = step >= rest;
      if (last) step = rest;
      if (controller.try_step(system, y, time, step) == odeint::fail) continue;
      if (last) {
        time = target;
        step = std::max(step, wanted);
      }
    }
    path.push_back({target, y[0]});
  }
  return path;
}

}  // namespace pgb::search
