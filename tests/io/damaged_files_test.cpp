// Damaged input: every file either is read or throws InputError with one short line, quickly, and without
// much memory.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "pgb/io/csv.h"
#include "pgb/io/errors.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/npz.h"
#include "pgb/io/problem_file.h"
#include "pgb/io/safetensors.h"
#include "support.h"

#include <nlohmann/json.hpp>

namespace pgb::io {
namespace {

struct Format {
  const char* file;
  const char* extension;
  void (*read)(const std::string&);
};

std::ostream& operator<<(std::ostream& out, const Format& format) { return out << format.file; }

const Format formats[] = {
    {"small.npz", ".npz", [](const std::string& path) { read_npz(path); }},
    {"small_deflated.npz", ".npz", [](const std::string& path) { read_npz(path); }},
    {"zip64_deflated.npz", ".npz", [](const std::string& path) { read_npz(path); }},
    {"version1.npy", ".npy", [](const std::string& path) { read_npy(path); }},
    {"version2.npy", ".npy", [](const std::string& path) { read_npy(path); }},
    {"small.safetensors", ".safetensors", [](const std::string& path) { read_safetensors(path); }},
    {"arrays.safetensors", ".safetensors", [](const std::string& path) { read_safetensors(path); }},
    {"train.csv", ".csv", [](const std::string& path) { read_csv(path); }},
    {"weights.json", ".json", [](const std::string& path) { tensors_from_json(read_json(path), path); }},
    {"problem_inline.json", ".json",
     [](const std::string& path) { problem_sha256(read_problem_file(path)); }},
};

class DamagedFiles : public testing::TestWithParam<Format> {
 protected:
  // Reads `bytes` and checks how it fails, if it does.
  bool survives(const std::string& bytes) {
    file_.write(bytes);
    const auto start = std::chrono::steady_clock::now();
    test::AllocationMeter::reset();
    const std::size_t before = test::AllocationMeter::peak();
    bool good = true;
    try {
      GetParam().read(file_.path());
    } catch (const InputError& error) {
      const std::string message = error.what();
      bool printable = message.size() < 600;
      for (const char c : message)
        printable = printable && (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
      EXPECT_TRUE(printable) << message;
      good = false;
    }
    EXPECT_LT(test::AllocationMeter::peak() - before, 2 * bytes.size() + (std::size_t{1} << 20));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    return good;
  }

  test::TemporaryFile file_{"", GetParam().extension};
};

TEST_P(DamagedFiles, CutAtEveryLength) {
  const std::string bytes = test::corpus_bytes(GetParam().file);
  ASSERT_TRUE(survives(bytes));
  const bool is_text =
      std::string(GetParam().extension) == ".csv" || std::string(GetParam().extension) == ".json";
  const std::size_t step = bytes.size() > 2000 ? 3 : 1;
  for (std::size_t length = 0; length < bytes.size(); length += step) {
    const bool good = survives(bytes.substr(0, length));
    EXPECT_TRUE(!good || is_text) << length;
  }
}

TEST_P(DamagedFiles, FlippedBits) {
  const std::string bytes = test::corpus_bytes(GetParam().file);
  std::mt19937_64 random(test::seed());
  for (std::size_t trial = 0; trial < test::trials(3000); ++trial) {
    std::string damaged = bytes;
    const std::size_t flips = 1 + random() % 3;
    for (std::size_t k = 0; k < flips; ++k) {
      const std::size_t at = random() % damaged.size();
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ (1U << (random() % 8)));
    }
    survives(damaged);
  }
}

TEST_P(DamagedFiles, ReplacedInsertedAndRepeatedPieces) {
  static const char* const pieces[] = {
      "[",   "{",    "\"", "]",  ",", "-", "e999", "99999999999999999999", "\xff\xff\xff\xff",
      "nan", "null", "0x", "1/0"};
  const std::string bytes = test::corpus_bytes(GetParam().file);
  std::mt19937_64 random(test::seed() + 1);
  for (std::size_t trial = 0; trial < test::trials(2000); ++trial) {
    std::string damaged = bytes;
    const std::size_t at = random() % damaged.size();
    const std::size_t length = std::min<std::size_t>(random() % 40, damaged.size() - at);
    switch (random() % 4) {
      case 0:
        damaged.erase(at, length);
        break;
      case 1:
        damaged.insert(at, damaged.substr(at, length));
        break;
      case 2:
        damaged.insert(at, pieces[random() % std::size(pieces)]);
        break;
      default:
        for (std::size_t k = 0; k < std::min<std::size_t>(length, 8); ++k)
          damaged[at + k] = static_cast<char>(random() & 0xff);
    }
    survives(damaged);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DamagedFiles, testing::ValuesIn(formats), [](const auto& format) {
  std::string name = format.param.file;
  for (char& c : name) c = c == '.' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace pgb::io
