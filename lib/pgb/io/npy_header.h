// The header of a .npy array: magic, version, length, and a Python dictionary as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pgb/io/binary_numbers.h"
#include "pgb/io/zip_archive.h"

namespace pgb::io {

struct NpyHeader {
  NumberType type;
  bool column_major = false;
  std::vector<std::size_t> shape;
};

// Parses the dictionary, e.g. {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
// Accepted data types: f2 f4 f8, i1 i2 i4 i8, u1 u2 u4 u8, b1, of either byte order.
// Throws InputError (message starting with `where`) for any other data type, by name; for missing, repeated
// or unknown keys; and for anything else than such a dictionary followed by white space.
NpyHeader parse_npy_dictionary(std::string_view text, const std::string& where);

// Reads one array of `total_bytes` from `source`: versions 1, 2 and 3 of the format. `honest_size` says that
// so many bytes are known to be there; else memory grows only with what is really delivered. Throws
// InputError as above, for nan and infinities, and if the bytes are fewer or more than the shape says.
Tensor read_npy_array(const ByteSource& source, std::size_t total_bytes, bool honest_size,
                      const std::string& where);

}  // namespace pgb::io
