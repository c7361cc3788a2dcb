#include "pgb/io/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "pgb/io/json_tensor.h"
#include "pgb/io/npz.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

using test::error_of;

// The bytes of a file with this header text and so many zero bytes of data.
std::string file_bytes(const std::string& header, const std::string& data = "") {
  std::string bytes;
  for (unsigned k = 0; k < 8; ++k) bytes += static_cast<char>((header.size() >> (8 * k)) & 0xff);
  return bytes + header + data;
}

std::string error_for(const std::string& bytes) {
  const test::TemporaryFile file(bytes, ".safetensors");
  const std::string message = error_of([&] { read_safetensors(file.path()); });
  EXPECT_EQ(message.substr(0, file.path().size()), message.empty() ? "" : file.path());
  return message.empty() ? "" : message.substr(file.path().size());
}

TEST(Safetensors, HoldsWhatPythonWrote) {
  const Tensors found = read_safetensors(test::corpus("arrays.safetensors"));
  const Tensors expected = tensors_from_json(read_json(test::corpus("arrays.json")), "arrays.json");
  EXPECT_EQ(found.size(), expected.size() + 2);  // with "empty" and "bf16"
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(test::same_tensor(found.at(name), tensor)) << name;
  EXPECT_EQ(found.at("empty").shape, (std::vector<std::size_t>{0, 3}));
  EXPECT_TRUE(test::same_tensor(found.at("bf16"),
                                tensor_from_json(read_json(test::corpus("bf16.json")), "bf16.json")));
  EXPECT_EQ(found.at("i8").exact.at(0 + 1), "9223372036854775807");
  EXPECT_EQ(found.at("i8").exact.count(0), 0U);  // -2^63 is a double
}

TEST(Safetensors, ReadsOnlyWhatIsWanted) {
  const std::set<std::string> one{"b"};
  EXPECT_EQ(read_safetensors(test::corpus("small.safetensors"), &one).size(), 1U);
  const std::set<std::string> other{"c"};
  const std::string message = error_of([&] { read_safetensors(test::corpus("small.safetensors"), &other); });
  EXPECT_NE(message.find("expected a tensor \"c\", found \"a\", \"b\""), std::string::npos) << message;
}

TEST(Safetensors, RefusesBadHeaders) {
  EXPECT_EQ(error_for(""), ": expected a safetensors file of at least 8 bytes, found 0");
  EXPECT_NE(error_for(std::string(8, '\xff')).find("declared"), std::string::npos);
  EXPECT_NE(error_for(std::string(8, '\0')).find("declared"), std::string::npos);
  EXPECT_NE(error_for(file_bytes("[]")).find("expected a JSON object"), std::string::npos);
  EXPECT_NE(error_for(file_bytes("{} x")).find("not valid JSON"), std::string::npos);
  EXPECT_NE(error_for(file_bytes(R"({"a":1})")).find("expected an object, found the number 1"),
            std::string::npos);
  const std::string a = R"("a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]})";
  EXPECT_EQ(error_for(file_bytes("{" + a + "}", std::string(8, '\0'))), "");
  EXPECT_NE(
      error_for(file_bytes("{" + a + "," + a + "}", std::string(8, '\0'))).find("key \"a\" appears twice"),
      std::string::npos);
  EXPECT_NE(error_for(file_bytes(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "x"))
                .find("found \"F8_E4M3\""),
            std::string::npos);
  EXPECT_NE(
      error_for(file_bytes(R"({"a":{"dtype":"F64","shape":[1],"offsets":[0,8]}})")).find("unknown field"),
      std::string::npos);
  EXPECT_NE(
      error_for(file_bytes(R"({"a":{"dtype":"F64","data_offsets":[0,8]}})")).find("missing field \"shape\""),
      std::string::npos);
  EXPECT_NE(error_for(file_bytes(R"({"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}})"))
                .find("expected a size"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(R"({"a":{"dtype":"F64","shape":[1.0],"data_offsets":[0,8]}})"))
                .find("expected a size"),
            std::string::npos);
  EXPECT_NE(
      error_for(file_bytes(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[8,0]}})")).find("begin <= end"),
      std::string::npos);
}

TEST(Safetensors, RefusesBadLayouts) {
  const auto header = [](const std::string& a, const std::string& b) {
    const auto entry = [](const std::string& rest) { return R"({"dtype":"U8",)" + rest + "}"; };
    return "{\"a\":" + entry(a) + ",\"b\":" + entry(b) + "}";
  };
  const std::string data(16, '\1');
  EXPECT_EQ(error_for(file_bytes(
                header(R"("shape":[8],"data_offsets":[8,16])", R"("shape":[8],"data_offsets":[0,8])"), data)),
            "");
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[0,8])",
                                        R"("shape":[9],"data_offsets":[7,16])"),
                                 data))
                .find("overlap"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[0,8])",
                                        R"("shape":[8],"data_offsets":[0,8])"),
                                 data))
                .find("overlap"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[0,8])",
                                        R"("shape":[7],"data_offsets":[9,16])"),
                                 data))
                .find("hole"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[1,9])",
                                        R"("shape":[7],"data_offsets":[9,16])"),
                                 data))
                .find("hole"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[0,8])",
                                        R"("shape":[8],"data_offsets":[8,17])"),
                                 data))
                .find("bytes within"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[8],"data_offsets":[0,8])",
                                        R"("shape":[7],"data_offsets":[8,15])"),
                                 data))
                .find("expected 15 bytes of data"),
            std::string::npos);
  EXPECT_NE(error_for(file_bytes(header(R"("shape":[7],"data_offsets":[0,8])",
                                        R"("shape":[8],"data_offsets":[8,16])"),
                                 data))
                .find("expected 7 bytes for shape [7]"),
            std::string::npos);
}

TEST(Safetensors, HugeSizesAllocateNothing) {
  for (const char* shape :
       {"[1000000000000]", "[4294967296,4294967296]", "[18446744073709551615,18446744073709551615]",
        "[0,18446744073709551615,3]", "[99999999999999999999999]"}) {
    const std::string header =
        std::string(R"({"a":{"dtype":"F64","shape":)") + shape + R"(,"data_offsets":[0,8]}})";
    const std::string bytes = file_bytes(header, std::string(8, '\0'));
    test::AllocationMeter::reset();
    const std::size_t before = test::AllocationMeter::peak();
    EXPECT_NE(error_for(bytes), "") << shape;
    EXPECT_LT(test::AllocationMeter::peak() - before, std::size_t{1} << 16) << shape;
  }
}

TEST(Safetensors, NamesNonFiniteNumbersAndBadBooleans) {
  std::string data(32, '\0');
  const double nan = -__builtin_nan("");
  std::memcpy(&data[24], &nan, sizeof nan);
  const std::string shape = R"({"w":{"dtype":"F64","shape":[2,2],"data_offsets":[0,32]}})";
  EXPECT_EQ(error_for(file_bytes(shape, data)),
            ": tensor \"w\": expected finite numbers, found nan at index [1, 1]");
  EXPECT_EQ(error_for(file_bytes(R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})",
                                 std::string("\0\0\0\xfc", 4))),
            ": tensor \"h\": expected finite numbers, found -inf at index [1]");
  EXPECT_EQ(error_for(file_bytes(R"({"h":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}})", "\x80\x7f")),
            ": tensor \"h\": expected finite numbers, found inf at index []");
  EXPECT_EQ(error_for(file_bytes(R"({"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\2")),
            ": tensor \"b\": expected booleans 0 or 1, found the byte 2 at index [0]");
}

TEST(Safetensors, EscapesNames) {
  const std::string message =
      error_for(file_bytes(R"({"a\nb\u0007":{"dtype":"X","shape":[1],"data_offsets":[0,1]}})", "x"));
  EXPECT_NE(message.find("tensor \"a\\nb\\x07\""), std::string::npos) << message;
}

TEST(Safetensors, UsesTwiceTheFileInMemory) {
  const std::size_t size = std::size_t{8} << 20;
  const std::string header = R"({"a":{"dtype":"F64","shape":[1048576],"data_offsets":[0,8388608]}})";
  const test::TemporaryFile file(file_bytes(header, std::string(size, '\0')));
  test::AllocationMeter::reset();
  const std::size_t before = test::AllocationMeter::peak();
  EXPECT_EQ(read_safetensors(file.path()).at("a").size(), size / 8);
  EXPECT_LT(test::AllocationMeter::peak() - before, 2 * size + (std::size_t{1} << 20));
}

}  // namespace
}  // namespace pgb::io
