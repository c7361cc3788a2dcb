// Fields of JSON objects, read and written through one set of calls; for certificate.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/certificate/certificate.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"

namespace pgb::certificate {

class FieldWriter {
 public:
  using OrderedJson = nlohmann::ordered_json;

  template <class T>
  void required(const char* name, const T& value) {
    json_[name] = to_json(value);
  }
  // An empty list, `false` and 0 are left out.
  template <class T>
  void optional(const char* name, const std::vector<T>& value) {
    if (!value.empty()) required(name, value);
  }
  void optional(const char* name, bool value) {
    if (value) json_[name] = true;
  }
  void optional(const char* name, std::size_t value) {
    if (value != 0) json_[name] = value;
  }
  void word(const char* name, const std::string& value) { json_[name] = value; }
  void name(const char* field_name, const std::string& value) { json_[field_name] = value; }
  void put(const char* name, FieldWriter object) { json_[name] = std::move(object.json_); }
  std::string text() const;

 private:
  static OrderedJson to_json(const std::string& value) { return value; }
  static OrderedJson to_json(std::size_t value) { return value; }
  static OrderedJson to_json(long value) { return value; }
  static OrderedJson to_json(const Entry& entry) { return OrderedJson::array({entry.index, entry.value}); }
  static OrderedJson to_json(SpanOrthogonal::Space space);
  static OrderedJson to_json(Symmetry::Kind kind);
  static OrderedJson to_json(const Point& point);
  static OrderedJson to_json(const Symmetry& symmetry);
  static OrderedJson to_json(const Split& split);
  static OrderedJson to_json(BoxTree::Subject subject);
  static OrderedJson to_json(const CriticalPoint& point);
  static OrderedJson to_json(const BoxTree::Node& node);
  template <class T>
  static OrderedJson to_json(const std::vector<T>& list) {
    OrderedJson array = OrderedJson::array();
    for (const T& element : list) array.push_back(to_json(element));
    return array;
  }

  template <class T>
  static OrderedJson object(T value);

  OrderedJson json_ = OrderedJson::object();
};

// Throws InputError for what is missing or of the wrong kind. Keeps references to `json`.
class FieldReader {
 public:
  FieldReader(const io::Json& json, std::string where);

  template <class T>
  void required(const char* name, T& value) {
    from_json(field(name), value, io::field_place(where_, name));
  }
  template <class T>
  void optional(const char* name, T& value) {
    if (json_.contains(name)) required(name, value);
  }
  // The field must hold exactly this word.
  void word(const char* name, const std::string& expected);
  // A name: a string that is not empty.
  void name(const char* field_name, std::string& value);
  // Any string, the empty one too.
  void text(const char* name, std::string& value);
  const io::Json& field(const char* name);
  // Throws if there is a field that was not asked for.
  void refuse_others() const;
  const std::string& where() const { return where_; }

 private:
  static void from_json(const io::Json& json, std::string& value, const std::string& where);
  static void from_json(const io::Json& json, std::size_t& value, const std::string& where);
  static void from_json(const io::Json& json, long& value, const std::string& where);
  static void from_json(const io::Json& json, bool& value, const std::string& where);  // only `true`
  static void from_json(const io::Json& json, Entry& entry, const std::string& where);
  static void from_json(const io::Json& json, SpanOrthogonal::Space& space, const std::string& where);
  static void from_json(const io::Json& json, Symmetry::Kind& kind, const std::string& where);
  static void from_json(const io::Json& json, Point& point, const std::string& where);
  static void from_json(const io::Json& json, Symmetry& symmetry, const std::string& where);
  static void from_json(const io::Json& json, Split& split, const std::string& where);
  static void from_json(const io::Json& json, BoxTree::Subject& subject, const std::string& where);
  static void from_json(const io::Json& json, CriticalPoint& point, const std::string& where);
  static void from_json(const io::Json& json, BoxTree::Node& node, const std::string& where);
  template <class T>
  static void from_json(const io::Json& json, std::vector<T>& list, const std::string& where) {
    if (!json.is_array()) io::fail(where, "an array", io::described(json));
    for (const io::Json& element : json) {
      list.emplace_back();
      from_json(element, list.back(), where + " at [" + std::to_string(list.size() - 1) + "]");
    }
  }

  template <class T>
  static void object(const io::Json& json, T& value, const std::string& where);

  const io::Json& json_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace pgb::certificate
