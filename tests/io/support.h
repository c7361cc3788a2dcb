// What the tests of the readers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "pgb/io/tensor.h"

namespace pgb::test {

// A committed file of tests/corpus/io, and its bytes.
std::string corpus(const std::string& name);
std::string corpus_bytes(const std::string& name);

// A file that disappears with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes, const std::string& extension = "");
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }
  void write(const std::string& bytes) const;

 private:
  std::string path_;
};

// The message of the InputError that `read` throws; "" when it throws nothing. Other exceptions pass.
std::string error_of(const std::function<void()>& read);

// Number of trials, times the environment's PGB_TEST_MULTIPLIER. The seed is PGB_TEST_SEED or a fixed one,
// and is printed.
std::size_t trials(std::size_t usual);
std::uint64_t seed();

// The largest number of bytes that operator new had given out at one time since reset(); 0 where it is not
// measured (under sanitizers).
struct AllocationMeter {
  static void reset();
  static std::size_t peak();
};

// Same shape, same exact elements (-0 equals 0).
bool same_tensor(const io::Tensor& a, const io::Tensor& b);

}  // namespace pgb::test
