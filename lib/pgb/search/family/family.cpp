#include "pgb/search/family/family.h"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/problem_data.h"
#include "pgb/search/family/read.h"

namespace pgb::search {
namespace {

using io::as_word;
using io::fail;
using io::field_place;
using io::find_field;
using io::Json;
using io::required_field;

constexpr std::size_t kMostVariants = 10'000, kMostProblems = 1'000'000, kMostParameters = 10'000;
constexpr std::uint64_t kStartStream = 0x57a7;

std::string read_lambda(const Json& value, bool may_be_zero, const std::string& where) {
  std::string lambda;
  try {
    if (value.is_number()) lambda = io::canonical_rational(value.get<double>());
    if (value.is_string()) lambda = io::canonical_rational(value.get_ref<const std::string&>());
  } catch (const InputError& error) {
    fail(where, error.what());
  }
  if (lambda.empty() || lambda.front() == '-' || (lambda == "0" && !may_be_zero)) {
    fail(where, may_be_zero ? "a number >= 0" : "a number > 0", io::described(value));
  }
  return lambda;
}

// {"kind": ..., "lambda": ...} or null.
template <class Spec>
std::optional<Spec> read_term(const Json& object, const char* field, const char* kind, bool may_be_zero,
                              const std::string& where) {
  const Json* value = find_field(object, field);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string place = field_place(where, field);
  io::expect_object(*value, place);
  io::refuse_unknown_fields(*value, {"kind", "lambda"}, place);
  Spec spec;
  spec.kind = as_word(required_field(*value, "kind", place), field_place(place, "kind"));
  if (spec.kind != kind) fail(field_place(place, "kind"), io::in_quotes(kind), io::in_quotes(spec.kind));
  spec.lambda =
      read_lambda(required_field(*value, "lambda", place), may_be_zero, field_place(place, "lambda"));
  return spec;
}

void read_loss(const Json& object, Variant& v, const std::string& where) {
  const Json& value = required_field(object, "loss", where);
  const std::string place = field_place(where, "loss");
  const Json* power = nullptr;
  if (value.is_object()) {
    io::refuse_unknown_fields(value, {"kind", "p"}, place);
    v.loss = as_word(required_field(value, "kind", place), field_place(place, "kind"));
    power = find_field(value, "p");
  } else {
    v.loss = as_word(value, place);
  }
  const auto& known = io::known_losses();
  if (std::find(known.begin(), known.end(), v.loss) == known.end()) {
    fail(place, "one of " + io::quoted_list(known), io::in_quotes(v.loss) + io::closest_hint(v.loss, known));
  }
  if (power == nullptr) return;
  if (v.loss != "polynomial_hinge")
    fail(place, "field \"p\" only for polynomial_hinge", io::in_quotes(v.loss));
  v.loss_power = as_number(*power, field_place(place, "p"));
}

std::string widths_text(const Widths& net) {
  std::string text;
  for (const std::size_t width : net.widths) text += (text.empty() ? "" : "-") + std::to_string(width);
  text += " " + net.activation;
  if (net.output_activation != "identity") text += ", " + net.output_activation + " output";
  const auto biases = std::count(net.bias.begin(), net.bias.end(), true);
  if (biases == 0) text += ", no biases";
  if (biases > 0 && biases < static_cast<long>(net.bias.size())) text += ", some biases";
  return text;
}

// The model written out, with "shapes" for its tensors.
void read_graph(const Json& object, const Json& model, Variant& v, const std::string& where) {
  v.model = io::read_model(model, field_place(where, "model"));
  const std::string place = field_place(where, "shapes");
  const Json& shapes = required_field(object, "shapes", where);
  io::expect_object(shapes, place);
  for (const auto& item : shapes.items()) {
    io::Tensor tensor;
    std::size_t count = 1;
    if (!item.value().is_array())
      fail(field_place(place, item.key()), "an array of integers", io::described(item.value()));
    for (const Json& extent : item.value()) {
      tensor.shape.push_back(io::as_size(extent, 1, field_place(place, item.key())));
      count *= std::min(tensor.shape.back(), kMostParameters + 1);
      if (count > kMostParameters) fail(place, "at most " + std::to_string(kMostParameters) + " parameters");
    }
    tensor.values.assign(count, 0.0);
    v.tensors[item.key()] = std::move(tensor);
  }
  v.title = std::to_string(v.model.nodes.size()) + " operations";
}

// d_y as the graph has it; the constructor checks the rest.
std::size_t outputs_of(const Variant& v, const std::string& where) {
  for (auto node = v.model.nodes.rbegin(); node != v.model.nodes.rend(); ++node) {
    if (node->op != "linear") continue;
    const auto tensor = v.tensors.find(node->weight);
    if (tensor == v.tensors.end()) fail(where, "a shape for tensor " + io::in_quotes(node->weight));
    return tensor->second.shape.at(0);
  }
  fail(where, "a model with a linear node");
}

// {"population_loss": "gaussian_relu", "units": ..., "teachers": ...}
void read_population_loss(const Json& object, const Json& model, Variant& v, const std::string& where) {
  const std::string place = field_place(where, "model");
  io::refuse_unknown_fields(object, {"schema", "name", "about", "seed", "starts", "model", "start"}, where);
  io::refuse_unknown_fields(model, {"population_loss", "units", "teachers"}, place);
  const std::string kind = as_word(model["population_loss"], field_place(place, "population_loss"));
  if (kind != "gaussian_relu")
    fail(field_place(place, "population_loss"), "\"gaussian_relu\"", io::in_quotes(kind));
  const auto size = [&](const char* field) {
    const std::size_t value = io::as_size(required_field(model, field, place), 1, field_place(place, field));
    if (value > 100) fail(field_place(place, field), "an integer up to 100", std::to_string(value));
    return value;
  };
  v.population = PopulationLoss{size("units"), size("teachers")};
  v.parameters = v.population->units * v.population->teachers;
  v.title = "population loss of " + std::to_string(v.population->units) + " ReLU units, " +
            std::to_string(v.population->teachers) + " teachers";
}

Variant read_variant(const Json& object, const std::string& folder, const std::string& where) {
  io::expect_object(object, where);
  io::refuse_unknown_fields(object,
                            {"schema", "name", "about", "seed", "starts", "model", "shapes", "data", "loss",
                             "augment", "regularizer", "start"},
                            where);
  Variant v;
  const Json& model = required_field(object, "model", where);
  if (const Json* start = find_field(object, "start"))
    v.start.draw = read_draw(*start, field_place(where, "start"));
  if (model.is_object() && find_field(model, "population_loss") != nullptr) {
    read_population_loss(object, model, v, where);
    return v;
  }
  read_loss(object, v, where);
  std::size_t d_x = 1, d_y = 1;
  if (model.is_object() && find_field(model, "widths") != nullptr) {
    const Widths net = read_widths(model, field_place(where, "model"));
    if (parameter_count(net) > kMostParameters) {
      fail(field_place(where, "model"), "at most " + std::to_string(kMostParameters) + " parameters",
           std::to_string(parameter_count(net)));
    }
    build(net, v.model, v.tensors);
    v.title = widths_text(net);
    d_x = net.widths.front();
    d_y = net.widths.back();
  } else {
    read_graph(object, model, v, where);
    for (const std::size_t extent : v.model.input) d_x *= extent;
    d_y = outputs_of(v, where);
  }
  v.augment = read_term<io::AddedNeuronsSpec>(object, "augment", "exponential", false, where);
  v.regularizer = read_term<io::RegularizerSpec>(object, "regularizer", "l2", true, where);
  v.data = read_data(required_field(object, "data", where), d_x, d_y, v.loss == "cross_entropy", folder,
                     field_place(where, "data"));
  if (const Json* search = find_field(object["data"], "search")) {
    v.search = read_data_search(*search, field_place(field_place(where, "data"), "search"));
    if (v.loss != "squared" && v.loss != "mse") {
      fail(field_place(where, "data"), "\"search\" only with the losses squared and mse",
           io::in_quotes(v.loss));
    }
  }
  for (const auto& [name, tensor] : v.tensors) v.parameters += tensor.size();
  if (v.augment) v.parameters += d_y * (2 + d_x);
  if (v.augment) v.title += ", added neurons";
  v.title += ", " + v.loss;
  if (v.regularizer && v.regularizer->lambda != "0") v.title += " + l2 " + v.regularizer->lambda;
  v.problems = v.data.count(kMostProblems);
  if (v.problems == 0) fail(field_place(where, "data"), "at most 1000000 problems", "more");
  return v;
}

// Calls visit on each {"any": [...]} in document order until one returns true.
bool first_choice(Json& value, const std::string& where, const std::function<void(Json&)>& visit) {
  if (value.is_object()) {
    if (const Json* any = find_field(value, "any")) {
      if (value.size() != 1 || !any->is_array() || any->empty()) {
        fail(where, "{\"any\": [...]} with at least one alternative and no other field", io::described(*any));
      }
      visit(value);
      return true;
    }
  }
  if (!value.is_structured()) return false;
  for (auto& item : value.items()) {
    if (first_choice(item.value(), value.is_object() ? field_place(where, item.key()) : where, visit))
      return true;
  }
  return false;
}

void expand(Json value, std::size_t limit, const std::string& where, std::vector<Json>& out) {
  Json* place = nullptr;
  if (!first_choice(value, where, [&](Json& found) { place = &found; })) {
    if (out.size() == limit)
      fail(where, "at most " + std::to_string(limit) + " combinations of alternatives", "more");
    out.push_back(std::move(value));
    return;
  }
  const Json choices = (*place)["any"];
  for (const Json& choice : choices) {
    *place = choice;
    expand(value, limit, where, out);
  }
}

}  // namespace

std::vector<Json> alternatives(const Json& value, std::size_t limit, const std::string& where) {
  std::vector<Json> out;
  expand(value, limit, where, out);
  return out;
}

std::size_t Family::problems() const {
  std::size_t count = 0;
  for (const Variant& v : variants) count += v.problems;
  return count;
}

Family::Place Family::place(std::size_t p) const {
  for (const Variant& v : variants) {
    if (p < v.problems) return {&v, p};
    p -= v.problems;
  }
  throw std::out_of_range("family: problem number");
}

Instance Family::problem(std::size_t p) const {
  const auto found = chosen.find(p);
  return problem(p, found == chosen.end() ? std::vector<double>() : found->second);
}

Instance Family::problem(std::size_t p, const std::vector<double>& numbers) const {
  const Place at = place(p);
  const Variant& v = *at.variant;
  Instance instance;
  instance.population = v.population;
  if (v.population) {
    instance.parameters = {{v.parameters}, std::vector<double>(v.parameters, 0.0), {}};
    return instance;
  }
  Data data = make_data(v.data, seed, static_cast<std::size_t>(&v - variants.data()), at.member);
  if (!numbers.empty()) {
    const std::size_t of_x = v.search->over_x ? data.x.size() : 0;
    const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(of_x);
    if (v.search->over_x) data.x = {data.x.shape, {numbers.begin(), middle}, {}};
    if (v.search->over_y) data.y = {data.y.shape, {middle, numbers.end()}, {}};
  }
  io::ProblemFile& file = instance.file;
  file.model = v.model;
  file.parameters = v.tensors;
  file.x = std::move(data.x);
  file.y = std::move(data.y);
  file.x.shape = {file.x.shape[0]};
  file.x.shape.insert(file.x.shape.end(), v.model.input.begin(), v.model.input.end());
  if (v.loss == "cross_entropy") file.y.shape = {file.y.shape[0]};
  file.loss = v.loss;
  file.loss_power = v.loss_power;
  file.augment = v.augment;
  file.regularizer = v.regularizer;
  file.model_source = file.parameters_source = file.data_source = where;
  return instance;
}

std::string Family::title(std::size_t p) const {
  const Place at = place(p);
  if (at.variant->problems == 1) return at.variant->title;
  return at.variant->title + "; data " + std::to_string(at.member + 1);
}

std::vector<double> Family::start(std::size_t p, std::size_t s) const {
  const Variant& v = *place(p).variant;
  Random random{seed, kStartStream, p, s};
  std::vector<double> z(v.parameters);
  for (double& entry : z) entry = v.start.draw(random);
  return z;
}

Family family_from_text(const std::string& text, const std::string& where) {
  const Json json = io::parse_json(text, where);
  io::expect_object(json, where);
  const std::string folder = std::filesystem::path(where).parent_path().string();
  Family family;
  family.where = where;
  family.text = json.dump();
  if (const Json* schema = find_field(json, "schema")) {
    const std::string name = as_word(*schema, field_place(where, "schema"));
    if (name != "pgb-family/1") fail(field_place(where, "schema"), "\"pgb-family/1\"", io::in_quotes(name));
  }
  family.name = std::filesystem::path(where).stem().string();
  if (const Json* name = find_field(json, "name")) family.name = as_word(*name, field_place(where, "name"));
  if (const Json* about = find_field(json, "about"))
    family.about = as_word(*about, field_place(where, "about"));
  if (const Json* seed = find_field(json, "seed"))
    family.seed = io::as_size(*seed, 0, field_place(where, "seed"));
  if (const Json* starts = find_field(json, "starts")) {
    family.starts = io::as_size(*starts, 1, field_place(where, "starts"));
  }
  for (const Json& one : alternatives(json, kMostVariants, where)) {
    family.variants.push_back(read_variant(one, folder, where));
    if (family.problems() > kMostProblems) fail(where, "at most 1000000 problems", "more");
  }
  return family;
}

Family read_family(const std::string& path) {
  return io::with_memory_errors_named(
      path, [&] { return family_from_text(io::read_file(path, io::max_json_bytes), io::shown_path(path)); });
}

}  // namespace pgb::search
