#include "pgb/io/npz.h"

#include <zip.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "pgb/io/checked.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/npy_header.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_deflate_ratio = 1032;  // 258 bytes from two bits

using Archive = std::unique_ptr<zip_t, void (*)(zip_t*)>;
using ArchiveFile = std::unique_ptr<zip_file_t, int (*)(zip_file_t*)>;

struct Entry {
  zip_uint64_t index = 0;
  std::string name;  // without ".npy"
  std::string where;
  std::size_t bytes = 0;
  std::size_t compressed_bytes = 0;
  bool stored = false;
};

Archive open_archive(const std::string& path, const std::string& where) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = shown(zip_error_strerror(&error));
    zip_error_fini(&error);
    fail(where, "a zip archive of numpy arrays", "a damaged or different file (" + reason + ")");
  }
  return archive;
}

Entry describe(zip_t* archive, zip_uint64_t index, std::size_t file_bytes, const std::string& file) {
  zip_stat_t status;
  zip_stat_init(&status);
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive, index, 0, &status) != 0 || (status.valid & needed) != needed) {
    fail(file, "entry " + std::to_string(index) + " of the zip archive is damaged");
  }
  const std::string name = status.name;
  if (!is_utf8(name) || name.size() < 4 || name.compare(name.size() - 4, 4, ".npy") != 0) {
    fail(file, "only numpy arrays (names ending in .npy) in the archive", in_quotes(name));
  }
  Entry entry;
  entry.index = index;
  entry.name = name.substr(0, name.size() - 4);
  entry.where = file + ": tensor " + in_quotes(entry.name);
  if (status.encryption_method != ZIP_EM_NONE) fail(entry.where, "no encryption", "an encrypted entry");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
    fail(entry.where, "a stored or deflated entry",
         "compression method " + std::to_string(status.comp_method));
  }
  entry.stored = status.comp_method == ZIP_CM_STORE;
  const zip_uint64_t most = entry.stored ? 1 : max_deflate_ratio;
  const bool fits = status.comp_size <= file_bytes && status.size / most <= status.comp_size &&
                    status.size <= std::numeric_limits<std::size_t>::max();
  if (!fits || (entry.stored && status.size != status.comp_size)) {
    fail(
        entry.where, "sizes that the file can hold",
        std::to_string(status.size) + " bytes declared, " + std::to_string(status.comp_size) + " compressed");
  }
  entry.bytes = static_cast<std::size_t>(status.size);
  entry.compressed_bytes = static_cast<std::size_t>(status.comp_size);
  return entry;
}

std::vector<Entry> read_directory(zip_t* archive, std::size_t file_bytes, const std::string& file) {
  std::vector<Entry> entries;
  std::set<std::string> names;
  std::size_t compressed = 0;
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    entries.push_back(describe(archive, static_cast<zip_uint64_t>(i), file_bytes, file));
    const Entry& entry = entries.back();
    if (!names.insert(entry.name).second) fail(entry.where, "appears twice in the archive");
    compressed = checked_add(compressed, entry.compressed_bytes, entry.where);
    if (compressed > file_bytes)
      fail(entry.where, "separate data for each array", "more compressed bytes than the file has");
  }
  return entries;
}

Tensor read_entry(zip_t* archive, const Entry& entry) {
  const ArchiveFile file(zip_fopen_index(archive, entry.index, 0), zip_fclose);
  if (file == nullptr) fail(entry.where, "cannot be read: " + shown(zip_strerror(archive)));
  const ByteSource source = [&](char* out, std::size_t count) {
    const zip_int64_t got = zip_fread(file.get(), out, count);
    if (got < 0) fail(entry.where, "cannot be read: " + shown(zip_file_strerror(file.get())));
    return static_cast<std::size_t>(got);
  };
  return read_npy_array(source, entry.bytes, entry.stored, entry.where);
}

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
  const std::size_t file_bytes = regular_file_size(path);
  return with_memory_errors_named(path, [&] {
    const Archive archive = open_archive(path, where);
    const std::vector<Entry> entries = read_directory(archive.get(), file_bytes, where);
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.push_back(entry.name);
    if (wanted != nullptr) refuse_missing(*wanted, names, where);
    Tensors tensors;
    for (const Entry& entry : entries) {
      if (wanted == nullptr || wanted->count(entry.name) != 0)
        tensors.emplace(entry.name, read_entry(archive.get(), entry));
    }
    return tensors;
  });
}

}  // namespace pgb::io
