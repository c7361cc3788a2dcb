# FLINT::FLINT: FLINT with ball arithmetic. FLINT 3 contains Arb; FLINT 2 comes with Arb as a library of its own,
# which Debian calls flint-arb. With either one the headers are <flint/fmpz.h> and <arb.h>.
# Cache variables: FLINT_INCLUDE_DIR, FLINT_LIBRARY, ARB_INCLUDE_DIR, ARB_LIBRARY (FLINT 2 only).
# Sets FLINT_VERSION, FLINT_INCLUDE_DIRS, FLINT_LIBRARIES.
find_package(MPFR QUIET)
find_path(FLINT_INCLUDE_DIR flint/flint.h)
find_library(FLINT_LIBRARY flint)
mark_as_advanced(FLINT_INCLUDE_DIR FLINT_LIBRARY)

if(FLINT_INCLUDE_DIR)
  file(STRINGS "${FLINT_INCLUDE_DIR}/flint/flint.h" flint_version_line REGEX "#define FLINT_VERSION ")
  string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" FLINT_VERSION "${flint_version_line}")
  unset(flint_version_line)
endif()

if(FLINT_VERSION AND FLINT_VERSION VERSION_LESS 3)
  find_path(ARB_INCLUDE_DIR arb.h)
  find_library(ARB_LIBRARY NAMES arb flint-arb)
  mark_as_advanced(ARB_INCLUDE_DIR ARB_LIBRARY)
  set(flint_arb_vars ARB_LIBRARY ARB_INCLUDE_DIR)
  set(FLINT_LIBRARIES ${ARB_LIBRARY} ${FLINT_LIBRARY})
  set(FLINT_INCLUDE_DIRS ${ARB_INCLUDE_DIR} ${FLINT_INCLUDE_DIR})
else()
  set(flint_arb_vars "")
  set(FLINT_LIBRARIES ${FLINT_LIBRARY})
  set(FLINT_INCLUDE_DIRS ${FLINT_INCLUDE_DIR} ${FLINT_INCLUDE_DIR}/flint)
endif()
list(REMOVE_DUPLICATES FLINT_INCLUDE_DIRS)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(FLINT
  REQUIRED_VARS FLINT_LIBRARY FLINT_INCLUDE_DIR ${flint_arb_vars} MPFR_FOUND
  VERSION_VAR FLINT_VERSION
  REASON_FAILURE_MESSAGE "FLINT 3, or FLINT 2 with Arb (Debian: libflint-dev, and libflint-arb-dev up to Debian 12)")
unset(flint_arb_vars)

if(FLINT_FOUND AND NOT TARGET FLINT::FLINT)
  add_library(FLINT::FLINT UNKNOWN IMPORTED)
  set_target_properties(FLINT::FLINT PROPERTIES
    IMPORTED_LOCATION "${FLINT_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${FLINT_INCLUDE_DIRS}"
    INTERFACE_LINK_LIBRARIES MPFR::MPFR)
  if(ARB_LIBRARY)
    # Arb stands before FLINT on the link line: it is the imported library, FLINT its dependency.
    set_target_properties(FLINT::FLINT PROPERTIES
      IMPORTED_LOCATION "${ARB_LIBRARY}"
      INTERFACE_LINK_LIBRARIES "${FLINT_LIBRARY};MPFR::MPFR")
  endif()
endif()
