// Text for error messages. Whatever comes from a file or from the command line is escaped and cut before it
// is shown, so that a message is always one short line.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pgb::io {

// `text` with control characters (C0, C1, line separators, direction marks), backslashes, double quotes and
// bytes that are not UTF-8 written as \n, \", \xNN …; after about `limit` characters it is cut and "…" is
// added.
std::string shown(std::string_view text, std::size_t limit = 80);

// The same between double quotes.
std::string in_quotes(std::string_view text);

// The first few of `names`, quoted, separated by commas: for "expected one of …".
std::string quoted_list(const std::vector<std::string>& names, std::size_t limit = 8);

// ` (did you mean "relu"?)` when one of `known` is close to `name`, else "".
std::string closest_hint(std::string_view name, const std::vector<std::string>& known);

// Shape as text: "[3, 4]".
std::string shape_text(const std::vector<std::size_t>& shape);

// Whether `text` is well-formed UTF-8 without a NUL character.
bool is_utf8(std::string_view text);

// Throws InputError "<where>: expected <expected>, found <found>".
[[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found);

// Throws InputError if one of `wanted` is not among `names`, the tensors of the file `where`.
void refuse_missing(const std::set<std::string>& wanted, const std::vector<std::string>& names,
                    const std::string& where);

// Throws InputError "<where>: <what>".
[[noreturn]] void fail(const std::string& where, const std::string& what);

}  // namespace pgb::io
