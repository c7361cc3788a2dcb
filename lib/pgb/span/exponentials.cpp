#include "pgb/span/exponentials.h"

#include <vector>

namespace pgb {

AdaptiveRank exponential_rank(const Problem& distinct, DyadicRandom& random, long max_bits) {
  const std::size_t d = distinct.samples();
  std::vector<Vector<double>> w;
  for (std::size_t j = 0; j < d; ++j) {
    w.push_back(random.vector(distinct.model->inputs()));
    for (double& entry : w.back()) entry = (entry + random() / 128) / 8;  // fine enough not to repeat
  }
  const auto in_balls = [&] {
    const Vector<Ball> x = to_scalars<Ball>(distinct.x);
    Matrix<Ball> a(d, d);
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t i = 0; i < d; ++i) {
        Ball s(0);
        for (std::size_t k = 0; k < w[j].size(); ++k) s += Ball(w[j][k]) * x[i * w[j].size() + k];
        a(i, j) = exp(s);
      }
    }
    return a;
  };
  return adaptive_rank(in_balls, d, 128, max_bits);
}

}  // namespace pgb
