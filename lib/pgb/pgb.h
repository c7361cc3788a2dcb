// Everything for a program that asks whether a point can be a local minimum:
//
//   pgb::Problem problem = pgb::load_problem("problem.json");
//   pgb::Verdict verdict = pgb::check(problem);
//   std::cout << verdict.explanation << '\n';
//
// The stages can be used alone; each has a header of its own:
//   load_problem, make_problem, add_neurons               the problem, from a file or built in code
//   Graph, make_callable_model, make_objective_model      the model: operations, or a template of one's own
//   Objective, HessianOperator, gradient_basis            derivatives, in every scalar of the list
//   flat_families, flat_point, flat_tangents              where the outputs stay the same, and why
//   perturbed_gradient_span                               rank, PGB value, membership
//   certify_critical_point, certify_interpolation, ...    proofs
//   check, verdict_text, verdict_json, verdict_html       the verdict, and how it is shown
#pragma once

#include "pgb/certify/check.h"
#include "pgb/certify/critical_point.h"
#include "pgb/certify/exclusion.h"
#include "pgb/certify/interpolation.h"
#include "pgb/certify/verdict.h"
#include "pgb/derivatives/objective.h"
#include "pgb/flat/family.h"
#include "pgb/io/errors.h"
#include "pgb/model/callable.h"
#include "pgb/model/gaussian_relu.h"
#include "pgb/model/graph.h"
#include "pgb/model/model.h"
#include "pgb/model/problem.h"
#include "pgb/report/html.h"
#include "pgb/report/json.h"
#include "pgb/report/text.h"
#include "pgb/scalar/scalars.h"
#include "pgb/span/span.h"
#include "pgb/version.h"
