# OnnxProto::OnnxProto: the messages of ONNX files (onnx/onnx_pb.h) and protobuf.
# Cache variables: ONNX_PROTO_INCLUDE_DIR, ONNX_PROTO_LIBRARY, ONNX_PROTOBUF_INCLUDE_DIR, ONNX_PROTOBUF_LIBRARY.
find_path(ONNX_PROTO_INCLUDE_DIR onnx/onnx_pb.h)
find_library(ONNX_PROTO_LIBRARY onnx_proto)
find_path(ONNX_PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
find_library(ONNX_PROTOBUF_LIBRARY protobuf)
mark_as_advanced(ONNX_PROTO_INCLUDE_DIR ONNX_PROTO_LIBRARY ONNX_PROTOBUF_INCLUDE_DIR ONNX_PROTOBUF_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxProto
  REQUIRED_VARS ONNX_PROTO_LIBRARY ONNX_PROTO_INCLUDE_DIR ONNX_PROTOBUF_LIBRARY ONNX_PROTOBUF_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "ONNX and protobuf (Debian: libonnx-dev libprotobuf-dev)")

if(OnnxProto_FOUND AND NOT TARGET OnnxProto::OnnxProto)
  add_library(OnnxProto::OnnxProto UNKNOWN IMPORTED)
  set_target_properties(OnnxProto::OnnxProto PROPERTIES
    IMPORTED_LOCATION "${ONNX_PROTO_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${ONNX_PROTO_INCLUDE_DIR};${ONNX_PROTOBUF_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS "ONNX_ML=1;ONNX_NAMESPACE=onnx"
    INTERFACE_LINK_LIBRARIES "${ONNX_PROTOBUF_LIBRARY}")
endif()
