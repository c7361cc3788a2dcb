# Libzip::Libzip. Cache variables: LIBZIP_INCLUDE_DIR, LIBZIP_CONFIG_INCLUDE_DIR, LIBZIP_LIBRARY.
# libzip's own CMake package is not used: it insists on the command-line programs, which distributions package apart.
find_path(LIBZIP_INCLUDE_DIR zip.h)
find_path(LIBZIP_CONFIG_INCLUDE_DIR zipconf.h HINTS "${LIBZIP_INCLUDE_DIR}/../lib/libzip/include")
find_library(LIBZIP_LIBRARY zip)
mark_as_advanced(LIBZIP_INCLUDE_DIR LIBZIP_CONFIG_INCLUDE_DIR LIBZIP_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libzip
  REQUIRED_VARS LIBZIP_LIBRARY LIBZIP_INCLUDE_DIR LIBZIP_CONFIG_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "libzip (Debian: libzip-dev)")

if(Libzip_FOUND AND NOT TARGET Libzip::Libzip)
  add_library(Libzip::Libzip UNKNOWN IMPORTED)
  set_target_properties(Libzip::Libzip PROPERTIES
    IMPORTED_LOCATION "${LIBZIP_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LIBZIP_INCLUDE_DIR};${LIBZIP_CONFIG_INCLUDE_DIR}")
endif()
