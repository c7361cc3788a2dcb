// Made-up verdicts with every field in use, for the tests of the report.
#pragma once

#include <vector>

#include "pgb/certify/verdict.h"

namespace pgb::test {

Verdict
violated_verdict();  // a flat direction at a polished critical point; many families, spectra and a slice
Verdict satisfied_verdict();  // a regular critical point
Verdict undecided_verdict();  // too large: most fields absent
std::vector<Verdict> sample_verdicts();

}  // namespace pgb::test
