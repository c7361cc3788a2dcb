#include "pgb/io/npz.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/npy_header.h"
#include "pgb/io/zip_archive.h"

namespace pgb::io {
namespace {

constexpr std::size_t suffix = 4;  // of ".npy"

std::string array_name(const std::string& entry) { return entry.substr(0, entry.size() - suffix); }

}  // namespace

Tensor read_npy(const std::string& path) {
  const std::string where = shown_path(path);
  const std::size_t bytes = regular_file_size(path);
  return with_memory_errors_named(path, [&] {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (file == nullptr) fail(where, "cannot be read: " + std::string(std::strerror(errno)));
    const ByteSource source = [&](char* out, std::size_t count) {
      const std::size_t got = std::fread(out, 1, count, file.get());
      if (std::ferror(file.get()) != 0) fail(where, "cannot be read: " + std::string(std::strerror(errno)));
      return got;
    };
    return read_npy_array(source, bytes, true, where);
  });
}

Tensors read_npz(const std::string& path, const std::set<std::string>* wanted) {
  const std::string where = shown_path(path);
  return with_memory_errors_named(path, [&] {
    const ZipArchive archive(path, "a zip archive of numpy arrays", [&](const std::string& name) {
      if (name.size() < suffix || name.compare(name.size() - suffix, suffix, ".npy") != 0)
        fail(where, "only numpy arrays (names ending in .npy) in the archive", in_quotes(name));
      return where + ": tensor " + in_quotes(array_name(name));
    });
    std::vector<std::string> names;
    for (const ZipEntry& entry : archive.entries()) names.push_back(array_name(entry.name));
    if (wanted != nullptr) refuse_missing(*wanted, names, where);
    Tensors tensors;
    for (const ZipEntry& entry : archive.entries()) {
      const std::string name = array_name(entry.name);
      if (wanted == nullptr || wanted->count(name) != 0)
        tensors.emplace(name, read_npy_array(archive.open(entry), entry.bytes, entry.stored, entry.where));
    }
    return tensors;
  });
}

}  // namespace pgb::io
