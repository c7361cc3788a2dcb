// SHA-256 (FIPS 180-4), for digests of problems and files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgb::io {

//   Sha256 hash;
//   hash.update("abc");
//   hash.hex();  // "ba7816bf 8f01cfea …" without the spaces
class Sha256 {
 public:
  void update(std::string_view bytes);
  // The digest of everything given so far, 64 lower-case hexadecimal digits. The object must not be used
  // afterwards.
  std::string hex();

 private:
  void compress(const unsigned char* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU,
                                      0x510e527fU, 0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U};
  std::array<unsigned char, 64> block_{};
  std::size_t filled_ = 0;   // bytes of block_ in use
  std::uint64_t total_ = 0;  // bytes given so far
};

std::string sha256_hex(std::string_view bytes);

}  // namespace pgb::io
