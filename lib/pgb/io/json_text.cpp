#include "pgb/io/json_text.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/io/file.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

// Builds the value while the parser reads, refusing depth and repeated keys at the first one.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not part of JSON text

  bool start_object(std::size_t /*unknown*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*unknown*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto [place, is_new] = open_.back()->get_ref<Json::object_t&>().emplace(name, nullptr);
    if (!is_new) fail(where_, "key " + in_quotes(name) + " appears twice in one object");
    slot_ = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    if (error.id == 406) fail(where_, "a number within the range of a double", in_quotes(token));
    fail(where_, "not valid JSON at " + line_and_column(position) + ", near " + in_quotes(last_part(token)));
  }

  Json take() { return std::move(root_); }

 private:
  static std::string_view last_part(std::string_view token) {
    return token.size() > 20 ? token.substr(token.size() - 20) : token;
  }

  std::string line_and_column(std::size_t position) const {
    const std::string_view before = text_.substr(0, position == 0 ? 0 : position - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
  }

  // Where the next value belongs: the document, the field just named, or the end of the open array.
  template <class Value>
  Json* place(Value&& value) {
    if (open_.empty()) {
      root_ = Json(std::forward<Value>(value));
      return &root_;
    }
    if (open_.back()->is_object()) {
      *slot_ = Json(std::forward<Value>(value));
      return slot_;
    }
    auto& array = open_.back()->get_ref<Json::array_t&>();
    array.emplace_back(std::forward<Value>(value));
    return &array.back();
  }

  template <class Value>
  bool put(Value&& value) {
    place(std::forward<Value>(value));
    return true;
  }

  // While a value is open its parent does not grow, so the pointers stay valid.
  bool open(Json&& empty) {
    if (open_.size() == max_json_depth) {
      fail(where_, "at most " + std::to_string(max_json_depth) + " levels of nested arrays and objects",
           "more");
    }
    open_.push_back(place(std::move(empty)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const std::string& where_;
  Json root_;
  std::vector<Json*> open_;
  Json* slot_ = nullptr;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& where) {
  Builder builder(text, where);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

Json read_json(const std::string& path) {
  return with_memory_errors_named(
      path, [&] { return parse_json(read_file(path, max_json_bytes), shown_path(path)); });
}

std::string described(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::string:
      return "the string " + in_quotes(value.get_ref<const std::string&>());
    case Json::value_t::array:
      return value.empty() ? "an empty array" : "an array";
    case Json::value_t::object:
      return "an object";
    default:
      return "the number " + value.dump();
  }
}

void expect_object(const Json& value, const std::string& where) {
  if (!value.is_object()) fail(where, "an object", described(value));
}

void refuse_unknown_fields(const Json& object, const std::vector<std::string>& known,
                           const std::string& where) {
  const std::set<std::string> allowed(known.begin(), known.end());
  for (const auto& entry : object.items()) {
    if (allowed.count(entry.key()) != 0) continue;
    const std::string hint = closest_hint(entry.key(), known);
    fail(where, "unknown field " + in_quotes(entry.key()) +
                    (hint.empty() ? "; known are " + quoted_list(known, 12) : hint));
  }
}

const Json* find_field(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const Json& required_field(const Json& object, const std::string& name, const std::string& where) {
  const Json* value = find_field(object, name);
  if (value == nullptr) fail(where, "missing field " + in_quotes(name));
  return *value;
}

std::string as_word(const Json& value, const std::string& where) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    fail(where, "a non-empty string", described(value));
  return value.get<std::string>();
}

std::size_t as_size(const Json& value, std::size_t least, const std::string& where) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  const bool natural = value.is_number_unsigned();
  if (!natural || value.get<std::uint64_t>() < least || value.get<std::uint64_t>() > most) {
    fail(where, "an integer from " + std::to_string(least) + " to " + std::to_string(most), described(value));
  }
  return static_cast<std::size_t>(value.get<std::uint64_t>());
}

std::string field_place(const std::string& where, const std::string& field) {
  return where + ": field " + in_quotes(field);
}

}  // namespace pgb::io
