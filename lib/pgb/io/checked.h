// Size arithmetic that cannot wrap around: used on every size a file declares, before anything is allocated.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "pgb/io/message.h"

namespace pgb::io {

// a + b. Throws InputError (message starting with `where`) if the sum does not fit in std::size_t.
inline std::size_t checked_add(std::size_t a, std::size_t b, const std::string& where) {
  if (a > std::numeric_limits<std::size_t>::max() - b) fail(where, "declared sizes are too large");
  return a + b;
}

// a * b. Throws InputError (message starting with `where`) if the product does not fit in std::size_t.
inline std::size_t checked_multiply(std::size_t a, std::size_t b, const std::string& where) {
  if (b != 0 && a > std::numeric_limits<std::size_t>::max() / b) fail(where, "declared sizes are too large");
  return a * b;
}

// Number of elements of a tensor of this shape; 1 for []. Throws InputError also where only the product of
// the non-zero extents overflows, so that no later product of some of the extents can.
inline std::size_t checked_count(const std::vector<std::size_t>& shape, const std::string& where) {
  std::size_t product = 1;
  bool empty = false;
  for (const std::size_t extent : shape) {
    if (extent == 0)
      empty = true;
    else
      product = checked_multiply(product, extent, where);
  }
  checked_multiply(product, sizeof(double), where);
  return empty ? 0 : product;
}

}  // namespace pgb::io
