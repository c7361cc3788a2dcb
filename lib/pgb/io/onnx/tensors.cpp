#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>

#include "pgb/io/binary_numbers.h"
#include "pgb/io/checked.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/proto.h"
#include "pgb/io/problem_data.h"

namespace pgb::io::onnx_detail {
namespace {

using Type = onnx::TensorProto;
namespace fs = std::filesystem;

NumberType number_type(int type, const std::string& where) {
  using N = NumberType::Kind;
  switch (type) {
    case Type::DOUBLE:
      return {N::floating, 8};
    case Type::FLOAT:
      return {N::floating, 4};
    case Type::FLOAT16:
      return {N::floating, 2};
    case Type::BFLOAT16:
      return {N::bfloat, 2};
    case Type::INT64:
      return {N::signed_integer, 8};
    case Type::INT32:
      return {N::signed_integer, 4};
    case Type::INT16:
      return {N::signed_integer, 2};
    case Type::INT8:
      return {N::signed_integer, 1};
    case Type::UINT64:
      return {N::unsigned_integer, 8};
    case Type::UINT32:
      return {N::unsigned_integer, 4};
    case Type::UINT16:
      return {N::unsigned_integer, 2};
    case Type::UINT8:
      return {N::unsigned_integer, 1};
    case Type::BOOL:
      return {N::boolean, 1};
    default:
      break;
  }
  const bool known = onnx::TensorProto_DataType_IsValid(type);
  fail(where, "numbers",
       "data type " + (known ? onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type))
                             : std::to_string(type)));
}

// The entries of a typed field as the bytes of raw data, the low `bytes` of each (little endian machines
// only).
template <class Field>
std::string bytes_of(const Field& field, std::size_t bytes) {
  std::string out;
  out.reserve(static_cast<std::size_t>(field.size()) * bytes);
  for (const auto value : field) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    out.append(raw, bytes);
  }
  return out;
}

std::string typed_bytes(const onnx::TensorProto& m, const NumberType& type) {
  switch (m.data_type()) {
    case Type::FLOAT:
      return bytes_of(m.float_data(), 4);
    case Type::DOUBLE:
      return bytes_of(m.double_data(), 8);
    case Type::INT64:
      return bytes_of(m.int64_data(), 8);
    case Type::UINT32:
    case Type::UINT64:
      return bytes_of(m.uint64_data(), type.bytes);
    default:
      return bytes_of(m.int32_data(), type.bytes);
  }
}

bool lies_in(const fs::path& folder, const fs::path& path) {
  const fs::path relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

}  // namespace

TensorSource::TensorSource(std::string model_path) : folder_(fs::path(model_path).parent_path().string()) {}

const std::string& TensorSource::external_file(const std::string& location, const std::string& where) {
  const auto found = files_.find(location);
  if (found != files_.end()) return found->second;
  const bool plain = is_utf8(location) && !location.empty() && !fs::path(location).is_absolute();
  const fs::path folder = folder_.empty() ? "." : folder_, path = folder / location;
  std::error_code error;
  bool inside = plain;
  for (const fs::path& part : fs::path(location)) inside = inside && part != "..";
  try {
    inside = inside && lies_in(folder, path);
  } catch (const fs::filesystem_error&) {
    inside = false;
  }
  if (!inside) fail(where, "external data in the folder of the model", in_quotes(location));
  return files_.emplace(location, read_file(path.string())).first->second;
}

std::string TensorSource::external_bytes(const onnx::TensorProto& m, const std::string& where) {
  std::string location;
  std::size_t offset = 0;
  std::optional<std::size_t> length;
  const auto number = [&](const std::string& text) {
    std::size_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
      fail(where, "offset and length of external data", in_quotes(text));
    return value;
  };
  for (const auto& entry : m.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = number(entry.value());
    if (entry.key() == "length") length = number(entry.value());
  }
  const std::string& file = external_file(location, where);
  if (offset > file.size() || (length && *length > file.size() - offset)) {
    fail(where, "bytes within the " + std::to_string(file.size()) + " of " + in_quotes(location),
         "offset " + std::to_string(offset));
  }
  return file.substr(offset, length.value_or(file.size() - offset));
}

Tensor TensorSource::read(const onnx::TensorProto& m, const std::string& where) {
  std::vector<std::size_t> shape;
  for (const auto extent : m.dims()) {
    if (extent < 0) fail(where, "sizes >= 0", std::to_string(extent));
    shape.push_back(static_cast<std::size_t>(extent));
  }
  const NumberType type = number_type(m.data_type(), where);
  const std::string bytes = m.data_location() == onnx::TensorProto::EXTERNAL ? external_bytes(m, where)
                            : m.has_raw_data()                               ? m.raw_data()
                                                                             : typed_bytes(m, type);
  NumberDecoder decoder(type, shape, false, where);
  if (decoder.expected_bytes() != bytes.size()) {
    fail(where, std::to_string(decoder.expected_bytes()) + " bytes for shape " + shape_text(shape),
         std::to_string(bytes.size()));
  }
  decoder.reserve_all();
  decoder.append(bytes.data(), bytes.size());
  return decoder.finish();
}

double decimal_value(float value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  double decimal = value;
  if (code == std::errc() && std::isfinite(value)) std::from_chars(text, end, decimal);
  return decimal;
}

}  // namespace pgb::io::onnx_detail
