#include "support.h"

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>

#include "pgb/io/errors.h"

namespace {

std::atomic<std::size_t> live_bytes{0};
std::atomic<std::size_t> peak_bytes{0};

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)
void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  const std::size_t live = live_bytes += malloc_usable_size(memory);
  if (live > peak_bytes) peak_bytes = live;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
#endif

namespace pgb::test {

std::string corpus(const std::string& name) {
  return (std::filesystem::path(PGB_SOURCE_DIR) / "tests" / "corpus" / "io" / name).string();
}

std::string corpus_bytes(const std::string& name) {
  std::ifstream in(corpus(name), std::ios::binary);
  if (!in) throw std::runtime_error("no file " + corpus(name));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TemporaryFile::TemporaryFile(const std::string& bytes, const std::string& extension) {
  static int count = 0;
  const std::string name =
      "pgb_io_test_" + std::to_string(getpid()) + "_" + std::to_string(count++) + extension;
  const std::filesystem::path memory = "/dev/shm";  // thousands of damaged files need not touch a disk
  path_ = ((std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path()) / name)
              .string();
  write(bytes);
}

TemporaryFile::~TemporaryFile() { std::remove(path_.c_str()); }

void TemporaryFile::write(const std::string& bytes) const {
  std::ofstream out(path_, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path_);
}

std::string error_of(const std::function<void()>& read) {
  try {
    read();
    return "";
  } catch (const InputError& error) {
    return error.what();
  }
}

std::size_t trials(std::size_t usual) {
  const char* text = std::getenv("PGB_TEST_MULTIPLIER");
  const double factor = text == nullptr ? 1.0 : std::strtod(text, nullptr);
  return static_cast<std::size_t>(static_cast<double>(usual) * factor) + 1;
}

std::uint64_t seed() {
  const char* text = std::getenv("PGB_TEST_SEED");
  const std::uint64_t value = text == nullptr ? 20240607 : std::strtoull(text, nullptr, 10);
  std::cout << "seed " << value << '\n';
  return value;
}

void AllocationMeter::reset() { peak_bytes = live_bytes.load(); }

std::size_t AllocationMeter::peak() { return peak_bytes; }

bool same_tensor(const io::Tensor& a, const io::Tensor& b) {
  return a.shape == b.shape && a.values == b.values && a.exact == b.exact;
}

}  // namespace pgb::test
