// The extension module behind the Python package: problems, verdicts and the stages of the library. Arguments
// are settled by the package; see python/pgb/__init__.py for what users see.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"
#include "pgb/certificate/certificate.h"
#include "pgb/certify/check.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/onnx/read_onnx.h"
#include "pgb/io/problem_data.h"
#include "pgb/model/problem.h"
#include "pgb/report/html.h"
#include "pgb/report/json.h"
#include "pgb/report/text.h"
#include "pgb/version.h"
#include "stages.h"
#include "verifier/verify.h"

namespace pgb::python {
namespace {

// The exact text of a penalty; Q is not bounded below, and the theorems do not hold, where one is negative.
std::string penalty(const py::object& value, bool zero_is_allowed, const std::string& where) {
  const std::string given = py::str(value);
  std::string lambda;
  try {
    lambda = io::canonical_rational(given);
  } catch (const InputError& error) {
    throw InputError(where + ": " + error.what());
  }
  if (lambda[0] == '-' || (lambda == "0" && !zero_is_allowed)) {
    io::fail(where, zero_is_allowed ? "a lambda >= 0" : "a lambda > 0", io::in_quotes(given));
  }
  return lambda;
}

// The parts of a problem file: `model` as JSON text, tensors as arrays, lambdas as exact text or None.
Problem build_problem(const std::string& model, const py::dict& parameters, const py::object& x,
                      const py::object& y, const std::string& loss, const py::object& augment,
                      const py::object& regularizer, const std::string& name) {
  io::ProblemFile file;
  file.model_source = file.parameters_source = file.data_source = name;
  file.model = io::read_model(io::parse_json(model, "model"), "model");
  for (const auto& [key, values] : parameters) {
    const std::string tensor = py::str(key);
    file.parameters[tensor] = tensor_of(values, "parameters: " + tensor);
  }
  for (const io::NodeSpec& node : file.model.nodes) {
    for (const std::string& tensor : io::tensor_names(node)) {
      if (file.parameters.count(tensor) == 0) {
        throw InputError("parameters: missing tensor \"" + tensor + "\" of node \"" + node.name + '"');
      }
    }
  }
  const std::vector<std::string>& losses = io::known_losses();
  if (std::find(losses.begin(), losses.end(), loss) == losses.end()) {
    throw InputError("loss: unknown name " + io::in_quotes(loss) + io::closest_hint(loss, losses));
  }
  file.loss = loss;
  io::Samples samples{tensor_of(x, "x"), tensor_of(y, "y"), name, name};
  io::check_samples(samples, file.model, file.loss);
  file.x = std::move(samples.x);
  file.y = std::move(samples.y);
  if (!augment.is_none())
    file.augment = io::AddedNeuronsSpec{"exponential", penalty(augment, false, "augment")};
  if (!regularizer.is_none())
    file.regularizer = io::RegularizerSpec{"l2", penalty(regularizer, true, "weight_decay")};
  Problem problem = make_problem(file);
  problem.name = name;
  return problem;
}

Problem read_problem(const std::string& path, const py::dict& fields) {
  io::ProblemOverrides overrides;
  const auto take = [&](const char* name, std::optional<std::string>& target) {
    if (fields.contains(name) && !fields[name].is_none()) target = std::string(py::str(fields[name]));
  };
  take("model", overrides.model);
  take("arch", overrides.architecture);
  take("parameters", overrides.parameters);
  take("data", overrides.data);
  take("loss", overrides.loss);
  take("augment", overrides.augment);
  take("lambda", overrides.lambda);
  return load_problem(path, overrides);
}

Verdict run_check(const Problem& problem, double radius, bool at_saved, const py::object& region,
                  bool region_max, const py::object& compare, std::uint64_t seed, int threads,
                  std::size_t max_memory, const py::object& progress) {
  CheckOptions options;
  options.radius = radius;
  options.at_saved = at_saved;
  if (!region.is_none()) options.region = region.cast<double>();
  options.region_max = region_max;
  if (!compare.is_none()) options.compare = tensor_of(compare, "compare");
  options.seed = seed;
  options.threads = threads;
  options.max_memory = max_memory;
  // Ctrl-C ends the check early; the exception is raised when it has ended.
  std::atomic<bool> stop{false};
  std::unique_ptr<py::error_already_set> interrupt;
  options.stop = &stop;
  options.progress = [&](const std::string& stage, double fraction) {
    const py::gil_scoped_acquire acquire;
    if (stop) return;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!progress.is_none()) progress(stage, fraction);
    } catch (py::error_already_set& error) {
      interrupt = std::make_unique<py::error_already_set>(error);
      stop = true;
    }
  };
  Verdict verdict;
  {
    const py::gil_scoped_release release;
    verdict = check(problem, options);
  }
  if (interrupt) throw py::error_already_set(*interrupt);
  return verdict;
}

// An ONNX file as (model, parameters, ending): the model as in problem files, the ending "softmax",
// "log_softmax" or "".
py::tuple read_onnx(const std::string& path) {
  io::OnnxModel onnx = io::read_onnx(path);
  py::list nodes;
  for (const io::NodeSpec& node : onnx.model.nodes) {
    py::dict entry;
    entry["name"] = node.name;
    entry["op"] = node.op;
    entry["inputs"] = node.inputs;
    if (!node.weight.empty()) entry["weight"] = node.weight;
    if (!node.bias.empty()) entry["bias"] = node.bias;
    for (const auto& [name, value] : node.numbers) entry[py::str(name)] = value;
    for (const auto& [name, value] : node.words) entry[py::str(name)] = value;
    for (const auto& [name, value] : node.sizes) entry[py::str(name)] = value;
    nodes.append(entry);
  }
  py::dict model;
  model["input"] = onnx.model.input;
  model["nodes"] = nodes;
  model["output"] = onnx.model.output;
  py::dict parameters;
  for (auto& [name, tensor] : onnx.parameters) parameters[py::str(name)] = array_of(std::move(tensor));
  return py::make_tuple(model, parameters, onnx.ending);
}

std::vector<std::string> certificates(const Verdict& verdict) {
  std::vector<std::string> texts;
  for (const certificate::Certificate& proof : verdict.proofs) texts.push_back(write_certificate(proof));
  return texts;
}

std::pair<bool, std::string> verify(const std::string& text, const std::string& problem_path) {
  const certificate::Certificate proof = certificate::read_certificate(text, "certificate");
  if (problem_path.empty() && !proof.problem) {
    throw InputError("certificate: it does not hold its problem: give the problem file");
  }
  const io::ProblemFile problem = problem_path.empty()
                                      ? io::read_problem_text(*proof.problem, "certificate: problem")
                                      : io::read_problem_file(problem_path);
  const verifier::Outcome outcome = verifier::verify(proof, problem);
  return {outcome.accepted, outcome.message};
}

}  // namespace
}  // namespace pgb::python

PYBIND11_MODULE(_pgb, m) {
  namespace py = pybind11;
  using pgb::Problem;
  using pgb::Verdict;
  m.attr("version") = PGB_VERSION;
  py::register_exception<pgb::InputError>(m, "InputError", PyExc_ValueError);

  py::class_<Problem>(m, "Problem")
      .def_readonly("name", &Problem::name)
      .def_readonly("sha256", &Problem::sha256)
      .def_property_readonly("samples", &Problem::samples)
      .def_property_readonly("outputs", [](const Problem& p) { return p.model->outputs(); })
      .def_property_readonly("parameters",
                             [](const Problem& p) {
                               const auto n = static_cast<py::ssize_t>(p.parameters.size());
                               return pgb::python::array_of(p.parameters.values, {n});
                             })
      .def_property_readonly("blocks", [](const Problem& p) {
        py::dict blocks;
        for (const pgb::ParameterBlock& block : p.model->blocks()) {
          blocks[py::str(block.name)] = py::make_tuple(block.begin, block.end, block.shape);
        }
        return blocks;
      });
  py::class_<Verdict>(m, "Verdict")
      .def("json", [](const Verdict& v) { return pgb::verdict_json(v); })
      .def("text", [](const Verdict& v) { return pgb::verdict_text(v); })
      .def("html", [](const Verdict& v) { return pgb::verdict_html({v}); })
      .def("certificates", &pgb::python::certificates);
  m.def("read_problem", &pgb::python::read_problem);
  m.def("read_onnx", &pgb::python::read_onnx);
  m.def("build_problem", &pgb::python::build_problem);
  m.def("check", &pgb::python::run_check);
  m.def("verify", &pgb::python::verify);
  pgb::python::add_stages(m);
}
