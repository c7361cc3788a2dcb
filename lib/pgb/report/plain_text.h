// Text from files made safe to show, measured and wrapped. Widths count code points.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pgb::report {

// `text` on one line: line breaks and tabs become spaces; other control characters, direction marks, and
// bytes that are not UTF-8 become U+FFFD.
std::string printable(const std::string& text);

std::size_t text_width(const std::string& text);

// `text` if it fits in `width` >= 1 code points, else its beginning and "…".
std::string cut(const std::string& text, std::size_t width);

std::string pad_right(std::string text, std::size_t width);
std::string pad_left(const std::string& text, std::size_t width);

// Lines of at most `width` >= 1 code points, broken at spaces, inside a word only where the word is longer
// than a line.
std::vector<std::string> wrap(const std::string& text, std::size_t width);

// `items` separated by `separator`; after the first `limit` >= 1, " and 5 more".
std::string joined(const std::vector<std::string>& items, const std::string& separator, std::size_t limit);

// "1 sample", "2 samples", "12,345 samples".
std::string counted(std::size_t count, const std::string& singular, const std::string& plural = "");

// printable(text) with & < > " ' as entities, for element content and quoted attributes.
std::string escape_markup(const std::string& text);

}  // namespace pgb::report
