// Tensors written out in JSON: nested arrays.
#pragma once

#include <string>

#include "pgb/io/json_text.h"
#include "pgb/io/tensor.h"

namespace pgb::io {

// The tensor that nested arrays of JSON numbers (nearest double) and strings (exact numbers, see
// canonical_rational) denote. A bare number or string gives shape []; [] gives shape [0]. Throws InputError
// (message starting with `where`), naming the place, for ragged arrays, for anything else inside, for numbers
// beyond the range of a double, and for short text that stands for a very long number ("1e-90000").
Tensor tensor_from_json(const Json& value, const std::string& where);

// An object of such tensors.
Tensors tensors_from_json(const Json& object, const std::string& where);

}  // namespace pgb::io
