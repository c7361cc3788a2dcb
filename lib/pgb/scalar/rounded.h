// Vectors rounded to double.
#pragma once

#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb {

template <class S>
Vector<double> rounded(const Vector<S>& v) {
  Vector<double> result;
  result.reserve(v.size());
  for (const S& x : v) result.push_back(to_double(x));
  return result;
}

}  // namespace pgb
