// The safetensors format: 8 bytes N (little endian), N bytes of JSON, then the numbers.
#pragma once

#include <set>
#include <string>

#include "pgb/io/tensor.h"

namespace pgb::io {

// Every tensor of the file, or only those in `wanted` where it is given.
//
// Accepted: F64, F32, F16, BF16, I8, I16, I32, I64, U8, U16, U32, U64, BOOL; any shape, also [] and shapes
// with a zero. `__metadata__` is ignored. Throws InputError for: a header longer than the file or than
// 100,000,000 bytes, or that is not a JSON object; repeated names; unknown fields and data types; byte ranges
// that leave the file, overlap, leave a hole or differ from shape times item size; nan and infinities; a
// wanted tensor that is not there. Memory: the file, and 8 bytes for each element (more for integers beyond
// 2^53, which are kept as text).
Tensors read_safetensors(const std::string& path, const std::set<std::string>* wanted = nullptr);

}  // namespace pgb::io
