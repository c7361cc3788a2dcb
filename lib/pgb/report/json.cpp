#include "pgb/report/json.h"

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "pgb/report/numbers.h"
#include "pgb/version.h"

namespace pgb {
namespace {

using Ordered = nlohmann::ordered_json;
using report::exact_text;

Ordered text_or_null(const std::string& text) { return text.empty() ? Ordered(nullptr) : Ordered(text); }

Ordered count_or_null(const std::optional<std::size_t>& count) {
  return count ? Ordered(*count) : Ordered(nullptr);
}

Ordered reals(const std::vector<double>& values) {
  Ordered out = Ordered::array();
  for (const double value : values) out.push_back(exact_text(value));
  return out;
}

Ordered family_json(const FamilyReport& family) {
  return {{"kind", family.kind},
          {"where", family.where},
          {"dimension", family.dimension},
          {"straight", family.straight},
          {"symmetry", family.symmetry},
          {"why_exact", text_or_null(family.why_exact)},
          {"perturbations", family.perturbations},
          {"largest_gradient",
           family.perturbations == 0 ? Ordered(nullptr) : Ordered(exact_text(family.largest_gradient))}};
}

Ordered span_json(const Verdict& v) {
  Ordered families = Ordered::array();
  for (const FamilyReport& family : v.families) families.push_back(family_json(family));
  return {{"ambient", v.ambient},
          {"unperturbed_rank", count_or_null(v.unperturbed_rank)},
          {"unperturbed_rank_certified", v.unperturbed_rank_certified},
          {"rank", count_or_null(v.rank)},
          {"rank_certified", v.rank_certified},
          {"rank_reason", text_or_null(v.rank_reason)},
          {"symmetry_dimension", v.symmetry_dimension},
          {"flat_families", std::move(families)}};
}

Ordered witness_json(const std::optional<Witness>& witness) {
  if (!witness) return nullptr;
  Ordered direction = Ordered::array();
  for (const auto& [index, value] : witness->direction) {
    direction.push_back(Ordered{{"parameter", index}, {"value", value}});
  }
  return {{"kind", witness->kind},
          {"text", witness->text},
          {"parameter", witness->parameter_name.empty() ? Ordered(nullptr) : Ordered(witness->parameter)},
          {"parameter_name", text_or_null(witness->parameter_name)},
          {"gradient_lower", text_or_null(witness->gradient_lower)},
          {"gradient_upper", text_or_null(witness->gradient_upper)},
          {"epsilon", exact_text(witness->epsilon)},
          {"direction", std::move(direction)},
          {"kinks", witness->kinks}};
}

Ordered evidence_json(const Verdict& v) {
  Ordered spectra = Ordered::array();
  for (const Spectrum& spectrum : v.spectra) {
    spectra.push_back(Ordered{{"label", spectrum.label},
                              {"precision_bits", spectrum.precision_bits},
                              {"log10_magnitudes", reals(spectrum.magnitudes)}});
  }
  Ordered slices = Ordered::array();
  for (const Verdict::Slice& slice : v.slices) {
    Ordered points = Ordered::array();
    for (const auto& [t, value] : slice.points) points.push_back(reals({t, value}));
    slices.push_back(Ordered{{"label", slice.label}, {"points", std::move(points)}});
  }
  return {{"spectra", std::move(spectra)}, {"slices", std::move(slices)}};
}

Ordered to_json(const Verdict& v) {
  Ordered skipped = Ordered::array();
  for (const Skipped& item : v.skipped) skipped.push_back(Ordered{{"what", item.what}, {"why", item.why}});
  const Subject& subject = v.subject;
  Ordered out = {
      {"schema", "pgb-verdict/1"},
      {"tool", v.tool + " " PGB_VERSION},
      {"problem", text_or_null(v.problem_name)},
      {"problem_sha256", text_or_null(v.problem_sha256)},
      {"dimensions",
       {{"samples", v.samples},
        {"outputs", v.outputs},
        {"parameters", v.parameters},
        {"distinct_inputs", v.distinct_inputs}}},
      {"model", text_or_null(v.model_summary)},
      {"objective",
       {{"loss", text_or_null(v.loss_name)},
        {"regularizer", text_or_null(v.regularizer_summary)},
        {"convex", v.convex_loss}}},
      {"subject",
       {{"kind", subject.polished ? "nearby-critical-point" : "saved-point"},
        {"distance", exact_text(subject.polished ? subject.distance : 0)},
        {"existence_certified", !subject.polished || subject.existence_certified},
        {"radius", exact_text(subject.radius)}}},
      {"verdict", answer_name(v.answer)},
      {"certified", v.certified},
      {"reason", reason_name(v.reason)},
      {"explanation", v.explanation},
      {"next_steps", v.next_steps},
      {"loss", text_or_null(v.loss)},
      {"gradient_norm", text_or_null(v.gradient_norm)},
      {"loss_without_regularizer", text_or_null(v.existing_loss_part)},
      {"saved_point",
       {{"loss", text_or_null(v.saved_loss)}, {"gradient_norm", text_or_null(v.saved_gradient_norm)}}},
      {"gradient_basis",
       {{"holds", v.basis_holds},
        {"certified", v.basis_certified},
        {"reason", text_or_null(v.basis_reason)}}},
      {"span", span_json(v)},
      {"bound",
       {{"loss", text_or_null(v.loss)},
        {"pgb_value", text_or_null(v.pgb_value)},
        {"gap", text_or_null(v.gap)}}},
      {"second_order",
       {{"smallest_curvature", text_or_null(v.smallest_curvature)},
        {"certified", v.curvature_certified},
        {"negative", count_or_null(v.negative_curvatures)},
        {"zero", count_or_null(v.zero_curvatures)}}},
      {"witness", witness_json(v.witness)},
      {"skipped", std::move(skipped)},
      {"notes", v.notes},
      {"precision_bits", v.precision_bits},
      {"seconds", std::isfinite(v.seconds) ? Ordered(std::round(v.seconds * 1e3) / 1e3) : Ordered(nullptr)},
      {"certificate", text_or_null(v.certificate)},
      {"evidence", evidence_json(v)}};
  return out;
}

std::string dumped(const Ordered& json) {
  return json.dump(2, ' ', false, Ordered::error_handler_t::replace);
}

}  // namespace

std::string verdict_json(const Verdict& verdict) { return dumped(to_json(verdict)); }

std::string verdicts_json(const std::vector<Verdict>& verdicts) {
  Ordered all = Ordered::array();
  for (const Verdict& verdict : verdicts) all.push_back(to_json(verdict));
  return dumped(all);
}

}  // namespace pgb
