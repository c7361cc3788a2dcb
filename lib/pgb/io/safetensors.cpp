#include "pgb/io/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/binary_numbers.h"
#include "pgb/io/checked.h"
#include "pgb/io/file.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_header_bytes = 100000000;  // the format's own limit

struct Entry {
  std::string name;
  std::string where;
  NumberType type;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;
  std::size_t end = 0;
};

NumberType number_type(const std::string& name, const std::string& where) {
  using Kind = NumberType::Kind;
  static const std::map<std::string, NumberType> types{
      {"F64", {Kind::floating, 8}},         {"F32", {Kind::floating, 4}},
      {"F16", {Kind::floating, 2}},         {"BF16", {Kind::bfloat, 2}},
      {"I64", {Kind::signed_integer, 8}},   {"I32", {Kind::signed_integer, 4}},
      {"I16", {Kind::signed_integer, 2}},   {"I8", {Kind::signed_integer, 1}},
      {"U64", {Kind::unsigned_integer, 8}}, {"U32", {Kind::unsigned_integer, 4}},
      {"U16", {Kind::unsigned_integer, 2}}, {"U8", {Kind::unsigned_integer, 1}},
      {"BOOL", {Kind::boolean, 1}}};
  const auto found = types.find(name);
  if (found == types.end())
    fail(where, "dtype F64, F32, F16, BF16, I8 to I64, U8 to U64 or BOOL", in_quotes(name));
  return found->second;
}

std::size_t offset(const Json& value, const std::string& where) {
  const bool fits =
      value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<std::size_t>::max();
  if (!fits) fail(where, "a size", described(value));
  return static_cast<std::size_t>(value.get<std::uint64_t>());
}

Entry read_entry(const std::string& name, const Json& value, const std::string& file) {
  Entry entry;
  entry.name = name;
  entry.where = file + ": tensor " + in_quotes(name);
  expect_object(value, entry.where);
  refuse_unknown_fields(value, {"dtype", "shape", "data_offsets"}, entry.where);
  entry.type = number_type(
      as_word(required_field(value, "dtype", entry.where), field_place(entry.where, "dtype")), entry.where);
  const Json& shape = required_field(value, "shape", entry.where);
  if (!shape.is_array()) fail(field_place(entry.where, "shape"), "an array of sizes", described(shape));
  for (const Json& extent : shape) entry.shape.push_back(offset(extent, field_place(entry.where, "shape")));
  const Json& range = required_field(value, "data_offsets", entry.where);
  if (!range.is_array() || range.size() != 2) {
    fail(field_place(entry.where, "data_offsets"), "an array of two sizes", described(range));
  }
  entry.begin = offset(range[0], field_place(entry.where, "data_offsets"));
  entry.end = offset(range[1], field_place(entry.where, "data_offsets"));
  if (entry.begin > entry.end) fail(field_place(entry.where, "data_offsets"), "begin <= end", range.dump());
  return entry;
}

// The byte ranges, in order, must cover the buffer exactly.
void check_layout(const std::vector<Entry>& entries, std::size_t buffer_bytes, const std::string& file) {
  std::size_t covered = 0;
  for (const Entry& entry : entries) {
    const std::string range = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
    if (entry.end > buffer_bytes) {
      fail(entry.where, "bytes within the " + std::to_string(buffer_bytes) + " of the file's data", range);
    }
    if (entry.begin != covered) {
      const std::string kind = entry.begin < covered ? " (tensors overlap)" : " (a hole in the data)";
      fail(entry.where, "data from byte " + std::to_string(covered) + " on", range + kind);
    }
    const std::size_t needed =
        checked_multiply(checked_count(entry.shape, entry.where), entry.type.bytes, entry.where);
    if (entry.end - entry.begin != needed) {
      fail(entry.where, std::to_string(needed) + " bytes for shape " + shape_text(entry.shape),
           std::to_string(entry.end - entry.begin));
    }
    covered = entry.end;
  }
  if (covered != buffer_bytes) {
    fail(file, std::to_string(covered) + " bytes of data for the tensors of the header",
         std::to_string(buffer_bytes));
  }
}

std::vector<Entry> read_header(std::string_view header, const std::string& file) {
  if (header.front() != '{') fail(file + ": header", "a JSON object", in_quotes(header.substr(0, 20)));
  const Json json = parse_json(header, file + ": header");
  std::vector<Entry> entries;
  for (const auto& item : json.items()) {
    if (item.key() != "__metadata__") entries.push_back(read_entry(item.key(), item.value(), file));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  return entries;
}

Tensors parse(std::string_view bytes, const std::string& file, const std::set<std::string>* wanted) {
  if (bytes.size() < 8) fail(file, "a safetensors file of at least 8 bytes", std::to_string(bytes.size()));
  std::uint64_t length = 0;
  for (std::size_t k = 8; k-- > 0;) length = (length << 8) | static_cast<unsigned char>(bytes[k]);
  if (length < 2 || length > max_header_bytes || length > bytes.size() - 8) {
    fail(file,
         "a safetensors header of 2 to " + std::to_string(std::min(max_header_bytes, bytes.size() - 8)) +
             " bytes",
         std::to_string(length) + " declared");
  }
  const auto header_bytes = static_cast<std::size_t>(length);
  const std::vector<Entry> entries = read_header(bytes.substr(8, header_bytes), file);
  const std::string_view buffer = bytes.substr(8 + header_bytes);
  check_layout(entries, buffer.size(), file);
  Tensors tensors;
  for (const Entry& entry : entries) {
    if (wanted != nullptr && wanted->count(entry.name) == 0) continue;
    NumberDecoder decoder(entry.type, entry.shape, false, entry.where);
    decoder.reserve_all();
    decoder.append(buffer.data() + entry.begin, entry.end - entry.begin);
    tensors.emplace(entry.name, decoder.finish());
  }
  if (wanted != nullptr) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) names.push_back(entry.name);
    refuse_missing(*wanted, names, file);
  }
  return tensors;
}

}  // namespace

Tensors read_safetensors(const std::string& path, const std::set<std::string>* wanted) {
  return with_memory_errors_named(path, [&] { return parse(read_file(path), shown_path(path), wanted); });
}

}  // namespace pgb::io
