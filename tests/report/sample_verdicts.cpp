#include "report/sample_verdicts.h"

#include <cmath>
#include <string>

namespace pgb::test {
namespace {

Spectrum falling(const std::string& label, std::size_t count, double first, double last, long bits) {
  Spectrum out{label, {}, bits};
  for (std::size_t k = 0; k < count; ++k) {
    const double t = static_cast<double>(k) / static_cast<double>(count - 1);
    out.magnitudes.push_back(first + (last - first) * std::pow(t, 1.3));
  }
  return out;
}

FamilyReport family(const std::string& kind, const std::string& where, std::size_t dimension, double gradient,
                    std::size_t points, bool symmetry = false) {
  FamilyReport out;
  out.kind = kind;
  out.where = where;
  out.dimension = dimension;
  out.straight = !symmetry;
  out.symmetry = symmetry;
  out.why_exact = "the outputs do not depend on these parameters while the outgoing weights are 0";
  out.largest_gradient = gradient;
  out.perturbations = points;
  return out;
}

}  // namespace

Verdict violated_verdict() {
  Verdict v;
  v.problem_name = "examples/digits/tanh_aug.json";
  v.problem_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  v.samples = 120, v.outputs = 10, v.parameters = 1120, v.distinct_inputs = 120;
  v.model_summary = "linear 64 -> 6, tanh, linear 6 -> 10; 10 added neurons";
  v.loss_name = "cross_entropy";
  v.regularizer_summary = "l2, lambda 1/1000";
  v.subject = {true, 3.1e-9, true, 1.2e-3};
  v.answer = Answer::violated;
  v.certified = true;
  v.reason = Reason::flat_direction;
  v.explanation =
      "The outgoing weight of the added neuron of output 3 is 0, so its input weights are free, and moving "
      "them "
      "along the witness makes the gradient nonzero: no local minimum of the augmented objective is here.";
  v.next_steps = {"Run descent from the witness: the loss falls along aug.a[3].",
                  "Write the proof with --certificate FILE and check it with pgbverify."};
  v.loss = "0.412345678901234567890123456789", v.gradient_norm = "2.7182818284590452e-41";
  v.saved_loss = "0.412345678901235", v.saved_gradient_norm = "3.14159265e-12";
  v.existing_loss_part = "0.37111111111";
  v.basis_holds = v.basis_certified = true;
  v.basis_reason = "the last layer is linear";
  v.ambient = 1200;
  v.unperturbed_rank = 456, v.rank = 1200;
  v.unperturbed_rank_certified = false, v.rank_certified = true;
  v.rank_reason = "1200 pivots, each enclosed away from 0";
  v.symmetry_dimension = 6;
  for (std::size_t k = 0; k < 10; ++k) {
    v.families.push_back(family("added neurons", "added neuron of output " + std::to_string(k), 65,
                                3.1e-4 / double(k + 1), 24));
  }
  v.families.push_back(family("zero outgoing weights", "layer fc1, unit 3", 65, 2.2e-5, 12));
  v.families.push_back(family("null space of the hidden features", "layer fc2", 40, 0, 8));
  v.families.push_back(family("rescaling", "layer fc1, units 0 to 5", 6, 0, 0, true));
  v.spectra = {falling("before perturbation", 456, 2.1, -7.5, 53),
               falling("after perturbation", 1200, 2.4, -78, 512)};
  v.pgb_value = "-inf", v.gap = "inf";
  v.smallest_curvature = "-0.00031415926535897932384626";
  v.negative_curvatures = 1, v.zero_curvatures = 0;
  Witness witness;
  witness.kind = "flat-direction";
  witness.text = "Moving the added neuron of output 3 while its outgoing weight is 0.";
  witness.parameter = 453, witness.parameter_name = "aug.a[3]";
  witness.epsilon = 0.25;
  for (std::size_t k = 0; k < 9; ++k) witness.direction.emplace_back(500 + k, "0x1.8p-3");
  witness.gradient_lower = "0.000310000000000012", witness.gradient_upper = "0.000310000000000037";
  v.witness = witness;
  v.skipped = {{"value of the PGB model by optimisation", "needs 12.4 GiB; --max-memory is 8.0 GiB"}};
  v.notes = {"The saved parameters were float32; they were taken as the exact numbers they are."};
  Verdict::Slice slice{"along the flat direction of the witness", {}};
  for (int k = -30; k <= 30; ++k) {
    const double t = k / 30.0;
    slice.points.emplace_back(t, 0.4123 - 3e-6 * t + 1e-6 * t * t);
  }
  v.slices = {slice};
  v.precision_bits = 512;
  v.seconds = 73.25;
  v.certificate = "tanh_aug.cert.json";
  return v;
}

Verdict satisfied_verdict() {
  Verdict v;
  v.problem_name = "examples/digits/tanh.json";
  v.problem_sha256 = std::string(64, 'a');
  v.samples = 20, v.outputs = 2, v.parameters = 36, v.distinct_inputs = 19;
  v.model_summary = "linear 4 -> 4, tanh, linear 4 -> 2";
  v.loss_name = "squared";
  v.subject = {true, 4.4e-15, true, 1e-3};
  v.answer = Answer::satisfied;
  v.certified = true;
  v.reason = Reason::regular_critical_point;
  v.explanation =
      "The rank of the gradient basis is the largest its symmetries allow, so flat perturbations add "
      "nothing.";
  v.loss = "1.25", v.gradient_norm = "0";
  v.saved_loss = "1.25", v.saved_gradient_norm = "1e-14";
  v.basis_holds = v.basis_certified = true;
  v.basis_reason = "the last layer is linear";
  v.ambient = 40;
  v.unperturbed_rank = 36, v.rank = 36;
  v.unperturbed_rank_certified = v.rank_certified = true;
  v.spectra = {falling("before perturbation", 36, 1, -3, 53), falling("after perturbation", 36, 1, -3, 128)};
  v.pgb_value = "1.25", v.gap = "0";
  v.smallest_curvature = "0.0123456789", v.curvature_certified = true;
  v.precision_bits = 128;
  v.seconds = 0.4231;
  return v;
}

Verdict undecided_verdict() {
  Verdict v;
  v.problem_name = "big.json";
  v.samples = 60000, v.outputs = 10, v.parameters = 1199882, v.ambient = 600000;
  v.model_summary =
      "conv2d 1 -> 32, relu, conv2d 32 -> 64, relu, max_pool2d, flatten, linear 9216 -> 128, relu, linear "
      "128 -> 10";
  v.loss_name = "polynomial_hinge";
  v.convex_loss = false;
  v.reason = Reason::no_evidence;
  v.explanation =
      "The saved point is not far from critical, but the span of its gradients does not fit in memory.";
  v.next_steps = {"Allow more memory with --max-memory 48G."};
  v.skipped = {{"rank of the perturbed gradient span", "needs 46.1 GiB; --max-memory is 8.0 GiB"},
               {"curvature", "needs 10.5 TiB; --max-memory is 8.0 GiB"}};
  v.loss = "3.25e-700", v.gradient_norm = "1.5e-3";
  v.seconds = 7385;
  return v;
}

std::vector<Verdict> sample_verdicts() {
  return {violated_verdict(), satisfied_verdict(), undecided_verdict()};
}

}  // namespace pgb::test
