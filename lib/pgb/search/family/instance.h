// One problem of a family at one point, in a form that can be written down: a problem file, or an objective
// in closed form.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "pgb/io/problem_file.h"
#include "pgb/model/problem.h"

namespace pgb::search {

// The population loss of gaussian_relu.h, which no problem file can hold. No certificates are written about
// it.
struct PopulationLoss {
  std::size_t units = 0, teachers = 0;
};

struct Instance {
  io::ProblemFile file;  // unless `population`
  std::optional<PopulationLoss> population;
  io::Tensor parameters;  // of the population loss
};

Problem make_problem(const Instance& instance);

// z in the order of the parameter vector.
void set_parameters(Instance& instance, const io::Tensor& z);

// The canonical text of the problem file; {"schema": "pgb-objective/1", ...} for a population loss.
// instance_from_text reads it back and throws InputError (message starting with `where`) for anything else.
std::string instance_text(const Instance& instance);
std::string instance_sha256(const Instance& instance);
Instance instance_from_text(const std::string& text, const std::string& where);

}  // namespace pgb::search
