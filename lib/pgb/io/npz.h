// numpy's .npy (one array) and .npz (a zip archive of them).
#pragma once

#include <set>
#include <string>

#include "pgb/io/tensor.h"

namespace pgb::io {

// The array of a .npy file: versions 1 to 3, C and Fortran order, little and big endian, f2 f4 f8, i1 to i8,
// u1 to u8, b1. Throws InputError for any other data type (objects, text, complex, structures), by name; for
// a file longer or shorter than its shape says; for nan and infinities. Memory: 8 bytes for each element
// (twice that in Fortran order).
Tensor read_npy(const std::string& path);

// The arrays of a .npz file under their names without ".npy": all of them, or only those in `wanted` where it
// is given.
//
// Entries may be stored or deflated, zip64 or not. The central directory is what counts, as for numpy.
// Throws InputError for: what read_npy refuses; anything in the archive that is not an array; repeated names;
// encrypted entries and other methods of compression; sizes that the file cannot hold (more compressed bytes
// than the file has, more than 1032 times as many after deflate); wrong check sums; a wanted array that is
// not there. Memory: 8 bytes for each element that is really there (twice that in Fortran order), and what
// libzip needs for the directory.
Tensors read_npz(const std::string& path, const std::set<std::string>* wanted = nullptr);

}  // namespace pgb::io
