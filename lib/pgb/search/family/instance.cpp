#include "pgb/search/family/instance.h"

#include <nlohmann/json.hpp>

#include "pgb/certify/claims.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/sha256.h"
#include "pgb/model/gaussian_relu.h"

namespace pgb::search {
namespace {

constexpr const char* kSchema = "pgb-objective/1";

}  // namespace

Problem make_problem(const Instance& instance) {
  if (!instance.population) return pgb::make_problem(instance.file);
  const PopulationLoss& loss = *instance.population;
  const auto model = make_gaussian_relu_model(loss.units, loss.teachers);
  Problem problem =
      pgb::make_problem(model, std::vector<double>(model->parameters(), 0.0), {0}, {0}, "value");
  problem.parameters = instance.parameters;
  return problem;
}

void set_parameters(Instance& instance, const io::Tensor& z) {
  if (instance.population) {
    instance.parameters = z;
    return;
  }
  const Problem problem = pgb::make_problem(instance.file);
  for (const ParameterBlock& block : problem.model->blocks()) {
    io::Tensor tensor{block.shape,
                      {z.values.begin() + static_cast<std::ptrdiff_t>(block.begin),
                       z.values.begin() + static_cast<std::ptrdiff_t>(block.end)},
                      {}};
    for (auto e = z.exact.lower_bound(block.begin); e != z.exact.end() && e->first < block.end; ++e) {
      tensor.exact[e->first - block.begin] = e->second;
    }
    instance.file.parameters[block.name] = std::move(tensor);
  }
}

std::string instance_text(const Instance& instance) {
  if (!instance.population) return io::canonical_json(instance.file);
  nlohmann::ordered_json json{{"schema", kSchema},
                              {"kind", "gaussian_relu"},
                              {"units", instance.population->units},
                              {"teachers", instance.population->teachers}};
  json["parameters"] = listed_point(instance.parameters).numbers;
  return json.dump();
}

std::string instance_sha256(const Instance& instance) {
  return instance.population ? io::sha256_hex(instance_text(instance)) : io::problem_sha256(instance.file);
}

Instance instance_from_text(const std::string& text, const std::string& where) {
  Instance instance;
  const io::Json json = io::parse_json(text, where);
  io::expect_object(json, where);
  if (io::as_word(io::required_field(json, "schema", where), where) != kSchema) {
    instance.file = io::read_problem_text(text, where);
    return instance;
  }
  io::refuse_unknown_fields(json, {"schema", "kind", "units", "teachers", "parameters"}, where);
  const auto size = [&](const char* field) {
    return io::as_size(io::required_field(json, field, where), 1, where);
  };
  instance.population = PopulationLoss{size("units"), size("teachers")};
  instance.parameters = io::tensor_from_json(io::required_field(json, "parameters", where), where);
  const std::size_t n = instance.population->units * instance.population->teachers;
  if (instance.parameters.size() != n) {
    io::fail(where, std::to_string(n) + " parameters", std::to_string(instance.parameters.size()));
  }
  return instance;
}

}  // namespace pgb::search
