#include "pgb/io/message.h"

#include <algorithm>
#include <cstdint>

#include "pgb/io/errors.h"

namespace pgb::io {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not well-formed
};

CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + k]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < bytes) return {};
  std::uint32_t value = lead & (0xffU >> (bytes + 1));
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(k) & 0xc0U) != 0x80) return {};
    value = (value << 6) | (byte(k) & 0x3fU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, bytes};
}

bool is_plain(std::uint32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '"' || c == '\\') return false;
  const bool layout =
      (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
  return !layout && c != 0xfeff;
}

void append_escaped_byte(std::string& out, char c) {
  static const char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    default:
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
}

// Levenshtein distance; both sides are cut to 64 bytes so that the cost is bounded.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, 64);
  b = b.substr(0, 64);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (characters == limit) return out + "…";
    const CodePoint c = decode_utf8(text, at);
    const std::size_t bytes = std::max<std::size_t>(c.bytes, 1);
    if (c.bytes != 0 && is_plain(c.value)) {
      out += text.substr(at, bytes);
    } else {
      for (std::size_t k = 0; k < bytes; ++k) append_escaped_byte(out, text[at + k]);
    }
    at += bytes;
  }
  return out;
}

std::string in_quotes(std::string_view text) { return '"' + shown(text) + '"'; }

std::string quoted_list(const std::vector<std::string>& names, std::size_t limit) {
  if (names.empty()) return "nothing";
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), limit); ++i) {
    out += (i == 0 ? "" : ", ") + ('"' + shown(names[i], 40) + '"');
  }
  if (names.size() > limit) out += ", … (" + std::to_string(names.size()) + " in all)";
  return out;
}

std::string closest_hint(std::string_view name, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::min<std::size_t>(name.size(), 64) * 2 / 5 + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : " (did you mean " + in_quotes(*best) + "?)";
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i == 8) return out + ", …]";
    out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return out + "]";
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    if (c.bytes == 0 || c.value == 0) return false;
    at += c.bytes;
  }
  return true;
}

void refuse_missing(const std::set<std::string>& wanted, const std::vector<std::string>& names,
                    const std::string& where) {
  for (const std::string& name : wanted) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail(where, "a tensor " + in_quotes(name), quoted_list(names));
  }
}

void fail(const std::string& where, const std::string& expected, const std::string& found) {
  throw InputError(where + ": expected " + expected + ", found " + found);
}

void fail(const std::string& where, const std::string& what) { throw InputError(where + ": " + what); }

}  // namespace pgb::io
