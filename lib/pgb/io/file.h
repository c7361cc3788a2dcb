// Whole files, and the limits of memory.
#pragma once

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "pgb/io/message.h"

namespace pgb::io {

// Size in bytes of a regular file (links are followed). Throws InputError if `path` is empty or has a NUL
// character, if nothing is there, or if it is a folder, a device, a pipe or anything else.
std::size_t regular_file_size(const std::string& path);

// Whether this process has asked for the size of that file, under whatever name or link. All readers ask
// before they read; who writes a file asks here, so as not to replace what the answer is about.
bool was_read(const std::string& path);

// The bytes of a regular file of at most `max_bytes`. Throws InputError as above, and if the file is larger
// than `max_bytes` or than half of the memory, cannot be read, or changes its size while it is read.
std::string read_file(const std::string& path, std::size_t max_bytes);
std::string read_file(const std::string& path);

// Throws InputError if `bytes` is more than the memory of this machine.
void refuse_beyond_memory(std::size_t bytes, const std::string& where);

// `path` as messages show it.
std::string shown_path(const std::string& path);

// ".npz" for "a/Weights.NPZ"; "" where there is none.
std::string extension_of(const std::string& path);

// Runs `read` and turns a failed allocation into an InputError that names `path`.
template <class Read>
auto with_memory_errors_named(const std::string& path, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const std::bad_alloc&) {
    fail(shown_path(path), "too large for the memory of this machine");
  } catch (const std::length_error&) {
    fail(shown_path(path), "too large for the memory of this machine");
  }
}

}  // namespace pgb::io
