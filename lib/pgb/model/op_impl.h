// Implements the virtual functions of an Op for every scalar from four member templates of Derived:
//   template <class S> Matrix<S> forward_of(const OpArguments<S>&) const;
//   template <class S> Matrix<S> forward_product_of(const OpArguments<S>&, ConstView<S>, const
//   OpArguments<S>&) const; template <class S> void reverse_inputs_of(const OpArguments<S>&, ConstView<S>,
//   ConstView<S>,
//                                             const std::vector<Matrix<S>*>&) const;
//   template <class S> void reverse_parameters_of(const OpArguments<S>&, ConstView<S>, ConstView<S>, S*, S*)
//   const;
// and where it has kinks
//   template <class S> void find_kinks_of(const OpArguments<S>&, const std::vector<bool>&,
//                                         std::vector<UnitKink>&) const;
#pragma once

#include "pgb/model/op.h"

namespace pgb {

template <class Derived, class List>
class OpBodies;

template <class Derived>
class OpBodies<Derived, TypeList<>> : public Op {
 public:
  template <class S>
  void find_kinks_of(const OpArguments<S>&, const std::vector<bool>&, std::vector<UnitKink>&) const {}
};

template <class Derived, class S, class... Rest>
class OpBodies<Derived, TypeList<S, Rest...>> : public OpBodies<Derived, TypeList<Rest...>> {
 public:
  Matrix<S> forward(const OpArguments<S>& in) const final { return self().template forward_of<S>(in); }
  Matrix<S> forward_product(const OpArguments<S>& in, ConstView<S> y, const OpArguments<S>& dot) const final {
    return self().template forward_product_of<S>(in, y, dot);
  }
  void reverse_inputs(const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar,
                      const std::vector<Matrix<S>*>& input_bar) const final {
    self().template reverse_inputs_of<S>(in, y, y_bar, input_bar);
  }
  void reverse_parameters(const OpArguments<S>& in, ConstView<S> y, ConstView<S> y_bar, S* weight_bar,
                          S* bias_bar) const final {
    self().template reverse_parameters_of<S>(in, y, y_bar, weight_bar, bias_bar);
  }
  void find_kinks(const OpArguments<S>& in, const std::vector<bool>& still,
                  std::vector<UnitKink>& found) const final {
    self().template find_kinks_of<S>(in, still, found);
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

template <class Derived>
using OpImplementation = OpBodies<Derived, EvaluationScalars>;

// The reverse_parameters_of of an op without parameters.
struct NoParameters {
  template <class S>
  void reverse_parameters_of(const OpArguments<S>&, ConstView<S>, ConstView<S>, S*, S*) const {}
};

}  // namespace pgb
