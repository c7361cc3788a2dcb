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
  std::array<std::pair<Enum, const char*>, 10> list;  // the rest has no name
};

constexpr Names<SpanOrthogonal::Space> spaces{"space",
                                              {{{SpanOrthogonal::Space::functions_of_x, "functions-of-x"},
                                                {SpanOrthogonal::Space::model, "model"},
                                                {SpanOrthogonal::Space::near, "near"}}}};

constexpr Names<Symmetry::Kind> symmetries{"kind",
                                           {{{Symmetry::Kind::scaling, "scaling"},
                                             {Symmetry::Kind::free, "free"},
                                             {Symmetry::Kind::orthogonal_input, "orthogonal-input"},
                                             {Symmetry::Kind::linear_maps, "linear-maps"},
                                             {Symmetry::Kind::shift, "shift"}}}};

using Subject = BoxTree::Subject;
constexpr Names<Subject> subjects{"subject",
                                  {{{Subject::critical_points, "critical-points"},
                                    {Subject::local_minima, "local-minima"},
                                    {Subject::suboptimal_local_minima, "suboptimal-local-minima"}}}};

using NodeKind = BoxTree::Node::Kind;
constexpr Names<NodeKind> node_kinds{"node of a tree",
                                     {{{NodeKind::split, "split"},
                                       {NodeKind::gradient, "gradient"},
                                       {NodeKind::combination, "combination"},
                                       {NodeKind::curvature, "curvature"},
                                       {NodeKind::off, "off"},
                                       {NodeKind::added, "added"},
                                       {NodeKind::rank, "rank"},
                                       {NodeKind::point, "point"},
                                       {NodeKind::undecided, "undecided"}}}};

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

template <class F>
void visit(F& f, Split& s) {
  f.name("node", s.node);
  f.required("unit", s.unit);
  f.required("other", s.other);
  f.required("share", s.share);
}

// A point of a tree: the fields of a critical-point certificate that need no symmetries.
template <class F>
void visit(F& f, CriticalPoint& p) {
  f.required("center", p.center);
  f.required("radius", p.radius);
  f.required("uniqueness_radius", p.uniqueness_radius);
  f.optional("strict_minimum", p.strict_minimum);
  f.optional("maximum", p.maximum);
  f.optional("saddle", p.saddle);
  if (p.saddle) f.required("direction", p.direction);
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

FieldWriter::OrderedJson FieldWriter::to_json(Subject subject) { return name_of(subjects, subject); }

template <class T>
FieldWriter::OrderedJson FieldWriter::object(T value) {
  FieldWriter fields;
  visit(fields, value);
  return std::move(fields.json_);
}

FieldWriter::OrderedJson FieldWriter::to_json(const Symmetry& symmetry) { return object(symmetry); }
FieldWriter::OrderedJson FieldWriter::to_json(const Split& split) { return object(split); }
FieldWriter::OrderedJson FieldWriter::to_json(const CriticalPoint& point) { return object(point); }

// ["split", 0, "1/2"]: the name, all indices, all numbers.
FieldWriter::OrderedJson FieldWriter::to_json(const BoxTree::Node& node) {
  OrderedJson array = OrderedJson::array({name_of(node_kinds, node.kind)});
  for (const std::size_t index : node.indices) array.push_back(index);
  for (const Number& number : node.numbers) array.push_back(number);
  return array;
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

template <class T>
void FieldReader::object(const Json& json, T& value, const std::string& where) {
  FieldReader fields(json, where);
  visit(fields, value);
  fields.refuse_others();
}

void FieldReader::from_json(const Json& json, Symmetry& symmetry, const std::string& where) {
  object(json, symmetry, where);
}
void FieldReader::from_json(const Json& json, Split& split, const std::string& where) {
  object(json, split, where);
}
void FieldReader::from_json(const Json& json, CriticalPoint& point, const std::string& where) {
  object(json, point, where);
}

void FieldReader::from_json(const Json& json, Subject& subject, const std::string& where) {
  subject = value_of(subjects, json, where);
}

void FieldReader::from_json(const Json& json, BoxTree::Node& node, const std::string& where) {
  if (!json.is_array() || json.empty()) io::fail(where, "an array with a node's name", io::described(json));
  node.kind = value_of(node_kinds, json[0], where);
  for (std::size_t i = 1; i < json.size(); ++i) {
    if (json[i].is_string()) {
      from_json(json[i], node.numbers.emplace_back(), where);
    } else if (node.numbers.empty()) {
      from_json(json[i], node.indices.emplace_back(), where);
    } else {
      io::fail(where, "all indices before all numbers", io::described(json[i]));
    }
  }
}

}  // namespace pgb::certificate
