#include "pgb/io/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace pgb::io {
namespace {

std::size_t physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  constexpr std::size_t unknown = std::numeric_limits<std::size_t>::max();
  if (pages <= 0 || page <= 0) return unknown;
  const auto count = static_cast<std::size_t>(pages);
  const auto size = static_cast<std::size_t>(page);
  return count > unknown / size ? unknown : count * size;
}

// Device and number of every file whose size was asked for.
struct FilesRead {
  std::mutex mutex;
  std::set<std::pair<dev_t, ino_t>> files;
};

FilesRead& files_read() {
  static FilesRead all;
  return all;
}

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

std::string shown_path(const std::string& path) { return shown(path, 160); }

std::string extension_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

std::size_t regular_file_size(const std::string& path) {
  const std::string where = shown_path(path);
  if (path.empty()) fail("file name", "a name", "\"\"");
  if (path.find('\0') != std::string::npos) fail(where, "a file name", "a NUL character in it");
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) fail(where, "no such file");
    fail(where, "cannot be read: " + std::string(std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) fail(where, "a regular file", kind_of(status.st_mode));
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > std::numeric_limits<std::size_t>::max()) fail(where, "too large for the memory of this machine");
  const std::lock_guard<std::mutex> lock(files_read().mutex);
  files_read().files.emplace(status.st_dev, status.st_ino);
  return static_cast<std::size_t>(size);
}

bool was_read(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  const std::lock_guard<std::mutex> lock(files_read().mutex);
  return files_read().files.count({status.st_dev, status.st_ino}) > 0;
}

std::string read_file(const std::string& path, std::size_t max_bytes) {
  const std::string where = shown_path(path);
  const std::size_t size = regular_file_size(path);
  if (size > max_bytes) {
    fail(where, "at most " + std::to_string(max_bytes) + " bytes", std::to_string(size) + " bytes");
  }
  if (size > physical_memory() / 2) fail(where, "too large for the memory of this machine");
  return with_memory_errors_named(path, [&] {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (file == nullptr) fail(where, "cannot be read: " + std::string(std::strerror(errno)));
    std::string bytes(size, '\0');
    const std::size_t found = std::fread(bytes.data(), 1, size, file.get());
    if (std::ferror(file.get()) != 0) fail(where, "cannot be read: " + std::string(std::strerror(errno)));
    if (found != size || std::fgetc(file.get()) != EOF) fail(where, "changed its size while it was read");
    return bytes;
  });
}

std::string read_file(const std::string& path) {
  return read_file(path, std::numeric_limits<std::size_t>::max());
}

void refuse_beyond_memory(std::size_t bytes, const std::string& where) {
  if (bytes > physical_memory()) fail(where, "too large for the memory of this machine");
}

}  // namespace pgb::io
