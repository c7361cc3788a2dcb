#include "verifier/support.h"

#include <cmath>
#include <cstdio>

#include "pgb/certificate/certificate.h"
#include "pgb/io/errors.h"

namespace pgb::test {
namespace {

void collect(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& places) {
  places.push_back(at);
  if (json.is_object()) {
    for (const auto& item : json.items()) collect(item.value(), at / item.key(), places);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) collect(json[i], at / i, places);
  }
}

}  // namespace

std::vector<Json::json_pointer> places_in(const Json& json, const std::string& under) {
  std::vector<Json::json_pointer> places;
  collect(json.at(Json::json_pointer(under)), Json::json_pointer(under), places);
  return places;
}

Json::json_pointer random_place(Random& random, const Json& json, const std::string& under) {
  const std::vector<Json::json_pointer> places = places_in(json, under);
  return places[random.index(places.size())];
}

std::string hex(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

ProblemText::ProblemText(std::size_t inputs) {
  json = {{"schema", "pgb-problem/1"},
          {"model", {{"input", {inputs}}, {"nodes", Json::array()}, {"output", ""}}},
          {"parameters", Json::object()},
          {"data", Json::object()},
          {"loss", {{"kind", "squared"}}},
          {"augment", nullptr},
          {"regularizer", nullptr}};
}

std::string ProblemText::before() const {
  const Json& nodes = json["model"]["nodes"];
  return nodes.empty() ? "x" : nodes.back()["name"].get<std::string>();
}

Json ProblemText::tensor(const std::vector<std::size_t>& shape, const Numbers& values) const {
  Json texts = Json::array();
  for (const double value : values) texts.push_back(hex(value));
  return {{"shape", shape}, {"values", texts}};
}

ProblemText& ProblemText::op(const std::string& op, const std::vector<std::string>& inputs,
                             const std::string& name) {
  const std::string known = name.empty() ? op + std::to_string(json["model"]["nodes"].size()) : name;
  const Json from = inputs.empty() ? Json{before()} : Json(inputs);
  json["model"]["nodes"].push_back({{"name", known},
                                    {"op", op},
                                    {"inputs", from},
                                    {"weight", ""},
                                    {"bias", ""},
                                    {"numbers", Json::object()},
                                    {"sizes", Json::object()},
                                    {"words", Json::object()}});
  json["model"]["output"] = known;
  return *this;
}

ProblemText& ProblemText::linear(const std::string& name, const Rows& weight, const Numbers& bias,
                                 const std::string& input) {
  op("linear", input.empty() ? std::vector<std::string>{} : std::vector<std::string>{input}, name);
  Numbers flat;
  for (const Numbers& row : weight) flat.insert(flat.end(), row.begin(), row.end());
  Json& node = json["model"]["nodes"].back();
  node["weight"] = name + ".weight";
  json["parameters"][name + ".weight"] = tensor({weight.size(), weight[0].size()}, flat);
  if (bias.empty()) return *this;
  node["bias"] = name + ".bias";
  json["parameters"][name + ".bias"] = tensor({bias.size()}, bias);
  return *this;
}

ProblemText& ProblemText::tied(const std::string& name, const std::string& other, bool bias) {
  op("linear", {}, name);
  json["model"]["nodes"].back()["weight"] = other + ".weight";
  if (bias) json["model"]["nodes"].back()["bias"] = other + ".bias";
  return *this;
}

ProblemText& ProblemText::number(const std::string& attribute, double value) {
  json["model"]["nodes"].back()["numbers"][attribute] = hex(value);
  return *this;
}

ProblemText& ProblemText::data(const Rows& x, const Rows& y, const std::string& loss) {
  Numbers all_x, all_y;
  for (const Numbers& row : x) all_x.insert(all_x.end(), row.begin(), row.end());
  for (const Numbers& row : y) all_y.insert(all_y.end(), row.begin(), row.end());
  json["data"] = {{"x", tensor({x.size(), x[0].size()}, all_x)},
                  {"y", tensor({y.size(), y[0].size()}, all_y)}};
  json["loss"] = {{"kind", loss}};
  if (loss == "polynomial_hinge") json["loss"]["p"] = hex(3);
  return *this;
}

ProblemText& ProblemText::classes(const Rows& x, const std::vector<int>& y) {
  data(x, Rows(x.size(), Numbers(1)), "cross_entropy");
  json["data"]["y"] = tensor({y.size()}, Numbers(y.begin(), y.end()));
  return *this;
}

ProblemText& ProblemText::added(const std::string& lambda, const Numbers& a, const Numbers& b) {
  json["augment"] = {{"kind", "exponential"}, {"lambda", lambda}};
  if (!a.empty()) json["parameters"]["aug.a"] = tensor({a.size()}, a);
  if (!b.empty()) json["parameters"]["aug.b"] = tensor({b.size()}, b);
  return *this;
}

ProblemText& ProblemText::regularized(const std::string& lambda) {
  json["regularizer"] = {{"kind", "l2"}, {"lambda", lambda}};
  return *this;
}

Json certificate(const ProblemText& problem, const Json& statement, const Json& proof) {
  return {{"format", "pgb-certificate/1"},
          {"producer", "by hand"},
          {"problem_sha256", io::problem_sha256(io::read_problem_text(problem.json.dump(), "problem"))},
          {"problem", problem.json},
          {"statement", statement},
          {"proof", proof},
          {"text", ""}};
}

verifier::Outcome outcome(const std::string& text) {
  try {
    const certificate::Certificate c = certificate::read_certificate(text, "certificate");
    if (!c.problem) return {false, "no problem"};
    return verifier::verify(c, io::read_problem_text(*c.problem, "problem"));
  } catch (const InputError& error) {
    return {false, error.what()};
  }
}

verifier::Outcome outcome(const Json& certificate) { return outcome(certificate.dump()); }

bool accepted(const Json& certificate) { return outcome(certificate).accepted; }

std::size_t Network::parameters() const {
  std::size_t n = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) n += sizes[l] * (sizes[l - 1] + (bias ? 1 : 0));
  return n;
}

Numbers Network::operator()(const Numbers& x) const {
  Numbers h = x;
  const double* p = z.data();
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    Numbers next(sizes[l]);
    for (std::size_t r = 0; r < sizes[l]; ++r) {
      for (const double feature : h) next[r] += *p++ * feature;
    }
    for (std::size_t r = 0; bias && r < sizes[l]; ++r) next[r] += *p++;
    for (double& value : next) {
      if (l + 1 < sizes.size()) value = activation == "tanh" ? std::tanh(value) : std::fmax(0, value);
    }
    h = next;
  }
  return h;
}

ProblemText Network::problem() const {
  ProblemText text(sizes[0]);
  const double* p = z.data();
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    Rows weight(sizes[l], Numbers(sizes[l - 1]));
    Numbers b(bias ? sizes[l] : 0);
    for (Numbers& row : weight) {
      for (double& value : row) value = *p++;
    }
    for (double& value : b) value = *p++;
    text.linear("fc" + std::to_string(l), weight, b);
    if (l + 1 < sizes.size()) text.op(activation);
  }
  return text;
}

}  // namespace pgb::test
