// A problem as the plain data that a problem file holds.
#pragma once

#include <string>

#include "pgb/io/problem_file.h"
#include "pgb/model/problem.h"

namespace pgb {

// The problem file with this model, these numbers, loss and regulariser. Throws InputError, saying what it is
// that no problem file can express: a model that is no graph of operations, the loss "value", a regulariser
// on some of the parameters.
io::ProblemFile as_problem_file(const Problem& problem);

}  // namespace pgb
