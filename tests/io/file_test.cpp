#include "pgb/io/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "pgb/io/checked.h"
#include "pgb/io/message.h"
#include "pgb/io/sha256.h"
#include "support.h"

namespace pgb::io {
namespace {

using test::error_of;

TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesMakeNoDifference) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text(size, 'x');
    Sha256 hash;
    for (std::size_t i = 0; i < size; i += 7) hash.update(std::string_view(text).substr(i, 7));
    EXPECT_EQ(hash.hex(), sha256_hex(text)) << size;
  }
}

TEST(File, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(error_of([] { read_file("/no/such/file"); }), "/no/such/file: no such file");
  EXPECT_EQ(error_of([] { read_file("/tmp"); }), "/tmp: expected a regular file, found a folder");
  EXPECT_EQ(error_of([] { read_file("/dev/zero"); }), "/dev/zero: expected a regular file, found a device");
  EXPECT_NE(error_of([] { read_file(""); }), "");
  EXPECT_NE(error_of([] { read_file(std::string("/tmp\0x", 6)); }), "");
  EXPECT_NE(error_of([] { read_file(std::string(10000, 'x')); }), "");
  const std::string pipe = test::TemporaryFile("").path() + ".pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { read_file(pipe); }), pipe + ": expected a regular file, found a pipe");
  std::filesystem::remove(pipe);
}

TEST(File, ReadsAndLimits) {
  const std::string bytes("a\0b\xff", 4);
  const test::TemporaryFile file(bytes);
  EXPECT_EQ(read_file(file.path()), bytes);
  EXPECT_EQ(error_of([&] { read_file(file.path(), 3); }),
            file.path() + ": expected at most 3 bytes, found 4 bytes");
  if (truncate(file.path().c_str(), off_t{1} << 42) != 0) GTEST_SKIP() << "no sparse file of 4 TiB here";
  EXPECT_EQ(error_of([&] { read_file(file.path()); }),
            file.path() + ": too large for the memory of this machine");
}

TEST(Message, IsOneShortLine) {
  EXPECT_EQ(in_quotes("a\nb\"c\\\x01\x7f"), "\"a\\nb\\\"c\\\\\\x01\\x7f\"");
  EXPECT_EQ(shown("größe"), "größe");
  EXPECT_EQ(shown("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(shown("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80");  // overlong, surrogate
  EXPECT_EQ(shown("\xe2\x80\xae"), "\\xe2\\x80\\xae");                    // right-to-left override
  EXPECT_EQ(shown(std::string(500, 'x')), std::string(80, 'x') + "…");
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
}

TEST(Message, HintsAtTheClosest) {
  EXPECT_EQ(closest_hint("relo", {"elu", "relu", "selu"}), " (did you mean \"relu\"?)");
  EXPECT_EQ(closest_hint("transformer", {"elu", "relu"}), "");
}

TEST(Checked, RefusesOverflow) {
  const std::size_t big = std::size_t{1} << 63;
  EXPECT_EQ(checked_multiply(3, 4, "w"), 12U);
  EXPECT_EQ(error_of([&] { checked_multiply(big, 2, "w"); }), "w: declared sizes are too large");
  EXPECT_NE(error_of([&] { checked_add(big, big, "w"); }), "");
  EXPECT_EQ(checked_count({}, "w"), 1U);
  EXPECT_EQ(checked_count({3, 0}, "w"), 0U);
  EXPECT_NE(error_of([&] { checked_count({0, big, 2}, "w"); }), "");
  EXPECT_NE(error_of([&] { checked_count({big}, "w"); }), "");
}

}  // namespace
}  // namespace pgb::io
