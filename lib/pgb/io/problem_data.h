// The files a problem file names, and its samples.
#pragma once

#include <set>
#include <string>

#include "pgb/io/json_text.h"
#include "pgb/io/problem_file.h"

namespace pgb::io {

// `name` as seen from `folder`; absolute names stay. An empty folder is the working directory.
std::string beside(const std::string& folder, const std::string& name);

// Throws InputError with one line of advice for formats that are known but not read here: .onnx, .npy;
// and for all others.
[[noreturn]] void refuse_format(const std::string& path, const std::string& accepted,
                                const std::string& where);

// The tensors of a .safetensors, .npz, .pt, .pth or .json file (an object of inline tensors): all, or those
// in `wanted`. `where` names the field that asks for the file. Throws InputError.
Tensors read_tensor_file(const std::string& path, const std::string& where,
                         const std::set<std::string>* wanted = nullptr);

struct Samples {
  Tensor x;
  Tensor y;
  std::string source;  // the file; "" when inline
  std::string where;   // for messages
};

// Reads the field "data": inline {"x": […], "y": […]}; a file name, or {"file": name, "x": …, "y": …}.
// For .npz, .safetensors, .pt, .pth and .json, x and y are names of tensors (default "x" and "y"); other
// tensors of the file are not looked at. For .csv each is a column name, a column index (from 0), or an array
// of these; y defaults to the last column, x to all columns but those of y. Throws InputError.
Samples read_samples(const Json& data, const std::string& folder, const std::string& where);

// Checks the samples against the model's input and the loss and brings them into one form: x [m, ...input],
// given as such, as [m, product of input], as [m, anything of the same size] for an input in one dimension,
// or as [m] for one input; y [m] for cross_entropy, else [m, d_y],
// given as [m] or [m, d_y]. Throws InputError for m = 0, different numbers of samples, other shapes, class
// indices that are not integers >= 0, and labels of logistic other than -1 and 1.
void check_samples(Samples& samples, const ModelSpec& model, const std::string& loss);

}  // namespace pgb::io
