#include "pgb/certify/boxes/dense.h"

#include <cmath>

namespace pgb::boxes {

IntervalMatrix to_matrix(const IntervalSquare& a) {
  IntervalMatrix m(a.n, a.n);
  for (std::size_t i = 0; i < a.n; ++i) {
    for (std::size_t j = 0; j < a.n; ++j) {
      const Interval x = a(i, j);
      m.radius(i, j) = Interval::inf();
      if (!x.is_bounded()) continue;
      m.mid(i, j) = x.middle();
      const double r = std::max(x.high - m.mid(i, j), m.mid(i, j) - x.low);
      m.radius(i, j) = r == 0 ? 0 : std::nextafter(r, Interval::inf());
    }
  }
  return m;
}

Interval curvature(const IntervalSquare& a, const Vector<double>& d) {
  Interval sum;
  for (std::size_t i = 0; i < a.n; ++i) {
    if (d[i] == 0) continue;
    for (std::size_t j = 0; j < i; ++j) sum += Interval(2) * (Interval(d[i]) * Interval(d[j])) * a(i, j);
    sum += square(Interval(d[i])) * a(i, i);
  }
  return sum;
}

}  // namespace pgb::boxes
