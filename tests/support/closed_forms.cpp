#include "support/closed_forms.h"

#include <map>
#include <stdexcept>

namespace pgb::test {
namespace {

using MpfrFunction = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

Real apply(MpfrFunction f, const Real& x) {
  Real y = x;
  f(y.backend().data(), x.backend().data(), MPFR_RNDN);
  return y;
}
Real exp_of(const Real& x) { return apply(mpfr_exp, x); }
Real sqrt_of(const Real& x) { return apply(mpfr_sqrt, x); }

Real pi_like(const Real& x) {
  Real pi = x;
  mpfr_const_pi(pi.backend().data(), MPFR_RNDN);
  return pi;
}

// (1 + tanh(x / 2)) / 2
Real sigmoid_of(const Real& x) { return (1 + apply(mpfr_tanh, Real(x / 2))) / 2; }

// The distribution function of the normal distribution and its density.
Real normal_of(const Real& x) { return apply(mpfr_erfc, Real(-x / sqrt_of(Real(x * 0 + 2)))) / 2; }
Real density_of(const Real& x) { return exp_of(Real(-x * x / 2)) / sqrt_of(Real(2 * pi_like(x))); }

// The double that stands for a number in a node, or its default.
Real number(const io::NodeSpec& node, const std::string& name, double otherwise) {
  const auto found = node.numbers.find(name);
  return Real(found == node.numbers.end() ? otherwise : found->second);
}

bool by_tanh(const io::NodeSpec& node) {
  return node.words.count("approximate") != 0 && node.words.at("approximate") == "tanh";
}

// PyTorch's constants of selu, as doubles.
constexpr double kSeluAlpha = 1.6732632423543772848170429916717,
                 kSeluScale = 1.0507009873554804934193349852946;
constexpr double kGeluCubic = 0.044715;

}  // namespace

std::string name_of(const io::NodeSpec& node) {
  std::string text = node.op;
  for (const auto& entry : node.numbers) text += " " + entry.first + "=" + std::to_string(entry.second);
  for (const auto& entry : node.words) text += " " + entry.first + "=" + entry.second;
  return text;
}

Real closed_form(const io::NodeSpec& node, const Real& x) {
  const std::string& op = node.op;
  if (op == "relu") return x > 0 ? x : Real(0);
  if (op == "leaky_relu") return x > 0 ? x : Real(number(node, "negative_slope", 0.01) * x);
  if (op == "elu") return x > 0 ? x : Real(number(node, "alpha", 1) * (exp_of(x) - 1));
  if (op == "selu") return kSeluScale * (x > 0 ? x : Real(kSeluAlpha * (exp_of(x) - 1)));
  if (op == "tanh") return 2 * sigmoid_of(Real(2 * x)) - 1;
  if (op == "sigmoid") return sigmoid_of(x);
  if (op == "softplus") {
    const Real beta = number(node, "beta", 1);
    return apply(mpfr_log, Real(1 + exp_of(Real(beta * x)))) / beta;
  }
  if (op == "erf") return 1 - apply(mpfr_erfc, x);
  if (op == "gelu" && by_tanh(node)) {
    return x * sigmoid_of(Real(2 * sqrt_of(Real(2 / pi_like(x))) * (x + Real(kGeluCubic) * x * x * x)));
  }
  if (op == "gelu") return x * normal_of(x);
  if (op == "silu") return x * sigmoid_of(x);
  if (op == "exp") return exp_of(x);
  if (op == "sin") return -apply(mpfr_sin, Real(-x));
  if (op == "square") return x * x;
  throw std::logic_error("no closed form of " + op);
}

Real closed_form_slope(const io::NodeSpec& node, const Real& x) {
  const std::string& op = node.op;
  if (op == "relu") return x > 0 ? 1 : 0;
  if (op == "leaky_relu") return x > 0 ? Real(1) : number(node, "negative_slope", 0.01);
  if (op == "elu") return x > 0 ? Real(1) : Real(number(node, "alpha", 1) * exp_of(x));
  if (op == "selu") return kSeluScale * (x > 0 ? Real(1) : Real(kSeluAlpha * exp_of(x)));
  if (op == "tanh") return 4 * sigmoid_of(Real(2 * x)) * sigmoid_of(Real(-2 * x));
  if (op == "sigmoid") return sigmoid_of(x) * sigmoid_of(Real(-x));
  if (op == "softplus") return sigmoid_of(Real(number(node, "beta", 1) * x));
  if (op == "erf") return 2 * sqrt_of(Real(1 / pi_like(x))) * exp_of(Real(-x * x));
  if (op == "gelu" && by_tanh(node)) {
    const Real c = sqrt_of(Real(2 / pi_like(x))), u = c * (x + Real(kGeluCubic) * x * x * x);
    const Real p = sigmoid_of(Real(2 * u)), q = sigmoid_of(Real(-2 * u));
    return p + 2 * x * p * q * c * (1 + 3 * Real(kGeluCubic) * x * x);
  }
  if (op == "gelu") return normal_of(x) + x * density_of(x);
  if (op == "silu") return sigmoid_of(x) + x * sigmoid_of(x) * sigmoid_of(Real(-x));
  if (op == "exp") return exp_of(x);
  if (op == "sin") return apply(mpfr_cos, x);
  if (op == "square") return 2 * x;
  throw std::logic_error("no slope of " + op);
}

std::vector<std::vector<Real>> naive_values(const io::ModelSpec& spec, const io::Tensors& tensors,
                                            const std::vector<Real>& x) {
  std::vector<std::vector<Real>> values{x};
  std::map<std::string, std::size_t> index{{"x", 0}};
  for (const io::NodeSpec& node : spec.nodes) {
    std::vector<Real> y = values[index.at(node.inputs[0])];
    if (node.op == "linear") {
      const io::Tensor& w = tensors.at(node.weight);
      const std::vector<Real> u = y;
      y.clear();
      for (std::size_t o = 0; o < w.shape[0]; ++o) {
        Real sum(node.bias.empty() ? 0 : tensors.at(node.bias).values[o]);
        for (std::size_t i = 0; i < w.shape[1]; ++i) sum += w.values[o * w.shape[1] + i] * u[i];
        y.push_back(sum);
      }
    } else if (node.op == "add" || node.op == "mul") {
      for (std::size_t k = 1; k < node.inputs.size(); ++k) {
        const std::vector<Real>& u = values[index.at(node.inputs[k])];
        for (std::size_t i = 0; i < y.size(); ++i)
          y[i] = node.op == "add" ? Real(y[i] + u[i]) : Real(y[i] * u[i]);
      }
    } else if (node.op == "concat") {
      for (std::size_t k = 1; k < node.inputs.size(); ++k) {
        const std::vector<Real>& u = values[index.at(node.inputs[k])];
        y.insert(y.end(), u.begin(), u.end());
      }
    } else if (node.op != "identity" && node.op != "flatten") {
      for (Real& v : y) v = closed_form(node, v);
    }
    index[node.name] = values.size();
    values.push_back(y);
  }
  return values;
}

}  // namespace pgb::test
