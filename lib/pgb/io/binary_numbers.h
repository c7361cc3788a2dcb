// Binary numbers of a file to doubles: shared by safetensors and npy.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgb/io/tensor.h"

namespace pgb::io {

struct NumberType {
  enum class Kind { floating, bfloat, signed_integer, unsigned_integer, boolean };
  Kind kind = Kind::floating;
  std::size_t bytes = 8;  // 2, 4, 8 (floating); 2 (bfloat); 1, 2, 4, 8 (integers); 1 (boolean)
  bool big_endian = false;
};

// Turns the elements of one tensor, given in pieces in the order of the file, into a Tensor.
// Every value is kept exactly: integers that no double equals are entered in Tensor::exact.
// Throws InputError (message starting with `where`, which names file and tensor) for nan and infinities, with
// their index, and for a boolean that is neither 0 nor 1.
class NumberDecoder {
 public:
  // column_major: the first index runs fastest in the file. Throws InputError if the sizes overflow or exceed
  // the memory of the machine; allocates nothing yet.
  NumberDecoder(NumberType type, std::vector<std::size_t> shape, bool column_major, std::string where);

  // Bytes of the whole tensor in the file.
  std::size_t expected_bytes() const { return expected_bytes_; }

  // Reserves memory for all elements: only for a caller that has seen that the file is as long as declared.
  void reserve_all();

  // The next `length` bytes, a multiple of the size of one number. Throws InputError if they are more than
  // expected.
  void append(const char* bytes, std::size_t length);

  // The tensor, row-major. Throws InputError if bytes are missing.
  Tensor finish();

 private:
  std::size_t row_major_position(std::size_t position_in_file) const;
  std::string index_text(std::size_t position_in_file) const;
  void push(double value);
  void push_integer(bool negative, unsigned long long magnitude);

  NumberType type_;
  bool column_major_;
  std::string where_;
  std::size_t count_;
  std::size_t expected_bytes_;
  Tensor tensor_;
};

}  // namespace pgb::io
