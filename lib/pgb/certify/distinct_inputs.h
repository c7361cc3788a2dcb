// What the proofs about interpolation share: the model on the distinct inputs of the data, and the parameters
// that may move. Not for users of the library.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgb/linalg/verified_inverse.h"
#include "pgb/model/problem.h"
#include "pgb/scalar/matrix.h"
#include "pgb/scalar/scalars.h"

namespace pgb::interpolation_detail {

// Systems up to this size may be treated in balls.
constexpr std::size_t kLargestInBalls = 300;

// Two digits.
std::string brief(double x);

class DistinctInputs {
 public:
  // Throws std::invalid_argument, naming the caller, when center has not n finite entries.
  DistinctInputs(const Problem& problem, const Vector<Real>& center, const char* caller);

  std::size_t equations() const { return groups_.count * problem_.model->outputs(); }  // N_eff
  const InputGroups& groups() const { return groups_; }
  const Vector<Ball>& z() const { return z_; }  // exact
  const std::vector<std::size_t>& regularized() const { return regularized_; }
  const std::vector<std::size_t>& movable() const { return movable_; }  // all others but the added neurons' a

  Matrix<Ball> outputs(const Vector<Ball>& z) const;     // d_y x groups
  std::vector<Kink> kinks(const Vector<Ball>& z) const;  // samples numbered as in the data

  // The given columns of J (N_eff x columns). All of J is made in passing where `memory` (bytes, 0: any)
  // allows, one forward product a column otherwise.
  template <class S>
  Matrix<S> jacobian(const Vector<S>& z, const std::vector<std::size_t>& columns, std::size_t memory) const;

  // N_eff movable coordinates in which J is well-conditioned at the centre, ascending; fewer when there are
  // not as many.
  std::vector<std::size_t> choose_coordinates(std::size_t memory) const;
  std::string why_too_few(std::size_t found) const;

 private:
  template <class S>
  Matrix<S> inputs() const;

  const Problem& problem_;
  InputGroups groups_;
  std::vector<std::size_t> first_;  // the first sample of each group
  Vector<Ball> z_;
  std::vector<std::size_t> regularized_, movable_;
};

}  // namespace pgb::interpolation_detail
