# `cmake --install`: headers, libraries, find_package(pgb), pkg-config. Tools install themselves.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pgb")

install(TARGETS pgb pgb_plain pgb_rounding EXPORT pgbTargets
  ARCHIVE COMPONENT development
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
# All headers but the few that show the JSON library, which callers need not have.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/pgb" "${PROJECT_BINARY_DIR}/generated/pgb"
  TYPE INCLUDE COMPONENT development FILES_MATCHING PATTERN "*.h"
  REGEX "/pgb/(io/(json_text|json_tensor|canonical_problem|model_spec|problem_data|onnx/(proto|translator))|certificate/fields|scalar/kernels_impl|search/(descent|family|local|run)/[a-z_]+)\\.h$" EXCLUDE)

install(EXPORT pgbTargets NAMESPACE pgb:: DESTINATION "${package_dir}" COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pgbConfig.cmake.in" "${PROJECT_BINARY_DIR}/pgbConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pgbConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/pgbConfig.cmake"
    "${PROJECT_BINARY_DIR}/pgbConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindFLINT.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindGMP.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindLibzip.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindMPFR.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/FindOnnxProto.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# pkg-config: what a static library leaves to be linked by its user is public, what a shared one hides is private.
get_target_property(pc_cflags pgb_rounding INTERFACE_COMPILE_OPTIONS)
list(JOIN pc_cflags " " pc_cflags)
foreach(include_dir IN LISTS FLINT_INCLUDE_DIRS)
  if(NOT include_dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(APPEND pc_cflags " -isystem ${include_dir}")
  endif()
endforeach()
set(pc_public_libraries ${FLINT_LIBRARIES} ${MPFR_LIBRARY} ${GMP_LIBRARY})
set(pc_private_libraries "")
set(pc_hidden_libraries ${LIBZIP_LIBRARY})
if(OnnxProto_FOUND)
  list(APPEND pc_hidden_libraries ${ONNX_PROTO_LIBRARY} ${ONNX_PROTOBUF_LIBRARY})
endif()
if(BUILD_SHARED_LIBS)
  set(pc_private_libraries ${pc_hidden_libraries})
else()
  list(APPEND pc_public_libraries ${pc_hidden_libraries})
endif()
foreach(kind IN ITEMS public private)
  set(pc_${kind} "")
  foreach(file IN LISTS pc_${kind}_libraries)
    get_filename_component(folder "${file}" DIRECTORY)
    get_filename_component(name "${file}" NAME)
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      string(APPEND pc_${kind} " -L${folder}")
    endif()
    string(REGEX REPLACE "^lib(.+)\\.(a|so|dylib).*$" " -l\\1" flag "${name}")
    string(APPEND pc_${kind} "${flag}")
  endforeach()
endforeach()
if(PGB_HAS_QUADMATH)
  string(APPEND pc_public " -lquadmath")
endif()
# Paths are relative to the file, so that the installed tree can be moved.
file(RELATIVE_PATH pc_libdir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pc_includedir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/pgb.pc.in" "${PROJECT_BINARY_DIR}/pgb.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pgb.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)
