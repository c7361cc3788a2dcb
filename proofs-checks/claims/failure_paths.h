// Descent paths of added neurons as instances of claims.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "claims/claim.h"
#include "pgb/certify/check.h"
#include "pgb/search/descent/flow.h"

namespace pgb::claims {

// A network that is silent: f(x) = v relu(w . x + c) with w = 0 and c = -1 at the start, so that f = 0 near
// it for every input, and the residual of sample i is y_i. Every point near the start is a critical point
// without added neurons. x holds m rows of d_x, y m rows of d_y.
Problem silent_network(std::size_t d_x, std::size_t d_y, const std::vector<double>& x,
                       const std::vector<double>& y);

// How a path should end: z_k = slope * log(t) + O(1), and (Q - infimum) t -> rate.
struct Growth {
  std::size_t parameter;
  std::string name;  // "b"
  double slope;
};

struct PathCase {
  std::string name;
  Problem problem;
  search::FlowOptions options;
  std::string infimum = "0";  // of Q along the path, exact rational
  double rate = 0.25;
  std::vector<Growth> growth;
};

struct FollowedPath {
  search::Flow flow;
  search::Decrease decrease;
  std::vector<std::pair<double, double>> excess;  // log10(1 + t), log10(Q - infimum)

  // z_k against log10(1 + t).
  std::vector<std::pair<double, double>> parameter(std::size_t k) const;
};
FollowedPath follow(const PathCase& path);

// "Lt falls from each printed point to the next": proved, or failed.
Instance falls(const std::string& what, const search::Decrease& decrease);

// The growth and rate of the case against those measured over the last third of the path: supported within
// one in a hundred, else failed.
Instance grows(const PathCase& path, const FollowedPath& followed);

// The verdict of pgb::check: proved when it is certified and as expected.
Instance checked(const std::string& what, const Problem& problem, const CheckOptions& options,
                 Answer expected);

// The two instances of a path; with `figure`, curves for it are appended.
ClaimResult path_result(const PathCase& path, Figure* growth_figure = nullptr, Figure* loss_figure = nullptr);

// Gradient descent with a fixed rate from the start of the path, as people run it. Proved: Q falls along the
// printed points before its first rise. Supported: it does not follow the flow for ever, but halts where
// steps in some a_k become unstable, rate d^2 Q / d a_k^2 = 2.
ClaimResult plain_descent(const PathCase& path, double rate = 0.01, std::size_t steps = 100'000);

// The same path told wrongly, for controls: from its end to its start.
ClaimResult backwards(const PathCase& path);

std::string short_text(double value);  // three to four digits

}  // namespace pgb::claims
