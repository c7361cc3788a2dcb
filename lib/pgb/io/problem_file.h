// The problem file as plain data: what the person wrote, checked for form but not yet a model.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgb/io/tensor.h"

namespace pgb::io {

// One node of the model graph, as written. `inputs` and `name` are filled with their defaults
// ("the node before", "its index") by the reader; the graph's own input is called "x".
struct NodeSpec {
  std::string name;
  std::string op;
  std::vector<std::string> inputs;
  std::string weight;                        // tensor name, "" where the op has none
  std::string bias;                          // tensor name, "" where absent
  std::map<std::string, double> numbers;     // scalar attributes, e.g. "negative_slope", "alpha", "beta"
  std::map<std::string, std::string> words;  // word attributes, e.g. "approximate": "tanh"
  std::map<std::string, std::vector<std::size_t>> sizes;  // integer-list attributes, e.g. "stride": [2, 2]
};

struct ModelSpec {
  std::vector<std::size_t> input;  // shape of one sample: [d_x], or [channels, height, width]
  std::vector<NodeSpec> nodes;
  std::string output;  // name of a node
};

// { "kind": "exponential", "lambda": "1/10" }: lambda is an exact rational "p/q".
struct AddedNeuronsSpec {
  std::string kind;
  std::string lambda;
};

struct RegularizerSpec {
  std::string kind;    // "l2"
  std::string lambda;  // exact rational "p/q"
};

struct ProblemFile {
  ModelSpec model;
  Tensors parameters;  // every tensor found, aug.a / aug.b / aug.W included when present
  Tensor x;            // [m, ...input shape]
  Tensor y;            // [m, d_y], or [m] (class indices; also accepted for d_y = 1)
  std::string loss;
  double loss_power = 2;  // p of polynomial_hinge
  std::optional<AddedNeuronsSpec> augment;
  std::optional<RegularizerSpec> regularizer;
  std::vector<std::string> notices;  // what the readers did that people should know, in sentences
  // Where each part came from, for messages: "problem.json", "weights.npz", …
  std::string model_source, parameters_source, data_source;
};

// Fields given on the command line; a set field replaces the same field of the file.
struct ProblemOverrides {
  std::optional<std::string> model, architecture, parameters, data, loss, augment, lambda;
};

// Reads `path` (may be empty when `overrides` gives model or architecture, parameters, data and loss), with
// every file it names; relative names are looked up beside the problem file (those of overrides: beside the
// working directory). Throws InputError.
ProblemFile read_problem_file(const std::string& path, const ProblemOverrides& overrides = {});

// Canonical JSON of the whole problem, tensors inline as exact numbers: the same text for the same
// problem whatever files it came from. Its SHA-256 is the `problem_sha256` of verdicts.
std::string canonical_json(const ProblemFile& problem);

// The problem of a canonical text, for which canonical_json gives the same text again. Reads no file. Throws
// InputError (message starting with `where`) for anything but such a text.
ProblemFile read_problem_text(const std::string& canonical, const std::string& where);

// The SHA-256 of the canonical text, 64 hexadecimal digits.
std::string problem_sha256(const ProblemFile& problem);

}  // namespace pgb::io
