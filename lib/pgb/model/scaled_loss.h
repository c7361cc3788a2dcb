// The transformation of a loss by two auxiliary scalars, without any unit: L(theta) (1 + (a exp(b) - 1)^2).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pgb/model/problem.h"

namespace pgb {

// z = (theta, a, b). A sample is (x_i, y_i), its one output l(f(x_i; theta), y_i) (1 + (a exp(b) - 1)^2):
// with the loss "value", l(q) = q, the mean of the outputs is L(theta) (1 + (a exp(b) - 1)^2).
class ScaledLossModel : public Model {
 public:
  // Targets are `targets` numbers for each sample.
  ScaledLossModel(std::shared_ptr<const Model> base, const Loss& loss, std::size_t targets);

  std::size_t inputs() const override { return base_->inputs() + targets_; }
  std::size_t outputs() const override { return 1; }
  std::size_t parameters() const override { return blocks_.back().end; }
  const std::vector<ParameterBlock>& blocks() const override { return blocks_; }
  std::optional<std::vector<std::size_t>> homogeneous_parameters() const override { return std::nullopt; }
  bool piecewise_analytic() const override { return base_->piecewise_analytic(); }
  const Model& base() const { return *base_; }
  const Loss& loss() const { return loss_; }

#define PGB_DECLARE_EVALUATE(S) \
  std::unique_ptr<Evaluation<S>> evaluate(const Vector<S>& z, ConstView<S> x) const override;
  PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_EVALUATE)
#undef PGB_DECLARE_EVALUATE

 private:
  std::shared_ptr<const Model> base_;
  Loss loss_;
  std::size_t targets_;
  std::vector<ParameterBlock> blocks_;
};

// L(theta) (1 + (a exp(b) - 1)^2) + lambda a^2 for the problem's L, from a = b = 0; lambda exact text. If min
// L = 0, its local minima are global minima of L with a = 0: at any other point one of the derivatives in a
// and b is not 0, by a d_a - d_b = 2 lambda a^2. Throws std::invalid_argument for a problem with a
// regulariser. J. Sohl-Dickstein, K. Kawaguchi, "Eliminating all bad local minima from loss landscapes
// without even adding an extra unit", arXiv 1901.03909, 2019.
Problem scale_loss(const Problem& problem, const std::string& lambda);

}  // namespace pgb
