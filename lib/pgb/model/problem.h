// A training problem at one point: model, data, loss, regulariser and the saved parameters z.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "pgb/io/problem_file.h"
#include "pgb/model/loss.h"
#include "pgb/model/model.h"

namespace pgb {

// lambda * sum of z_k^2 over [begin, end).
struct QuadraticTerm {
  std::size_t begin = 0, end = 0;
  std::string lambda;  // exact rational "p/q"
};

constexpr std::size_t kLongestInline = 20'000;  // numbers of a problem whose canonical text is kept

// Q(z) = (1/m) sum_i l(f(x_i; z), y_i) + R(z), R the sum of `regularizer`. Exact: every number is a double or
// a rational. Copies share the model.
struct Problem {
  std::shared_ptr<const Model> model;
  io::Tensor parameters;  // [n]
  io::Tensor x;           // [m, d_x]
  io::Tensor y;           // [m, d_y]; [m, 1] class indices for cross_entropy
  Loss loss;
  std::vector<QuadraticTerm> regularizer;
  std::string sha256;                // digest of the canonical text; empty for a problem built in code
  std::string canonical;             // that text where it is short (see kLongestInline), for certificates
  std::string name;                  // where it came from, for people
  std::vector<std::string> notices;  // of the readers, for people

  std::size_t samples() const { return x.shape.at(0); }
  std::size_t ambient() const { return samples() * model->outputs(); }  // N = m d_y
};

// Reads a problem file. Throws InputError.
Problem load_problem(const std::string& path, const io::ProblemOverrides& overrides = {});

// The same from the plain data of one.
Problem make_problem(const io::ProblemFile& file);

// A problem built in code. x holds m rows of d_x, y m rows of d_y (or of one class index); throws InputError
// when sizes do not fit the model and loss.
Problem make_problem(std::shared_ptr<const Model> model, std::vector<double> parameters,
                     std::vector<double> x, std::vector<double> y, const std::string& loss = "squared");

// The same problem with one exponential unit added to each output (all zero) and lambda |a|^2 in R; lambda
// exact text.
Problem add_neurons(const Problem& problem, const std::string& lambda);

// Samples with equal inputs (exact comparison): group[i] is the number of the group of sample i, numbered in
// order of first appearance.
struct InputGroups {
  std::vector<std::size_t> group;
  std::size_t count = 0;
};
InputGroups equal_input_groups(const Problem& problem);

// The tensor's numbers in a scalar: exact in a Ball (rationals: enclosed), rounded to nearest in the others.
template <class S>
Vector<S> to_scalars(const io::Tensor& tensor);

#define PGB_DECLARE_CONVERSION(S) extern template Vector<S> to_scalars<S>(const io::Tensor&);
PGB_FOR_EVALUATION_SCALARS(PGB_DECLARE_CONVERSION)
#undef PGB_DECLARE_CONVERSION

// The exact tensor [n] of a vector of binary floating-point numbers.
io::Tensor to_tensor(const Vector<double>& values);
io::Tensor to_tensor(const Vector<Quad>& values);
io::Tensor to_tensor(const Vector<Real>& values);

}  // namespace pgb
