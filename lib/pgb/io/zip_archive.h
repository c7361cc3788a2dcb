// Zip archives that hold tensors: the directory, checked, and the bytes of an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pgb::io {

// Delivers the next bytes of something: up to the given number of them, 0 at the end.
using ByteSource = std::function<std::size_t(char*, std::size_t)>;

struct ZipEntry {
  std::uint64_t index = 0;
  std::string name;
  std::string where;                 // for messages: file and entry
  std::size_t bytes = 0;             // declared; really there where `stored`
  std::size_t compressed_bytes = 0;  // at most those of the file
  bool stored = false;               // not compressed
};

class ZipArchive {
 public:
  // What an entry is called in messages, given its name; throws InputError for a name that cannot be.
  using Place = std::function<std::string(const std::string& name)>;

  // Opens the file and checks its directory; `kind` says what was expected ("a zip archive of numpy arrays").
  // Entries may be stored or deflated, zip64 or not; the central directory is what counts. Throws InputError
  // for: a damaged or different file; names that are not UTF-8; repeated names; encrypted entries and other
  // methods of compression; sizes that the file cannot hold (more compressed bytes than the file has, more
  // than 1032 times as many after deflate).
  ZipArchive(const std::string& path, const std::string& kind, const Place& place);
  ~ZipArchive();
  ZipArchive(ZipArchive&&) noexcept;

  const std::vector<ZipEntry>& entries() const { return entries_; }

  // The bytes of an entry, one after another; valid as long as the archive. The call that gives 0 has checked
  // the sum. Throws InputError where they cannot be read.
  ByteSource open(const ZipEntry& entry) const;

  // All bytes of an entry of at most `max_bytes`. Memory grows only with what is really delivered.
  std::string read(const ZipEntry& entry, std::size_t max_bytes) const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::vector<ZipEntry> entries_;
};

}  // namespace pgb::io
