#include "pgb/io/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "pgb/io/checked.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_deflate_ratio = 1032;  // 258 bytes from two bits
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

using Opened = std::unique_ptr<zip_t, void (*)(zip_t*)>;

Opened open_archive(const std::string& path, const std::string& kind) {
  int code = 0;
  Opened archive(zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = shown(zip_error_strerror(&error));
    zip_error_fini(&error);
    fail(shown_path(path), kind, "a damaged or different file (" + reason + ")");
  }
  return archive;
}

ZipEntry describe(zip_t* archive, zip_uint64_t index, std::size_t file_bytes, const std::string& file,
                  const ZipArchive::Place& place) {
  zip_stat_t status;
  zip_stat_init(&status);
  constexpr zip_uint64_t needed =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive, index, 0, &status) != 0 || (status.valid & needed) != needed) {
    fail(file, "entry " + std::to_string(index) + " of the zip archive is damaged");
  }
  ZipEntry entry;
  entry.index = index;
  entry.name = status.name;
  if (!is_utf8(entry.name)) fail(file, "names in UTF-8 in the archive", in_quotes(entry.name));
  entry.where = place(entry.name);
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

}  // namespace

struct ZipArchive::Handle {
  Opened archive;
};

ZipArchive::ZipArchive(const std::string& path, const std::string& kind, const Place& place) {
  const std::string file = shown_path(path);
  const std::size_t file_bytes = regular_file_size(path);
  handle_ = std::make_unique<Handle>(Handle{open_archive(path, kind)});
  zip_t* archive = handle_->archive.get();
  std::set<std::string> names;
  std::size_t compressed = 0;
  const zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    entries_.push_back(describe(archive, static_cast<zip_uint64_t>(i), file_bytes, file, place));
    const ZipEntry& entry = entries_.back();
    if (!names.insert(entry.name).second) fail(entry.where, "appears twice in the archive");
    compressed = checked_add(compressed, entry.compressed_bytes, entry.where);
    if (compressed > file_bytes)
      fail(entry.where, "separate data for each entry", "more compressed bytes than the file has");
  }
}

ZipArchive::~ZipArchive() = default;
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;

ByteSource ZipArchive::open(const ZipEntry& entry) const {
  zip_t* archive = handle_->archive.get();
  const std::shared_ptr<zip_file_t> file(zip_fopen_index(archive, entry.index, 0), [](zip_file_t* opened) {
    if (opened != nullptr) zip_fclose(opened);
  });
  if (file == nullptr) fail(entry.where, "cannot be read: " + shown(zip_strerror(archive)));
  return [file, where = entry.where](char* out, std::size_t count) {
    const zip_int64_t got = zip_fread(file.get(), out, count);
    if (got < 0) fail(where, "cannot be read: " + shown(zip_file_strerror(file.get())));
    return static_cast<std::size_t>(got);
  };
}

std::string ZipArchive::read(const ZipEntry& entry, std::size_t max_bytes) const {
  if (entry.bytes > max_bytes) {
    fail(entry.where, "at most " + std::to_string(max_bytes) + " bytes", std::to_string(entry.bytes));
  }
  refuse_beyond_memory(entry.bytes, entry.where);
  const ByteSource source = open(entry);
  std::string bytes;
  if (entry.stored) bytes.reserve(entry.bytes);
  while (bytes.size() < entry.bytes) {
    const std::size_t have = bytes.size();
    bytes.resize(have + std::min(chunk_bytes, entry.bytes - have));
    const std::size_t got = source(bytes.data() + have, bytes.size() - have);
    if (got == 0) fail(entry.where, std::to_string(entry.bytes) + " bytes", std::to_string(have));
    bytes.resize(have + got);
  }
  char more = 0;
  if (source(&more, 1) != 0) fail(entry.where, std::to_string(entry.bytes) + " bytes", "more");
  return bytes;
}

}  // namespace pgb::io
