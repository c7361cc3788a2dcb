#include "pgb/model/problem.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/model/augmented.h"
#include "pgb/model/graph.h"

namespace pgb {
namespace {

template <class S>
struct Convert {
  static S number(double x) { return S(x); }
  static S rational(const std::string& q) { return from_rational<S>(q); }
};
template <class T>
struct Convert<Dual<T>> {
  static Dual<T> number(double x) { return Dual<T>::constant(T(x)); }
  static Dual<T> rational(const std::string& q) { return Dual<T>::constant(from_rational<T>(q)); }
};

// Appends `tensor` to the flat z, zeros where it is absent.
void append(const ParameterBlock& block, const io::Tensors& tensors, bool may_be_absent,
            const std::string& source, io::Tensor& z) {
  const auto found = tensors.find(block.name);
  const std::size_t count = block.end - block.begin;
  if (found == tensors.end()) {
    if (!may_be_absent) throw InputError(source + ": tensor \"" + block.name + "\" is missing");
    z.values.resize(z.values.size() + count, 0.0);
    return;
  }
  if (found->second.shape != block.shape && !(may_be_absent && found->second.size() == count)) {
    throw InputError(source + ": tensor \"" + block.name + "\": expected " + std::to_string(count) +
                     " numbers, found " + std::to_string(found->second.size()));
  }
  for (const auto& entry : found->second.exact) z.exact[z.values.size() + entry.first] = entry.second;
  z.values.insert(z.values.end(), found->second.values.begin(), found->second.values.end());
}

void check_targets(const Problem& problem, const std::string& source) {
  const std::size_t d = problem.model->outputs(), m = problem.samples();
  const std::size_t width = problem.loss.class_targets() ? 1 : d;
  const std::string where = source + ": \"y\"";
  if (problem.y.shape != Shape{m, width} || problem.y.size() != m * width) {
    throw InputError(where + ": expected " + std::to_string(m) + " x " + std::to_string(width) +
                     (problem.loss.class_targets() ? " class indices" : " targets") + " for loss " +
                     problem.loss.name() + ", found " + std::to_string(problem.y.size()) + " numbers in " +
                     std::to_string(problem.y.shape[0]) + " rows");
  }
  for (std::size_t i = 0; i < problem.y.size(); ++i) {
    const double y = problem.y.values[i];
    const bool exact = problem.y.exact.count(i) == 0;
    if (problem.loss.class_targets() && !(exact && y >= 0 && y < static_cast<double>(d) &&
                                          y == static_cast<double>(static_cast<std::size_t>(y)))) {
      throw InputError(where + ": sample " + std::to_string(i) + ": expected a class index from 0 to " +
                       std::to_string(d - 1) + ", found " + to_text(y));
    }
    if (problem.loss.sign_targets() && !(exact && (y == 1 || y == -1))) {
      throw InputError(where + ": sample " + std::to_string(i / width) + ": loss " + problem.loss.name() +
                       " expects -1 or 1, found " + to_text(y));
    }
  }
}

// [m, anything] as [m, width].
void flatten_rows(io::Tensor& tensor) {
  const std::size_t m = tensor.shape.empty() ? 1 : tensor.shape[0];
  tensor.shape = {m, m == 0 ? 0 : tensor.size() / m};
}

void check_inputs(const Problem& problem, const std::string& source) {
  if (problem.x.shape.size() != 2 || problem.x.shape[0] == 0 ||
      problem.x.shape[1] != problem.model->inputs()) {
    throw InputError(
        source + ": \"x\": expected samples of " + std::to_string(problem.model->inputs()) +
        " features for this model, found " +
        (problem.x.shape.size() == 2 ? std::to_string(problem.x.shape[1]) : std::string("none")));
  }
}

}  // namespace

Problem make_problem(const io::ProblemFile& file) {
  Problem problem;
  problem.model = std::make_shared<Graph>(file.model, file.parameters, file.model_source);
  if (problem.model->parameters() == 0) throw InputError(file.model_source + ": the model has no parameters");
  problem.notices = file.notices;
  problem.x = file.x;
  problem.y = file.y;
  flatten_rows(problem.x);
  flatten_rows(problem.y);
  try {
    problem.loss = Loss(file.loss, file.loss_power);
  } catch (const std::invalid_argument& e) {
    throw InputError(file.model_source + ": " + e.what());
  }
  check_inputs(problem, file.data_source);
  check_targets(problem, file.data_source);
  const std::size_t base = problem.model->parameters();
  if (file.regularizer && file.regularizer->lambda != "0") {
    problem.regularizer.push_back({0, base, file.regularizer->lambda});
  }
  if (file.augment) {
    auto augmented = std::make_shared<AugmentedModel>(problem.model);
    const std::size_t a = augmented->added()->a;
    problem.regularizer.push_back({a, a + augmented->outputs(), file.augment->lambda});
    problem.model = augmented;
  }
  for (const ParameterBlock& block : problem.model->blocks()) {
    append(block, file.parameters, block.begin >= base, file.parameters_source, problem.parameters);
  }
  problem.parameters.shape = {problem.parameters.size()};
  problem.sha256 = io::problem_sha256(file);
  if (problem.x.size() + problem.y.size() + problem.parameters.size() <= kLongestInline) {
    problem.canonical = io::canonical_json(file);
  }
  return problem;
}

Problem load_problem(const std::string& path, const io::ProblemOverrides& overrides) {
  Problem problem = make_problem(io::read_problem_file(path, overrides));
  problem.name = path;
  return problem;
}

Problem make_problem(std::shared_ptr<const Model> model, std::vector<double> parameters,
                     std::vector<double> x, std::vector<double> y, const std::string& loss) {
  Problem problem;
  problem.model = std::move(model);
  if (parameters.size() != problem.model->parameters()) {
    throw InputError("parameters: expected " + std::to_string(problem.model->parameters()) +
                     " numbers, found " + std::to_string(parameters.size()));
  }
  const std::size_t d_x = problem.model->inputs();
  if (x.empty() || x.size() % d_x != 0) {
    throw InputError("x: expected rows of " + std::to_string(d_x) + " numbers, found " +
                     std::to_string(x.size()) + " numbers");
  }
  problem.loss = Loss(loss);
  problem.parameters = to_tensor(parameters);
  problem.x = to_tensor(x);
  problem.x.shape = {x.size() / d_x, d_x};
  problem.y = to_tensor(y);
  problem.y.shape = {problem.x.shape[0], y.size() / problem.x.shape[0]};
  check_targets(problem, "data");
  problem.name = "problem";
  return problem;
}

Problem add_neurons(const Problem& problem, const std::string& lambda) {
  Problem augmented = problem;
  const auto model = std::make_shared<AugmentedModel>(problem.model);
  augmented.model = model;
  augmented.regularizer.push_back(
      {model->added()->a, model->added()->a + model->outputs(), io::canonical_rational(lambda)});
  augmented.parameters.values.resize(model->parameters(), 0.0);
  augmented.parameters.shape = {model->parameters()};
  augmented.sha256.clear();
  augmented.canonical.clear();
  return augmented;
}

InputGroups equal_input_groups(const Problem& problem) {
  const std::size_t m = problem.samples(), d = problem.x.shape[1];
  std::map<std::pair<std::vector<double>, std::vector<std::string>>, std::size_t> seen;
  InputGroups groups;
  for (std::size_t i = 0; i < m; ++i) {
    const auto first = problem.x.values.begin() + static_cast<std::ptrdiff_t>(i * d);
    std::pair<std::vector<double>, std::vector<std::string>> key{
        {first, first + static_cast<std::ptrdiff_t>(d)}, {}};
    for (double& x : key.first) x += 0.0;  // -0 equals 0
    for (auto e = problem.x.exact.lower_bound(i * d); e != problem.x.exact.end() && e->first < (i + 1) * d;
         ++e) {
      key.second.push_back(std::to_string(e->first - i * d) + ":" + e->second);
    }
    groups.group.push_back(seen.emplace(std::move(key), seen.size()).first->second);
  }
  groups.count = seen.size();
  return groups;
}

template <class S>
Vector<S> to_scalars(const io::Tensor& tensor) {
  Vector<S> values;
  values.reserve(tensor.size());
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    const auto exact = tensor.exact.find(k);
    values.push_back(exact == tensor.exact.end() ? Convert<S>::number(tensor.values[k])
                                                 : Convert<S>::rational(exact->second));
  }
  return values;
}

#define PGB_INSTANTIATE(S) template Vector<S> to_scalars<S>(const io::Tensor&);
PGB_FOR_EVALUATION_SCALARS(PGB_INSTANTIATE)
#undef PGB_INSTANTIATE

io::Tensor to_tensor(const Vector<double>& values) { return {{values.size()}, values, {}}; }

io::Tensor to_tensor(const Vector<Quad>& values) {
  Vector<Real> reals;
  for (const Quad& x : values) reals.push_back(to_real(x));
  return to_tensor(reals);
}

io::Tensor to_tensor(const Vector<Real>& values) {
  io::Tensor tensor{{values.size()}, {}, {}};
  for (const Real& x : values) {
    const double nearest = to_double(x);
    if (x != nearest) tensor.exact[tensor.values.size()] = to_rational(x);
    tensor.values.push_back(nearest);
  }
  return tensor;
}

}  // namespace pgb
