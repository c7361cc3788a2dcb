#include "pgb/report/facts.h"

#include <algorithm>

#include "pgb/report/plain_text.h"

namespace pgb::report {
namespace {

// "linear 4 -> 2" with real arrows, which do not break at the end of a line.
std::string with_arrows(std::string text) {
  for (std::size_t at = 0; (at = text.find("->", at)) != std::string::npos;) text.replace(at, 2, "→");
  return text;
}

FactGroup problem_group(const Verdict& v) {
  FactGroup group{"Problem", {}};
  if (!v.model_summary.empty()) group.facts.push_back({"Model", with_arrows(v.model_summary), "", {}});
  if (!v.loss_name.empty()) {
    const std::string objective =
        v.loss_name + (v.regularizer_summary.empty() ? "" : " + " + v.regularizer_summary);
    group.facts.push_back(
        {"Objective",
         objective,
         v.convex_loss ? "" : "not convex in the outputs: a theorem's assumption is dropped",
         {}});
  }
  std::string inputs;
  if (v.distinct_inputs == v.samples)
    inputs = "all inputs distinct";
  else if (v.distinct_inputs > 0)
    inputs = counted(v.distinct_inputs, "distinct input");
  const std::string data =
      counted(v.samples, "sample") + " × " + counted(v.outputs, "output") + ", N = " + count_text(v.ambient);
  group.facts.push_back({"Size", counted(v.parameters, "parameter") + "; " + data, inputs, {}});
  return group;
}

Fact subject_fact(const Subject& subject, Notation notation) {
  if (subject.polished) {
    return {"Checked at",
            "a critical point " + distance_text(subject.distance, notation) + " from the saved one",
            subject.existence_certified ? "" : "found numerically", subject.existence_certified};
  }
  const bool searched = subject.radius > 0;
  return {"Checked at",
          "the saved point",
          searched ? "no critical point confirmed within " + distance_text(subject.radius, notation) : "",
          {}};
}

FactGroup point_group(const Verdict& v, Notation notation) {
  FactGroup group{"Point", {subject_fact(v.subject, notation)}};
  const bool moved = v.subject.polished;
  const auto saved = [&](const std::string& value) {
    return moved && !value.empty() ? rounded(value, notation) + " at the saved point" : std::string();
  };
  if (!v.loss.empty()) {
    std::vector<std::string> details;
    if (!v.existing_loss_part.empty()) {
      details.push_back(rounded(v.existing_loss_part, notation) + " without the regularizer");
    }
    if (moved && !v.saved_loss.empty()) details.push_back(saved(v.saved_loss));
    group.facts.push_back({"Loss", rounded(v.loss, notation), joined(details, ", ", 2), {}});
  }
  if (!v.gradient_norm.empty()) {
    group.facts.push_back(
        {"Gradient norm", rounded(v.gradient_norm, notation), saved(v.saved_gradient_norm), {}});
  }
  return group;
}

Fact rank_fact(const std::string& label, const std::optional<std::size_t>& rank, std::size_t ambient,
               bool certified, const std::string& detail) {
  if (!rank) return {label, "not computed", "", {}};
  return {label, count_text(*rank) + " of " + count_text(ambient), detail, certified};
}

FactGroup span_group(const Verdict& v) {
  FactGroup group{"Span of gradients", {}};
  const bool holds = v.basis_holds;
  group.facts.push_back({"Gradient basis", holds ? "holds" : "not shown to hold", v.basis_reason,
                         holds ? std::optional<bool>(v.basis_certified) : std::nullopt});
  group.facts.push_back(
      rank_fact("Rank unperturbed", v.unperturbed_rank, v.ambient, v.unperturbed_rank_certified, ""));
  group.facts.push_back(rank_fact("Rank perturbed", v.rank, v.ambient, v.rank_certified, v.rank_reason));
  if (v.symmetry_dimension > 0) {
    group.facts.push_back(
        {"Symmetry", counted(v.symmetry_dimension, "dimension"), "flat, but no help to the rank", {}});
  }
  return group;
}

FactGroup bound_group(const Verdict& v, Notation notation) {
  FactGroup group{"Bound and curvature", {}};
  if (!v.pgb_value.empty()) {
    const bool unbounded = v.pgb_value == "-inf";
    group.facts.push_back({"PGB value",
                           rounded(v.pgb_value, notation),
                           unbounded ? "unbounded below: the gradient does not vanish on the flat set"
                                     : "were this a local minimum, its loss would be at most this",
                           {}});
  }
  if (!v.gap.empty()) group.facts.push_back({"Gap", rounded(v.gap, notation), "loss minus PGB value", {}});
  if (!v.smallest_curvature.empty()) {
    std::vector<std::string> details{"modulo symmetry"};
    if (v.negative_curvatures) details.push_back(count_text(*v.negative_curvatures) + " negative");
    if (v.zero_curvatures) details.push_back(count_text(*v.zero_curvatures) + " zero");
    group.facts.push_back({"Smallest curvature", rounded(v.smallest_curvature, notation),
                           joined(details, ", ", 3), v.curvature_certified});
  }
  return group;
}

std::string dimension_range(const std::vector<std::size_t>& dimensions) {
  const auto [least, most] = std::minmax_element(dimensions.begin(), dimensions.end());
  return *least == *most ? count_text(*most) : count_text(*least) + " to " + count_text(*most);
}

}  // namespace

std::vector<FactGroup> facts(const Verdict& verdict, Notation notation) {
  std::vector<FactGroup> groups{problem_group(verdict), point_group(verdict, notation), span_group(verdict),
                                bound_group(verdict, notation)};
  groups.erase(
      std::remove_if(groups.begin(), groups.end(), [](const FactGroup& g) { return g.facts.empty(); }),
      groups.end());
  return groups;
}

std::vector<FamilyGroup> family_groups(const std::vector<FamilyReport>& families) {
  std::vector<FamilyGroup> groups;
  std::vector<std::vector<std::size_t>> dimensions;
  for (const FamilyReport& family : families) {
    const std::string kind = family.kind + (family.symmetry ? ", symmetry" : "");
    const auto same = [&](const FamilyGroup& g) { return g.kind == kind; };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) {
      groups.push_back({kind, 0, {}, "", family.why_exact, 0, 0});
      dimensions.emplace_back();
      group = groups.end() - 1;
    }
    ++group->families;
    if (!family.where.empty()) group->where.push_back(family.where);
    dimensions[static_cast<std::size_t>(group - groups.begin())].push_back(family.dimension);
    group->largest_gradient = std::max(group->largest_gradient, family.largest_gradient);
    group->perturbations += family.perturbations;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].dimensions = dimension_range(dimensions[i]);
  std::stable_sort(groups.begin(), groups.end(), [](const FamilyGroup& a, const FamilyGroup& b) {
    return a.largest_gradient > b.largest_gradient;
  });
  return groups;
}

std::vector<Fact> witness_facts(const Witness& witness, Notation notation) {
  std::vector<Fact> lines;
  if (!witness.text.empty()) lines.push_back({"Witness", witness.text, "", {}});
  if (!witness.gradient_lower.empty() && !witness.gradient_upper.empty()) {
    const std::string lower = rounded(witness.gradient_lower, notation),
                      upper = rounded(witness.gradient_upper, notation);
    const std::string range =
        lower == upper ? lower + ", enclosed to six digits" : "between " + lower + " and " + upper;
    if (witness.parameter_name.empty()) {
      lines.push_back({"Sum", range, "", {}});
    } else {
      lines.push_back({"Gradient", "component " + witness.parameter_name, range, {}});
    }
  }
  if (!witness.direction.empty()) {
    std::vector<std::string> entries;
    for (const auto& [index, value] : witness.direction) {
      entries.push_back("z[" + std::to_string(index) + "] += " + rounded(value, notation));
    }
    const std::string step = "step " + rounded(witness.epsilon, notation) + " along ";
    lines.push_back({"Flat direction", step + joined(entries, ", ", 4), "", {}});
  }
  if (!witness.kinks.empty()) lines.push_back({"Kinks", joined(witness.kinks, "; ", 4), "", {}});
  return lines;
}

std::string answer_heading(Answer answer) {
  switch (answer) {
    case Answer::satisfied:
      return "SATISFIED";
    case Answer::violated:
      return "VIOLATED";
    case Answer::undecided:
      break;
  }
  return "UNDECIDED";
}

std::string certainty(bool certified) { return certified ? "certified" : "approx"; }

std::string headline(const Verdict& v) {
  const bool decided = v.answer != Answer::undecided;
  switch (v.reason) {
    case Reason::not_critical:
      return decided ? "Not a critical point" : "Perhaps not a critical point";
    case Reason::flat_direction:
      return decided ? "A flat direction leads to a nonzero gradient"
                     : "A flat direction may lead to a nonzero gradient";
    case Reason::global_minimum:
      return decided ? "A global minimum" : "Perhaps a global minimum";
    case Reason::regular_critical_point:
      return decided ? "A regular critical point" : "Perhaps a regular critical point";
    case Reason::strict_local_minimum:
      return decided ? "A strict local minimum, up to symmetry" : "Perhaps a strict local minimum";
    case Reason::level_set_minimum:
      return decided ? "A local minimum on a level set" : "Perhaps a local minimum on a level set";
    case Reason::isolated_flat_set:
      return decided ? "Nearby the same outputs come with critical points only"
                     : "Perhaps nearby the same outputs come with critical points only";
    case Reason::flat_gradients_vanish:
      return "The gradient vanishes at every flat perturbation tried";
    case Reason::orthogonal_to_span_bound:
      return "No perturbed gradient can lower the loss";
    case Reason::non_differentiable:
      return "On a kink, where the condition does not apply";
    case Reason::no_local_minimum_in_region:
      return "No local minimum in the region";
    case Reason::no_suboptimal_local_minimum_in_region:
      return "No suboptimal local minimum in the region";
    case Reason::local_minimum_in_region:
      return "A local minimum exists in the region";
    case Reason::no_evidence:
      break;
  }
  return "Nothing decided it either way";
}

std::string meaning(const Verdict& v) {
  switch (v.answer) {
    case Answer::satisfied:
      if (!v.certified) {
        return "The necessary condition of local minima holds as far as floating-point arithmetic shows: "
               "evidence, no proof.";
      }
      if (v.reason == Reason::no_suboptimal_local_minimum_in_region) {
        return "Whatever local minimum the region holds is a global one.";
      }
      if (v.reason == Reason::global_minimum || v.reason == Reason::strict_local_minimum ||
          v.reason == Reason::level_set_minimum || v.reason == Reason::local_minimum_in_region) {
        return "The necessary condition of local minima holds.";
      }
      return "The necessary condition of local minima holds. It is necessary, not sufficient: "
             "this alone does not make the point a local minimum.";
    case Answer::violated:
      if (!v.certified) {
        return "The necessary condition of local minima fails in floating-point arithmetic: "
               "evidence, no proof, that this is not a local minimum.";
      }
      return v.reason == Reason::no_local_minimum_in_region
                 ? "The necessary condition of local minima fails everywhere in the region."
                 : "The necessary condition of local minima fails: this is not a local minimum.";
    case Answer::undecided:
      break;
  }
  return "Nothing is claimed about this point.";
}

}  // namespace pgb::report
