// Plain data read from files: no arithmetic, no Eigen, no Boost. Shared with the certificate checker.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace pgb::io {

// A dense real tensor, row-major. Element i is exactly `values[i]`, except where `exact` has an entry
// for i: then the element is that rational and values[i] is the double nearest to it.
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<double> values;
  std::map<std::size_t, std::string>
      exact;  // canonical "p/q" (or "p"): decimal integers, lowest terms, q > 0

  std::size_t size() const { return values.size(); }
};

using Tensors = std::map<std::string, Tensor>;

}  // namespace pgb::io
