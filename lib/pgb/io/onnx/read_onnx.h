// ONNX models as the plain data of a model file and its tensors.
#pragma once

#include <string>
#include <vector>

#include "pgb/io/problem_file.h"

namespace pgb::io {

struct OnnxModel {
  ModelSpec model;
  Tensors parameters;  // weights and biases under their names in the file, and fixed tensors
  std::string ending;  // "softmax" or "log_softmax" where that was the last operation and is left out
  std::vector<std::string> notices;  // what people should know, in sentences
};

// Whether this build has it: protobuf and ONNX were there when it was configured.
bool can_read_onnx();

// Reads a model of one input, whose first axis counts the samples, and one output (of several, the one of
// probabilities). docs/onnx.md lists the operators and what becomes of them; in short: weights and biases of
// Gemm, MatMul, Conv and BatchNormalization are parameters, other constants are fixed tensors; constants are
// folded exactly; numbers keep their values exactly, attributes are taken as the shortest decimals that give
// them in float32. External data is read only from files in the folder of the model or below it.
//
// Throws InputError, naming node and operator, for what cannot be expressed: unsupported operators and
// attributes, axes that mix samples, unknown sizes; and for damaged files. Memory: a small multiple of the
// file and its tensors.
OnnxModel read_onnx(const std::string& path);

}  // namespace pgb::io
