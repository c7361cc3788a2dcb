#include "claims/claim.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>

namespace pgb::claims {

const char* standing_name(Standing standing) {
  switch (standing) {
    case Standing::proved:
      return "proved";
    case Standing::supported:
      return "supported";
    case Standing::failed:
      break;
  }
  return "failed";
}

std::size_t ClaimResult::count(Standing standing) const {
  const auto has = [standing](const Instance& instance) { return instance.standing == standing; };
  return static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(), has));
}

void ClaimResult::add(ClaimResult other) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(instances, other.instances);
  append(figures, other.figures);
  append(notes, other.notes);
}

bool Outcome::passed() const {
  return !result.instances.empty() && result.count(Standing::failed) == 0 &&
         refused.size() == claim->controls.size() &&
         std::all_of(refused.begin(), refused.end(), [](bool refusal) { return refusal; });
}

Outcome run_claim(const Claim& claim, const ClaimOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome;
  outcome.claim = &claim;
  try {
    outcome.result = claim.run(options);
    ClaimOptions few = options;
    few.instances = 1;
    for (const Control& control : claim.controls) {
      if (options.stopped()) break;
      options.report(claim.name + ": control", -1);
      outcome.refused.push_back(control.run(few).count(Standing::failed) > 0);
    }
  } catch (const std::exception& error) {
    outcome.result.instances.push_back({"the check itself", Standing::failed, error.what()});
  }
  outcome.finished = !options.stopped();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

std::vector<Outcome> run_claims(const std::vector<const Claim*>& claims, const ClaimOptions& options) {
  std::vector<Outcome> outcomes;
  for (const Claim* claim : claims) {
    if (options.stopped()) break;
    ClaimOptions numbered = options;
    const std::string number =
        std::to_string(outcomes.size() + 1) + " of " + std::to_string(claims.size()) + ", ";
    if (options.progress)
      numbered.progress = [&](const std::string& stage, double part) {
        options.progress(number + stage, part);
      };
    outcomes.push_back(run_claim(*claim, numbered));
  }
  return outcomes;
}

}  // namespace pgb::claims
