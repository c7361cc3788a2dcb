// In place of the other sources of this folder where ONNX and protobuf are not there.
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/read_onnx.h"

namespace pgb::io {

bool can_read_onnx() { return false; }

OnnxModel read_onnx(const std::string& path) {
  fail(shown_path(path), "a build with ONNX (Debian: libonnx-dev, libprotobuf-dev)", "one without");
}

}  // namespace pgb::io
