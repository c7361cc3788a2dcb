// Draws, networks by widths, and data.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "pgb/io/checked.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/message.h"
#include "pgb/io/problem_data.h"
#include "pgb/search/family/read.h"
#include "pgb/search/local/activation.h"

namespace pgb::search {
namespace {

using io::as_size;
using io::as_word;
using io::fail;
using io::field_place;
using io::find_field;
using io::Json;
using io::required_field;

constexpr std::size_t kLargestData = 100'000;

double positive(const Json& object, const char* field, double otherwise, const std::string& where) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return otherwise;
  const double x = as_number(*value, field_place(where, field));
  if (!(x > 0)) fail(field_place(where, field), "a number > 0", io::described(*value));
  return x;
}

void expect_kind(const std::string& kind, const std::vector<std::string>& known, const std::string& where) {
  if (std::find(known.begin(), known.end(), kind) != known.end()) return;
  fail(field_place(where, "kind"), "one of " + io::quoted_list(known),
       io::in_quotes(kind) + io::closest_hint(kind, known));
}

std::string kind_of(const Json& object, const std::string& where) {
  return as_word(required_field(object, "kind", where), field_place(where, "kind"));
}

void read_range(const Json& object, double& from, double& to, const std::string& where) {
  if (const Json* value = find_field(object, "from")) from = as_number(*value, field_place(where, "from"));
  if (const Json* value = find_field(object, "to")) to = as_number(*value, field_place(where, "to"));
  if (!(from <= to))
    fail(where, "\"from\" not above \"to\"", std::to_string(from) + " and " + std::to_string(to));
}

std::vector<double> read_values(const Json& object, const std::string& where) {
  const Json& list = required_field(object, "values", where);
  const std::string place = field_place(where, "values");
  if (!list.is_array() || list.empty()) fail(place, "an array of numbers", io::described(list));
  std::vector<double> values;
  for (const Json& value : list) values.push_back(as_number(value, place));
  return values;
}

// [m, width] of a tensor given as [m, width], or as [m] for width 1.
io::Tensor as_rows(const Json& value, std::size_t width, const std::string& where) {
  io::Tensor tensor = io::tensor_from_json(value, where);
  if (tensor.shape.size() == 1 && width == 1) tensor.shape.push_back(1);
  if (tensor.shape.size() != 2 || tensor.shape[1] != width || tensor.shape[0] == 0) {
    fail(where, "rows of " + std::to_string(width) + (width == 1 ? " number" : " numbers"),
         "shape " + io::shape_text(tensor.shape));
  }
  return tensor;
}

InputRule read_inputs(const Json& value, std::size_t d_x, const std::string& where) {
  InputRule rule;
  if (value.is_array()) {
    rule.fixed = as_rows(value, d_x, where);
    return rule;
  }
  io::expect_object(value, where);
  const std::string kind = kind_of(value, where);
  if (const Json* repeat = find_field(value, "repeat"))
    rule.repeat = as_size(*repeat, 1, field_place(where, "repeat"));
  if (kind == "fixed") {
    io::refuse_unknown_fields(value, {"kind", "repeat", "rows"}, where);
    rule.fixed = as_rows(required_field(value, "rows", where), d_x, field_place(where, "rows"));
    return rule;
  }
  if (kind == "grid") {
    io::refuse_unknown_fields(value, {"kind", "repeat", "points", "from", "to"}, where);
    rule.kind = InputRule::Kind::grid;
    const Json& points = required_field(value, "points", where);
    const std::string place = field_place(where, "points");
    if (points.is_array()) {
      for (const Json& p : points) rule.points.push_back(as_size(p, 1, place));
      if (rule.points.size() != d_x)
        fail(place, std::to_string(d_x) + " integers", std::to_string(points.size()));
    } else {
      rule.points.assign(d_x, as_size(points, 1, place));
    }
    read_range(value, rule.from, rule.to, where);
    return rule;
  }
  expect_kind(kind, {"fixed", "grid", "normal", "uniform", "log_uniform", "choice"}, where);
  rule.kind = InputRule::Kind::random;
  rule.samples = as_size(required_field(value, "samples", where), 1, field_place(where, "samples"));
  rule.draw = read_draw(value, where, {"samples", "repeat"});
  return rule;
}

TargetRule read_targets(const Json& value, std::size_t d_x, std::size_t d_y, const std::string& where) {
  TargetRule rule;
  if (value.is_array()) {
    rule.fixed = as_rows(value, d_y, where);
    return rule;
  }
  io::expect_object(value, where);
  const std::string kind = kind_of(value, where);
  if (kind == "patterns") {
    io::refuse_unknown_fields(value, {"kind", "values"}, where);
    rule.kind = TargetRule::Kind::patterns;
    rule.values = read_values(value, where);
    return rule;
  }
  if (kind == "teacher") {
    io::refuse_unknown_fields(value, {"kind", "network", "draw", "noise"}, where);
    rule.kind = TargetRule::Kind::teacher;
    rule.teacher = read_widths(required_field(value, "network", where), field_place(where, "network"));
    if (rule.teacher.widths.front() != d_x || rule.teacher.widths.back() != d_y) {
      fail(field_place(where, "network"), "widths from " + std::to_string(d_x) + " to " + std::to_string(d_y),
           "from " + std::to_string(rule.teacher.widths.front()) + " to " +
               std::to_string(rule.teacher.widths.back()));
    }
    if (const Json* draw = find_field(value, "draw"))
      rule.draw = read_draw(*draw, field_place(where, "draw"));
    if (find_field(value, "noise") != nullptr) rule.noise = positive(value, "noise", 0, where);
    return rule;
  }
  expect_kind(kind, {"patterns", "teacher", "normal", "uniform", "log_uniform", "choice"}, where);
  rule.kind = TargetRule::Kind::random;
  rule.draw = read_draw(value, where);
  return rule;
}

}  // namespace

double as_number(const Json& value, const std::string& where) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) fail(where, "a number", io::described(value));
  try {
    const double x = io::nearest_double(io::canonical_rational(value.get_ref<const std::string&>()));
    if (std::isfinite(x)) return x;
  } catch (const InputError& error) {
    fail(where, error.what());
  }
  fail(where, "a number in the range of a double", io::described(value));
}

Draw read_draw(const Json& value, const std::string& where, const std::vector<std::string>& also) {
  io::expect_object(value, where);
  const std::string kind = kind_of(value, where);
  expect_kind(kind, {"normal", "uniform", "log_uniform", "choice"}, where);
  std::vector<std::string> known = also;
  Draw draw;
  if (kind == "normal") {
    known.insert(known.end(), {"kind", "scale"});
    draw.kind = Draw::Kind::normal;
    draw.scale = positive(value, "scale", 1, where);
  } else if (kind == "choice") {
    known.insert(known.end(), {"kind", "values"});
    draw.kind = Draw::Kind::choice;
    draw.values = read_values(value, where);
  } else {
    known.insert(known.end(), {"kind", "from", "to"});
    draw.kind = kind == "uniform" ? Draw::Kind::uniform : Draw::Kind::log_uniform;
    if (kind == "log_uniform") {
      known.emplace_back("positive");
      draw.from = 1e-3;
      if (const Json* flag = find_field(value, "positive")) {
        if (!flag->is_boolean()) fail(field_place(where, "positive"), "true or false", io::described(*flag));
        draw.positive = flag->get<bool>();
      }
    }
    read_range(value, draw.from, draw.to, where);
    if (kind == "log_uniform" && !(draw.from > 0)) {
      fail(field_place(where, "from"), "a number > 0", std::to_string(draw.from));
    }
  }
  io::refuse_unknown_fields(value, known, where);
  return draw;
}

Widths read_widths(const Json& value, const std::string& where) {
  io::expect_object(value, where);
  io::refuse_unknown_fields(value, {"widths", "activation", "output_activation", "bias"}, where);
  Widths net;
  const Json& widths = required_field(value, "widths", where);
  std::string place = field_place(where, "widths");
  if (!widths.is_array() || widths.size() < 2 || widths.size() > 64) {
    fail(place, "an array of 2 to 64 integers", io::described(widths));
  }
  for (const Json& width : widths) {
    net.widths.push_back(as_size(width, 1, place));
    if (net.widths.back() > 10'000) fail(place, "integers up to 10000", io::described(width));
  }
  const auto activation = [&](const char* field, std::string& name) {
    place = field_place(where, field);
    name = as_word(required_field(value, field, where), place);
    if (activation_kind(name)) return;
    fail(place, "one of " + io::quoted_list(activation_names(), 20),
         io::in_quotes(name) + io::closest_hint(name, activation_names()));
  };
  activation("activation", net.activation);
  if (find_field(value, "output_activation") != nullptr)
    activation("output_activation", net.output_activation);
  net.bias.assign(net.widths.size() - 1, true);
  if (const Json* bias = find_field(value, "bias")) {
    place = field_place(where, "bias");
    const bool list = bias->is_array() && bias->size() == net.bias.size();
    if (!list && !bias->is_boolean()) {
      fail(place, "true, false, or an array of " + std::to_string(net.bias.size()) + " of these",
           io::described(*bias));
    }
    for (std::size_t k = 0; k < net.bias.size(); ++k) {
      const Json& flag = list ? (*bias)[k] : *bias;
      if (!flag.is_boolean()) fail(place, "true or false", io::described(flag));
      net.bias[k] = flag.get<bool>();
    }
  }
  return net;
}

DataSearch read_data_search(const Json& value, const std::string& where) {
  io::expect_object(value, where);
  io::refuse_unknown_fields(value, {"goal", "over", "from", "to", "evaluations", "starts"}, where);
  DataSearch search;
  const auto word = [&](const char* field, const std::vector<std::string>& known) {
    const Json* given = find_field(value, field);
    const std::string text = given == nullptr ? known.front() : as_word(*given, field_place(where, field));
    const auto found = std::find(known.begin(), known.end(), text);
    if (found == known.end())
      fail(field_place(where, field), "one of " + io::quoted_list(known), io::in_quotes(text));
    return static_cast<std::size_t>(found - known.begin());
  };
  search.goal = static_cast<DataSearch::Goal>(word("goal", {"deep", "frequent", "wide"}));
  const std::size_t over = word("over", {"y", "x", "both"});
  search.over_x = over != 0;
  search.over_y = over != 1;
  read_range(value, search.from, search.to, where);
  if (!(search.from < search.to)) fail(where, "\"from\" below \"to\"");
  const auto size = [&](const char* field, std::size_t& count) {
    if (const Json* given = find_field(value, field)) count = as_size(*given, 1, field_place(where, field));
  };
  size("evaluations", search.evaluations);
  size("starts", search.starts);
  return search;
}

void build(const Widths& net, io::ModelSpec& model, io::Tensors& tensors) {
  model.input = {net.widths.front()};
  const auto add = [&](io::NodeSpec node) {
    node.name = std::to_string(model.nodes.size());
    node.inputs = {model.nodes.empty() ? "x" : model.nodes.back().name};
    model.nodes.push_back(std::move(node));
  };
  const auto zeros = [&](const std::string& name, std::vector<std::size_t> shape) {
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    tensors[name] = {std::move(shape), std::vector<double>(count, 0.0), {}};
    return name;
  };
  for (std::size_t k = 0; k + 1 < net.widths.size(); ++k) {
    const std::string number = std::to_string(k + 1);
    io::NodeSpec affine;
    affine.op = "linear";
    affine.weight = zeros("W" + number, {net.widths[k + 1], net.widths[k]});
    if (net.bias[k]) affine.bias = zeros("b" + number, {net.widths[k + 1]});
    add(affine);
    const std::string& activation = k + 2 < net.widths.size() ? net.activation : net.output_activation;
    if (activation == "identity") continue;
    io::NodeSpec elementwise;
    elementwise.op = activation;
    add(elementwise);
  }
  model.output = model.nodes.back().name;
}

DataRule read_data(const Json& value, std::size_t d_x, std::size_t d_y, bool class_targets,
                   const std::string& folder, const std::string& where) {
  DataRule rule;
  rule.d_x = d_x;
  rule.d_y = class_targets ? 1 : d_y;
  if (value.is_string() || (value.is_object() && find_field(value, "file") != nullptr)) {
    io::Samples samples = io::read_samples(value, folder, where);
    const auto rows = [&](io::Tensor& tensor, std::size_t width, const char* field) {
      const std::size_t m = tensor.shape.empty() ? 0 : tensor.shape[0];
      if (m == 0 || tensor.size() != m * width) {
        fail(samples.where + ": " + field, "rows of " + std::to_string(width),
             "shape " + io::shape_text(tensor.shape));
      }
      tensor.shape = {m, width};
    };
    rows(samples.x, rule.d_x, "x");
    rows(samples.y, rule.d_y, "y");
    rule.x.fixed = std::move(samples.x);
    rule.y.fixed = std::move(samples.y);
  } else {
    io::expect_object(value, where);
    io::refuse_unknown_fields(value, {"x", "y", "sets", "search"}, where);
    rule.x = read_inputs(required_field(value, "x", where), d_x, field_place(where, "x"));
    rule.y = read_targets(required_field(value, "y", where), d_x, rule.d_y, field_place(where, "y"));
    if (const Json* sets = find_field(value, "sets"))
      rule.sets = as_size(*sets, 1, field_place(where, "sets"));
    if (rule.sets > 1 && !rule.is_random())
      fail(field_place(where, "sets"), "random data, where there is more than one set");
  }
  std::size_t rows = rule.x.kind == InputRule::Kind::fixed ? rule.x.fixed.shape[0]
                                                           : std::max<std::size_t>(rule.x.samples, 1);
  for (const std::size_t p : rule.x.points) rows = io::checked_multiply(rows, p, where);
  rows = io::checked_multiply(rows, rule.x.repeat, where);
  if (io::checked_multiply(rows, std::max(rule.d_x, rule.d_y), where) > kLargestData) {
    fail(where, "at most " + std::to_string(kLargestData) + " numbers", std::to_string(rows) + " rows");
  }
  if (rule.y.kind == TargetRule::Kind::fixed && rule.y.fixed.shape[0] != rows) {
    fail(where, std::to_string(rows) + " targets, one for each input", std::to_string(rule.y.fixed.shape[0]));
  }
  return rule;
}

}  // namespace pgb::search
