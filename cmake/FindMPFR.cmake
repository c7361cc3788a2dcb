# MPFR::MPFR. Cache variables: MPFR_INCLUDE_DIR, MPFR_LIBRARY. Sets MPFR_VERSION.
find_package(GMP QUIET)
find_path(MPFR_INCLUDE_DIR mpfr.h)
find_library(MPFR_LIBRARY mpfr)
mark_as_advanced(MPFR_INCLUDE_DIR MPFR_LIBRARY)

if(MPFR_INCLUDE_DIR)
  file(STRINGS "${MPFR_INCLUDE_DIR}/mpfr.h" mpfr_version_line REGEX "#define MPFR_VERSION_STRING ")
  string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" MPFR_VERSION "${mpfr_version_line}")
  unset(mpfr_version_line)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MPFR
  REQUIRED_VARS MPFR_LIBRARY MPFR_INCLUDE_DIR GMP_FOUND
  VERSION_VAR MPFR_VERSION
  REASON_FAILURE_MESSAGE "the GNU MPFR library (Debian: libmpfr-dev)")

if(MPFR_FOUND AND NOT TARGET MPFR::MPFR)
  add_library(MPFR::MPFR UNKNOWN IMPORTED)
  set_target_properties(MPFR::MPFR PROPERTIES
    IMPORTED_LOCATION "${MPFR_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${MPFR_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES GMP::GMP)
endif()
