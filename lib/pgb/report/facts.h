// What a verdict says, in words and short lines: the one source of the text summary and of the page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgb/certify/verdict.h"
#include "pgb/report/numbers.h"

namespace pgb::report {

// "Rank after perturbation", "1,200 of 1,200", "pivots of the Gram matrix", certified.
struct Fact {
  std::string label, value, detail;
  std::optional<bool> certified;  // absent where there is nothing to prove
};

struct FactGroup {
  std::string title;
  std::vector<Fact> facts;
};

// Families of one kind together.
struct FamilyGroup {
  std::string kind;  // with ", symmetry" where it is one
  std::size_t families = 0;
  std::vector<std::string> where;  // one for each family
  std::string dimensions;          // "14", "5 to 15"
  std::string why_exact;           // of the first
  double largest_gradient = 0;
  std::size_t perturbations = 0;  // in all
};

// Lines that do not apply are left out; text is as found in the verdict (not escaped, not wrapped). Certified
// is only what the verdict marks as such.
std::vector<FactGroup> facts(const Verdict& verdict, Notation notation);

// Families grouped by kind, those with the largest gradient first.
std::vector<FamilyGroup> family_groups(const std::vector<FamilyReport>& families);

// The witness in a few lines: where, the enclosure, the direction, the kinks.
std::vector<Fact> witness_facts(const Witness& witness, Notation notation);

// "SATISFIED", "VIOLATED", "UNDECIDED"; "certified" or "approx".
std::string answer_heading(Answer answer);
std::string certainty(bool certified);

// A few words for the reason: "Not a critical point".
std::string headline(const Verdict& verdict);

// What the answer says and does not say about local minima.
std::string meaning(const Verdict& verdict);

}  // namespace pgb::report
