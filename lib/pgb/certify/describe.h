// The words and plain facts of a verdict.
#pragma once

#include <string>

#include "pgb/certify/verdict.h"
#include "pgb/flat/family.h"
#include "pgb/model/model.h"
#include "pgb/model/problem.h"

namespace pgb {

// "linear 64 -> 10, tanh, linear 10 -> 10; 10 added neurons"
std::string model_summary(const Model& model);
// "l2, lambda 1/1000; added neurons, lambda 1/10", "" where R = 0
std::string regularizer_summary(const Problem& problem);
// "fc1.weight[3, 2]"
std::string parameter_name(const Model& model, std::size_t k);
// "node relu1, unit 3, sample 17"
std::string kink_text(const Kink& kink);

// A verdict with everything that does not depend on the answer: sizes, names, the objective.
Verdict described(const Problem& problem);

FamilyReport family_report(const FlatFamily& family);

}  // namespace pgb
