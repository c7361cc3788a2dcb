#include "pgb/io/problem_file.h"

#include <filesystem>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/io/architecture.h"
#include "pgb/io/canonical_problem.h"
#include "pgb/io/errors.h"
#include "pgb/io/exact_number.h"
#include "pgb/io/file.h"
#include "pgb/io/json_tensor.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/model_spec.h"
#include "pgb/io/onnx/read_onnx.h"
#include "pgb/io/problem_data.h"

namespace pgb::io {
namespace {

// One field of the problem, from the command line or from the file.
struct Field {
  Json value;
  std::string folder;  // where its relative file names start
  std::string where;   // for messages
};

class ProblemReader {
 public:
  ProblemReader(const std::string& path, const ProblemOverrides& overrides)
      : path_(path), overrides_(overrides) {
    if (path.empty()) return;
    file_ = read_json(path);
    folder_ = std::filesystem::path(path).parent_path().string();
    expect_known_fields();
  }

  // The fields in memory; `name` is for messages.
  ProblemReader(Json file, const std::string& name, const ProblemOverrides& none)
      : path_(name), overrides_(none), file_(std::move(file)) {
    expect_known_fields();
  }

  ProblemFile read() {
    ProblemFile problem;
    if (!overrides_.architecture) require("model", overrides_.model);
    read_loss(problem);
    read_augment(problem);
    read_regularizer(problem);
    const bool onnx = read_onnx_model(problem);
    const std::string tensors = read_parameters(problem, onnx);
    if (!onnx) read_model_field(problem);
    expect_tensors(problem, tensors);
    Samples samples = read_data();
    check_samples(samples, problem.model, problem.loss);
    problem.x = std::move(samples.x);
    problem.y = std::move(samples.y);
    problem.data_source = samples.source.empty() ? path_ : std::move(samples.source);
    return problem;
  }

 private:
  void expect_known_fields() const {
    expect_object(file_, shown_path(path_));
    refuse_unknown_fields(file_, {"model", "parameters", "data", "loss", "augment", "regularizer"},
                          shown_path(path_));
  }

  std::optional<Field> find(const std::string& name, const std::optional<std::string>& flag) const {
    if (flag) return Field{*flag, "", "--" + name};
    const Json* value = path_.empty() ? nullptr : find_field(file_, name);
    if (value == nullptr) return std::nullopt;
    return Field{*value, folder_, field_place(shown_path(path_), name)};
  }

  Field require(const std::string& name, const std::optional<std::string>& flag) const {
    std::optional<Field> field = find(name, flag);
    if (!field && path_.empty()) fail("command line", "a problem file or --" + name, "neither");
    if (!field) fail(shown_path(path_), "missing field " + in_quotes(name));
    return *std::move(field);
  }

  // Whether the model is an ONNX file; it brings its tensors.
  bool read_onnx_model(ProblemFile& problem) const {
    if (overrides_.architecture) return false;
    const Field field = require("model", overrides_.model);
    if (!field.value.is_string()) return false;
    const std::string path = beside(field.folder, as_word(field.value, field.where));
    if (extension_of(path) != ".onnx") return false;
    OnnxModel onnx = read_onnx(path);
    problem.model = std::move(onnx.model);
    problem.parameters = std::move(onnx.parameters);
    problem.notices = std::move(onnx.notices);
    problem.model_source = problem.parameters_source = path;
    if (onnx.ending.empty()) return true;
    const std::string ending = onnx.ending == "softmax" ? "Softmax" : "LogSoftmax";
    if (problem.loss != "cross_entropy")
      fail(shown_path(path), "the loss cross_entropy for a model that ends in " + ending,
           in_quotes(problem.loss));
    problem.notices.push_back(
        "The model ends in " + ending +
        ", which is left out: the loss cross_entropy contains it and takes the logits.");
    return true;
  }

  void read_model_field(ProblemFile& problem) const {
    if (overrides_.architecture) {
      if (overrides_.model) fail("--arch", "no --model beside it", in_quotes(*overrides_.model));
      problem.model = read_architecture(*overrides_.architecture, problem.parameters, "--arch");
      problem.model_source = "--arch";
      return;
    }
    const Field field = require("model", overrides_.model);
    const Json* architecture = field.value.is_object() ? find_field(field.value, "arch") : nullptr;
    if (architecture != nullptr) {
      refuse_unknown_fields(field.value, {"arch"}, field.where);
      const std::string place = field_place(field.where, "arch");
      problem.model = read_architecture(as_word(*architecture, place), problem.parameters, place);
      problem.model_source = path_;
      return;
    }
    if (!field.value.is_string()) {
      problem.model = read_model(field.value, field.where);
      problem.model_source = path_;
      return;
    }
    const std::string path = beside(field.folder, as_word(field.value, field.where));
    if (extension_of(path) != ".json") refuse_format(path, "a .json or .onnx file", field.where);
    problem.model =
        with_memory_errors_named(path, [&] { return read_model(read_json(path), shown_path(path)); });
    problem.model_source = path;
  }

  void read_loss(ProblemFile& problem) const {
    const Field field = require("loss", overrides_.loss);
    const Json* power = nullptr;
    if (field.value.is_object()) {
      refuse_unknown_fields(field.value, {"kind", "p"}, field.where);
      problem.loss =
          as_word(required_field(field.value, "kind", field.where), field_place(field.where, "kind"));
      power = find_field(field.value, "p");
    } else {
      problem.loss = as_word(field.value, field.where);
    }
    expect_known(problem.loss, known_losses(), field.where);
    if (power == nullptr) return;
    if (problem.loss != "polynomial_hinge")
      fail(field.where, "field \"p\" only for the loss \"polynomial_hinge\"", in_quotes(problem.loss));
    if (!power->is_number() || power->get<double>() < 2)
      fail(field_place(field.where, "p"), "a number of at least 2", described(*power));
    problem.loss_power = power->get<double>();
  }

  static void expect_known(const std::string& name, const std::vector<std::string>& known,
                           const std::string& where) {
    for (const std::string& candidate : known) {
      if (candidate == name) return;
    }
    fail(where, "one of " + quoted_list(known), in_quotes(name) + closest_hint(name, known));
  }

  // The exact rational, >= 0, and > 0 where `positive`.
  static std::string read_lambda(const Json& value, bool positive, const std::string& where) {
    if (!value.is_number() && !value.is_string()) fail(where, "an exact number", described(value));
    try {
      const std::string lambda = value.is_number() ? canonical_rational(value.get<double>())
                                                   : canonical_rational(value.get_ref<const std::string&>());
      if (lambda.front() != '-' && !(positive && lambda == "0")) return lambda;
    } catch (const InputError& error) {
      fail(where, error.what());
    }
    fail(where, positive ? "a number > 0" : "a number >= 0", described(value));
  }

  void read_augment(ProblemFile& problem) const {
    static const std::vector<std::string> kinds{"exponential"};
    const std::optional<Field> field = find("augment", std::nullopt);
    const std::string place = field ? field->where : "--augment";
    if (field) {
      expect_object(field->value, place);
      refuse_unknown_fields(field->value, {"kind", "lambda"}, place);
    }
    if (overrides_.augment == "none") {
      if (overrides_.lambda) fail("--lambda", "added neurons (--augment)", "--augment none");
      return;
    }
    if (!field && !overrides_.augment) {
      if (overrides_.lambda) fail("--lambda", "added neurons (--augment, or the field \"augment\")", "none");
      return;
    }
    AddedNeuronsSpec spec;
    if (overrides_.augment)
      spec.kind = *overrides_.augment;
    else
      spec.kind = as_word(required_field(field->value, "kind", place), field_place(place, "kind"));
    expect_known(spec.kind, kinds, overrides_.augment ? "--augment" : field_place(place, "kind"));
    if (overrides_.lambda) {
      spec.lambda = read_lambda(*overrides_.lambda, true, "--lambda");
    } else {
      if (!field) fail("--augment", "also --lambda", "none");
      spec.lambda =
          read_lambda(required_field(field->value, "lambda", place), true, field_place(place, "lambda"));
    }
    problem.augment = std::move(spec);
  }

  void read_regularizer(ProblemFile& problem) const {
    const std::optional<Field> field = find("regularizer", std::nullopt);
    if (!field) return;
    expect_object(field->value, field->where);
    refuse_unknown_fields(field->value, {"kind", "lambda"}, field->where);
    RegularizerSpec spec;
    spec.kind =
        as_word(required_field(field->value, "kind", field->where), field_place(field->where, "kind"));
    expect_known(spec.kind, {"l2"}, field_place(field->where, "kind"));
    spec.lambda = read_lambda(required_field(field->value, "lambda", field->where), false,
                              field_place(field->where, "lambda"));
    problem.regularizer = std::move(spec);
  }

  // Returns where the tensors come from, for messages. Those of an ONNX model are there already: given ones
  // replace them.
  std::string read_parameters(ProblemFile& problem, bool onnx) const {
    if (onnx && !find("parameters", overrides_.parameters)) return shown_path(problem.parameters_source);
    Tensors from_model = std::move(problem.parameters);
    const Field field = require("parameters", overrides_.parameters);
    std::string place = field.where;
    if (field.value.is_string()) {
      problem.parameters_source = beside(field.folder, as_word(field.value, field.where));
      problem.parameters = read_tensor_file(problem.parameters_source, field.where);
      place = shown_path(problem.parameters_source);
    } else {
      problem.parameters = tensors_from_json(field.value, field.where);
      problem.parameters_source = path_;
    }
    problem.parameters.insert(from_model.begin(), from_model.end());
    return place;
  }

  static void expect_tensors(const ProblemFile& problem, const std::string& place) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : problem.parameters) names.push_back(name);
    for (const NodeSpec& node : problem.model.nodes) {
      for (const std::string& name : tensor_names(node)) {
        if (problem.parameters.count(name) != 0) continue;
        fail(place, "missing tensor " + in_quotes(name) + " of node " + in_quotes(node.name) +
                        closest_hint(name, names));
      }
    }
    static const std::vector<std::string> added{"aug.W", "aug.a", "aug.b"};
    for (const std::string& name : names) {
      const bool misspelt = problem.augment && name.rfind("aug.", 0) == 0 && name != added[0] &&
                            name != added[1] && name != added[2];
      if (misspelt) fail(place, "of the tensors aug.* only " + quoted_list(added), in_quotes(name));
    }
  }

  Samples read_data() const {
    const Field field = require("data", overrides_.data);
    return read_samples(field.value, field.folder, field.where);
  }

  std::string path_;
  const ProblemOverrides& overrides_;
  Json file_;
  std::string folder_;
};

}  // namespace

ProblemFile read_problem_file(const std::string& path, const ProblemOverrides& overrides) {
  const std::string name = path.empty() ? "command line" : path;
  return with_memory_errors_named(name, [&] { return ProblemReader(path, overrides).read(); });
}

ProblemFile read_problem_text(const std::string& canonical, const std::string& where) {
  return with_memory_errors_named(where, [&] {
    return ProblemReader(as_problem_file(parse_json(canonical, where), where), where, {}).read();
  });
}

}  // namespace pgb::io
