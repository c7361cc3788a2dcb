// JSON text to values, and checked access to fields.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace pgb::io {

using Json = nlohmann::json;

constexpr std::size_t max_json_depth = 64;
constexpr std::size_t max_json_bytes = std::size_t{256} << 20;

// The value of strict JSON text. Throws InputError (message starting with `where`, which names the file) for
// anything else, for arrays and objects more than `max_json_depth` deep, for a key that appears twice in one
// object, and for numbers beyond the range of a double. Memory: at most a small constant (about 40) times the
// length of the text.
Json parse_json(std::string_view text, const std::string& where);

// The same for a file of at most `max_json_bytes`. Throws also what read_file throws.
Json read_json(const std::string& path);

// What a value is, for "found …": `an object`, `the string "abc"`, `the number 3`.
std::string described(const Json& value);

// The functions below throw InputError "<where>: …" when the value is not as they expect.
void expect_object(const Json& value, const std::string& where);
void refuse_unknown_fields(const Json& object, const std::vector<std::string>& known,
                           const std::string& where);

// nullptr where the object has no such field.
const Json* find_field(const Json& object, const std::string& name);
const Json& required_field(const Json& object, const std::string& name, const std::string& where);

// A string of at least one character.
std::string as_word(const Json& value, const std::string& where);

// An integer in [least, 2^31 - 1].
std::size_t as_size(const Json& value, std::size_t least, const std::string& where);

// `where: "name"`, or `where` with more detail: joins the parts of a place.
std::string field_place(const std::string& where, const std::string& field);

}  // namespace pgb::io
