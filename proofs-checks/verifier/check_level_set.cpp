// level-set: a local minimum on a surface of points with the same outputs, all of them critical.
#include <flint/fmpq_mat.h>

#include "verifier/checks.h"
#include "verifier/network.h"

namespace pgb::verifier {
namespace {

using Op = Feature::Op;

// A basis of the differences between inputs of one class: the rows of an echelon form.
std::vector<Rationals> differences(const Setting& s, const Indices& first) {
  fmpq_mat_t d;
  fmpq_mat_init(d, slong(s.samples), slong(s.inputs));
  for (std::size_t k = 0; k < s.samples * s.inputs; ++k) {
    const std::size_t other = first[k / s.inputs] * s.inputs + k % s.inputs;
    fmpq_set_mpq(fmpq_mat_entry(d, k / s.inputs, k % s.inputs), Rational(s.x[k] - s.x[other]).get_mpq_t());
  }
  std::vector<Rationals> rows(std::size_t(fmpq_mat_rref(d, d)), Rationals(s.inputs));
  for (std::size_t k = 0; k < rows.size() * s.inputs; ++k)
    fmpq_get_mpq(rows[k / s.inputs][k % s.inputs].get_mpq_t(), fmpq_mat_entry(d, k / s.inputs, k % s.inputs));
  return fmpq_mat_clear(d), rows;
}

// The weights of inputs in each linear feature that reads them, by input. It is required that nothing else
// reads inputs that differ within a class.
std::vector<Indices> input_weights(const Setting& s, const std::vector<Rationals>& basis) {
  std::vector<Indices> rows;
  for (const Feature& feature : s.features) {
    Indices weights(s.inputs, none);
    bool reads = false;
    for (const auto& [h, w] : feature.terms) {
      bool differs = false;
      for (const Rationals& d : basis) differs = differs || (h < s.inputs && d[h] != 0);
      if (!differs || !feature.feeds_output) continue;
      require(feature.op == Op::affine && w != none && weights[h] == none,
              feature.name + " differs between the samples of a class");
      weights[h] = w, reads = true;
    }
    if (reads) rows.push_back(weights);
  }
  return rows;
}

}  // namespace

template <>
void check(const Setting& s, const certificate::LevelSet& claim) {
  require(s.loss.least_squares(), "the loss is neither squared nor mse");
  require(s.lambda == 0 && s.added_lambda == 0, "the objective is regularised");
  require(claim.classes.size() == s.samples, "classes: expected one for each sample");
  require_indices(claim.across, s.parameters, "across");
  const std::size_t d = s.outputs.size();
  std::map<std::size_t, std::size_t> first_of, size;
  Indices first;  // sample of the class
  std::map<std::size_t, Rationals> mean;
  for (std::size_t i = 0; i < s.samples; ++i) {
    first.push_back(first_of.emplace(claim.classes[i], i).first->second);
    ++size[first[i]], mean[first[i]].resize(d);
    for (std::size_t k = 0; k < d; ++k) mean[first[i]][k] += s.targets(i)[k];
  }
  for (auto& [i, sums] : mean) {
    for (Rational& sum : sums) sum /= Rational(size[i]);
  }
  // With the mean as the output of each class, the derivatives of the losses sum to 0 in it; times the
  // inputs, too.
  std::map<std::size_t, Rationals> moments;
  for (std::size_t i = 0; i < s.samples; ++i) {
    Rationals& sums = moments[first[i]];
    sums.resize(d * s.inputs);
    for (std::size_t t = 0; t < sums.size(); ++t)
      sums[t] +=
          (mean[first[i]][t / s.inputs] - s.targets(i)[t / s.inputs]) * s.x[i * s.inputs + t % s.inputs];
  }
  for (const auto& [i, sums] : moments) {
    for (const Rational& sum : sums)
      require(sum == 0, "the residuals of a class are not orthogonal to the inputs");
  }
  // Equations: every unit sees the same at all samples of a class, and the outputs are the means.
  const Rationals center = s.point(claim.center);
  const Rational radius = exact(claim.radius);
  const Balls z = box(center, radius, claim.across), at_center = box(center, 0, {});
  const Matrix jacobian_of_phi = jacobian(s, z, Kinks::refused, claim.across);
  const Network network(s, at_center, Kinks::refused);
  const std::vector<Rationals> basis = differences(s, first);
  const std::vector<Indices> weights = input_weights(s, basis);
  Balls f;
  Matrix a(claim.across.size(), claim.across.size());
  const std::size_t equations = weights.size() * basis.size() + mean.size() * d;
  require(equations == claim.across.size(), "across: not as many parameters as equations");
  for (const Indices& row : weights) {
    for (const Rationals& difference : basis) {
      Rational sum;
      for (std::size_t j = 0; j < s.inputs; ++j) {
        if (row[j] == none) continue;
        sum += difference[j] * center[row[j]];
        for (std::size_t p = 0; p < equations; ++p)
          if (claim.across[p] == row[j]) a.add(f.size(), p, difference[j]);
      }
      f.emplace_back(sum);
    }
  }
  for (const auto& [i, means] : mean) {
    const State state = network.forward(i);
    for (std::size_t k = 0; k < d; ++k) {
      for (std::size_t p = 0; p < equations; ++p) a.set(f.size(), p, jacobian_of_phi(i * d + k, p));
      f.push_back(state.value[s.outputs[k]] - Ball(means[k]));
    }
  }
  require_zero(precondition(a, "the Jacobian matrix of the level set's equations"), f, radius, "existence");
  const Matrix h = hessian(s, z, claim.across);
  precondition(h, "the Hessian matrix across the level set");
  require_positive_definite(h, "the Hessian matrix across the level set");
}

}  // namespace pgb::verifier
