#include "pgb/span/span.h"

namespace pgb {

Problem distinct_inputs(const Problem& problem, const InputGroups& groups) {
  Problem distinct = problem;
  std::vector<bool> taken(groups.count, false);
  const auto take = [](const io::Tensor& from, std::size_t row, io::Tensor& to) {
    const std::size_t width = from.shape[1];
    for (std::size_t j = 0; j < width; ++j) {
      const auto exact = from.exact.find(row * width + j);
      if (exact != from.exact.end()) to.exact[to.values.size()] = exact->second;
      to.values.push_back(from.values[row * width + j]);
    }
    ++to.shape[0];
  };
  distinct.x = {{0, problem.x.shape[1]}, {}, {}};
  distinct.y = {{0, problem.y.shape[1]}, {}, {}};
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    if (taken[groups.group[i]]) continue;
    taken[groups.group[i]] = true;
    take(problem.x, i, distinct.x);
    take(problem.y, i, distinct.y);
  }
  return distinct;
}

}  // namespace pgb
