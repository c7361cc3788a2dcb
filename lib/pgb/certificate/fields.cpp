#include "pgb/certificate/fields.h"

#include <algorithm>
#include <array>

#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"

namespace pgb::certificate {
namespace {

using io::Json;

template <class Enum>
struct Names {
  const char* what;
  std::array<std::pair<Enum, const char*>, 5> list;
};

constexpr Names<SpanOrthogonal::Space> spaces{"space",
                                              {{{SpanOrthogonal::Space::functions_of_x, "functions-of-x"},
                                                {SpanOrthogonal::Space::affine_in_x, "affine-in-x"},
                                                {SpanOrthogonal::Space::linear_in_x, "linear-in-x"},
                                                {},
                                                {}}}};

constexpr Names<Symmetry::Kind> symmetries{"kind",
                                           {{{Symmetry::Kind::scaling, "scaling"},
                                             {Symmetry::Kind::free, "free"},
                                             {Symmetry::Kind::orthogonal_input, "orthogonal-input"},
                                             {Symmetry::Kind::linear_maps, "linear-maps"},
                                             {Symmetry::Kind::shift, "shift"}}}};

template <class Enum>
std::string name_of(const Names<Enum>& names, Enum value) {
  for (const auto& [candidate, name] : names.list) {
    if (name != nullptr && candidate == value) return name;
  }
  return "";
}

template <class Enum>
Enum value_of(const Names<Enum>& names, const Json& json, const std::string& where) {
  for (const auto& [value, name] : names.list) {
    if (name != nullptr && json == name) return value;
  }
  io::fail(where, std::string("the name of a known ") + names.what, io::described(json));
}

// The fields of each kind of symmetry, the same for reading and writing.
template <class F>
void visit(F& f, Symmetry& s) {
  f.required("kind", s.kind);
  switch (s.kind) {
    case Symmetry::Kind::scaling:
      f.name("node", s.node);
      f.required("unit", s.unit);
      break;
    case Symmetry::Kind::free:
      f.required("parameter", s.parameter);
      break;
    case Symmetry::Kind::orthogonal_input:
      f.name("node", s.node);
      f.required("unit", s.unit);
      f.required("vector", s.vector);
      break;
    case Symmetry::Kind::linear_maps:
      f.name("first", s.first);
      f.name("second", s.second);
      f.required("row", s.row);
      f.required("column", s.column);
      break;
    case Symmetry::Kind::shift:
      f.name("first", s.first);
      f.name("second", s.second);
      f.required("unit", s.unit);
      break;
  }
}

// The array of two elements that an entry is.
const Json& as_pair(const Json& json, const std::string& where) {
  if (!json.is_array() || json.size() != 2) io::fail(where, "an array of two elements", io::described(json));
  return json;
}

}  // namespace

FieldWriter::OrderedJson FieldWriter::to_json(SpanOrthogonal::Space space) { return name_of(spaces, space); }
FieldWriter::OrderedJson FieldWriter::to_json(Symmetry::Kind kind) { return name_of(symmetries, kind); }

FieldWriter::OrderedJson FieldWriter::to_json(const Point& point) {
  if (point.form == Point::Form::saved) return "saved";
  if (point.form == Point::Form::listed) return to_json(point.numbers);
  return {{"saved_plus", to_json(point.changes)}};
}

FieldWriter::OrderedJson FieldWriter::to_json(const Symmetry& symmetry) {
  FieldWriter fields;
  Symmetry s = symmetry;
  visit(fields, s);
  return std::move(fields.json_);
}

std::string FieldWriter::text() const {
  return json_.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

FieldReader::FieldReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  io::expect_object(json_, where_);
}

const Json& FieldReader::field(const char* name) {
  known_.emplace_back(name);
  return io::required_field(json_, name, where_);
}

void FieldReader::word(const char* name, const std::string& expected) {
  const Json& value = field(name);
  if (value != expected)
    io::fail(io::field_place(where_, name), io::in_quotes(expected), io::described(value));
}

void FieldReader::name(const char* field_name, std::string& value) {
  value = io::as_word(field(field_name), io::field_place(where_, field_name));
}

void FieldReader::text(const char* name, std::string& value) {
  const Json& json = field(name);
  if (!json.is_string()) io::fail(io::field_place(where_, name), "a string", io::described(json));
  value = json.get<std::string>();
}

void FieldReader::refuse_others() const { io::refuse_unknown_fields(json_, known_, where_); }

void FieldReader::from_json(const Json& json, std::string& value, const std::string& where) {
  // An exact number may be longer than its text, but not out of all proportion to it.
  constexpr std::size_t max_growth = 4, free_length = 2000;
  if (!json.is_string()) io::fail(where, "a string with an exact number", io::described(json));
  value = json.get<std::string>();
  try {
    if (io::canonical_rational(value).size() <= max_growth * value.size() + free_length) return;
  } catch (const InputError& error) {
    io::fail(where, error.what());
  }
  io::fail(where, "an exact number with fewer digits", io::in_quotes(value));
}

void FieldReader::from_json(const Json& json, std::size_t& value, const std::string& where) {
  value = io::as_size(json, 0, where);
}

void FieldReader::from_json(const Json& json, long& value, const std::string& where) {
  value = static_cast<long>(io::as_size(json, 0, where));
}

void FieldReader::from_json(const Json& json, bool& value, const std::string& where) {
  if (json != true) io::fail(where, "true, or no such field", io::described(json));
  value = true;
}

void FieldReader::from_json(const Json& json, Entry& entry, const std::string& where) {
  from_json(as_pair(json, where)[0], entry.index, where);
  from_json(json[1], entry.value, where);
}

void FieldReader::from_json(const Json& json, NotCritical::Cut& cut, const std::string& where) {
  from_json(as_pair(json, where)[0], cut.index, where);
  from_json(json[1], cut.parts, where);
}

void FieldReader::from_json(const Json& json, SpanOrthogonal::Space& space, const std::string& where) {
  space = value_of(spaces, json, where);
}

void FieldReader::from_json(const Json& json, Symmetry::Kind& kind, const std::string& where) {
  kind = value_of(symmetries, json, where);
}

void FieldReader::from_json(const Json& json, Point& point, const std::string& where) {
  if (json == "saved") return;
  if (json.is_array()) {
    point.form = Point::Form::listed;
    from_json(json, point.numbers, where);
    return;
  }
  if (!json.is_object()) io::fail(where, "\"saved\", an array or an object", io::described(json));
  point.form = Point::Form::saved_plus;
  FieldReader fields(json, where);
  fields.required("saved_plus", point.changes);
  fields.refuse_others();
}

void FieldReader::from_json(const Json& json, Symmetry& symmetry, const std::string& where) {
  FieldReader fields(json, where);
  visit(fields, symmetry);
  fields.refuse_others();
}

}  // namespace pgb::certificate
