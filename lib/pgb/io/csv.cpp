#include "pgb/io/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text, std::string_view unwanted = blanks) {
  const std::size_t first = text.find_first_not_of(unwanted);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(unwanted) - first + 1);
}

// The double nearest to decimal text; also nan and infinities, which the caller refuses. Nothing where it is
// not a number.
std::optional<double> number(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc()) return value;
  try {  // out of range: too large, or so small that it rounds to zero or below the normal numbers
    return nearest_double(canonical_rational(std::string(text)));
  } catch (const InputError&) {
    return std::nullopt;
  }
}

// One line after the other, without its end and its comment lines.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.substr(0, 3) == "\xef\xbb\xbf") rest_.remove_prefix(3);
  }

  bool next(std::string_view& line) {
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      line = trimmed(rest_.substr(0, end), "\r");
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++number_;
      const std::string_view content = trimmed(line);
      if (!content.empty() && content.front() != '#') return true;
    }
    return false;
  }

  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

char separator_of(std::string_view line) {
  for (const char candidate : {'\t', ';', ','}) {
    if (trimmed(line, " ").find(candidate) != std::string_view::npos) return candidate;
  }
  return ' ';
}

// Takes the next field off `line`; `more` says whether a separator followed it.
std::string next_field(std::string_view& line, char separator, bool& more, const std::string& where) {
  const std::string_view ignored = separator == '\t' ? std::string_view(" ") : blanks;
  line.remove_prefix(std::min(line.find_first_not_of(ignored), line.size()));
  std::string field;
  if (!line.empty() && line.front() == '"') {
    std::size_t at = 1;
    for (;; ++at) {
      at = line.find('"', at);
      if (at == std::string_view::npos) fail(where, "a closing quote in the same line", in_quotes(line));
      if (at + 1 >= line.size() || line[at + 1] != '"') break;
      ++at;
    }
    for (std::size_t i = 1; i < at; ++i) {
      field += line[i];
      if (line[i] == '"') ++i;
    }
    line.remove_prefix(at + 1);
    line.remove_prefix(std::min(line.find_first_not_of(ignored), line.size()));
    if (separator != ' ' && !line.empty() && line.front() != separator)
      fail(where, "a separator after the quoted field", in_quotes(line));
  } else {
    const std::size_t end =
        std::min(separator == ' ' ? line.find_first_of(blanks) : line.find(separator), line.size());
    field = trimmed(line.substr(0, end));
    line.remove_prefix(end);
  }
  if (separator == ' ') {
    line = trimmed(line);
    more = !line.empty();
  } else {
    more = !line.empty();
    if (more) line.remove_prefix(1);
  }
  return field;
}

// Nothing of a line of numbers is kept: it may be the whole of a large file.
std::vector<std::string> header_names(std::string_view line, char separator, const std::string& where) {
  std::size_t fields = 0;
  std::size_t numbers = 0;
  std::string first_word;
  std::string_view rest = line;
  for (bool more = true; more; ++fields) {
    const std::string field = next_field(rest, separator, more, where);
    if (number(field)) {
      ++numbers;
    } else if (fields == numbers) {
      first_word = field;
    }
  }
  if (numbers == fields) return {};
  if (numbers != 0) fail(where, "only numbers, or a header without numbers", in_quotes(first_word));
  std::vector<std::string> names;
  for (bool more = true; more;) names.push_back(next_field(line, separator, more, where));
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty()) fail(where, "a name for each column", "an empty one");
    if (!seen.insert(name).second) fail(where, "different column names", in_quotes(name) + " twice");
  }
  return names;
}

CsvTable parse(std::string_view text, const std::string& file) {
  CsvTable table;
  Lines lines(text);
  std::string_view line;
  if (!lines.next(line)) fail(file, "rows of numbers", "an empty file");
  const char separator = separator_of(line);
  const auto place = [&] { return file + ": line " + std::to_string(lines.number()); };
  table.columns = header_names(line, separator, place());
  std::size_t rows = 0;
  std::size_t width = table.columns.size();
  bool has_row = table.columns.empty() || lines.next(line);
  for (; has_row; has_row = lines.next(line)) {
    const std::string where = place();
    std::size_t column = 0;
    for (bool more = true; more; ++column) {
      const std::string field = next_field(line, separator, more, where);
      const std::optional<double> value = number(field);
      if (!value || !std::isfinite(*value))
        fail(where + ", column " + std::to_string(column + 1), "a finite number", in_quotes(field));
      table.values.values.push_back(*value);
    }
    if (width == 0) width = column;
    if (column != width) fail(where, std::to_string(width) + " fields", std::to_string(column));
    ++rows;
  }
  if (rows == 0) fail(file, "rows of numbers", "only a header");
  table.values.shape = {rows, width};
  return table;
}

}  // namespace

CsvTable read_csv_table(const std::string& path) {
  return with_memory_errors_named(path, [&] { return parse(read_file(path), shown_path(path)); });
}

Tensor read_csv(const std::string& path) { return read_csv_table(path).values; }

std::size_t column_index(const CsvTable& table, const CsvColumn& column, const std::string& where) {
  const std::size_t width = table.values.shape.at(1);
  if (const auto* index = std::get_if<std::size_t>(&column)) {
    if (*index >= width) fail(where, "a column index below " + std::to_string(width), std::to_string(*index));
    return *index;
  }
  const auto& name = std::get<std::string>(column);
  if (table.columns.empty()) fail(where, "column indices, as the table has no header", in_quotes(name));
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end())
    fail(where, "one of the columns " + quoted_list(table.columns), in_quotes(name));
  return static_cast<std::size_t>(found - table.columns.begin());
}

Tensor select_columns(const CsvTable& table, const std::vector<CsvColumn>& columns,
                      const std::string& where) {
  const std::size_t rows = table.values.shape.at(0);
  const std::size_t width = table.values.shape.at(1);
  std::vector<std::size_t> indices;
  for (const CsvColumn& column : columns) indices.push_back(column_index(table, column, where));
  Tensor chosen;
  chosen.shape = {rows, indices.size()};
  for (std::size_t row = 0; row < rows; ++row) {
    for (const std::size_t index : indices) chosen.values.push_back(table.values.values[row * width + index]);
  }
  return chosen;
}

}  // namespace pgb::io
