#include "pgb/io/npy_header.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <utility>

#include "pgb/io/message.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_header_bytes = 65536;
constexpr std::size_t max_dimensions = 64;

// "[<>|]" kind size, as numpy writes it.
NumberType number_type(const std::string& descr, const std::string& where) {
  using Kind = NumberType::Kind;
  static const std::map<std::string, NumberType> types{
      {"f2", {Kind::floating, 2}},         {"f4", {Kind::floating, 4}},
      {"f8", {Kind::floating, 8}},         {"i1", {Kind::signed_integer, 1}},
      {"i2", {Kind::signed_integer, 2}},   {"i4", {Kind::signed_integer, 4}},
      {"i8", {Kind::signed_integer, 8}},   {"u1", {Kind::unsigned_integer, 1}},
      {"u2", {Kind::unsigned_integer, 2}}, {"u4", {Kind::unsigned_integer, 4}},
      {"u8", {Kind::unsigned_integer, 8}}, {"b1", {Kind::boolean, 1}}};
  const auto found = descr.empty() ? types.end() : types.find(descr.substr(1));
  const bool order_known = found != types.end() && (descr[0] == '<' || descr[0] == '>' ||
                                                    (descr[0] == '|' && found->second.bytes == 1));
  if (!order_known) {
    static const std::map<char, std::string> names{{'O', "object "}, {'c', "complex "}, {'U', "text "},
                                                   {'S', "text "},   {'V', "void "},    {'M', "date "},
                                                   {'m', "time "}};
    const auto name = descr.size() > 1 ? names.find(descr[1]) : names.end();
    fail(where, "float (up to 64 bits), integer or boolean dtype",
         (name == names.end() ? "" : name->second) + "('" + shown(descr) + "')");
  }
  NumberType type = found->second;
  type.big_endian = descr[0] == '>';
  return type;
}

// The few Python literals of the header.
class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = text();
      expect(':');
      if (key == "descr" && !std::exchange(has_descr, true)) {
        skip_space();
        if (!rest_.empty() && rest_.front() == '[')
          fail(where_, "float, integer or boolean dtype", "a structured dtype");
        header.type = number_type(text(), where_);
      } else if (key == "fortran_order" && !std::exchange(has_order, true)) {
        header.column_major = boolean();
      } else if (key == "shape" && !std::exchange(has_shape, true)) {
        header.shape = tuple();
      } else {
        fail(where_, "the keys descr, fortran_order and shape once each in the array's header",
             in_quotes(key));
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty()) broken();
    if (!has_descr || !has_order || !has_shape)
      fail(where_, "the keys descr, fortran_order and shape in the array's header", "fewer");
    return header;
  }

 private:
  [[noreturn]] void broken() const {
    fail(where_, "an array header as numpy writes it",
         rest_.empty() ? "its end" : in_quotes(rest_.substr(0, 20)));
  }

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t' ||
                              rest_.front() == '\r')) {
      rest_.remove_prefix(1);
    }
  }

  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) broken();
  }

  std::string text() {
    skip_space();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) broken();
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) broken();
    std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return value;
  }

  bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"False", false}, {"True", true}}) {
      if (rest_.substr(0, word.size()) == word) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    broken();
  }

  std::size_t size() {
    skip_space();
    std::size_t value = 0;
    std::size_t digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      const auto digit = static_cast<std::size_t>(rest_[digits] - '0');
      if (value > (std::numeric_limits<std::size_t>::max() - digit) / 10)
        fail(where_, "declared sizes are too large");
      value = value * 10 + digit;
      ++digits;
    }
    if (digits == 0) broken();
    rest_.remove_prefix(digits);
    if (!rest_.empty() && rest_.front() == 'L') rest_.remove_prefix(1);  // Python 2 wrote long integers so
    return value;
  }

  std::vector<std::size_t> tuple() {
    std::vector<std::size_t> shape;
    expect('(');
    while (!take(')')) {
      if (shape.size() == max_dimensions)
        fail(where_, "at most " + std::to_string(max_dimensions) + " dimensions", "more");
      shape.push_back(size());
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view rest_;
  const std::string& where_;
};

void read_exactly(const ByteSource& source, char* out, std::size_t count, const std::string& where) {
  for (std::size_t have = 0; have < count;) {
    const std::size_t got = source(out + have, count - have);
    if (got == 0) fail(where, "more bytes", "the end of the array");
    have += got;
  }
}

}  // namespace

NpyHeader parse_npy_dictionary(std::string_view text, const std::string& where) {
  return Parser(text, where).parse();
}

Tensor read_npy_array(const ByteSource& source, std::size_t total_bytes, bool honest_size,
                      const std::string& where) {
  std::array<char, 12> start{};
  if (total_bytes < 10) fail(where, "a numpy array of at least 10 bytes", std::to_string(total_bytes));
  read_exactly(source, start.data(), 8, where);
  const std::string_view magic("\x93NUMPY", 6);
  if (std::string_view(start.data(), 6) != magic)
    fail(where, "a numpy array (\"\\x93NUMPY\")", in_quotes(std::string_view(start.data(), 6)));
  const int major = static_cast<unsigned char>(start[6]);
  if (major < 1 || major > 3) fail(where, "version 1, 2 or 3 of the npy format", std::to_string(major));
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  read_exactly(source, start.data() + 8, length_bytes, where);
  std::size_t header_bytes = 0;
  for (std::size_t k = length_bytes; k-- > 0;)
    header_bytes = (header_bytes << 8) | static_cast<unsigned char>(start[8 + k]);
  const std::size_t before = 8 + length_bytes;
  if (before > total_bytes || header_bytes > std::min(total_bytes - before, max_header_bytes)) {
    fail(where, "an array header that fits", std::to_string(header_bytes) + " bytes declared");
  }
  std::string dictionary(header_bytes, '\0');
  read_exactly(source, dictionary.data(), header_bytes, where);
  NpyHeader header = parse_npy_dictionary(dictionary, where);

  const std::size_t item_bytes = header.type.bytes;
  const std::string shape = shape_text(header.shape);
  NumberDecoder decoder(header.type, std::move(header.shape), header.column_major, where);
  const std::size_t data_bytes = total_bytes - before - header_bytes;
  if (decoder.expected_bytes() != data_bytes) {
    fail(where, std::to_string(decoder.expected_bytes()) + " bytes for shape " + shape,
         std::to_string(data_bytes));
  }
  if (honest_size) decoder.reserve_all();
  std::array<char, 65536> chunk{};
  static_assert(chunk.size() % 8 == 0, "whole numbers in each chunk");
  for (std::size_t left = data_bytes; left > 0;) {
    const std::size_t part = std::min(left, chunk.size());
    read_exactly(source, chunk.data(), part, where);
    decoder.append(chunk.data(), part / item_bytes * item_bytes);
    left -= part;
  }
  if (source(chunk.data(), 1) != 0)
    fail(where, std::to_string(total_bytes) + " bytes", "more");  // also lets the source check its sum
  return decoder.finish();
}

}  // namespace pgb::io
