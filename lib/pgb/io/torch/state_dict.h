// PyTorch's .pt and .pth files, as torch.save writes them.
#pragma once

#include <set>
#include <string>

#include "pgb/io/tensor.h"

namespace pgb::io {

// The tensors of a state dict, or of any dictionary from names to tensors (training data, say): all, or those
// in `wanted` where it is given. Values of other kinds in it are ignored. A checkpoint, that is a dictionary
// that holds the state dict under "state_dict", "model_state_dict", "model" and the like, is looked into. The
// prefixes "module." and "_orig_mod." of wrapped models are taken off where every name has them.
//
// Accepted: the zip format of PyTorch 1.6 and later; float64, float32, float16, bfloat16, int8 to int64,
// uint8, bool; parameters; offsets, strides and storages shared by several tensors. The pickle inside is read
// as data (pickle.h): nothing in it is looked up, imported or called. Throws InputError for anything else
// that it names, by name; for older files; for whatever ZipArchive refuses; for tensors that leave their
// storage, and for shapes that blow a file up more than sixteenfold; for nan and infinities; for a wanted
// tensor that is not there. Memory: the storages of the tensors, 8 bytes for each element, and the pickle.
Tensors read_state_dict(const std::string& path, const std::set<std::string>* wanted = nullptr);

}  // namespace pgb::io
