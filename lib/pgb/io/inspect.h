// What a file holds, for people: pgbcheck inspect.
#pragma once

#include <string>

namespace pgb::io {

// Some lines of text about a .safetensors, .npz, .npy, .pt, .pth, .onnx, .csv or .json file (a problem, a
// model or tensors): the kind of file; each tensor with its shape and the range of its numbers; each node of
// a model; samples, loss and the rest of a problem, with the files it names. Reads the file whole, as
// pgbcheck would. Throws InputError.
std::string inspect_file(const std::string& path);

}  // namespace pgb::io
