#include "pgb/search/descent/transformations.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <random>
#include <stdexcept>

#include "pgb/io/exact_number.h"
#include "pgb/model/scaled_loss.h"
#include "pgb/search/descent/flow.h"

namespace pgb::search {
namespace {

std::string half(const std::string& lambda) {
  return boost::multiprecision::cpp_rational(
             boost::multiprecision::cpp_rational(io::canonical_rational(lambda)) / 2)
      .str();
}

// Liang and others ask for a twice differentiable loss that does not increase with y q and whose critical
// points are its minima: of the library's losses the hinge with p >= 3.
void expect_smooth_hinge(const Problem& problem) {
  const Loss& loss = problem.loss;
  if (loss.kind() != Loss::Kind::polynomial_hinge || loss.power() < 3 || problem.model->outputs() != 1) {
    throw std::invalid_argument(
        "single neuron: expected one output and the loss polynomial_hinge with p >= 3, found " +
        std::to_string(problem.model->outputs()) + " outputs and the loss " + loss.name());
  }
}

}  // namespace

const char* transformation_name(Transformation transformation) {
  switch (transformation) {
    case Transformation::added_neurons:
      return "added neurons";
    case Transformation::single_neuron:
      return "single neuron, lambda/2";
    case Transformation::scaled_loss:
      return "scaled loss";
    case Transformation::coercive:
      break;
  }
  return "added neurons, coercive";
}

Transformed transform(const Problem& problem, Transformation transformation, const std::string& lambda,
                      std::uint64_t seed) {
  if (transformation == Transformation::scaled_loss) {
    Transformed scaled{scale_loss(problem, lambda), {}, {}};
    const std::size_t n = scaled.problem.model->parameters();
    scaled.logarithmic = {n - 2};
    scaled.exponents = {n - 1};
    return scaled;
  }
  if (transformation == Transformation::single_neuron) expect_smooth_hinge(problem);
  const bool halved = transformation == Transformation::single_neuron;
  Transformed result{add_neurons(problem, halved ? half(lambda) : lambda), {}, {}};
  result.logarithmic = scale_parameters(result.problem);
  const AddedNeurons& at = *result.problem.model->added();
  for (std::size_t k = at.b; k < at.w; ++k) result.exponents.push_back(k);
  if (transformation == Transformation::coercive) {
    std::mt19937_64 random(seed);
    for (std::size_t k = 0; k < result.problem.model->parameters(); ++k) {
      result.problem.regularizer.push_back(
          {k, k + 1, io::canonical_rational(std::to_string(1024 + random() % 1024) + "/1048576")});
    }
  }
  return result;
}

}  // namespace pgb::search
