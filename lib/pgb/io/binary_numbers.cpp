#include "pgb/io/binary_numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

#include "pgb/io/checked.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559,
              "IEEE 754 is assumed");

constexpr std::uint64_t two_to_53 = std::uint64_t{1} << 53;

std::uint64_t load(const char* bytes, std::size_t count, bool big_endian) {
  std::uint64_t word = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t at = big_endian ? k : count - 1 - k;
    word = (word << 8) | static_cast<unsigned char>(bytes[at]);
  }
  return word;
}

template <class To, class From>
To same_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

double half_to_double(std::uint64_t word) {
  const auto exponent = static_cast<int>((word >> 10) & 31U);
  const auto fraction = static_cast<double>(word & 1023U);
  double value = 0;
  if (exponent == 31)
    value =
        fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else
    value = std::ldexp(1024 + fraction, exponent - 25);
  return (word >> 15) != 0 ? -value : value;
}

double floating_to_double(std::uint64_t word, std::size_t bytes) {
  if (bytes == 2) return half_to_double(word);
  if (bytes == 4) return static_cast<double>(same_bits<float>(static_cast<std::uint32_t>(word)));
  return same_bits<double>(word);
}

}  // namespace

NumberDecoder::NumberDecoder(NumberType type, std::vector<std::size_t> shape, bool column_major,
                             std::string where)
    : type_(type),
      column_major_(column_major && shape.size() > 1),
      where_(std::move(where)),
      count_(checked_count(shape, where_)),
      expected_bytes_(checked_multiply(count_, type.bytes, where_)) {
  refuse_beyond_memory(checked_multiply(count_, sizeof(double), where_), where_);
  tensor_.shape = std::move(shape);
}

void NumberDecoder::reserve_all() { tensor_.values.reserve(count_); }

void NumberDecoder::push(double value) {
  auto& values = tensor_.values;
  if (!std::isfinite(value)) {
    const char* found = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    fail(where_, "finite numbers", std::string(found) + " at index " + index_text(values.size()));
  }
  if (values.size() == values.capacity())
    values.reserve(std::min(count_, std::max<std::size_t>(1024, 2 * values.size())));
  values.push_back(value);
}

void NumberDecoder::push_integer(bool negative, unsigned long long magnitude) {
  const auto rounded = static_cast<double>(magnitude);
  unsigned long long odd = magnitude;
  while (odd > two_to_53 && odd % 2 == 0) odd /= 2;
  if (odd > two_to_53)
    tensor_.exact.emplace(tensor_.values.size(), (negative ? "-" : "") + std::to_string(magnitude));
  push(negative ? -rounded : rounded);
}

void NumberDecoder::append(const char* bytes, std::size_t length) {
  if (length / type_.bytes > count_ - tensor_.values.size()) fail(where_, "more bytes than the shape allows");
  for (std::size_t at = 0; at < length; at += type_.bytes) {
    const std::uint64_t word = load(bytes + at, type_.bytes, type_.big_endian);
    switch (type_.kind) {
      case NumberType::Kind::floating:
        push(floating_to_double(word, type_.bytes));
        break;
      case NumberType::Kind::bfloat:
        push(floating_to_double(word << 16, 4));
        break;
      case NumberType::Kind::unsigned_integer:
        push_integer(false, word);
        break;
      case NumberType::Kind::signed_integer: {
        const std::uint64_t sign_bit = std::uint64_t{1} << (8 * type_.bytes - 1);
        const bool negative = (word & sign_bit) != 0;
        push_integer(negative, negative ? sign_bit - (word - sign_bit) : word);
        break;
      }
      case NumberType::Kind::boolean:
        if (word > 1) {
          fail(where_, "booleans 0 or 1",
               "the byte " + std::to_string(word) + " at index " + index_text(tensor_.values.size()));
        }
        push(word == 0 ? 0.0 : 1.0);
        break;
    }
  }
}

Tensor NumberDecoder::finish() {
  if (tensor_.values.size() != count_) {
    fail(where_, std::to_string(count_) + " numbers for shape " + shape_text(tensor_.shape),
         std::to_string(tensor_.values.size()));
  }
  if (column_major_) {
    std::vector<double> values(count_);
    for (std::size_t k = 0; k < count_; ++k) values[row_major_position(k)] = tensor_.values[k];
    std::map<std::size_t, std::string> exact;
    for (auto& [k, text] : tensor_.exact) exact.emplace(row_major_position(k), std::move(text));
    tensor_.values = std::move(values);
    tensor_.exact = std::move(exact);
  }
  return std::move(tensor_);
}

std::size_t NumberDecoder::row_major_position(std::size_t k) const {
  // k = i_1 + n_1 (i_2 + n_2 (i_3 + …)); the result is (…(i_1 n_2 + i_2) n_3 + …)
  std::size_t position = 0;
  std::size_t stride = count_;
  for (const std::size_t extent : tensor_.shape) {
    stride /= extent;
    position += (k % extent) * stride;
    k /= extent;
  }
  return position;
}

std::string NumberDecoder::index_text(std::size_t position_in_file) const {
  std::size_t position = column_major_ ? row_major_position(position_in_file) : position_in_file;
  std::vector<std::size_t> index(tensor_.shape.size());
  for (std::size_t d = index.size(); d-- > 0;) {
    index[d] = position % tensor_.shape[d];
    position /= tensor_.shape[d];
  }
  return shape_text(index);
}

}  // namespace pgb::io
