#include "pgb/report/plain_text.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "pgb/io/message.h"
#include "pgb/report/numbers.h"

namespace pgb::report {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// Bytes of the code point that starts at `at`; 0 where none does.
std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return io::is_utf8(text.substr(at, bytes)) ? bytes : 0;
}

// C1 controls, zero-width and direction marks, line separators, byte order mark: nothing to see, or trouble.
bool is_hidden(std::string_view c) {
  if (c.size() == 2) return c[0] == '\xc2' && static_cast<unsigned char>(c[1]) < 0xa0;
  if (c.size() != 3) return false;
  const auto last = static_cast<unsigned char>(c[2]);
  if (c.substr(0, 2) == "\xe2\x80") return (last >= 0x8b && last <= 0x8f) || (last >= 0xa8 && last <= 0xae);
  if (c.substr(0, 2) == "\xe2\x81") return last >= 0xa0 && last <= 0xaf;
  return c == "\xef\xbb\xbf" || c == "\xef\xbf\xbe" || c == "\xef\xbf\xbf";
}

// The byte position after `count` code points from `at`, at most the end.
std::size_t advance(const std::string& text, std::size_t at, std::size_t count) {
  while (at < text.size() && count > 0) {
    for (++at; at < text.size() && continues(text[at]);) ++at;
    --count;
  }
  return at;
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out;
  const std::string_view all = text;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t bytes = code_point_bytes(all, at);
    const std::string_view c = all.substr(at, std::max<std::size_t>(bytes, 1));
    const auto first = static_cast<unsigned char>(c.front());
    if (first == '\n' || first == '\r' || first == '\t') {
      out += ' ';
    } else if (bytes == 0 || first < 0x20 || first == 0x7f || is_hidden(c)) {
      out += "\xef\xbf\xbd";
    } else {
      out += c;
    }
    at += c.size();
  }
  return out;
}

std::size_t text_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut(const std::string& text, std::size_t width) {
  return text_width(text) <= width ? text : text.substr(0, advance(text, 0, width - 1)) + "…";
}

std::string pad_right(std::string text, std::size_t width) {
  const std::size_t used = text_width(text);
  return used < width ? std::move(text) + std::string(width - used, ' ') : text;
}

std::string pad_left(const std::string& text, std::size_t width) {
  const std::size_t used = text_width(text);
  return used < width ? std::string(width - used, ' ') + text : text;
}

std::vector<std::string> wrap(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!line.empty() && text_width(line) + 1 + text_width(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    while (text_width(word) > width) {
      const std::size_t part = advance(word, 0, width);
      lines.push_back(word.substr(0, part));
      word.erase(0, part);
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string joined(const std::vector<std::string>& items, const std::string& separator, std::size_t limit) {
  std::string out;
  const std::size_t shown = std::min(items.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) out += (i == 0 ? "" : separator) + items[i];
  if (shown == items.size()) return out;
  return out + " and " + count_text(items.size() - shown) + " more";
}

std::string counted(std::size_t count, const std::string& singular, const std::string& plural) {
  return count_text(count) + ' ' + (count == 1 ? singular : plural.empty() ? singular + 's' : plural);
}

std::string escape_markup(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace pgb::report
