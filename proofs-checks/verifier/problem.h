// The problem of a certificate, with exact numbers: Q(z) = (1/m) sum_i l(phi(x_i; z), y_i) + R(z).
#pragma once

#include <map>

#include "pgb/certificate/certificate.h"
#include "pgb/io/problem_file.h"
#include "verifier/numbers.h"

namespace pgb::verifier {

struct Activation {
  enum class Kind { relu, leaky, elu, softplus, sigmoid, tanh, erf, exp, gelu, gelu_tanh, silu, sin, square };
  Kind kind = Kind::relu;
  double slope = 0;  // relu, leaky: of the negative side; elu, selu: alpha; softplus: beta
  double scale = 1;  // selu
  bool homogeneous() const { return kind == Kind::relu || kind == Kind::leaky; }  // x or slope x
  bool piecewise() const { return homogeneous() || kind == Kind::elu; }           // analytic off 0 only
  bool odd() const { return kind == Kind::tanh || kind == Kind::erf || kind == Kind::sin; }
};
// Over all points of a ball. Where a piecewise activation may be at its kink, value and slope hold those of
// both sides with all that is between, and the curvature means nothing.
struct ActivationRange {
  Ball value, slope, curvature;
  bool kink = false;
};
ActivationRange range(const Activation& activation, const Ball& x);

struct Loss {
  enum class Kind { squared, mse, cross_entropy, logistic, polynomial_hinge, absolute_cubed };
  Kind kind = Kind::squared;
  int power = 2;  // p of polynomial_hinge
  bool class_targets() const { return kind == Kind::cross_entropy; }
  bool sign_targets() const { return kind == Kind::logistic || kind == Kind::polynomial_hinge; }
  bool least_squares() const { return kind == Kind::squared || kind == Kind::mse; }
};
// Of one sample, over all points of balls q: l, d l / d q_k, and c_k, where l'' = diag(c), for cross_entropy
// diag(c) - c c^T with sum c = 1. Where l'' may jump (polynomial_hinge, p = 2) c means nothing.
struct LossRange {
  Ball value;
  Balls gradient, curvature;
  bool kink = false;
};
LossRange range(const Loss& loss, const Balls& q, const Rational* y);  // y: as many as q, or an index of q

// False where the node is no activation. Both throw Rejected for what the checker does not know.
bool read_activation(const io::NodeSpec& node, Activation& activation);
Loss read_loss(const io::ProblemFile& problem);
using Indices = std::vector<std::size_t>;
constexpr std::size_t none = static_cast<std::size_t>(-1);

// The network is a list of scalar features, each computed from ones before it.
struct Term {
  std::size_t feature;
  std::size_t weight = none;  // a parameter; without one the weight is 1
};
struct Feature {
  enum class Op { input, affine, activation, product };
  Op op = Op::input;
  std::vector<Term> terms = {};  // affine: sum of weight * feature; activation: one; product: two factors
  std::size_t bias = none;       // affine: a parameter
  Activation activation = {};
  std::string name = {};  // of node and unit, for people: what is long is cut
  bool feeds_output = false;
  std::string node = {};  // its whole name
};

struct Setting {
  std::vector<Feature> features;          // the first d_x are the input
  Indices outputs;                        // phi, with the added neurons
  std::map<std::string, Indices> linear;  // linear node -> its features
  std::size_t samples = 0, inputs = 1;    // m, d_x
  std::size_t parameters = 0;             // n
  std::size_t model_parameters = 0;       // of these the model's, which come first; then a, b, W
  Indices uses;                           // [n]: how often a parameter is used
  Rationals saved, x, y;                  // [n], [m d_x], [m d_y] or [m] class indices
  Loss loss;
  Rational lambda, added_lambda;  // R = lambda |model parameters|^2 + added_lambda |a|^2
  Indices group;                  // which of the distinct inputs each sample has, in order of appearance
  std::size_t distinct_inputs = 0;
  bool is_a(std::size_t k) const { return k >= model_parameters && k < model_parameters + outputs.size(); }
  Rational penalty(std::size_t k) const { return k < model_parameters ? lambda : is_a(k) * added_lambda; }
  const Rational* targets(std::size_t i) const { return &y[i * (loss.class_targets() ? 1 : outputs.size())]; }
  const Indices& node(const std::string& name) const;  // of `linear`
  Rationals point(const certificate::Point& p) const;
};
// Throws Rejected for operations and losses that the checker does not know, and for shapes that do not fit.
Setting read_setting(const io::ProblemFile& problem);

Rational exact(const certificate::Number& number);
Indices below(std::size_t end);
// z_k +- radius for the `moving` k, z_k for the others. Throws Rejected for a negative radius.
Balls box(const Rationals& center, const Rational& radius, const Indices& moving);
// Throws Rejected if an index is not below `end`, or appears twice.
void require_indices(const Indices& indices, std::size_t end, const std::string& what);
// Index -> number, checked in the same way.
std::map<std::size_t, Rational> entries(const certificate::SparseVector& v, std::size_t end);

}  // namespace pgb::verifier
