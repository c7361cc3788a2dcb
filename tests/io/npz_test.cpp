#include "pgb/io/npz.h"

#include <gtest/gtest.h>
#include <zip.h>

#include "pgb/io/json_tensor.h"
#include "pgb/io/npy_header.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

using test::error_of;

std::string npy(const std::string& dictionary, const std::string& data) {
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return bytes + dictionary + data;
}

std::string npy_error(const std::string& bytes) {
  const test::TemporaryFile file(bytes, ".npy");
  const std::string message = error_of([&] { read_npy(file.path()); });
  return message.empty() ? "" : message.substr(file.path().size());
}

void add(zip_t* archive, const std::string& name, const std::string& bytes, zip_int32_t method) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  ASSERT_GE(index, 0);
  zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 9);
}

TEST(Npz, HoldsWhatNumpyWrote) {
  const Tensors expected = tensors_from_json(read_json(test::corpus("arrays.json")), "arrays.json");
  for (const char* name : {"arrays.npz", "deflated.npz", "zip64.npz", "zip64_deflated.npz"}) {
    const Tensors found = read_npz(test::corpus(name));
    EXPECT_EQ(found.size(), expected.size() + 1) << name;  // with "empty"
    for (const auto& [key, tensor] : expected)
      EXPECT_TRUE(test::same_tensor(found.at(key), tensor)) << name << " " << key;
    EXPECT_EQ(found.at("empty").shape, (std::vector<std::size_t>{0, 3}));
  }
}

TEST(Npz, ReadsAllVersionsOfNpy) {
  for (const char* name : {"version1.npy", "version2.npy", "version3.npy"}) {
    const Tensor tensor = read_npy(test::corpus(name));
    EXPECT_EQ(tensor.shape, (std::vector<std::size_t>{2, 2})) << name;
    EXPECT_EQ(tensor.values, (std::vector<double>{1, 2, 3, 4.5})) << name;
  }
}

TEST(Npz, NamesWhatItRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"object",
       "tensor \"bad\": expected float (up to 64 bits), integer or boolean dtype, found object ('|O')"},
      {"complex", "found complex ('<c16')"},
      {"text", "found text ('<U3')"},
      {"bytes", "found text ('|S3')"},
      {"date", "found date ('<M8[D]')"},
      {"structure", "found a structured dtype"},
      {"long_double", "found ('<f16')"},
      {"nan", "tensor \"bad\": expected finite numbers, found nan at index [1, 1]"},
      {"inf", "tensor \"bad\": expected finite numbers, found -inf at index [1, 0]"},
      {"other", "expected only numpy arrays (names ending in .npy) in the archive, found \"notes.txt\""},
      {"bzip2", "tensor \"a\": expected a stored or deflated entry, found compression method 12"},
      {"twice", "tensor \"a\": appears twice in the archive"},
  };
  for (const auto& [name, expected] : cases) {
    const std::string message =
        error_of([&, file = name] { read_npz(test::corpus(std::string("refused_") + file + ".npz")); });
    EXPECT_NE(message.find(expected), std::string::npos) << name << ": " << message;
  }
}

TEST(Npz, LooksOnlyAtWhatIsWanted) {
  const std::set<std::string> good{"good"};
  EXPECT_EQ(read_npz(test::corpus("refused_object.npz"), &good).size(), 1U);
  const std::set<std::string> none{"weight"};
  EXPECT_NE(error_of([&] {
              read_npz(test::corpus("small.npz"), &none);
            }).find("expected a tensor \"weight\", found \"a\", \"b\""),
            std::string::npos);
}

TEST(Npz, ChecksTheHeaderText) {
  const std::string eight(8, '\0');
  EXPECT_EQ(npy_error(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n", eight)), "");
  EXPECT_EQ(npy_error(npy("{\"shape\":(1L,),\"fortran_order\":True,\"descr\":\">f8\"}", eight)), "");
  EXPECT_EQ(npy_error(npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", eight)), "");
  for (const char* text : {"",
                           "{",
                           "{}",
                           "{'descr': '<f8'}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
                           "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (1",
                           "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
                           "{'descr': '<f8, 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': 'f8', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '=f8', 'fortran_order': False, 'shape': (1,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551617,)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (1 1)}"}) {
    EXPECT_NE(npy_error(npy(text, eight)), "") << text;
  }
  std::string many = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
  for (int i = 0; i < 100; ++i) many += "1,";
  EXPECT_NE(npy_error(npy(many + ")}", eight)).find("at most 64 dimensions"), std::string::npos);
  std::string other = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", eight);
  EXPECT_NE(npy_error(other + "x").find("found 9"), std::string::npos);
  other[6] = 4;
  EXPECT_NE(npy_error(other).find("version"), std::string::npos);
  other[1] = 'X';
  EXPECT_NE(npy_error(other).find("a numpy array"), std::string::npos);
}

TEST(Npz, BothNamesOfOneArrayAndFolders) {
  const test::TemporaryFile file("", ".npz");
  int code = 0;
  zip_t* archive = zip_open(file.path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  ASSERT_NE(archive, nullptr);
  zip_dir_add(archive, "folder", 0);
  ASSERT_EQ(zip_close(archive), 0);
  EXPECT_NE(error_of([&] { read_npz(file.path()); }).find("found \"folder/\""), std::string::npos);
}

TEST(Npz, MemoryFollowsTheDataThatIsThere) {
  const std::size_t elements = std::size_t{1} << 20;
  for (const bool fortran : {false, true}) {
    const std::string shape = "(1024, 1024)";
    const std::string bytes =
        npy("{'descr': '<f8', 'fortran_order': " + std::string(fortran ? "True" : "False") +
                ", 'shape': " + shape + "}",
            std::string(8 * elements, '\0'));
    for (const zip_int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
      const test::TemporaryFile file("", ".npz");
      int code = 0;
      zip_t* archive = zip_open(file.path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
      ASSERT_NE(archive, nullptr);
      add(archive, "w.npy", bytes, method);
      ASSERT_EQ(zip_close(archive), 0);
      test::AllocationMeter::reset();
      const std::size_t before = test::AllocationMeter::peak();
      EXPECT_EQ(read_npz(file.path()).at("w").size(), elements);
      EXPECT_LT(test::AllocationMeter::peak() - before, 16 * elements + (std::size_t{1} << 20))
          << fortran << method;
    }
  }
}

TEST(Npz, ImpossibleSizesAreRefusedFirst) {
  // The uncompressed size in the central directory (24 bytes after "PK\1\2") becomes 2 GiB - 1.
  for (const char* name : {"small.npz", "small_deflated.npz"}) {
    std::string bytes = test::corpus_bytes(name);
    const std::size_t at = bytes.find("PK\1\2");
    ASSERT_NE(at, std::string::npos);
    for (std::size_t k = 0; k < 4; ++k) bytes[at + 24 + k] = k == 3 ? '\x7f' : '\xff';
    const test::TemporaryFile file(bytes, ".npz");
    test::AllocationMeter::reset();
    const std::size_t before = test::AllocationMeter::peak();
    const std::string message = error_of([&] { read_npz(file.path()); });
    EXPECT_NE(message.find("sizes that the file can hold"), std::string::npos) << message;
    EXPECT_LT(test::AllocationMeter::peak() - before, std::size_t{1} << 18);
  }
}

}  // namespace
}  // namespace pgb::io
