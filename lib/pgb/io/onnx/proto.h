// The messages of ONNX files, and the tensors in them. Only for the sources of this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "pgb/io/tensor.h"

namespace pgb::io::onnx_detail {

// The numbers of tensor messages; external data from files beside the model.
class TensorSource {
 public:
  explicit TensorSource(std::string model_path);

  // Accepted: float of 64, 32 and 16 bits, bfloat16, integers, booleans; in raw bytes, typed fields or
  // external files. Throws InputError (message starting with `where`) for other types, sizes that do not fit,
  // nan and infinities, and external files outside the folder of the model.
  Tensor read(const onnx::TensorProto& message, const std::string& where);

 private:
  const std::string& external_file(const std::string& location, const std::string& where);
  std::string external_bytes(const onnx::TensorProto& message, const std::string& where);

  std::string folder_;
  std::map<std::string, std::string> files_;
};

// An attribute's number: the shortest decimal that gives it in float32, as the exporter had it.
double decimal_value(float value);

}  // namespace pgb::io::onnx_detail
