#include "pgb/io/onnx/read_onnx.h"

#include <google/protobuf/stubs/logging.h>

#include "pgb/io/errors.h"
#include "pgb/io/file.h"
#include "pgb/io/message.h"
#include "pgb/io/onnx/translator.h"

namespace pgb::io {
namespace {

constexpr std::size_t max_bytes = (std::size_t{1} << 31) - 1;  // of protobuf

}  // namespace

bool can_read_onnx() { return true; }

OnnxModel read_onnx(const std::string& path) {
  return with_memory_errors_named(path, [&] {
    const std::string bytes = read_file(path, max_bytes);
    google::protobuf::SetLogHandler(nullptr);  // what it says of damaged files would be a second line
    onnx::ModelProto proto;
    if (bytes.empty() || !proto.ParseFromString(bytes) || !proto.has_graph())
      fail(shown_path(path), "an ONNX model", "a damaged or different file");
    return onnx_detail::Translator(proto, path).run();
  });
}

}  // namespace pgb::io
