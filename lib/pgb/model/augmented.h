// A model with one exponential unit added to each output: f(x)_k + a_k exp(w_k . x + b_k).
#pragma once

#include <memory>

#include "pgb/model/model.h"

namespace pgb {

// z = (z of the base model, a, b, W), W row-major [d_y, d_x]. See docs/theory.md, "The added neurons".
class AugmentedModel : public Model {
 public:
  explicit AugmentedModel(std::shared_ptr<const Model> base);

  std::size_t inputs() const override { return base_->inputs(); }
  std::size_t outputs() const override { return base_->outputs(); }
  std::size_t parameters() const override { return blocks_.back().end; }
  const std::vector<ParameterBlock>& blocks() const override { return blocks_; }
  std::optional<std::vector<std::size_t>> homogeneous_parameters() const override;
  bool piecewise_analytic() const override { return base_->piecewise_analytic(); }
  const Graph* graph() const override { return base_->graph(); }
  const AddedNeurons* added() const override { return &added_; }
  const Model& base() const { return *base_; }

#define PGB_DECLARE_EVALUATE(S) \
  std::unique_ptr<Evaluation<S>> evaluate(const Vector<S>& z, ConstView<S> x) const override;
  PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_EVALUATE)
#undef PGB_DECLARE_EVALUATE

 private:
  std::shared_ptr<const Model> base_;
  std::vector<ParameterBlock> blocks_;
  AddedNeurons added_;
};

}  // namespace pgb
