#include "pgb/io/canonical_problem.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgb/io/checked.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/message.h"

namespace pgb::io {
namespace {

void expect_fields(const Json& object, const std::vector<std::string>& fields, const std::string& where) {
  expect_object(object, where);
  refuse_unknown_fields(object, fields, where);
  for (const std::string& field : fields) required_field(object, field, where);
}

const Json& expect_array(const Json& value, const std::string& where) {
  if (!value.is_array()) fail(where, "an array", described(value));
  return value;
}

// The values from number `next` on as nested arrays of this shape, from extent `level` on.
Json nested(const Json& values, const std::vector<std::size_t>& shape, std::size_t level, std::size_t& next) {
  if (level == shape.size()) return values[next++];
  Json array = Json::array();
  for (std::size_t i = 0; i < shape[level]; ++i) array.push_back(nested(values, shape, level + 1, next));
  return array;
}

// {"shape": […], "values": […]} as nested arrays.
Json written_tensor(const Json& tensor, const std::string& where) {
  expect_fields(tensor, {"shape", "values"}, where);
  std::vector<std::size_t> shape;
  for (const Json& extent : expect_array(tensor["shape"], field_place(where, "shape")))
    shape.push_back(as_size(extent, 1, field_place(where, "shape")));
  if (shape.size() > 8) fail(field_place(where, "shape"), "at most 8 extents", std::to_string(shape.size()));
  const Json& values = expect_array(tensor["values"], field_place(where, "values"));
  const std::size_t count = checked_count(shape, where);
  if (values.size() != count) {
    fail(where, std::to_string(count) + " values for shape " + shape_text(shape),
         std::to_string(values.size()));
  }
  std::size_t next = 0;
  return nested(values, shape, 0, next);
}

// A node with its attributes beside one another, absent ones left out.
Json written_node(const Json& node, const std::string& where) {
  expect_fields(node, {"name", "op", "inputs", "weight", "bias", "numbers", "sizes", "words"}, where);
  Json written{{"name", node["name"]}, {"op", node["op"]}, {"inputs", node["inputs"]}};
  for (const char* tensor : {"weight", "bias"}) {
    if (node[tensor] != "") written[tensor] = node[tensor];
  }
  for (const char* group : {"numbers", "sizes", "words"}) {
    expect_object(node[group], field_place(where, group));
    for (const auto& item : node[group].items()) {
      if (written.contains(item.key())) fail(where, "attribute " + in_quotes(item.key()) + " is given twice");
      written[item.key()] = item.value();
    }
  }
  return written;
}

}  // namespace

Json as_problem_file(const Json& canonical, const std::string& where) {
  expect_fields(canonical, {"schema", "model", "parameters", "data", "loss", "augment", "regularizer"},
                where);
  if (canonical["schema"] != "pgb-problem/1")
    fail(field_place(where, "schema"), "\"pgb-problem/1\"", described(canonical["schema"]));

  const Json& model = canonical["model"];
  const std::string model_place = field_place(where, "model");
  expect_fields(model, {"input", "nodes", "output"}, model_place);
  Json nodes = Json::array();
  for (const Json& node : expect_array(model["nodes"], model_place))
    nodes.push_back(written_node(node, model_place));
  Json file{{"model", {{"input", model["input"]}, {"nodes", std::move(nodes)}, {"output", model["output"]}}}};

  file["parameters"] = Json::object();
  expect_object(canonical["parameters"], field_place(where, "parameters"));
  for (const auto& item : canonical["parameters"].items())
    file["parameters"][item.key()] =
        written_tensor(item.value(), where + ": tensor " + in_quotes(item.key()));

  const std::string data_place = field_place(where, "data");
  expect_fields(canonical["data"], {"x", "y"}, data_place);
  for (const char* part : {"x", "y"})
    file["data"][part] = written_tensor(canonical["data"][part], field_place(data_place, part));

  file["loss"] = canonical["loss"];
  expect_object(file["loss"], field_place(where, "loss"));
  if (file["loss"].contains("p"))
    file["loss"]["p"] = nearest_double(as_word(file["loss"]["p"], field_place(where, "loss")));
  for (const char* field : {"augment", "regularizer"}) {
    if (!canonical[field].is_null()) file[field] = canonical[field];
  }
  return file;
}

}  // namespace pgb::io
